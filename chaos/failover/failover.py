"""Kills the leader with -9 under load, again and again, and checks what came of it.

Three real nodes, 200 webhooks a second to the two that don't lead. The last line is JSON.
"""

import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "cluster"))
sys.path.insert(0, str(HERE))

from driver.configuration import make_cluster  # noqa: E402
from driver.consoles import Consoles  # noqa: E402
from driver.processes import Cluster  # noqa: E402
from driver.seeding import SECRET, administrator, seed, sign_in_all, wait_receiving  # noqa: E402
from driver.telegram import WebhookStream  # noqa: E402
from driver.waiting import free_ports, pause, wait_until  # noqa: E402
from oracle import judge, longest_gap  # noqa: E402

RATE = 200
AGENTS = [("ana", "Ana"), ("wei", "Wei"), ("lena", "Lena"), ("omar", "Omar"), ("ines", "Ines")]
NO_LIMITS = {"openLimit": 0, "newPerMinute": 0}
CALM_SECONDS = 2.0
# After a kill the stream must flow again for this long before the dead node returns.
OBSERVED_SECONDS = 3.0
CAUGHT_UP_ENTRIES = 200


class Failover:
    """One run: the cluster, its load, the kills and the measurements."""

    def __init__(self, directory, say):
        ports = free_ports(9)
        make_cluster(directory, list(zip(ports[:3], ports[3:6], ports[6:])), name="failover")
        self.cluster = Cluster(directory, bound=True)
        self.say = say
        self.gaps = []

    def run(self, kills):
        """Runs it all and gives (summary for the last line, verdict)."""
        try:
            self.cluster.start()
            leader = self.cluster.wait_leader()
            agents = [(login, name, f"password of {login}") for login, name in AGENTS]
            admin = administrator(leader.url, self.cluster.admin_password)
            seeded = seed(admin, agents, limits=NO_LIMITS)
            browsers = sign_in_all(leader.url, seeded)
            urls = [node.url for node in self.cluster.nodes]
            stream = WebhookStream(
                seeded.webhook_path, SECRET, self._others(leader), RATE)
            with Consoles(browsers, urls):
                wait_receiving(seeded, urls)
                stream.start()
                for number in range(1, kills + 1):
                    self._kill_once(number, stream)
                pause(CALM_SECONDS)
                stream.stop()
            return self._judge(kills, seeded, stream)
        finally:
            self.cluster.kill()

    def _others(self, leader):
        return [node.url for node in self.cluster.nodes if node is not leader]

    def _kill_once(self, number, stream):
        leader = self.cluster.wait_leader()
        stream.targets = self._others(leader)
        pause(CALM_SECONDS)
        stream.check()
        leader = self.cluster.wait_leader()
        stream.targets = self._others(leader)
        killed_at = time.monotonic()
        leader.kill()
        survivors = [node for node in self.cluster.nodes if node is not leader]
        successor = wait_until("a new leader", self.cluster.leader, 30)
        pause(OBSERVED_SECONDS)
        gap = longest_gap(stream.acknowledgements, killed_at - 0.1, time.monotonic())
        self.gaps.append(gap)
        leader.start()
        leader.wait_ready()
        wait_until(
            f"node {leader.number} has caught up", lambda: self._has_caught_up(leader, survivors))
        self.say(
            f"kill {number}: node {leader.number} was the leader, now node {successor.number};"
            f" longest gap {gap:.0f} ms")

    def _has_caught_up(self, node, others):
        behind = max(int(other.status()["commit"]) for other in others)
        return int(node.status()["applied"]) >= behind - CAUGHT_UP_ENTRIES

    def _judge(self, kills, seeded, stream):
        level = self.cluster.wait_level()
        digests = {status["digest"] for status in level}
        self.say(f"all nodes at index {level[0]['applied']} with digest {', '.join(digests)}")
        exports = [
            seeded.admin.at(node.url).export_sessions() for node in self.cluster.nodes]
        acknowledged = {
            each.id: each.user for each in stream.updates if each.acknowledged_at is not None}
        roster = [agent["id"] for agent in seeded.agents]
        verdict = judge(acknowledged, roster, exports)
        if stream.refusals:
            self.say(f"answers other than 200: {dict(stream.refusals)}")
        summary = {
            "kills": kills,
            "acknowledged": len(acknowledged),
            "lost": verdict.lost,
            "duplicated": verdict.duplicated,
            "out_of_turn": verdict.out_of_turn,
            "digests_equal": len(digests) == 1,
            "gap_ms": {
                "median": round(statistics.median(self.gaps), 1) if self.gaps else 0,
                "max": round(max(self.gaps), 1) if self.gaps else 0,
            },
        }
        return summary, verdict


def main():
    """Runs with the arguments of the command line; the exit status says whether all held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--directory", help="keep the cluster's files here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="roundhouse-failover-") as temporary:
        run = Failover(arguments.directory or temporary, lambda text: print(text, flush=True))
        summary, verdict = run.run(arguments.kills)
    for note in verdict.notes:
        print(note)
    print(json.dumps(summary, separators=(",", ":")))
    return 0 if verdict.is_good and summary["digests_equal"] else 1


if __name__ == "__main__":
    sys.exit(main())
