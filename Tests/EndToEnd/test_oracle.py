"""The failover's oracle finds what it is there to find."""

import copy

import pytest
from oracle import judge, longest_gap

ROSTER = ["11", "12", "13"]


def sessions():
    """Seven sessions given in turn, the first user with two updates."""
    result, before = [], None
    for number in range(7):
        chosen = ROSTER[number % 3]
        result.append({
            "id": str(100 + number), "project": "10", "user": str(500 + number), "owner": chosen,
            "state": "assigned", "messages": [900 + number],
            "decisions": [{
                "index": 100 + number, "cause": "new", "chosen": chosen,
                "cursorBefore": before, "cursorAfter": chosen}],
        })
        before = chosen
    result[0]["messages"].append(950)
    return result


ACKNOWLEDGED = {900 + number: 500 + number for number in range(7)} | {950: 500}


def verdict_of(change, acknowledged=ACKNOWLEDGED):
    """The verdict over three exports of which the first and second have the change."""
    changed = sessions()
    change(changed)
    return judge(acknowledged, ROSTER, [changed, copy.deepcopy(changed)])


def test_a_good_run_is_good():
    assert verdict_of(lambda s: None).is_good


def test_unacknowledged_updates_may_be_in_or_not():
    fewer = {key: value for key, value in ACKNOWLEDGED.items() if key != 903}
    assert verdict_of(lambda s: None, fewer).is_good


def test_a_lost_update_is_counted():
    assert verdict_of(lambda s: s[0]["messages"].remove(950)).lost == 1


def test_an_update_in_another_users_session_is_lost():
    def move(s):
        s[0]["messages"].remove(950)
        s[1]["messages"].append(950)
    assert verdict_of(move).lost == 1


def test_an_update_twice_in_a_session_is_duplicated():
    assert verdict_of(lambda s: s[0]["messages"].append(900)).duplicated == 1


def test_an_update_in_two_sessions_is_duplicated():
    assert verdict_of(lambda s: s[1]["messages"].append(900)).duplicated == 1


def test_two_sessions_of_one_user_are_duplicated():
    assert verdict_of(lambda s: s[1].update(user="500")).duplicated == 1


@pytest.mark.parametrize("owner", [None, "12", "99"])
def test_an_owner_who_was_not_chosen_is_a_fault(owner):
    assert verdict_of(lambda s: s[0].update(owner=owner)).owner_faults == 1


def test_two_assignments_of_one_session_are_a_fault():
    assert verdict_of(lambda s: s[0]["decisions"].append(s[0]["decisions"][0])).owner_faults == 1


def test_a_skipped_agent_is_out_of_turn():
    def skip(s):
        s[4]["decisions"][0].update(chosen="13", cursorAfter="13")
        s[4]["owner"] = "13"
    assert verdict_of(skip).out_of_turn == 2


def test_a_cursor_that_started_anew_is_out_of_turn():
    assert verdict_of(lambda s: s[3]["decisions"][0].update(cursorBefore=None)).out_of_turn == 1


def test_nodes_that_differ_are_counted():
    other = sessions()
    other[2]["owner"] = "11"
    assert judge(ACKNOWLEDGED, ROSTER, [sessions(), sessions(), other]).differing_nodes == 1


def test_the_gap_counts_the_edges():
    assert longest_gap([1.0, 1.1, 1.3], 0.9, 1.4) == pytest.approx(200)
    assert longest_gap([], 0.0, 3.0) == pytest.approx(3000)
