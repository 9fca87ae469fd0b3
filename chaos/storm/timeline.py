"""A session's life, replayed from the events of the export: who had it at which version."""

import dataclasses

UNASSIGNED, ASSIGNED, COMPLETED = "unassigned", "assigned", "completed"


class Impossible(Exception):
    """Events that can't follow one another."""


@dataclasses.dataclass(frozen=True)
class Turn:
    """One version of a session: from which log index on, whose it was, what made it so."""

    version: int
    index: int
    state: str
    owner: str | None
    kind: str
    agent: str | None


def replay(session):
    """The versions of an exported session, the first first. Raises Impossible when the events
    contradict each other: two owners at a time, a claim of what was not waiting."""
    turns = []
    for event in session["events"]:
        now = turns[-1] if turns else None
        if now is None:
            turns += _opening(event)
        elif event["kind"] == "message" and event["from"] == "agent":
            if now.state != ASSIGNED or now.owner != event["agent"]:
                raise Impossible(f"{event['agent']} wrote while {now.owner} had it: {event}")
        else:
            after = _after(now, event)
            if after is not None:
                turns.append(after)
    if not turns:
        raise Impossible("a session without an opening")
    return turns


def _opening(event):
    if event["kind"] != "message" or event.get("opening") != "opened":
        raise Impossible(f"the first event opens nothing: {event}")
    first = Turn(1, event["index"], UNASSIGNED, None, "opened", None)
    if not event.get("to"):
        return [first]
    return [first, Turn(2, event["index"], ASSIGNED, event["to"], "given", None)]


def _after(now, event):
    """The next version, or None when the event changes neither owner nor state."""
    kind, agent, to = event["kind"], event.get("agent"), event.get("to")
    if kind == "message":
        if not event.get("opening"):
            return None
        _expect(now.state == COMPLETED and event["opening"] == "reopened", now, event)
        return _waiting_or_given(now, event, to)
    if kind == "assigned":
        _expect(now.state == UNASSIGNED and to, now, event)
        return _turn(now, event, ASSIGNED, to)
    if kind == "claimed":
        _expect(now.state == UNASSIGNED and agent, now, event)
        return _turn(now, event, ASSIGNED, agent)
    if kind == "transferred":
        _expect(now.state != COMPLETED and to and to != now.owner, now, event)
        return _turn(now, event, ASSIGNED, to)
    if kind in ("gaveBack", "requeued"):
        _expect(now.state == ASSIGNED and now.owner == agent, now, event)
        return _waiting_or_given(now, event, to)
    if kind == "completed":
        _expect(now.state != COMPLETED, now, event)
        return _turn(now, event, COMPLETED, None)
    if kind == "reopened":
        _expect(now.state == COMPLETED and agent, now, event)
        return _turn(now, event, ASSIGNED, agent)
    is_gone = kind == "unreachable" and event.get("text") == "deactivated"
    if (kind == "blocked" or is_gone) and now.state == UNASSIGNED:
        return _turn(now, event, COMPLETED, None)
    return None


def _waiting_or_given(now, event, to):
    return _turn(now, event, ASSIGNED if to else UNASSIGNED, to or None)


def _turn(now, event, state, owner):
    if event["index"] < now.index:
        raise Impossible(f"index {event['index']} after {now.index}")
    return Turn(
        now.version + 1, event["index"], state, owner, event["kind"], event.get("agent"))


def _expect(condition, now, event):
    if not condition:
        raise Impossible(f"after {now}: {event}")
