"""The faults by name: what each does to which node, and what heals it.

A fault is a function of the storm and a generator of chance; it begins the fault and gives
`Begun`, or None when it has no target now. Healing may take a while: as long as `heal` gives False
it is asked again. Which fault comes when is planned from the seed alone;
whom it hits may depend on who leads then.
"""

import dataclasses
import random
import signal
import time

# Seconds that a fault lasts, from and to.
SHORT, MIDDLE, LONG = (0.4, 2.0), (1.5, 4.0), (3.0, 6.0)
# Seconds of calm between a fault's end and the next one's begin.
CALM = (1.0, 3.0)
# How many of the faults come while the one before still lasts.
OVERLAPPING = 0.15
# How much longer each sync takes, in seconds, before every node is killed.
SLOW_BEFORE_THE_CUT = 0.1
# The exit code of a node that can't write what it has to.
STORAGE_FAILED = {74}
# Within this a new member has to vote.
PROMOTION_SECONDS = 30.0
# A process that runs this long listens to signals.
STARTING_SECONDS = 2.0
# How long the load is observed after the leader was killed, and nothing else happens.
OBSERVED_SECONDS = 3.0


@dataclasses.dataclass
class Begun:
    """A fault under way."""

    text: str
    heal: object
    nodes: tuple = ()
    killed_leader_at: float | None = None


def _kill(storm, node):
    storm.supervisor.kill(node)
    return lambda: storm.supervisor.want(node)


def kill_leader(storm, chance):
    """kill -9 of the leader, with nothing else wrong: the gap that follows is measured."""
    leader = storm.calm_leader()
    if leader is None:
        return None
    at = time.monotonic()
    return Begun(f"kill -9 of the leader, node {leader}", _kill(storm, leader), (leader,), at)


def kill_any(storm, chance):
    """kill -9 of any node."""
    node = storm.pick(chance)
    return node and Begun(f"kill -9 of node {node}", _kill(storm, node), (node,))


def kill_all(storm, chance):
    """kill -9 of every node at once, as a power cut does, while their disks are slow: what was
    acknowledged and not yet written would be lost."""
    nodes = storm.free()
    if len(nodes) < len(storm.numbers):
        return None
    if storm.shims:
        for node in nodes:
            storm.shim(node).slow_syncs(SLOW_BEFORE_THE_CUT)
        time.sleep(chance.uniform(2, 5) * SLOW_BEFORE_THE_CUT)
    for node in nodes:
        storm.node(node).signal(signal.SIGSTOP)
    ends = [_kill(storm, node) for node in nodes]

    def heal():
        for node, end in zip(nodes, ends):
            if storm.shims:
                storm.shim(node).slow_syncs(0)
            end()
    return Begun("kill -9 of every node", heal, tuple(nodes))


def _pause(storm, node):
    storm.node(node).signal(signal.SIGSTOP)
    return Begun(
        f"SIGSTOP of node {node}", lambda: storm.node(node).signal(signal.SIGCONT), (node,))


def pause_leader(storm, chance):
    """SIGSTOP of the leader."""
    node = storm.leader()
    return node and _pause(storm, node)


def pause_any(storm, chance):
    """SIGSTOP of any node."""
    node = storm.pick(chance)
    return node and _pause(storm, node)


def restart(storm, chance):
    """An orderly end and a new start."""
    node = storm.pick(chance)
    # Before it has begun to listen to signals a process ends by the signal itself.
    if not node or storm.supervisor.age(node) < STARTING_SECONDS:
        return None
    code = storm.supervisor.stop(node)
    if code:
        storm.problem(f"node {node} was asked to end and ended with {code}")
    return Begun(
        f"orderly restart of node {node}", lambda: storm.supervisor.want(node), (node,))


def _cut(storm, pairs, share=1.0):
    ends = [storm.network.lose(a, b, share) for a, b in pairs]

    def heal():
        for end in ends:
            end()
    return heal


