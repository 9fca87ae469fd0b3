"""The exact turn of round robin, from the committed order and the decision records alone."""

import itertools

# What may be chosen without a person's word.
BY_MODE, STAYS = {"mode"}, {"lastOwner", "named", "none", "behindQueue"}


def successor(roster, cursor, candidates):
    """The next candidate after the cursor in list order, cyclic; from the front when the cursor is
    not in the list."""
    start = roster.index(cursor) + 1 if cursor in roster else 0
    for agent in roster[start:] + roster[:start]:
        if agent in candidates:
            return agent
    return None


def kept_turn(old, new, cursor):
    """The cursor after the list was changed: the turn stays with whose it was."""
    if cursor is None or cursor in new or cursor not in old:
        return cursor
    gone = old.index(cursor)
    for step in range(1, max(2, len(old))):
        heir = old[(gone + step) % len(old)]
        if heir in new:
            return new[(new.index(heir) - 1) % len(new)]
    return None


def judge(decisions, lists):
    """Sentences about what is out of turn. `decisions` are those of one project, each an exported
    one with its `session`; `lists` are all lists that were ever asked for."""
    problems = []
    for decision in decisions:
        problems += _alone(decision)
    cursors, roster, version = {None}, None, None
    decisions = sorted(decisions, key=lambda each: (each["index"], each["rosterVersion"]))
    for (index, new_version), group in itertools.groupby(
            decisions, key=lambda each: (each["index"], each["rosterVersion"])):
        group = list(group)
        new_roster = group[0]["roster"]
        if version is not None and new_version < version:
            problems.append(f"index {index}: list {new_version} after list {version}")
        if version is not None:
            cursors = _after_edits(cursors, roster, new_roster, new_version - version, lists)
        ends = {end for cursor in cursors for end in _trail(group, cursor)}
        if not ends:
            problems.append(
                f"index {index}: no order of {_short(group)} begins at the cursor {cursors}")
            ends = {group[-1]["cursorAfter"]}
        cursors, roster, version = ends, new_roster, new_version
    return problems


def _alone(decision):
    """What one decision shows by itself."""
    way, chosen = decision["way"], decision["chosen"]
    before, after = decision["cursorBefore"], decision["cursorAfter"]
    candidates, roster = decision["candidates"], decision["roster"]
    where = f"index {decision['index']}, session {decision['session']}"
    if before is not None and before not in roster:
        yield f"{where}: the cursor was at {before}, who is not in the list any more"
    if way in BY_MODE:
        expected = successor(roster, before, candidates)
        if chosen != expected:
            yield f"{where}: given to {chosen}, it was the turn of {expected}"
        if after != chosen:
            yield f"{where}: the cursor went to {after}, not to {chosen}"
    elif way in STAYS:
        if after != before:
            yield f"{where}: {way} moved the cursor from {before} to {after}"
        if way == "lastOwner" and chosen not in candidates:
            yield f"{where}: back to {chosen}, who is no candidate"
        if way in ("none", "behindQueue") and chosen is not None:
            yield f"{where}: {way}, and yet {chosen} was chosen"
    else:
        yield f"{where}: the way {way} is not possible in this project"


def _after_edits(cursors, old, new, edits, lists):
    """Where the cursor can be after so many edits of the list, the last of which made it `new`."""
    if edits == 0:
        return cursors
    places = {(tuple(old), cursor) for cursor in cursors}
    for _ in range(min(edits - 1, 8)):
        places |= {
            (tuple(each), kept_turn(list(roster), each, cursor))
            for roster, cursor in places for each in lists}
    return {kept_turn(list(roster), new, cursor) for roster, cursor in places}


def _trail(group, cursor):
    """The cursors at the ends of the orders in which decisions of one log index can follow one
    another from this cursor on; none when there is no such order.

    Decisions are edges from the cursor before to the cursor after: such an order is a trail over
    all edges, which exists when every agent is left as often as reached (but for the ends) and
    all edges hang together.
    """
    balance, edges = {}, {}
    for decision in group:
        before, after = decision["cursorBefore"], decision["cursorAfter"]
        edges.setdefault(before, []).append(after)
        balance[before] = balance.get(before, 0) + 1
        balance[after] = balance.get(after, 0) - 1
    uneven = {agent: count for agent, count in balance.items() if count}
    if not uneven:
        end = cursor
    elif uneven.get(cursor) == 1 and len(uneven) == 2 and -1 in uneven.values():
        end = next(agent for agent, count in uneven.items() if count == -1)
    else:
        return set()
    reached, waiting = {cursor}, [cursor]
    while waiting:
        for after in edges.get(waiting.pop(), ()):
            if after not in reached:
                reached.add(after)
                waiting.append(after)
    return {end} if set(edges) <= reached else set()


def _short(group):
    return [(each["session"], each["cursorBefore"], each["cursorAfter"]) for each in group[:6]]
