"""The checker is checked: histories without a fault pass, and each falsified one is found by the
check that is there for it."""

import pytest
from little_cluster import a_day
from storm.checks import CHECKS, Evidence, judge


def session_of(export, user):
    return next(each for each in export if each["user"] == str(user))


def each_export(evidence, change):
    """The same falsification on every node: then only the rules can tell."""
    for export in evidence.exports:
        change(export)


def lose_update(evidence):
    each_export(evidence, lambda export: session_of(export, 7001)["messages"].pop())


def double_update(evidence):
    each_export(evidence, lambda export: session_of(export, 7002)["messages"].append(4))


def update_of_another(evidence):
    def change(export):
        session_of(export, 7001)["messages"].remove(4)
        session_of(export, 7002)["messages"].append(4)
    each_export(evidence, change)


def invented_update(evidence):
    each_export(evidence, lambda export: session_of(export, 7001)["messages"].append(4711))


def two_open_sessions(evidence):
    each_export(evidence, lambda export: session_of(export, 7002).update(user="7001"))


def two_owners(evidence):
    """Claimed a second time although it was somebody's."""
    def change(export):
        session = session_of(export, 7004)
        claim = dict(session["events"][-1], agent="2", index=session["events"][-1]["index"] + 1)
        session["events"].append(claim)
        session.update(owner="2", version=session["version"] + 1)
    each_export(evidence, change)


def other_owner(evidence):
    each_export(evidence, lambda export: session_of(export, 7004).update(owner="2"))


def wrote_without_having_it(evidence):
    each_export(
        evidence, lambda export: session_of(export, 7001)["events"][-1].update(agent="2"))


def skipped_turn(evidence):
    def change(export):
        session = session_of(export, 7002)
        session["decisions"][0].update(chosen="3", cursorAfter="3")
        session["events"][0].update(to="3")
    each_export(evidence, change)


def moved_twice(evidence):
    """The cursor jumps between two decisions, each of which is right by itself."""
    def change(export):
        session = session_of(export, 7003)
        session["decisions"][0].update(cursorBefore="3", chosen="1", cursorAfter="1")
    each_export(evidence, change)


def turn_at_who_left(evidence):
    """The list lost whoever had the turn last, and the turn stayed at them: it began anew."""
    def change(export):
        for session in export:
            for decision in session["decisions"]:
                if decision["cursorBefore"] is None:
                    decision["cursorBefore"] = "4711"
    each_export(evidence, change)


def named_moved_cursor(evidence):
    each_export(evidence, lambda export: session_of(export, 7003)["decisions"][0].update(
        way="lastOwner"))


def given_while_away(evidence):
    """The turn is right among the candidates, but one of them was away."""
    def change(export):
        decision = session_of(export, 7004)["decisions"][0]
        decision.update(way="lastOwner", chosen="1", candidates=["1"])
    each_export(evidence, change)


def lost_claim(evidence):
    """The claim was acknowledged; the session was then given to another by the router."""
    def change(export):
        session = session_of(export, 7004)
        session["events"][-1] = dict(session["events"][-1], kind="assigned", to="2")
        session.update(owner="2")
    each_export(evidence, change)


def claim_of_nobody(evidence):
    evidence.operations = [
        each for each in evidence.operations if not (each.op == "claim" and each.is_ok)]


def claim_refused_and_done(evidence):
    claim = next(each for each in evidence.operations if each.op == "claim" and each.is_ok)
    claim.result, claim.answer = "fail", {"code": "no_quorum", "index": claim.answer["index"]}


def conflict_before_the_change(evidence):
    """Told of a version that was only made later: the claim's answer came from the future."""
    late = next(each for each in evidence.operations if each.op == "claim" and not each.is_ok)
    claim = next(each for each in evidence.operations if each.op == "claim" and each.is_ok)
    late.begin, late.end = claim.begin - 15, claim.begin - 5


def stale_conflict(evidence):
    """Told of a version that had long been left."""
    late = next(each for each in evidence.operations if each.op == "claim" and not each.is_ok)
    late.answer.update(version=1, owner=None)
    late.what["version"] = 2


def cursor_against_time(evidence):
    """The second message was acknowledged before the first was sent."""
    first, second = [each for each in evidence.operations if each.op == "webhook"][:2]
    first.begin, first.end, second.begin, second.end = 20, 30, 0, 10


def lost_reply(evidence):
    each_export(evidence, lambda export: session_of(export, 7001)["events"].pop())


def doubled_reply(evidence):
    each_export(evidence, lambda export: session_of(export, 7001)["events"].append(
        session_of(export, 7001)["events"][-1]))


def refused_reply_is_there(evidence):
    reply = next(each for each in evidence.operations if each.op == "reply")
    reply.result = "fail"


def sent_twice(evidence):
    evidence.sent.append(evidence.sent[0])


def never_sent(evidence):
    evidence.sent.clear()


def sent_to_another(evidence):
    evidence.sent[0] = (7002, evidence.sent[0][1])


