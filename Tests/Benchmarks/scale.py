"""`make scale`: how long a node takes to start over many sessions, and how much memory they take.

A node of its own is filled by `state-filler`, which holds conversations of five messages through
the real consensus, routing and files, in four steps; after each it is started as it is in service,
its files out of the page cache. What a completed and an open session take is the difference of two
steps. Prints one line of JSON at the end and rewrites its section of docs/SCALE.md.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "cluster"))

import machine  # noqa: E402
import page  # noqa: E402
from driver.configuration import make_cluster  # noqa: E402
from driver.processes import Cluster, binary, bound_to_parent  # noqa: E402
from driver.seeding import administrator, seed, sign_in_all  # noqa: E402
from driver.waiting import free_ports, pause, wait_until  # noqa: E402

CLUSTER = "scale"
AGENTS = [("ana", "Ana"), ("wei", "Wei"), ("lena", "Lena"), ("omar", "Omar"), ("ines", "Ines")]
NO_LIMITS = {"openLimit": 0, "newPerMinute": 0}
MESSAGES = 5
READY_SECONDS = 10.0
# Shares of all sessions that the steps add: completed, then completed, then open, then completed.
FIRST, CLOSED, OPEN = 0.1, 0.2, 0.1
SAMPLED = 200


class Scale:
    """One node and what its starts showed."""

    def __init__(self, directory):
        [make] = [make_cluster(directory, [tuple(free_ports(3))], CLUSTER)]
        self.cluster = Cluster(directory, bound=True)
        self.node = self.cluster[1]
        self.closed = self.open = 0
        self.starts = []

    def found(self):
        """The project and its agents, by the real way; the node is down afterwards."""
        self.cluster.start()
        agents = [(login, name, f"password of {login}") for login, name in AGENTS]
        admin = administrator(self.node.url, self.cluster.admin_password)
        seeded = seed(admin, agents, limits=NO_LIMITS)
        sign_in_all(self.node.url, seeded)
        self.node.stop()

    def add(self, closed, opened):
        """Holds more conversations."""
        begun = time.monotonic()
        done = subprocess.run(
            bound_to_parent([
                binary("state-filler"), str(self.node.data), CLUSTER, "1", str(closed),
                str(opened)]),
            capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"state-filler: {done.stderr[-800:]}")
        self.filled = json.loads(done.stdout)
        self.closed, self.open = self.closed + closed, self.open + opened
        if self.filled["sessions"] != self.closed + self.open:
            raise RuntimeError(f"{self.filled} instead of {self.closed + self.open} sessions")
        print(f"{closed:,} completed and {opened:,} open sessions added in"
              f" {time.monotonic() - begun:.0f} s", flush=True)

    def start(self, is_cold=True):
        """Starts the node, waits until it is ready, looks at it, and ends it."""
        if is_cold:
            forget(self.node.data)
        begun = time.monotonic()
        self.node.start()
        wait_until("the node is ready", self.node.is_ready, 300, every=0.005)
        took = time.monotonic() - begun
        pause(1)  # What the start needed only for itself goes back meanwhile.
        memory = resident(self.node.pid())
        if int(self.node.status()["applied"]) < self.filled["applied"]:
            raise RuntimeError("the node is ready without all that was applied")
        loaded = json.loads(next(
            line for line in reversed(self.node.log.read_text().splitlines())
            if '"serving"' in line))
        start = {
            "closed": self.closed, "open": self.open, "cold": is_cold, "ready_s": round(took, 2),
            "load_s": int(loaded["loadMilliseconds"]) / 1000, "rss": memory["VmRSS"],
            "peak": memory["VmHWM"],
            "state_bytes": (self.node.data / "state.db").stat().st_size,
        }
        self.node.stop()
        self.starts.append(start)
        print(json.dumps(start), flush=True)
        return start

    def check(self):
        """Some conversations are there, word for word as many as were held."""
        self.node.start()
        self.node.wait_ready(300)
        admin = administrator(self.node.url, self.cluster.admin_password)
        answer = admin.get("/api/v1/export/sessions", after="0", limit=SAMPLED)
        if len(answer["items"]) != min(SAMPLED, self.closed + self.open):
            raise RuntimeError(f"{len(answer['items'])} sessions in the export")
        for session in answer["items"][:20]:
            items = admin.history(session["id"])
            texts = [item for item in items if item["from"] in ("customer", "agent")]
            if len(texts) != MESSAGES:
                raise RuntimeError(f"session {session['id']} has {len(texts)} messages")
        self.node.stop()


def forget(directory):
    """Takes a directory's files out of the page cache."""
    for path in directory.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def resident(pid):
    """Bytes that a process holds in memory now, and held at most."""
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            fields[name] = int(value.split()[0]) * 1024
    return fields


