"""What must be true after a failover, computed apart from the system that is checked.

The input is what went in (update ids acknowledged, the roster's order) and what came out (each
node's export of its sessions; the load gives each message its update's number). Every agent was
available all the time, so the round robin's turn needs no knowledge of the router's own reasoning:
the next in the list, always.
"""

import collections
import dataclasses

AUTOMATIC_CAUSES = {"new", "reopen", "drain", "leaving"}


@dataclasses.dataclass
class Verdict:
    """Counts of what went wrong, and the first few in words."""

    lost: int = 0
    duplicated: int = 0
    out_of_turn: int = 0
    owner_faults: int = 0
    differing_nodes: int = 0
    notes: list = dataclasses.field(default_factory=list)

    def note(self, text):
        """Keeps a sentence about a fault, not thousands of them."""
        if len(self.notes) < 20:
            self.notes.append(text)

    @property
    def is_good(self):
        """Whether nothing went wrong."""
        return not (self.lost or self.duplicated or self.out_of_turn or self.owner_faults
                    or self.differing_nodes)


def judge(acknowledged, roster, exports):
    """The verdict over every node's export: update id -> user of what was acknowledged, the
    agents' ids in list order, and per node the exported sessions."""
    verdict = Verdict()
    first = exports[0]
    _check_updates(verdict, acknowledged, first)
    _check_owners(verdict, roster, first)
    _check_turn(verdict, roster, first)
    for number, other in enumerate(exports[1:], 2):
        if _canonical(other) != _canonical(first):
            verdict.differing_nodes += 1
            verdict.note(f"export {number} differs from export 1")
    return verdict


def _canonical(sessions):
    return sorted(sessions, key=lambda session: int(session["id"]))


def _check_updates(verdict, acknowledged, sessions):
    """Each acknowledged update is in exactly one session, once, and in its user's."""
    places = collections.defaultdict(list)
    for session in sessions:
        for update in session["messages"]:
            places[int(update)].append(session)
    for update, user in acknowledged.items():
        found = places.get(update, [])
        if not found:
            verdict.lost += 1
            verdict.note(f"update {update} of user {user} is in no session")
        elif any(int(session["user"]) != user for session in found):
            verdict.lost += 1
            verdict.note(f"update {update} of user {user} is in another user's session")
    for update, found in places.items():
        if len(found) > 1:
            verdict.duplicated += 1
            verdict.note(f"update {update} is in sessions {[each['id'] for each in found]}")
    users = collections.Counter(int(session["user"]) for session in sessions)
    for user, count in users.items():
        if count > 1:
            verdict.duplicated += 1
            verdict.note(f"user {user} has {count} open sessions")


def _check_owners(verdict, roster, sessions):
    """Nobody transferred or completed anything: a session is given once, to whom it still has."""
    for session in sessions:
        given = [each for each in session["decisions"] if each.get("chosen")]
        owner = session["owner"]
        if len(given) != 1 or owner != given[0]["chosen"] or owner not in roster:
            verdict.owner_faults += 1
            verdict.note(
                f"session {session['id']} has owner {owner} after {len(given)} assignments")


def _check_turn(verdict, roster, sessions):
    """In the order of the log each assignment goes to the successor of the one before."""
    given = []
    for session in sessions:
        for decision in session["decisions"]:
            if decision.get("chosen") and decision["cause"] in AUTOMATIC_CAUSES:
                given.append((int(decision["index"]), int(session["id"]), decision))
    given.sort(key=lambda entry: entry[:2])
    previous = None
    for index, session, decision in given:
        expected = roster[0] if previous is None else _successor(roster, previous)
        before = decision.get("cursorBefore") or None
        if decision["chosen"] != expected:
            verdict.out_of_turn += 1
            verdict.note(
                f"index {index}: session {session} to {decision['chosen']}, not {expected}")
        elif before != previous or decision.get("cursorAfter") != decision["chosen"]:
            verdict.out_of_turn += 1
            verdict.note(
                f"index {index}: cursor {before} -> {decision.get('cursorAfter')},"
                f" not {previous} -> {decision['chosen']}")
        previous = decision["chosen"]


def _successor(roster, agent):
    return roster[(roster.index(agent) + 1) % len(roster)] if agent in roster else roster[0]


def longest_gap(acknowledgements, begin, end):
    """The longest time in milliseconds between two acknowledged updates from begin to end; the
    edges count, so that a stream that never resumes shows."""
    inside = sorted(moment for moment in acknowledgements if begin <= moment <= end)
    moments = [begin, *inside, end]
    return max(b - a for a, b in zip(moments, moments[1:])) * 1000