def click_lost(evidence):
    evidence.links[0]["humanClicks"] -= 1


def click_counted_twice(evidence):
    evidence.links[0]["humanClicks"] += 1


def start_counted_twice(evidence):
    evidence.links[0]["starts"] += 1


def stale_read(evidence):
    """A list shows at an index what had been changed before it."""
    shown = [each for each in evidence.operations if each.op == "list"][-1]
    item = next(each for each in shown.answer["items"] if each[2] == "completed")
    item[1:] = [item[1] - 1, "assigned", "3"]


def stale_fresh_read(evidence):
    shown = [each for each in evidence.operations if each.op == "list"][-1]
    shown.what["fresh"] = True
    shown.answer["index"], shown.answer["items"] = 101, []


def different_nodes(evidence):
    session_of(evidence.exports[2], 7005)["owner"] = "1"


def different_digests(evidence):
    evidence.digests[1] = (evidence.digests[1][0], "other")


def node_ended(evidence):
    evidence.exits.append("node 2 ended by itself with 70")


def strange_answer(evidence):
    evidence.surprises.append("node 2 answered a webhook with 404")


FALSIFIED = {
    "updates_once": [lose_update, double_update, update_of_another, invented_update],
    "one_open_session": [two_open_sessions],
    "one_owner": [two_owners, other_owner, wrote_without_having_it],
    "exact_turn": [skipped_turn, moved_twice, turn_at_who_left, named_moved_cursor],
    "nobody_absent": [given_while_away],
    "claims_linearizable": [lost_claim, claim_of_nobody, claim_refused_and_done,
                            conflict_before_the_change, stale_conflict],
    "cursor_linearizable": [cursor_against_time],
    "replies_once": [lost_reply, doubled_reply, refused_reply_is_there, sent_twice, never_sent,
                     sent_to_another],
    "clicks_once": [click_lost, click_counted_twice, start_counted_twice],
    "reads_agree": [stale_read, stale_fresh_read],
    "nodes_agree": [different_nodes, different_digests],
    "processes_stay": [node_ended],
    "answers_expected": [strange_answer],
}


def test_a_day_without_a_fault_passes():
    assert {name: found for name, found in judge(a_day().evidence()).items() if found} == {}


@pytest.mark.parametrize(
    "check, falsify", [(check, each) for check, some in FALSIFIED.items() for each in some],
    ids=lambda value: value if isinstance(value, str) else value.__name__)
def test_falsified_history_is_found(check, falsify):
    evidence = a_day().evidence()
    falsify(evidence)
    # Read anew: what the checks derive from the exports was derived before.
    fields = {name: getattr(evidence, name) for name in Evidence.__dataclass_fields__}
    problems = judge(Evidence(**fields))
    assert problems[check], f"{check} found nothing; others: {problems}"


def test_every_check_has_a_falsified_history():
    assert {check.__name__ for check in CHECKS} == set(FALSIFIED)


def test_clicks_that_went_with_a_removed_nodes_disk_are_no_more_than_were_there():
    evidence = a_day().evidence()
    evidence.links[0]["humanClicks"] -= 1
    evidence.lost_clicks = 1
    assert judge(evidence)["clicks_once"] == []
    evidence.links[0]["humanClicks"] -= 1
    [sentence] = judge(evidence)["clicks_once"]
    assert sentence.startswith("2 answered clicks are not counted; 1 went")


def test_an_unknown_outcome_may_have_happened_or_not():
    day = a_day()
    for call in day.operations:
        if call.op in ("claim", "reply", "complete") and call.is_ok:
            call.result, call.end, call.answer = "unknown", float("inf"), {}
    day.call("claim", {}, "unknown", session=day.operations[0].what.get("session", "101"),
             agent="2", version=9)
    day.operations[-1].end = float("inf")
    assert {name: found for name, found in judge(day.evidence()).items() if found} == {}


def test_lists_that_change_keep_the_turn():
    day = a_day()
    cursor = day.cursor
    day.roster, day.roster_version = [each for each in day.roster if each != cursor], 3
    day.call("members", {}, project="10", list=list(day.roster))
    day.cursor = day.roster[0] if day.roster[0] != cursor else day.roster[1]
    # The heir of the removed agent's place is next: who stands before the heir has the cursor.
    order = ["1", "2", "3"]
    heir = order[(order.index(cursor) + 1) % 3]
    day.cursor = day.roster[(day.roster.index(heir) - 1) % len(day.roster)]
    day.away.clear()
    day.write(7010)
    assert judge(day.evidence())["exact_turn"] == []
    falsified = day.evidence()
    for export in falsified.exports:
        decision = session_of(export, 7010)["decisions"][0]
        decision.update(cursorBefore=heir, chosen=day.roster[0], cursorAfter=day.roster[0])
        if day.roster[0] == heir:
            decision.update(chosen=day.roster[1], cursorAfter=day.roster[1])
    assert judge(falsified)["exact_turn"]
