"""`make crowd`: whether routing is as fast over many sessions as in an empty cluster.

One cluster is filled by `state-filler` as for `make scale`, then two nodes join it. In turns an
empty cluster, a new one each time, and the filled one take as many webhooks at a follower as they
can, each of them a new customer's who is given to an agent; the other cluster is down meanwhile.
Prints one line of JSON at the end and rewrites its section of docs/SCALE.md.
"""

import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "cluster"))

import machine  # noqa: E402
import page  # noqa: E402
from catchup import CONNECTIONS, load, seconds_of  # noqa: E402
from driver.configuration import make_cluster  # noqa: E402
from driver.consoles import Consoles  # noqa: E402
from driver.processes import Cluster, binary, bound_to_parent  # noqa: E402
from driver.seeding import administrator, seed, sign_in_all, wait_receiving  # noqa: E402
from driver.waiting import free_ports, wait_until  # noqa: E402
from scale import AGENTS, MESSAGES, NO_LIMITS  # noqa: E402
from times import Times  # noqa: E402

# The name that `state-filler` finds in the files.
CLUSTER = "crowd"
ROUNDS = 3
WARM_SECONDS = 3
SECONDS = 10
# The share of the sessions that stay open.
OPEN = 0.1
FLOOR = 0.9
READY_SECONDS = 300
FOUND_SECONDS = 3_600


class Crowd:
    """Three nodes over so many sessions."""

    def __init__(self, directory, sessions):
        directory.mkdir()
        make_cluster(directory, [tuple(free_ports(3))], CLUSTER)
        self.cluster = Cluster(directory, bound=True)
        self.phase = 0
        first = self.cluster[1]
        self.cluster.start()
        agents = [(login, name, f"password of {login}") for login, name in AGENTS]
        admin = administrator(first.url, self.cluster.admin_password)
        self.seeded = seed(admin, agents, limits=NO_LIMITS)
        # Who never signed in is given nothing.
        sign_in_all(first.url, self.seeded)
        if sessions:
            first.stop()
            self._fill(first, sessions)
            first.start()
            first.wait_ready(READY_SECONDS)
        for number in (2, 3):
            self._join(first, number)
        self.cluster.wait_level(READY_SECONDS)
        if sessions:
            # Filled from outside, every text is new to search.db: work that is no routing.
            for node in self.cluster.nodes:
                self._wait_found(node)
        self.sessions = sessions

    def _wait_found(self, node):
        admin = administrator(node.url, self.cluster.admin_password)
        applied = int(node.status()["applied"])
        wait_until("search.db is level", lambda: int(admin.get(
            "/api/v1/search", text="a")["searchIndex"]) >= applied, FOUND_SECONDS, every=1)

    def _fill(self, node, sessions):
        opened = int(sessions * OPEN)
        subprocess.run(
            bound_to_parent([
                binary("state-filler"), str(node.data), CLUSTER, "1", str(sessions - opened),
                str(opened)]),
            check=True, stdout=subprocess.DEVNULL)

    def _join(self, first, number):
        node = self.cluster.join(number, free_ports(3))
        subprocess.run(
            [binary("roundhouse"), "members", "add", str(number),
             node.configuration["peer"]["listen"], "--wait", "--config", str(first.path)],
            check=True, stdout=subprocess.DEVNULL, timeout=READY_SECONDS)
        node.wait_ready(READY_SECONDS)

    def measure(self):
        """Webhooks a second that a follower takes, and how long they take."""
        for node in self.cluster.nodes:
            node.start()
        for node in self.cluster.nodes:
            node.wait_ready(READY_SECONDS)
        leader = self.cluster.wait_leader()
        follower = next(node for node in self.cluster.nodes if node is not leader)
        self.phase += 1
        total = Times()
        apis = sign_in_all(leader.url, self.seeded)
        with Consoles(apis, [leader.url]):
            wait_receiving(self.seeded, [node.url for node in self.cluster.nodes])
            seconds = seconds_of(
                load(follower, self.seeded, self.phase, seconds=WARM_SECONDS + SECONDS + 1))
        for second in seconds[WARM_SECONDS:WARM_SECONDS + SECONDS]:
            total.add(second)
        if total.lost:
            raise RuntimeError(f"{total.lost} webhooks were not acknowledged")
        digests = {status["digest"] for status in self.cluster.wait_level()}
        if len(digests) != 1:
            raise RuntimeError(f"the nodes' digests differ: {digests}")
        self.cluster.stop()
        figures = {
            "sessions": self.sessions, "per_s": round(total.acknowledged / SECONDS),
            "p50_ms": round(total.milliseconds(.5), 2),
            "p99_ms": round(total.milliseconds(.99), 2)}
        print(json.dumps(figures), flush=True)
        return figures


def measure(directory, sessions):
    """All rounds: those of empty clusters, and those of the filled one."""
    empty, filled = [], []
    crowd = Crowd(directory / "filled", sessions)
    try:
        crowd.cluster.stop()
        for number in range(ROUNDS):
            new = Crowd(directory / f"empty-{number}", 0)
            try:
                empty.append(new.measure())
            finally:
                new.cluster.kill()
            filled.append(crowd.measure())
    finally:
        crowd.cluster.kill()
    return empty, filled


def report(figures, empty, filled, facts):
    """The section of the last run."""
    lines = [f"- {fact}" for fact in facts]
    lines += [
        f"- {figures['sessions']:,} sessions with {figures['sessions'] * MESSAGES:,} messages, one"
        f" in ten open. Medians of {ROUNDS} rounds of {SECONDS} s: **{figures['per_s']:,}"
        f" webhooks a second over them, {figures['empty_per_s']:,} in an empty cluster: a ratio of"
        f" {figures['ratio']:.2f}** (bound: {FLOOR}).",
        "",
        "| round | empty: webhooks/s | p50 ms | p99 ms | filled: webhooks/s | p50 ms | p99 ms |",
        "|--:|--:|--:|--:|--:|--:|--:|"]
    for number, (a, b) in enumerate(zip(empty, filled), 1):
        lines.append(
            f"| {number} | {a['per_s']:,} | {a['p50_ms']:.2f} | {a['p99_ms']:.2f} |"
            f" {b['per_s']:,} | {b['p50_ms']:.2f} | {b['p99_ms']:.2f} |")
    page.rewrite("The last crowd", lines)


def main():
    """Ends with 1 when the bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--no-report", action="store_true", help="leave docs/SCALE.md alone")
    arguments = parser.parse_args()
    base = ROOT / ".build" / "crowd"
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir(parents=True)
    facts = machine.brief_facts(base)
    with tempfile.TemporaryDirectory(dir=base) as directory:
        empty, filled = measure(pathlib.Path(directory), arguments.sessions)
    before, after = (
        statistics.median(figures["per_s"] for figures in side) for side in (empty, filled))
    figures = {
        "sessions": arguments.sessions, "connections": CONNECTIONS, "empty_per_s": before,
        "per_s": after, "ratio": round(after / before, 3), "holds": after >= FLOOR * before}
    if not arguments.no_report:
        report(figures, empty, filled, facts)
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
