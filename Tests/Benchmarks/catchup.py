"""`make catchup`: a node that was away comes back while customers write.

Three real nodes, customers and agents' consoles. First the most webhooks a second that one follower
takes is measured; then the other follower is killed, ENTRIES webhooks pass as fast as answers come,
and while half of the measured maximum comes in at its own pace, whatever becomes of the answers,
the killed node is started again. What each second's webhooks met is kept, so that the time before,
during and after can be told apart. Prints one line of JSON at the end and rewrites its section of
docs/SCALE.md.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import signal
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
from driver.consoles import Consoles  # noqa: E402
from driver.processes import Cluster, binary, bound_to_parent  # noqa: E402
from driver.seeding import (  # noqa: E402
    SECRET, administrator, seed, sign_in_all, wait_receiving)
from driver.waiting import free_ports, pause, wait_until  # noqa: E402
from times import AT_ONCE_SECONDS, Times  # noqa: E402

AGENTS = [("ana", "Ana"), ("wei", "Wei"), ("lena", "Lena"), ("omar", "Omar"), ("ines", "Ines")]
NO_LIMITS = {"openLimit": 0, "newPerMinute": 0}
CONNECTIONS = 128
MAXIMUM_SECONDS = 10
# How long the load runs before the node is started, and after it is level.
CALM_SECONDS = 10
CATCH_UP_SECONDS = 900
# No load takes longer.
LOAD_SECONDS = 3600
# Numbers of updates kept apart for each phase.
UPDATES = 100_000_000
AT_ONCE_PERCENT = 95.0
P99_BOUND_MS = 250.0
# As near to the leader a node counts as level: what is applied in some milliseconds.
NEAR = 1000


def load(node, seeded, phase, rate=0, seconds=LOAD_SECONDS, count=UPDATES):
    """Starts `webhook-load` at a node."""
    return subprocess.Popen(
        bound_to_parent([
            binary("webhook-load"), node.public, seeded.webhook_path, SECRET, str(CONNECTIONS),
            str(rate), str(seconds), str(count), str(phase * UPDATES + 1)]),
        stdout=subprocess.PIPE, text=True)


def seconds_of(process):
    """What a finished load reports, a dictionary a second."""
    output, _ = process.communicate(timeout=LOAD_SECONDS)
    if process.returncode != 0:
        raise RuntimeError(f"webhook-load ended with {process.returncode}")
    return [json.loads(line) for line in output.splitlines()]


class Catchup:
    """One run; times are seconds of the load at half the maximum."""

    def __init__(self, cluster, seeded, entries):
        self.cluster, self.seeded, self.entries = cluster, seeded, entries
        leader = cluster.wait_leader()
        self.target, self.away = [n for n in cluster.nodes if n is not leader]
        self.term = int(leader.status()["term"])
        self.figures = {"entries": entries}

    def run(self):
        """All of it; the figures of the phases by name."""
        self.maximum()
        self.pass_entries()
        rate = self.figures["half_per_s"]
        traffic = load(self.target, self.seeded, 3, rate=rate)
        begun = time.monotonic()
        try:
            pause(CALM_SECONDS)
            started = time.monotonic() - begun
            self.come_back()
            level = time.monotonic() - begun
            pause(CALM_SECONDS)
        finally:
            traffic.send_signal(signal.SIGTERM)
            seconds = seconds_of(traffic)
        self.figures["catch_up_s"] = round(level - started, 1)
        self.check()
        return self.phases(seconds, started, level)

    def maximum(self):
        """The most webhooks a second that the follower takes, all three nodes there."""
        total = Times()
        seconds = seconds_of(load(self.target, self.seeded, 1, seconds=MAXIMUM_SECONDS + 2))
        for second in seconds[1:MAXIMUM_SECONDS + 1]:
            total.add(second)
        if total.lost:
            raise RuntimeError(f"{total.lost} webhooks were not acknowledged at the maximum")
        self.figures["maximum_per_s"] = round(total.acknowledged / MAXIMUM_SECONDS)
        self.figures["half_per_s"] = self.figures["maximum_per_s"] // 2
        self.cluster.wait_level()
        print(json.dumps(self.figures), flush=True)

    def pass_entries(self):
        """Kills the node, and lets entries pass without it."""
        before = int(self.away.status()["last"])
        self.away.kill()
        begun = time.monotonic()
        seconds = seconds_of(load(self.target, self.seeded, 2, count=self.entries))
        lost = sum(second["refused"] + second["broken"] for second in seconds)
        if lost:
            raise RuntimeError(f"{lost} webhooks were not acknowledged while the node was away")
        passed = int(self.target.status()["applied"]) - before
        if passed < self.entries:
            raise RuntimeError(f"only {passed} entries passed")
        self.figures["missed"] = passed
        print(f"{passed:,} entries passed in {time.monotonic() - begun:.0f} s", flush=True)

    def come_back(self):
        """Starts the node and waits until it has applied what the webhooks' node has."""
        begun = time.monotonic()
        self.away.start()
        self.away.wait_ready(CATCH_UP_SECONDS)
        self.figures["ready_s"] = round(time.monotonic() - begun, 1)
        wait_until("the node is level", lambda: self.lag() < NEAR, CATCH_UP_SECONDS, every=0.1)

    def lag(self):
        """Entries that the webhooks' node has applied and the one that came back has not."""
        return int(self.target.status()["applied"]) - int(self.away.status()["applied"])

    def check(self):
        """The node has what the others have, and how it came by it."""
        digests = {status["digest"] for status in self.cluster.wait_level()}
        if len(digests) != 1:
            raise RuntimeError(f"the nodes' digests differ: {digests}")
        log = self.away.log.read_text()
        self.figures["by"] = "snapshot" if "snapshot installed" in log else "log"
        self.figures["elections"] = int(self.target.status()["term"]) - self.term
        copied = [json.loads(line) for node in self.cluster.nodes
                  for line in node.log.read_text().splitlines() if '"state.db copied"' in line]
        if copied:
            last = max(copied, key=lambda line: line["time"])
            self.figures["copy_mib"] = int(last["bytes"]) >> 20
            self.figures["copy_s"] = round(int(last["milliseconds"]) / 1000, 1)

    def phases(self, seconds, started, level):
        """Before the node was started (but for the first second), until it was level, after."""
        copied = started + self.figures.get("copy_s", 0.0) + 1
        phases = {name: Times() for name in ("before", "copy", "during", "after")}
        for second in seconds:
            begins, ends = second["second"], second["second"] + 1
            if ends > started and begins < level:
                phases["during"].add(second)
                if begins < copied:
                    phases["copy"].add(second)
            elif ends <= started and begins > 0:
                phases["before"].add(second)
            elif begins >= level:
                phases["after"].add(second)
        return {name: times.figures() for name, times in phases.items()}


