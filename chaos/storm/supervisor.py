"""Starts nodes again when they ended, as an init system would, and keeps account of the ends."""

import dataclasses
import signal
import threading
import time

RESTART_SECONDS, LONGEST_RESTART_SECONDS = 0.2, 2.0
# A process that ran this long is started again at once.
STEADY_SECONDS = 5.0
# How long after a fault an end may still be its doing.
GRACE_SECONDS = 3.0
LOOK_SECONDS = 0.02


@dataclasses.dataclass
class Care:
    """What the supervisor knows of one node."""

    node: object
    wanted: bool = True
    is_last: bool = False
    environment: dict = dataclasses.field(default_factory=dict)
    prefix: list = dataclasses.field(default_factory=list)
    started_at: float = 0.0
    wait: float = RESTART_SECONDS
    start_at: float = 0.0
    excuses: dict = dataclasses.field(default_factory=dict)


class Supervisor:
    """Looks after all nodes in a thread of its own. Everything that starts or ends a node goes
    through it."""

    def __init__(self, cluster, network, environments):
        self.cares = {
            node.number: Care(
                node, environment=environments.get(node.number, {}),
                prefix=network.prefix(node.number))
            for node in cluster.nodes}
        self.exits = []
        """(seconds by time.monotonic(), node, exit code, the fault that excuses it or None)"""
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    def kill(self, number):
        """Ends a node with -9 and leaves it so."""
        self._end(number, signal.SIGKILL)

    def stop(self, number):
        """Asks a node to end and leaves it so; gives its exit code."""
        return self._end(number, signal.SIGTERM)

    def age(self, number):
        """For how many seconds a node's process has run; 0 when it does not."""
        with self._lock:
            started_at = self.cares[number].started_at
        return time.monotonic() - started_at if started_at else 0.0

    def _end(self, number, with_signal):
        with self._lock:
            care = self.cares[number]
            care.wanted = False
            child = care.node.child
            if child is None or child.poll() is not None:
                if care.started_at:
                    self._note_end(care, time.monotonic(), child.returncode)
                return None
            care.started_at = 0.0
            child.send_signal(signal.SIGCONT)
            child.send_signal(with_signal)
        return child.wait(30)

    def want(self, number):
        """Lets a node run (again)."""
        with self._lock:
            care = self.cares[number]
            care.wanted, care.is_last = True, False
            care.start_at, care.wait = 0.0, RESTART_SECONDS

    def leave_dead(self, number):
        """Lets a node run, and end, without a new start."""
        with self._lock:
            self.cares[number].is_last = True

    def replace(self, number, node):
        """Another node runs in the place of one that is gone."""
        with self._lock:
            old = self.cares.pop(number)
            self.cares[node.number] = Care(
                node, environment=old.environment, prefix=old.prefix)

    def excuse(self, number, fault, codes):
        """Until `accuse` the node may end with one of these exit codes, because of a fault."""
        with self._lock:
            self.cares[number].excuses[fault] = (set(codes), float("inf"))

    def accuse(self, number, fault):
        """The fault is over."""
        with self._lock:
            codes, _ = self.cares[number].excuses[fault]
            self.cares[number].excuses[fault] = (codes, time.monotonic() + GRACE_SECONDS)

    def unexcused(self):
        """The ends that no fault excuses, in words."""
        return [
            f"node {number} ended by itself with {code}"
            for _, number, code, excuse in self.exits if excuse is None]

    def _run(self):
        while not self._stopping.wait(LOOK_SECONDS):
            with self._lock:
                for care in self.cares.values():
                    if care.wanted:
                        self._look_at(care)

    def _look_at(self, care):
        now, child = time.monotonic(), care.node.child
        if child is not None and child.poll() is None:
            return
        if care.started_at:
            self._note_end(care, now, child.returncode)
            if care.is_last:
                care.wanted = False
                return
        if now >= care.start_at:
            care.node.start(care.environment, care.prefix)
            care.started_at = now

    def _note_end(self, care, now, code):
        excuse = next((
            fault for fault, (codes, until) in care.excuses.items()
            if code in codes and now <= until), None)
        self.exits.append((now, care.node.number, code, excuse))
        steady = now - care.started_at > STEADY_SECONDS
        care.wait = RESTART_SECONDS if steady else min(LONGEST_RESTART_SECONDS, care.wait * 2)
        care.start_at = now + care.wait
        care.started_at = 0.0

    def close(self):
        """Ends every node with -9, and looks no more."""
        for number in self.cares:
            self.kill(number)
        self._stopping.set()
        self._thread.join(10)
