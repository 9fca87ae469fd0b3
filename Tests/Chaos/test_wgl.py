"""The search for linearizations, on histories made by hand."""

import math

import pytest
from storm.wgl import Entry, check


def register(state, operation):
    """A register: writes, reads with what they saw, compare-and-set with how it ended."""
    kind, *values = operation
    if kind == "write":
        return [values[0]]
    if kind == "read":
        return [state] if state == values[0] else []
    old, new, took = values
    if took:
        return [new] if state == old else []
    return [state] if state != old else []


def entries(*calls):
    return [Entry(begin, end, operation, *more) for begin, end, operation, *more in calls]


GOOD = {
    "nothing": [],
    "one after the other": [
        (0, 1, ("write", 1)), (2, 3, ("read", 1)), (4, 5, ("write", 2)), (6, 7, ("read", 2))],
    "a read during a write sees either": [
        (0, 10, ("write", 1)), (1, 2, ("read", 0)), (3, 4, ("read", 1))],
    "concurrent writes in the order that the reads say": [
        (0, 10, ("write", 1)), (0, 10, ("write", 2)), (11, 12, ("read", 1))],
    "one of two claims wins": [
        (0, 5, ("cas", 0, 1, True)), (1, 6, ("cas", 0, 2, False)), (7, 8, ("read", 1))],
    "unknown, and it happened": [
        (0, math.inf, ("write", 1), True), (5, 6, ("read", 1))],
    "unknown, and it did not happen": [
        (0, math.inf, ("write", 1), True), (5, 6, ("read", 0))],
    "unknown, and it happened late": [
        (0, math.inf, ("write", 1), True), (5, 6, ("read", 0)), (7, 8, ("read", 1))],
}
BAD = {
    "a read from nowhere": [(0, 1, ("read", 5))],
    "a stale read": [(0, 1, ("write", 1)), (2, 3, ("read", 0))],
    "a lost write": [
        (0, 1, ("write", 1)), (2, 3, ("write", 2)), (4, 5, ("read", 1))],
    "two reads that go back": [
        (0, 10, ("write", 1)), (1, 2, ("read", 1)), (3, 4, ("read", 0))],
    "both claims win": [(0, 5, ("cas", 0, 1, True)), (1, 6, ("cas", 0, 2, True))],
    "refused although it was free": [(0, 1, ("cas", 0, 1, False))],
    "unknown, happened and was undone": [
        (0, math.inf, ("write", 1), True), (5, 6, ("read", 1)), (7, 8, ("read", 0))],
    "read before it was asked for": [
        (0, 1, ("read", 1)), (5, math.inf, ("write", 1), True)],
}


@pytest.mark.parametrize("name", GOOD)
def test_linearizable(name):
    assert check(entries(*GOOD[name]), 0, register).is_linearizable


@pytest.mark.parametrize("name", BAD)
def test_not_linearizable(name):
    verdict = check(entries(*BAD[name]), 0, register)
    assert not verdict.is_linearizable and not verdict.gave_up
    assert verdict.stuck


def test_the_system_may_move_by_itself():
    def drift(state):
        return [state + 1] if state < 3 else []

    assert check(entries((0, 1, ("read", 3))), 0, register, drift).is_linearizable
    assert not check(entries((0, 1, ("read", 4))), 0, register, drift).is_linearizable


def test_the_last_state_counts_when_asked_for():
    calls = entries((0, 1, ("write", 1)), (0, math.inf, ("write", 2), True))
    assert check(calls, 0, register, accept=lambda state: state == 2).is_linearizable
    assert not check(calls, 0, register, accept=lambda state: state == 3).is_linearizable


def test_a_good_hint_makes_a_long_history_short():
    # A thousand calls that are all under way at once, and an order that only the hint knows.
    order = [(7 * number) % 1009 for number in range(1009)]
    calls = [
        Entry(0, 100, ("cas", place, place + 1, True), hint=place) for place in order]
    verdict = check(calls, 0, register)
    assert verdict.is_linearizable and verdict.steps <= 1010


def test_a_search_without_end_ends():
    calls = [Entry(0, 100, ("write", number)) for number in range(16)]
    verdict = check([*calls, Entry(200, 201, ("read", 99))], 0, register, limit=500)
    assert not verdict.is_linearizable and verdict.gave_up and verdict.steps == 500
