"""Agents' answers on their way out, through the stand-in of the Bot API."""

import pytest
from desk import Desk, new_user
from driver.standin import StandIn
from driver.waiting import free_ports, wait_until

ALL = ("view", "reply", "transfer")


@pytest.fixture(scope="module")
def desk(shared_desk):
    """One agent, who claims what waits by answering it."""
    return shared_desk("Ana", permissions=ALL)


def begin(desk, text="Hello"):
    """A customer of the stand-in writes; gives (user, session)."""
    user = new_user()
    desk.write(user, text)
    # The bot may write to who has written to it.
    desk.standin.post(f"/standin/customers/{user}/send", {"bot": desk.bot, "text": "/start"})
    return user, desk.session_of(user)


def reply(desk, session, text, node=1):
    """The agent answers; gives the outbox id."""
    return desk.browser("Ana", node).post(
        f"/api/v1/sessions/{session['id']}/reply", {"text": text})["outbox"]


def outbound(desk, session, node=1):
    """(text, delivery, failure) of every answer, in order."""
    return [
        (item["text"], item["delivery"], item.get("failure"))
        for item in desk.browser("Ana", node).history(session["id"])
        if item["kind"] == "message" and item["from"] == "agent"]


def received(desk, user):
    """What the customer got from the bot."""
    return [m["text"] for m in desk.standin.chat(desk.bot, user) if m["from"] == "bot"]


def deliveries(desk, session):
    """The delivery states alone."""
    return [delivery for _, delivery, _ in outbound(desk, session)]


def test_an_answer_reaches_the_customer(desk):
    user, session = begin(desk)
    reply(desk, session, "Hello Kim 👋", node=3)
    wait_until("delivered", lambda: received(desk, user) == ["Hello Kim 👋"])
    wait_until("known as sent", lambda: deliveries(desk, session) == ["sent"])


def test_answers_keep_their_order_within_the_rates(desk):
    user, session = begin(desk)
    texts = [f"Part {number}" for number in range(6)]
    for place, text in enumerate(texts):
        reply(desk, session, text, place % 3 + 1)
    wait_until("all delivered", lambda: received(desk, user) == texts, 30)
    wait_until("all sent", lambda: set(deliveries(desk, session)) == {"sent"})


def fault(desk, effect, **fields):
    """Asks the stand-in to let the bot's next sendMessage go wrong."""
    desk.standin.post(
        f"/standin/bots/{desk.bot}/faults", {"method": "sendMessage", "effect": effect, **fields})


def test_what_telegram_asks_to_repeat_is_repeated_once(desk):
    user, session = begin(desk)
    fault(desk, "fail", code=429, description="Too Many Requests: retry after 1", retry_after=1)
    reply(desk, session, "Patience")
    reply(desk, session, "Then this")
    wait_until("both", lambda: received(desk, user) == ["Patience", "Then this"], 20)
    wait_until("sent", lambda: deliveries(desk, session) == ["sent", "sent"])


def test_a_customer_who_blocked_the_bot_is_shown_as_such(desk):
    user, session = begin(desk)
    desk.standin.post(f"/standin/customers/{user}/block", {"bot": desk.bot})
    reply(desk, session, "Anyone?")
    wait_until("failed", lambda: deliveries(desk, session) == ["failed"])
    assert "blocked" in outbound(desk, session)[0][2]


def refuse(code, description):
    """The stand-in refuses the bot's next message."""
    return lambda desk, user: fault(desk, "fail", code=code, description=description)


def act(action):
    """The customer does something to the bot or their account."""
    return lambda desk, user: desk.standin.post(
        f"/standin/customers/{user}/{action}", {"bot": desk.bot})


@pytest.mark.parametrize("happens,code,advice", [
    (act("block"), "blockedBot", "come back by writing"),
    (act("deactivate"), "deactivated", "account is gone"),
    (refuse(400, "Bad Request: chat not found"), "chatNotFound", "must press Start"),
    (refuse(403, "Forbidden: bot can't send messages to the user"), "notAllowed", "restricted"),
    (refuse(401, "Unauthorized"), "badToken", "A manager must set a new bot token"),
    (refuse(400, "Bad Request: can't parse entities"), "refused", "Repair what Telegram names"),
], ids=["blocked", "deactivated", "not-found", "not-allowed", "bad-token", "refused"])
def test_why_a_message_failed_is_told_apart_with_what_to_do(desk, happens, code, advice):
    user, session = begin(desk)
    happens(desk, user)
    reply(desk, session, "Anyone?")
    wait_until("failed", lambda: deliveries(desk, session) == ["failed"])
    history = desk.browser("Ana").history(session["id"])
    [item] = [each for each in history if each.get("outbox") and each["from"] == "agent"]
    assert item["failureCode"] == code and advice in item["advice"]
    is_about_customer = code not in ("badToken", "refused")
    customer = desk.session_of(user)["customer"]
    assert customer["unreachable"] == (code if is_about_customer else None)
    assert customer["isBlocked"] is (code == "blockedBot")
    assert [each["text"] for each in history if each["kind"] == "unreachable"] == (
        [code] if is_about_customer and code != "blockedBot" else [])
    # Who writes is within reach.
    desk.write(user, "Here I am")
    assert desk.session_of(user)["customer"]["unreachable"] is None