def measure(directory, sessions):
    """All steps; the figures for the JSON line."""
    scale = Scale(directory)
    scale.found()
    counts = [int(sessions * share) for share in (FIRST, CLOSED, OPEN)]
    scale.add(counts[0], 0)
    first = scale.start()
    scale.add(counts[1], 0)
    second = scale.start()
    scale.add(0, counts[2])
    third = scale.start()
    scale.add(sessions - sum(counts), 0)
    cold = scale.start()
    warm = scale.start(is_cold=False)
    scale.check()
    return {
        "sessions": sessions, "messages": sessions * MESSAGES, "open": counts[2],
        "ready_s": cold["ready_s"], "ready_warm_s": warm["ready_s"], "load_s": cold["load_s"],
        "rss_mib": cold["rss"] >> 20, "peak_mib": cold["peak"] >> 20,
        "bytes_per_closed": round((second["rss"] - first["rss"]) / counts[1]),
        "bytes_per_open": round((third["rss"] - second["rss"]) / counts[2]),
        "bytes_per_closed_at_the_end": round(
            (cold["rss"] - third["rss"]) / (sessions - sum(counts))),
        "state_mib": cold["state_bytes"] >> 20, "holds": cold["ready_s"] < READY_SECONDS,
    }, scale.starts


def report(figures, starts, facts):
    """The section of the last run."""
    lines = [f"- {fact}" for fact in facts]
    lines += [
        f"- {figures['sessions']:,} sessions, {figures['open']:,} of them open, with"
        f" {figures['messages']:,} messages; state.db has {figures['state_mib']:,} MiB.",
        f"- **Ready {figures['ready_s']:.2f} s** after the process was started with nothing of its"
        f" files in the page cache, {figures['ready_warm_s']:.2f} s with all of it"
        f" (bound: {READY_SECONDS:.0f} s).",
        f"- Resident: {figures['rss_mib']:,} MiB, at most {figures['peak_mib']:,} MiB while it"
        " loaded.",
        f"- **{figures['bytes_per_closed']} bytes for each completed session,"
        f" {figures['bytes_per_open']} for each open one**"
        f" ({figures['bytes_per_closed_at_the_end']} for each completed one of the last step).",
        "", "| completed | open | ready s | rows loaded s | resident MiB | highest MiB |"
        " state.db MiB | page cache |", "|--:|--:|--:|--:|--:|--:|--:|---|"]
    for start in starts:
        lines.append(
            f"| {start['closed']:,} | {start['open']:,} | {start['ready_s']:.2f} |"
            f" {start['load_s']:.2f} | {start['rss'] >> 20:,} | {start['peak'] >> 20:,} |"
            f" {start['state_bytes'] >> 20:,} | {'empty' if start['cold'] else 'full'} |")
    page.rewrite("The last restart", lines)


def main():
    """Ends with 1 when the bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--no-report", action="store_true", help="leave docs/SCALE.md alone")
    arguments = parser.parse_args()
    base = ROOT / ".build" / "scale"
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir(parents=True)
    facts = machine.brief_facts(base)
    with tempfile.TemporaryDirectory(dir=base) as directory:
        figures, starts = measure(pathlib.Path(directory), arguments.sessions)
    if not arguments.no_report:
        report(figures, starts, facts)
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
