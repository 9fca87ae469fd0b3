"""The plan of a storm, and what is read from its times."""

import collections

from storm.faults import KINDS, plan
from storm.storm import Done, gaps_after_kills, longest_gap, slow_recoveries

ALL = list(KINDS)


def test_a_seed_gives_one_plan():
    assert plan(7, ALL, 5) == plan(7, ALL, 5)
    assert plan(7, ALL, 5) != plan(8, ALL, 5)


def test_every_kind_comes_before_any_comes_again():
    kinds = [each.kind for each in plan(7, ALL, 10)]
    for begin in range(0, len(kinds) - len(ALL), len(ALL)):
        assert set(kinds[begin:begin + len(ALL)]) == set(ALL)


def test_an_hour_has_more_than_three_hundred_faults_of_more_than_eight_kinds():
    counted = collections.Counter(each.kind for each in plan(1, ALL, 60))
    assert sum(counted.values()) > 300 and len(counted) > 8


def test_faults_end_within_the_time():
    assert all(each.at + each.seconds <= 120 for each in plan(3, ALL, 2))


def test_the_longest_gap_counts_its_edges():
    assert longest_gap([1.0, 1.2, 1.7], 1.0, 2.0) == 500
    assert round(longest_gap([], 1.0, 2.0)) == 1000
    assert round(longest_gap([1.1], 1.0, 2.0)) == 900


def test_the_gap_after_a_kill_is_the_kill_s():
    kill = Done("kill-leader", "", 10.0, 13.0, killed_leader_at=10.0)
    stream = [9.95, 10.0, 10.25, *(10.3 + n / 10 for n in range(40))]
    assert [round(gap) for gap in gaps_after_kills([kill], stream)] == [250]


def test_service_that_does_not_resume_is_told():
    fault = Done("shatter", "every node is cut off", 10.0, 12.0)
    assert list(slow_recoveries([fault], [9.0, 13.0], 60.0, 20)) == []
    assert len(list(slow_recoveries([fault], [9.0, 40.0], 60.0, 20))) == 1
    assert len(list(slow_recoveries([fault], [9.0], 60.0, 20))) == 1
    # While another fault lasts, nothing can be said.
    other = Done("kill", "", 11.0, 59.0)
    assert list(slow_recoveries([fault, other], [9.0], 60.0, 20)) == []
