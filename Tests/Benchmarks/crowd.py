"""`make crowd`: whether routing is as fast over many sessions as in an empty cluster.

One cluster is filled by `state-filler` as for `make scale`, then two nodes join it. For each round
an empty one is made beside it. In turns a follower of each takes as many webhooks as it can, each
of them a new customer's who is given to an agent, while the other cluster has nothing to do: what
else goes on in the machine meets both. Prints one line of JSON at the end and rewrites its section
of docs/SCALE.md.
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
ROUNDS = 7
# Of each cluster in a round, and what counts of a turn.
TURNS = 2
WARM_SECONDS = 1
SECONDS = 3
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
        self.consoles = self.follower = None
        self.administrators = {}
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
        if node.number not in self.administrators:
            self.administrators[node.number] = administrator(
                node.url, self.cluster.admin_password)
        admin = self.administrators[node.number]
        applied = int(node.status()["applied"])
        wait_until("search.db is level", lambda: int(admin.get(
            "/api/v1/search", text="nowhere")["searchIndex"]) >= applied, FOUND_SECONDS, every=.2)

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

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.consoles:
            self.consoles.__exit__()
        self.cluster.kill()

    def open(self):
        """Starts the nodes that don't run, and opens the agents' consoles."""
        for node in self.cluster.nodes:
            node.start()
        for node in self.cluster.nodes:
            node.wait_ready(READY_SECONDS)
        leader = self.cluster.wait_leader()
        self.follower = next(node for node in self.cluster.nodes if node is not leader)
        self.consoles = Consoles(sign_in_all(leader.url, self.seeded), [leader.url])
        self.consoles.__enter__()
        wait_receiving(self.seeded, [node.url for node in self.cluster.nodes])

    def measure(self, total):
        """A turn: adds what became of the webhooks that a follower takes."""
        self.phase += 1
        seconds = seconds_of(
            load(self.follower, self.seeded, self.phase, seconds=WARM_SECONDS + SECONDS + 1))
        for second in seconds[WARM_SECONDS:WARM_SECONDS + SECONDS]:
            total.add(second)
        if total.lost:
            raise RuntimeError(f"{total.lost} webhooks were not acknowledged")
        digests = {status["digest"] for status in self.cluster.wait_level()}
        if len(digests) != 1:
            raise RuntimeError(f"the nodes' digests differ: {digests}")
        # What is left to do would be done in the other cluster's time.
        for node in self.cluster.nodes:
            self._wait_found(node)


def measure(directory, sessions):
    """The rounds: times of the empty cluster and of the filled one."""
    rounds = []
    with Crowd(directory / "filled", sessions) as crowd:
        # As after any restart, and without what was kept for those who joined.
        crowd.cluster.stop()
        crowd.open()
        for number in range(ROUNDS):
            with Crowd(directory / f"empty-{number}", 0) as new:
                new.open()
                sides = [(new, Times()), (crowd, Times())]
                first, second = sides if number % 2 else sides[::-1]
                for side, total in (first, second, second, first):
                    side.measure(total)
                rounds.append([total for _, total in sides])
                print(json.dumps({
                    "empty_per_s": per_s(sides[0][1]), "per_s": per_s(sides[1][1])}), flush=True)
    return rounds


def per_s(total):
    """Webhooks a second in a round."""
    return round(total.acknowledged / (TURNS * SECONDS))


def ratio(empty, filled):
    """The filled cluster's share of the empty one's webhooks."""
    return filled.acknowledged / empty.acknowledged


def report(figures, rounds, facts):
    """The section of the last run."""
    lines = [f"- {fact}" for fact in facts]
    lines += [
        f"- {figures['sessions']:,} sessions with {figures['sessions'] * MESSAGES:,} messages, one"
        f" in ten open. Medians of {ROUNDS} rounds: {figures['per_s']:,} webhooks a"
        f" second over them, {figures['empty_per_s']:,} in the empty cluster. **The median of the"
        f" rounds' ratios is {figures['ratio']:.2f}** (bound: {FLOOR}).",
        "",
        "| round | empty: webhooks/s | p50 ms | p99 ms | filled: webhooks/s | p50 ms | p99 ms |"
        " ratio |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for number, sides in enumerate(rounds, 1):
        cells = [
            f"{per_s(side):,} | {side.milliseconds(.5):.2f} | {side.milliseconds(.99):.2f}"
            for side in sides]
        lines.append(f"| {number} | {' | '.join(cells)} | {ratio(*sides):.2f} |")
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
        rounds = measure(pathlib.Path(directory), arguments.sessions)
    before, after = (statistics.median(map(per_s, side)) for side in zip(*rounds))
    share = statistics.median(ratio(*sides) for sides in rounds)
    figures = {
        "sessions": arguments.sessions, "connections": CONNECTIONS, "empty_per_s": before,
        "per_s": after, "ratio": round(share, 3), "holds": share >= FLOOR}
    if not arguments.no_report:
        report(figures, rounds, facts)
    print(json.dumps(figures))
    return 0 if figures["holds"] else 1


if __name__ == "__main__":
    sys.exit(main())