def _around(storm, inside):
    """The pairs (sender, receiver) over the border of a set of nodes, both ways."""
    outside = [n for n in storm.numbers if n not in inside]
    return [(a, b) for a in inside for b in outside] + [(b, a) for a in inside for b in outside]


def isolate_leader(storm, chance):
    """The leader alone on its side."""
    node = storm.leader()
    return node and Begun(
        f"node {node}, the leader, is cut off", _cut(storm, _around(storm, [node])))


def isolate_minority(storm, chance):
    """A minority of the nodes, any, on one side."""
    size = chance.randint(1, max(1, (len(storm.numbers) - 1) // 2))
    inside = chance.sample(storm.numbers, size)
    return Begun(f"nodes {inside} are cut off", _cut(storm, _around(storm, inside)))


def shatter(storm, chance):
    """Every node alone: no majority anywhere."""
    pairs = [(a, b) for a in storm.numbers for b in storm.numbers if a != b]
    return Begun("every node is cut off", _cut(storm, pairs))


def one_way(storm, chance):
    """One node does not hear another."""
    sender, receiver = chance.sample(storm.numbers, 2)
    return Begun(f"node {receiver} does not hear {sender}", _cut(storm, [(sender, receiver)]))


def deaf_leader(storm, chance):
    """The leader is heard and hears nobody, or the other way round."""
    node = storm.leader()
    if not node:
        return None
    pairs = [(n, node) for n in storm.numbers if n != node]
    if chance.random() < 0.5:
        return Begun(f"node {node}, the leader, hears nobody", _cut(storm, pairs))
    return Begun(
        f"nobody hears node {node}, the leader", _cut(storm, [(b, a) for a, b in pairs]))


def loss(storm, chance):
    """A share of what passes between the nodes is lost."""
    share = chance.uniform(0.03, 0.3)
    pairs = [(a, b) for a in storm.numbers for b in storm.numbers if a != b]
    return Begun(f"{share:.0%} of the packets are lost", _cut(storm, pairs, share))


def delay(storm, chance):
    """What one node sends and gets takes longer."""
    node, seconds = storm.pick(chance), chance.uniform(0.01, 0.15)
    return node and Begun(
        f"{seconds * 1000:.0f} ms between node {node} and everybody",
        storm.network.delay(node, seconds), (node,))


def disk_full(storm, chance):
    """A node's disk has no room left."""
    node = storm.pick(chance)
    if not node:
        return None
    storm.supervisor.excuse(node, "disk-full", STORAGE_FAILED)
    empty = storm.disks.fill(node)

    def heal():
        empty()
        storm.supervisor.accuse(node, "disk-full")
    return Begun(f"the disk of node {node} is full", heal, (node,))


def fsync_error(storm, chance):
    """A sync of a node fails."""
    node = storm.pick(chance)
    if not node:
        return None
    storm.supervisor.excuse(node, "fsync-error", STORAGE_FAILED)
    storm.shim(node).fail_syncs(chance.choice([1, 1, 3, 1000]))

    def heal():
        storm.shim(node).fail_syncs(0)
        storm.supervisor.accuse(node, "fsync-error")
    return Begun(f"syncs of node {node} fail", heal, (node,))


def _slow_syncs(storm, node, seconds):
    storm.shim(node).slow_syncs(seconds)
    return Begun(
        f"syncs of node {node} take {seconds * 1000:.0f} ms longer",
        lambda: storm.shim(node).slow_syncs(0), (node,))


def slow_disk(storm, chance):
    """Each sync of a node takes some milliseconds longer."""
    node = storm.pick(chance)
    return node and _slow_syncs(storm, node, chance.uniform(0.005, 0.2))


def stalled_disk(storm, chance):
    """The leader's syncs take seconds."""
    node = storm.leader()
    return node and _slow_syncs(storm, node, chance.uniform(1, 3))


def clock_jump(storm, chance):
    """A node's wall clock jumps, and jumps back when it heals."""
    node = storm.pick(chance)
    seconds = chance.choice([-1, 1]) * chance.choice([0.5, 10, 600, 86_400])
    if not node:
        return None
    storm.shim(node).set_clock(seconds)
    return Begun(
        f"the wall clock of node {node} jumps by {seconds:+.1f} s",
        lambda: storm.shim(node).set_clock(0), (node,))


def fall_behind(storm, chance):
    """A node is away until the others have cut their logs: it comes back by a snapshot."""
    node = storm.pick(chance)
    return node and Begun(f"node {node} falls behind", _kill(storm, node), (node,))


def replace(storm, chance):
    """A node is removed for good, and a new one joins in its place."""
    if storm.calm_leader() is None:
        return None
    node = storm.pick(chance)
    try:
        fresh = storm.members.replace(node)
    except TimeoutError as error:
        storm.problem(f"replacing node {node}: {error}")
        storm.supervisor.want(node)
        return None

    calm_since = None

    def heal():
        # Its clock runs only while nothing else is wrong: a vote needs a majority.
        nonlocal calm_since
        now = time.monotonic()
        calm_since = (calm_since or now) if storm.active == 1 else None
        if storm.members.votes(fresh):
            return True
        if calm_since is not None and now > calm_since + PROMOTION_SECONDS:
            storm.problem(f"node {fresh} got no vote in {PROMOTION_SECONDS:.0f} s")
            return True
        return False
    return Begun(f"node {fresh} replaces node {node}", heal, (fresh,))


@dataclasses.dataclass(frozen=True)
class Kind:
    """A fault that can be asked for by name."""

    begin: object
    seconds: tuple
    needs: str | None = None


KINDS = {
    "kill-leader": Kind(kill_leader, (OBSERVED_SECONDS, OBSERVED_SECONDS + 1)),
    "kill": Kind(kill_any, SHORT),
    "kill-all": Kind(kill_all, SHORT),
    "pause-leader": Kind(pause_leader, SHORT),
    "pause": Kind(pause_any, MIDDLE),
    "restart": Kind(restart, SHORT),
    "isolate-leader": Kind(isolate_leader, MIDDLE),
    "isolate-minority": Kind(isolate_minority, LONG),
    "shatter": Kind(shatter, SHORT),
    "one-way": Kind(one_way, MIDDLE),
    "deaf-leader": Kind(deaf_leader, MIDDLE),
    "loss": Kind(loss, LONG),
    "delay": Kind(delay, LONG, needs="delay"),
    "disk-full": Kind(disk_full, LONG, needs="disks"),
    "fsync-error": Kind(fsync_error, SHORT, needs="shim"),
    "slow-disk": Kind(slow_disk, LONG, needs="shim"),
    "stalled-disk": Kind(stalled_disk, LONG, needs="shim"),
    "clock-jump": Kind(clock_jump, LONG, needs="shim"),
    "fall-behind": Kind(fall_behind, (8.0, 12.0)),
    "replace": Kind(replace, MIDDLE, needs="members"),
}


@dataclasses.dataclass(frozen=True)
class Planned:
    """One fault of the plan; times in seconds since the plan began."""

    at: float
    kind: str
    seconds: float
    seed: int


def plan(seed, kinds, minutes):
    """The faults of a run. Every kind comes once before any comes again."""
    chance = random.Random(f"{seed} plan")
    planned, deck, at = [], [], chance.uniform(*CALM)
    while True:
        deck = deck or chance.sample(kinds, len(kinds))
        kind = deck.pop()
        seconds = chance.uniform(*KINDS[kind].seconds)
        if at + seconds > minutes * 60:
            return planned
        planned.append(Planned(at, kind, seconds, chance.getrandbits(32)))
        if kind != "kill-leader" and chance.random() < OVERLAPPING:
            at += chance.uniform(0.2, 0.8) * seconds
        else:
            at += seconds + chance.uniform(*CALM)
