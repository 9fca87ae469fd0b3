"""Runs wrk, the one load generator of every benchmark, and reads what it reports."""

import json
import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent

# wrk's threads: one is enough for what any system here answers, and leaves the other core alone.
THREADS = 1
WARM_UP_SECONDS = 5
MEASURE_SECONDS = 30
# Numbers reserved for each phase of each run, so that no update or key is ever sent twice.
NUMBERS_PER_PHASE = 8_000_000


class Load:
    """One kind of request against one address; each phase gets fresh numbers."""

    def __init__(self, address, script, leading_arguments=(), numbered=True):
        self.address = address
        self.script = script
        self.leading = list(leading_arguments)
        self.numbered = numbered
        self.next_number = 1

    def run(self, connections, seconds=MEASURE_SECONDS, warm_up=WARM_UP_SECONDS):
        """Warm up, then measure; the measured phase's figures as a dict with `rps`."""
        if warm_up:
            self._phase(connections, warm_up)
        result = self._phase(connections, seconds)
        result["connections"] = connections
        result["rps"] = result["requests"] / result["seconds"]
        return result

    def _phase(self, connections, seconds):
        arguments = list(self.leading)
        if self.numbered:
            arguments += [str(self.next_number), str(NUMBERS_PER_PHASE // THREADS)]
            self.next_number += NUMBERS_PER_PHASE
        command = [
            "wrk", "-t", str(min(THREADS, connections)), "-c", str(connections),
            "-d", f"{seconds}s", "--timeout", "10s", "-s", str(HERE / self.script),
            f"http://{self.address}", "--", *arguments,
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, env=dict(os.environ, BENCHMARKS=str(HERE)))
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode != 0 or not lines:
            raise RuntimeError(f"wrk failed: {done.stdout[-500:]} {done.stderr[-500:]}")
        return json.loads(lines[-1])
