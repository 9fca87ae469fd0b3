"""Is a history linearizable? The search of Wing and Gong with Lowe's memory of places seen.

A model is given by its first state, `step(state, operation)` - the states that may follow when the
operation takes effect, none if it can't - and `drift(state)` - the states that the system may
reach by itself. An operation that must have happened has a finite end; one whose outcome nobody
knows is optional and may take effect at any time after it began.
"""

import dataclasses
import math

# A search that is longer than this has no witness near the hinted order; see `Verdict`.
STEP_LIMIT = 200_000


@dataclasses.dataclass(frozen=True)
class Entry:
    """An operation with its time: `operation` means something to the model alone. `hint` is the
    place where it is tried first, such as its log index."""

    begin: float
    end: float
    operation: object
    optional: bool = False
    hint: float = math.inf


@dataclasses.dataclass
class Verdict:
    """Whether there is a linearization. When there is none, `stuck` has the operations one of
    which would have had to be next, at the furthest point that the search reached."""

    is_linearizable: bool
    steps: int
    stuck: list = dataclasses.field(default_factory=list)
    state: object = None
    gave_up: bool = False


def no_drift(_state):
    """A system that does nothing by itself."""
    return ()


def check(entries, first, step, drift=no_drift, accept=None, limit=STEP_LIMIT):
    """Looks for an order of the entries that the model allows and real time allows: an entry that
    ended before another began comes before it. `accept(state)` says whether the last state is
    right; without it every state is. Past `limit` steps there is no witness, for what we know."""
    entries = sorted(entries, key=lambda entry: (entry.begin, entry.end))
    # A place is (how many entries from the first on are done, those done beyond, the state).
    start = (0, frozenset(), first)
    # Followers are made one at a time: the way that the hints show needs no others.
    seen, stack = {start}, [(start, _following(entries, start, step, drift))]
    steps, furthest, best = 0, -1, start
    while stack:
        place, following = stack[-1]
        done, beyond, state = place
        if len(beyond) + done > furthest:
            furthest, best = len(beyond) + done, place
        if _is_end(entries, done, beyond) and (accept is None or accept(state)):
            return Verdict(True, steps)
        after = next((each for each in following if each not in seen), None)
        if after is None:
            stack.pop()
            continue
        seen.add(after)
        stack.append((after, _following(entries, after, step, drift)))
        steps += 1
        if steps >= limit:
            return Verdict(False, steps, _stuck(entries, best), best[2], gave_up=True)
    return Verdict(False, steps, _stuck(entries, best), best[2])


def _following(entries, place, step, drift):
    """The places that may follow one, those of the best hints first."""
    done, beyond, state = place
    candidates = _candidates(entries, done, beyond)
    for number in sorted(candidates, key=lambda n: entries[n].hint):
        for after in step(state, entries[number].operation):
            yield (*_with(number, done, beyond), after)
    for after in drift(state):
        yield done, beyond, after


def _is_end(entries, done, beyond):
    return all(
        entries[number].optional
        for number in range(done, len(entries)) if number not in beyond)


def _candidates(entries, done, beyond):
    """The entries that may be next: no other that must still come ended before they began."""
    found, earliest_end = [], math.inf
    for number in range(done, len(entries)):
        entry = entries[number]
        if entry.begin > earliest_end:
            break
        if number in beyond:
            continue
        found.append(number)
        if not entry.optional:
            earliest_end = min(earliest_end, entry.end)
    return found


def _with(number, done, beyond):
    """The place's first two parts with one more entry done, in their shortest form."""
    if number != done:
        return done, beyond | {number}
    done += 1
    if done in beyond:
        beyond = set(beyond)
        while done in beyond:
            beyond.discard(done)
            done += 1
        beyond = frozenset(beyond)
    return done, beyond


def _stuck(entries, place):
    done, beyond, _ = place
    return [entries[number].operation for number in _candidates(entries, done, beyond)][:5]