@contextlib.contextmanager
def running_cluster(directory):
    """Three nodes with a project and five agents without limits, whose consoles are open."""
    ports = free_ports(9)
    make_cluster(directory, list(zip(ports[:3], ports[3:6], ports[6:])), "catchup")
    cluster = Cluster(directory, bound=True)
    try:
        cluster.start()
        agents = [(login, name, f"password of {login}") for login, name in AGENTS]
        admin = administrator(cluster.wait_leader().url, cluster.admin_password)
        seeded = seed(admin, agents, limits=NO_LIMITS)
        leader = cluster.wait_leader()
        with Consoles(sign_in_all(leader.url, seeded), [leader.url]):
            wait_receiving(seeded, [node.url for node in cluster.nodes])
            yield cluster, seeded
    finally:
        cluster.kill()


def report(figures, phases, facts):
    """The section of the last run."""
    lines = [f"- {fact}" for fact in facts]
    copy = (f", of {figures['copy_mib']:,} MiB, copied and hashed in {figures['copy_s']} s"
            if "copy_mib" in figures else "")
    lines += [
        f"- One follower takes at most {figures['maximum_per_s']:,} webhooks a second with"
        f" {CONNECTIONS} connections; {figures['half_per_s']:,} a second come while the node"
        " comes back.",
        f"- {figures['missed']:,} entries were missed. The node came back by"
        f" **{figures['by']}**{copy}; it was ready after {figures['ready_s']} s and level with the"
        f" others after **{figures['catch_up_s']} s**. Elections in the whole run:"
        f" {figures['elections']}.",
        f"- Until then **{figures['at_once_percent']} %** were acknowledged at once: the first try"
        f" answered within {AT_ONCE_SECONDS:.0f} s of the moment it was due (bound:"
        f" {AT_ONCE_PERCENT:.0f} %). **p99 {figures['p99_ms']} ms**"
        f" (bound: {P99_BOUND_MS:.0f} ms).",
        "", "| webhooks | count | not acknowledged | at once % | p50 ms | p99 ms | p99.9 ms |"
        " longest ms |", "|---|--:|--:|--:|--:|--:|--:|--:|"]
    words = {
        "before": "before the node is started", "copy": "of these: while the copy is made",
        "during": "until it is level", "after": "afterwards"}
    for name in ("before", "during", "copy", "after"):
        if name == "copy" and figures["by"] == "log":
            continue
        f = phases[name]
        lines.append(
            f"| {words[name]} | {f['webhooks']:,} | {f['not_acknowledged']:,} |"
            f" {f['at_once_percent']:.2f} | {f['p50_ms']:.2f} | {f['p99_ms']:.2f} |"
            f" {f['p999_ms']:.2f} | {f['p100_ms']:.2f} |")
    page.rewrite("The last return", lines)


def main():
    """Ends with 1 when a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--no-report", action="store_true", help="leave docs/SCALE.md alone")
    arguments = parser.parse_args()
    base = ROOT / ".build" / "catchup"
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir(parents=True)
    facts = machine.brief_facts(base)
    with tempfile.TemporaryDirectory(dir=base) as name:
        with running_cluster(pathlib.Path(name)) as (cluster, seeded):
            catchup = Catchup(cluster, seeded, arguments.entries)
            try:
                phases = catchup.run()
            except (RuntimeError, TimeoutError) as error:
                tails = "\n".join(node.log_tail() for node in cluster.nodes)
                sys.exit(f"catchup: {error}\n{tails}")
    figures = {**catchup.figures, **phases["during"]}
    figures["holds"] = (
        figures["at_once_percent"] >= AT_ONCE_PERCENT and figures["p99_ms"] <= P99_BOUND_MS)
    if not arguments.no_report:
        report(figures, phases, facts)
    print(json.dumps({**figures, "before": phases["before"], "copy": phases["copy"],
                      "after": phases["after"]}))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
