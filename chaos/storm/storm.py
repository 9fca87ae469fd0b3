"""Carries out the plan: begins each fault at its time, heals it, and keeps account."""

import collections
import dataclasses
import random
import threading
import time

from .faults import KINDS, OBSERVED_SECONDS

# A kill of the leader is measured from a calm cluster, for which it waits this long.
CALM_SECONDS = 15.0


@dataclasses.dataclass
class Done:
    """A fault that was: moments by time.monotonic()."""

    kind: str
    text: str
    began: float
    healed: float = float("inf")
    killed_leader_at: float | None = None


class Storm:
    """The faults of one run, over a cluster that is served by a workload."""

    def __init__(self, cluster, network, supervisor, disks, shims, members, say):
        self.cluster = cluster
        self.network = network
        self.supervisor = supervisor
        self.disks = disks
        self.shims = shims
        self.members = members
        self.say = say
        self.done = []
        self.problems = []
        self.skipped = collections.Counter()
        self._active = []  # (heal at, Begun, Done)
        self._begun = 0.0
        self._stopping = threading.Event()

    # What faults ask.

    @property
    def numbers(self):
        """The numbers of the present members."""
        return [node.number for node in self.cluster.nodes]

    def node(self, number):
        """The node with this number."""
        return self.cluster[number]

    def shim(self, number):
        """The shim of the place where a node lives."""
        return self.shims[self.network.place(number)]

    def leader(self):
        """The number of the node that leads, or None; one that is under a fault does not count."""
        leader = self.cluster.leader()
        return leader.number if leader and leader.number in self.free() else None

    def calm_leader(self):
        """The leader once nothing is wrong and every node is ready; None if that takes long."""
        deadline = time.monotonic() + CALM_SECONDS
        while time.monotonic() < deadline and not self._stopping.is_set():
            self._heal_due(time.monotonic())
            try:
                if not self._active and all(node.is_ready() for node in self.cluster.nodes):
                    return self.leader()
            except (OSError, RuntimeError):
                pass  # A node is down or just starting: not calm.
            self._stopping.wait(0.05)
        return None

    @property
    def active(self):
        """How many faults last now."""
        return len(self._active)

    def free(self):
        """The nodes whose process no fault has in its hands."""
        taken = {number for _, begun, _ in self._active for number in begun.nodes}
        return [number for number in self.numbers if number not in taken]

    def pick(self, chance):
        """Any free node, or None."""
        free = self.free()
        return chance.choice(free) if free else None

    def problem(self, text):
        """Notes a violation that a fault itself has seen."""
        self.problems.append(text)

    # The plan.

    def run(self, planned, check):
        """All of the plan; `check` raises what should end it early."""
        begun = self._begun = time.monotonic()
        try:
            for each in planned:
                # What was waited for moves the rest: the calm between faults stays.
                self._wait_until(begun + each.at, check)
                late = time.monotonic() - begun - each.at
                began = time.monotonic()
                self._begin(each)
                begun += max(0.0, late) + (time.monotonic() - began)
            while self._active and not self._stopping.is_set():
                self._wait_until(time.monotonic() + 0.1, check)
        finally:
            self._heal_due(float("inf"))

    def stop(self):
        """Ends the plan soon."""
        self._stopping.set()

    def _begin(self, each):
        begun = KINDS[each.kind].begin(self, random.Random(each.seed))
        if not begun:
            self.skipped[each.kind] += 1
            return
        now = time.monotonic()
        done = Done(each.kind, begun.text, now, killed_leader_at=begun.killed_leader_at)
        self.done.append(done)
        self._active.append((now + each.seconds, begun, done))
        self.say(f"{now - self._begun:7.1f} s  {each.kind}: {begun.text}, {each.seconds:.1f} s")

    def _wait_until(self, moment, check):
        while not self._stopping.is_set():
            now = time.monotonic()
            self._heal_due(now)
            check()
            if now >= moment:
                return
            self._stopping.wait(min(0.05, moment - now))

    def _heal_due(self, now):
        for entry in sorted(self._active, key=lambda each: each[0]):
            heal_at, begun, done = entry
            if heal_at <= now and begun.heal() is not False:
                done.healed = time.monotonic()
                self._active.remove(entry)


def gaps_after_kills(done, acknowledgements):
    """Per measured kill of the leader, the longest time in milliseconds without an acknowledged
    webhook while it was observed."""
    gaps = []
    for fault in done:
        if fault.killed_leader_at is not None:
            begin = fault.killed_leader_at - 0.1
            gaps.append(longest_gap(
                acknowledgements, begin, fault.killed_leader_at + OBSERVED_SECONDS))
    return gaps


def longest_gap(acknowledgements, begin, end):
    """The longest time in milliseconds between two acknowledgements from begin to end; the edges
    count, so that a stream that never resumes shows."""
    moments = [begin, *sorted(m for m in acknowledgements if begin <= m <= end), end]
    return max(b - a for a, b in zip(moments, moments[1:])) * 1000


def slow_recoveries(done, acknowledgements, end, bound_seconds):
    """Sentences about the times when nothing was wrong any more and yet no webhook was
    acknowledged for longer than the bound."""
    moments = sorted(acknowledgements)
    for fault in done:
        calm_at = fault.healed
        if any(other.began < calm_at < other.healed for other in done):
            continue
        until = min([other.began for other in done if other.began > calm_at] + [end])
        answered = next((moment for moment in moments if moment >= calm_at), None)
        waited = (answered if answered is not None else end) - calm_at
        if waited > bound_seconds and until - calm_at >= bound_seconds:
            yield (f"after {fault.kind} ({fault.text}) had healed no webhook was acknowledged for"
                   f" {waited:.1f} s")