def test_what_fails_after_the_end_of_its_session_is_in_the_history_alone(desk):
    user, session = begin(desk)
    fault(desk, "delay_answer", milliseconds=1500)
    fault(desk, "fail", code=400, description="Bad Request: can't parse entities")
    outbox = [reply(desk, session, text) for text in ("First", "Second")]
    now = desk.session_of(user)
    desk.browser("Ana").post(
        f"/api/v1/sessions/{session['id']}/complete", {"version": now["version"]})
    wait_until("failed", lambda: deliveries(desk, session) == ["sent", "failed"], 20)
    answer = desk.browser("Ana").attempt("POST", f"/api/v1/outbox/{outbox[1]}/resend")
    assert answer.status == 404
    evidence = desk.admin.get(f"/api/v1/projects/{desk.id}/checkup")["deliveries"]["evidence"]
    assert session["id"] not in [each.get("session") for each in evidence]


def test_an_answer_whose_fate_is_unknown_is_never_repeated_by_itself(desk):
    user, session = begin(desk)
    fault(desk, "drop_afterwards")
    outbox = reply(desk, session, "Did you get it?")
    wait_until("uncertain", lambda: deliveries(desk, session) == ["uncertain"], 20)
    assert received(desk, user) == ["Did you get it?"]
    desk.browser("Ana", 2).post(f"/api/v1/outbox/{outbox}/resend")
    wait_until("sent by hand", lambda: deliveries(desk, session) == ["sent"], 20)
    assert received(desk, user) == ["Did you get it?"] * 2


def test_an_answer_is_shown_while_it_is_being_sent(desk):
    user, session = begin(desk)
    feed = desk.open_console("Ana", 2)
    fault(desk, "delay", milliseconds=2000)
    outbox = reply(desk, session, "On its way", node=3)
    for state in ("sending", "sent"):
        feed.wait_for(state, lambda event: event["type"] == "item"
                      and event["item"].get("outbox") == outbox
                      and event["item"]["delivery"] == state, 20)
        # Whoever reads the history sees no less, at every node.
        assert all(
            outbound(desk, session, node)[-1][1] in (state, "sent") for node in (1, 2, 3))
    desk.close_console("Ana")


def test_a_long_answer_goes_out_whole(desk):
    user, session = begin(desk)
    text = "".join(f"{number:05d} " for number in range(1500))
    reply(desk, session, text)
    wait_until(
        "all parts", lambda: "".join(received(desk, user)).replace(" ", "")
        == text.replace(" ", ""), 30)
    assert all(len(part) <= 4096 for part in received(desk, user))


def test_what_was_being_sent_when_the_leader_died_is_uncertain(new_cluster, tmp_path):
    [port] = free_ports(1)
    with StandIn(port, tmp_path / "standin.log") as standin:
        cluster = new_cluster(telegram=standin.url)
        desk = Desk(cluster, standin, ["Ana"], permissions=ALL)
        leader = cluster.wait_leader()
        others = [node.number for node in cluster.nodes if node is not leader]
        desk.cluster.nodes.sort(key=lambda node: node is leader)
        desk.browsers["Ana"] = desk.browser("Ana", others[0])
        desk.admin = desk.admin.at(cluster[others[0]].url)
        desk.open_console("Ana", others[0])
        user = new_user()
        desk.write(user, "Hello", others[0])
        standin.post(f"/standin/customers/{user}/send", {"bot": desk.bot, "text": "/start"})
        session = desk.session_of(user, others[0])
        fault(desk, "delay_answer", milliseconds=8000)
        reply(desk, session, "Held on the way", others[0])
        # The outbox is `sending`, committed before the call that the stand-in now holds.
        wait_until("the call", lambda: standin.get("/standin/stats")["calls"].get("sendmessage"))
        leader.kill()
        wait_until("uncertain", lambda: [
            state for _, state, _ in outbound(desk, session, others[1])] == ["uncertain"], 20)
        # The next one waits for nobody and goes out by the new leader.
        reply(desk, session, "Written afterwards", others[1])
        wait_until("sent", lambda: outbound(desk, session, others[0])[-1][1] == "sent", 20)
        desk.close()
