"""Telegram's rates, by when calls arrive at the stand-in."""

import pytest
from desk import Desk, new_user
from driver.standin import StandIn
from driver.waiting import free_ports, wait_until

ALL = ("view", "reply", "transfer")
# What a call may be late on its way here, in milliseconds, compared with the one before it.
JITTER = 250
SECOND = 1000


@pytest.fixture(scope="module")
def standin_alone(tmp_path_factory):
    """A stand-in that nobody else keeps busy."""
    [port] = free_ports(1)
    with StandIn(port, tmp_path_factory.mktemp("rates") / "standin.log") as standin:
        yield standin


@pytest.fixture
def desk(new_cluster, standin_alone):
    """One agent who sees everything, on a cluster of its own."""
    desk = Desk(new_cluster(telegram=standin_alone.url), standin_alone, ["Ana"], permissions=ALL,
                limits={"openLimit": 0, "newPerMinute": 0})
    yield desk
    desk.close()


def begin(desk, count):
    """Customers who can be written to, with their sessions: pairs of user and session id."""
    users = [new_user() for _ in range(count)]
    for user in users:
        desk.standin.customer_writes(desk.bot, user, "/start")
        desk.write(user, "Hello")
    sessions = {each["customer"]["id"]: each["id"] for each in desk.all_sessions()}
    return [(user, sessions[str(user)]) for user in users]


def reply(desk, session, text, node=1):
    desk.browser("Ana", node).post(f"/api/v1/sessions/{session}/reply", {"text": text})


def calls(desk):
    """(chat, milliseconds) of every message that the stand-in was asked to send."""
    return [(call["chat"], call["milliseconds"])
            for call in desk.standin.get(f"/standin/bots/{desk.bot}/calls")
            if call["method"] == "sendmessage"]


def most_in_a_second(times):
    times = sorted(times)
    return max(sum(start <= each < start + SECOND for each in times) for start in times)


def test_a_bot_calls_30_times_a_second_at_most_also_in_the_first(desk):
    pairs = begin(desk, 75)
    for place, (_, session) in enumerate(pairs):
        reply(desk, session, "Hello", place % 3 + 1)
    wait_until("all came", lambda: len(calls(desk)) >= len(pairs), 30)
    found = calls(desk)
    assert len(found) == len(pairs), "none was refused by the rate of the stand-in"
    assert most_in_a_second([at for _, at in found]) <= 30


def test_a_chat_gets_a_call_a_second_at_most(desk):
    pairs = begin(desk, 3)
    for number in range(4):
        for _, session in pairs:
            reply(desk, session, f"Part {number}", number % 3 + 1)
    wait_until("all came", lambda: len(calls(desk)) >= 12, 30)
    for user, _ in pairs:
        times = [at for chat, at in calls(desk) if chat == user]
        assert len(times) == 4
        pauses = [later - earlier for earlier, later in zip(times, times[1:])]
        assert min(pauses) >= SECOND - JITTER, pauses


def test_a_new_leader_keeps_the_rates_and_the_pause_that_telegram_asked_for(desk):
    [(user, session)] = begin(desk, 1)
    leader = desk.cluster.wait_leader()
    others = [node.number for node in desk.cluster.nodes if node is not leader]
    desk.standin.post(f"/standin/bots/{desk.bot}/faults", {
        "method": "sendMessage", "effect": "fail", "code": 429,
        "description": "Too Many Requests: retry after 12", "retry_after": 12})
    reply(desk, session, "Patience", others[0])
    wait_until("the refusal", lambda: len(calls(desk)) == 1, 10)
    wait_until("waits again", lambda: [
        each["delivery"] for each in desk.browser("Ana", others[0]).history(session)
        if each.get("outbox")] == ["queued"], 10)
    leader.kill()
    wait_until("sent by the new leader", lambda: len(calls(desk)) == 2, 40)
    (_, refused), (_, sent) = calls(desk)
    # By log time, which may run a tenth faster than the clock while it catches up.
    assert sent - refused >= 10.5 * SECOND


def test_when_a_second_chat_is_refused_the_bot_waits(desk):
    pairs = begin(desk, 3)
    desk.standin.post(f"/standin/bots/{desk.bot}/faults", {
        "method": "sendMessage", "effect": "fail", "count": 2, "code": 429,
        "description": "Too Many Requests: retry after 4", "retry_after": 4})
    for _, session in pairs[:2]:
        reply(desk, session, "Too much")
    wait_until("both refused", lambda: len(calls(desk)) == 2, 10)
    second = max(at for _, at in calls(desk))
    # Not before the sender knows of the second refusal.
    wait_until("both wait", lambda: all(
        [each["delivery"] for each in desk.browser("Ana").history(session)
         if each.get("outbox")] == ["queued"] for _, session in pairs[:2]), 10)
    reply(desk, pairs[2][1], "Not now")
    wait_until("all three", lambda: len(calls(desk)) == 5, 20)
    assert all(at - second >= 4 * SECOND - JITTER for _, at in calls(desk)[2:])
