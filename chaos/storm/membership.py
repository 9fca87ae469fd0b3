"""Members that go and come: a node is removed for good, and a new one takes its place, its network
and its disk, with a number that no node ever had."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import time

from driver.configuration import make_joiner
from driver.processes import Node, binary

# The exit code of a node that learnt that it was removed.
REMOVED = 77
# How long a change may take when all is well; it is tried again until then.
CHANGE_SECONDS, TRY_SECONDS = 30.0, 12.0


class Members:
    """Changes of the members of one cluster, each carried through before the next."""

    def __init__(self, cluster, network, supervisor, place):
        """`place(configuration, number)` writes a node's addresses and directory into its
        configuration."""
        self.cluster = cluster
        self.network = network
        self.supervisor = supervisor
        self.place = place
        self.highest = max(node.number for node in cluster.nodes)
        self.lost_clicks = 0
        """Clicks that nodes had answered and not passed on when they were removed for good."""

    def replace(self, number):
        """Removes this node and lets a new one join in its place; gives the new one's number.
        Raises TimeoutError when the cluster does not take part in it."""
        old = self.cluster[number]
        others = [node for node in self.cluster.nodes if node is not old]
        self.supervisor.excuse(number, "replace", {REMOVED, 0})
        self.supervisor.leave_dead(number)
        self._change(others, lambda names: number not in names, "remove", number)
        self.supervisor.stop(number)
        fresh = self._next(number)
        node = self._make(fresh, old, others)
        self.lost_clicks += spooled(old.data / "spool.db")
        shutil.rmtree(old.data, ignore_errors=True)
        self.cluster.nodes[self.cluster.nodes.index(old)] = node
        self.supervisor.replace(number, node)
        self._change(
            others, lambda names: fresh in names, "add", fresh,
            node.configuration["peer"]["listen"])
        return fresh

    def votes(self, number):
        """Whether every node that answers knows that this one votes."""
        known = [self._membership(node) for node in self.cluster.nodes]
        return any(known) and all(
            any(each["node"] == number and each["isVoter"] for each in members)
            for members in known if members)

    def _membership(self, node):
        """The members as a node sees them; none when it does not answer."""
        try:
            return node.status()["membership"]
        except OSError:
            return []

    def _next(self, number):
        """The lowest number above all that lives in the same place."""
        places = len(self.cluster.nodes)
        fresh = number
        while fresh <= self.highest:
            fresh += places
        self.highest = fresh
        return fresh

    def _make(self, fresh, old, others):
        """The new node's configuration."""
        path = make_joiner(
            self.cluster.directory, fresh, self.network.ports(fresh),
            [node.configuration["peer"]["listen"] for node in others], like=others[0].number)
        configuration = json.loads(path.read_text())
        self.place(configuration, fresh)
        path.write_text(json.dumps(configuration, indent=2) + "\n")
        return Node(path, old.bound)

    def _change(self, nodes, is_done, *words):
        """Asks one node after the other until the members are as wanted."""
        deadline, said = time.monotonic() + CHANGE_SECONDS, ""
        while time.monotonic() < deadline:
            for node in nodes:
                said = self._ask(node, *words) or said
                names = {each["node"] for each in self._membership(node)}
                if names and is_done(names):
                    return
        raise TimeoutError(f"members {' '.join(map(str, words))}: {said}")

    def _ask(self, node, *words):
        try:
            done = subprocess.run(
                [binary("roundhouse"), "members", *map(str, words), "--config", str(node.path)],
                capture_output=True, text=True, timeout=TRY_SECONDS)
        except subprocess.TimeoutExpired:
            return "no answer in time"
        return done.stderr.strip() if done.returncode else ""


def spooled(path):
    """How many clicks a spool holds; none when there is no spool yet."""
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path)) as spool:
        [[clicks]] = spool.execute("SELECT coalesce(sum(clicks), 0) FROM clicks")
    return clicks
