"""What agents do with messages that they wrote: format, change, delete and withdraw them."""

import pytest
from desk import new_update_id, new_user
from driver import telegram
from driver.waiting import wait_until

ALL = ("view", "reply", "transfer")


@pytest.fixture(scope="module")
def desk(shared_desk):
    """Two agents who see everything; Ana answers."""
    return shared_desk("Ana", "Wei", permissions=ALL)


def begin(desk, text="Hello"):
    """A customer of the stand-in writes; gives (user, session)."""
    user = new_user()
    desk.write(user, text)
    desk.standin.post(f"/standin/customers/{user}/send", {"bot": desk.bot, "text": "/start"})
    return user, desk.session_of(user)


def history(desk, session, node=1):
    return desk.browser("Ana", node).history(session["id"])


def answer(desk, session, text, entities=None, node=1):
    """Ana answers; gives the ordinal of the message."""
    body = {"text": text, **({"entities": entities} if entities else {})}
    outbox = desk.browser("Ana", node).post(
        f"/api/v1/sessions/{session['id']}/reply", body)["outbox"]
    [item] = [i for i in history(desk, session, node) if i.get("outbox") == outbox]
    return item["ordinal"]


def path(session, ordinal):
    return f"/api/v1/sessions/{session['id']}/messages/{ordinal}"


def item(desk, session, ordinal):
    [found] = [i for i in history(desk, session) if i["ordinal"] == ordinal]
    return found


def sent(desk, session, text, entities=None):
    """Ana answers, and the customer has it; gives the ordinal."""
    ordinal = answer(desk, session, text, entities)
    wait_until("sent", lambda: item(desk, session, ordinal)["delivery"] == "sent", 20)
    return ordinal


def received(desk, user):
    """What the customer has from the bot now."""
    return [m["text"] for m in desk.standin.chat(desk.bot, user)
            if m["from"] == "bot" and not m["deleted"]]


def fault(desk, method, effect, **fields):
    desk.standin.post(
        f"/standin/bots/{desk.bot}/faults", {"method": method, "effect": effect, **fields})


def changes(desk, session):
    """(kind, of, text, delivery) of every change, in order."""
    return [(i["kind"], i["of"], i.get("text"), i.get("delivery"))
            for i in history(desk, session) if i["kind"] in ("revised", "deleted")]


def test_a_formatted_answer_arrives_so(desk):
    user, session = begin(desk)
    entities = [{"type": "bold", "offset": 0, "length": 2},
                {"type": "text_link", "offset": 3, "length": 4, "url": "https://a.example"}]
    ordinal = sent(desk, session, "😀 link", entities)
    assert item(desk, session, ordinal)["entities"] == entities
    [message] = [m for m in desk.standin.chat(desk.bot, user) if m["from"] == "bot"]
    assert message["text"] == "😀 link"
    assert sorted(e["type"] for e in message["entities"]) == ["bold", "text_link"]


def test_what_a_customer_formats_is_kept(desk):
    user, _ = begin(desk)
    message = {
        "message_id": 7, "date": 1_770_000_000, "text": "see this", "chat": {
            "id": user, "type": "private", "first_name": "A"},
        "from": {"id": user, "is_bot": False, "first_name": "A"}, "entities": [
            {"type": "italic", "offset": 4, "length": 4},
            {"type": "mention", "offset": 0, "length": 3}]}
    assert desk.post_update(telegram.update(new_update_id(), "message", message), 2).status == 200
    session = desk.session_of(user)
    found = [i for i in history(desk, session) if i.get("text") == "see this"]
    assert found[0]["entities"] == [{"type": "italic", "offset": 4, "length": 4}]


@pytest.mark.parametrize("entity, said", [
    ({"type": "bold", "offset": 0, "length": 9}, "not within the text"),
    ({"type": "url", "offset": 0, "length": 2}, "can't be sent"),
    ({"type": "text_link", "offset": 0, "length": 2, "url": "javascript:x"}, "can't be sent"),
    ({"type": "blink", "offset": 0, "length": 2}, "entities.type"),
    ({"type": "bold", "offset": -1, "length": 2}, "out of bounds"),
])
def test_formatting_that_can_not_be_is_named(desk, entity, said):
    _, session = begin(desk)
    refused = desk.browser("Ana").attempt(
        "POST", f"/api/v1/sessions/{session['id']}/reply", {"text": "words", "entities": [entity]})
    assert refused.status == 422 and said in refused.json()["detail"]


def test_a_message_is_changed_and_both_texts_stay_in_the_history(desk):
    user, session = begin(desk)
    ordinal = sent(desk, session, "old words")
    told = desk.browser("Ana", 2).put(path(session, ordinal), {
        "text": "new words", "entities": [{"type": "bold", "offset": 0, "length": 3}]})
    assert int(told["outbox"]) > 0
    wait_until("changed", lambda: received(desk, user) == ["new words"], 20)
    wait_until("known", lambda: changes(desk, session) == [
        ("revised", ordinal, "new words", "sent")])
    assert item(desk, session, ordinal)["text"] == "old words"


def test_a_message_is_deleted_once(desk):
    user, session = begin(desk)
    ordinal = sent(desk, session, "a mistake")
    desk.browser("Ana", 3).send("DELETE", path(session, ordinal))
    wait_until("deleted", lambda: received(desk, user) == [], 20)
    wait_until("known", lambda: changes(desk, session) == [("deleted", ordinal, None, "sent")])
    refused = desk.browser("Ana").attempt("DELETE", path(session, ordinal))
    assert refused.status == 409 and refused.json()["code"] == "wrong_state"


def test_search_finds_what_the_customer_has(desk):
    user, session = begin(desk)
    ordinal = sent(desk, session, "xylophone")

    def found(text):
        index = int(desk.admin.get("/api/v1/me")["index"])
        wait_until("read", lambda: int(desk.browser("Ana").get(
            "/api/v1/search", text="a")["searchIndex"]) >= index, 20)
        page = desk.browser("Ana").get("/api/v1/search", text=text, project=desk.id)
        return [each["item"]["text"] for each in page["items"]]

    assert found("xylophone") == ["xylophone"]
    desk.browser("Ana").put(path(session, ordinal), {"text": "harpsichord"})
    wait_until("changed", lambda: changes(desk, session)[-1:] == [
        ("revised", ordinal, "harpsichord", "sent")], 20)
    assert found("xylophone") == [] and found("harpsichord") == ["harpsichord"]
    desk.browser("Ana").send("DELETE", path(session, ordinal))
    wait_until("deleted", lambda: changes(desk, session)[-1][3] == "sent", 20)
    assert found("harpsichord") == []


def test_what_waits_is_changed_in_its_place_or_withdrawn(desk):
    user, session = begin(desk)
    fault(desk, "sendMessage", "fail", code=429, description="Too Many Requests: retry after 3",
          retry_after=3)
    answer(desk, session, "first")
    waiting = answer(desk, session, "seccond")
    unwanted = answer(desk, session, "never mind")
    api = desk.browser("Ana")
    api.put(path(session, waiting), {"text": "second"})
    api.send("DELETE", path(session, unwanted))
    wait_until("both", lambda: received(desk, user) == ["first", "second"], 30)
    assert item(desk, session, unwanted)["delivery"] == "withdrawn"
    wait_until("sent", lambda: item(desk, session, waiting)["delivery"] == "sent")
    now = item(desk, session, waiting)
    assert now["text"] == "second" and now["changed"] is True
    assert changes(desk, session) == [("revised", waiting, "second", None)]


def test_only_the_author_changes_a_message(desk):
    _, session = begin(desk)
    ordinal = sent(desk, session, "mine")
    refused = desk.browser("Wei").attempt("PUT", path(session, ordinal), {"text": "yours"})
    assert refused.status == 403 and "wrote" in refused.json()["detail"]
    customer = desk.browser("Ana").attempt("DELETE", path(session, "0"))
    assert customer.status == 404
    assert desk.browser("Ana").attempt("DELETE", path(session, "998")).status == 404


def test_what_telegram_refuses_is_shown_and_tried_again_by_hand(desk):
    user, session = begin(desk)
    ordinal = sent(desk, session, "words")
    fault(desk, "editMessageText", "fail", code=400,
          description="Bad Request: message can't be edited")
    outbox = desk.browser("Ana").put(path(session, ordinal), {"text": "others"})["outbox"]
    wait_until("failed", lambda: changes(desk, session)[-1][3] == "failed", 20)
    assert "can't be edited" in history(desk, session)[-1]["failure"]
    desk.browser("Ana").post(f"/api/v1/outbox/{outbox}/resend")
    wait_until("changed", lambda: received(desk, user) == ["others"], 20)


def test_a_change_whose_answer_is_lost_is_made_again_by_itself(desk):
    user, session = begin(desk)
    ordinal = sent(desk, session, "words")
    fault(desk, "editMessageText", "drop_afterwards")
    desk.browser("Ana").put(path(session, ordinal), {"text": "others"})
    wait_until("known", lambda: changes(desk, session)[-1][3] == "sent", 30)
    assert received(desk, user) == ["others"]


def test_a_change_in_doubt_is_made_five_times_and_then_left_to_a_person(desk):
    user, session = begin(desk)
    ordinal = sent(desk, session, "words")
    fault(desk, "editMessageText", "drop", count=5)
    outbox = desk.browser("Ana").put(path(session, ordinal), {"text": "others"})["outbox"]
    # The pauses are 1, 2, 4 and 8 seconds.
    wait_until("uncertain", lambda: changes(desk, session)[-1][3] == "uncertain", 40)
    calls = [call for call in desk.standin.get(f"/standin/bots/{desk.bot}/calls")
             if call["method"] == "editmessagetext" and call["chat"] == user]
    assert len(calls) == 5
    assert received(desk, user) == ["words"]
    desk.browser("Ana").post(f"/api/v1/outbox/{outbox}/resend")
    wait_until("changed", lambda: received(desk, user) == ["others"], 20)


def test_rules_about_texts_count_for_changes_too(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    rules = [{"text": "price", "match": "word", "direction": "out", "action": "confirm"},
             {"text": "casino", "match": "word", "direction": "out", "action": "block"}]
    desk.admin.put(f"/api/v1/projects/{desk.id}/moderation", {"rules": rules})
    _, session = begin(desk)
    ordinal = sent(desk, session, "words")
    api = desk.browser("Ana")
    asked = api.attempt("PUT", path(session, ordinal), {"text": "the price"})
    assert asked.status == 422 and asked.json()["code"] == "confirm_text"
    blocked = api.attempt("PUT", path(session, ordinal), {"text": "casino", "confirm": True})
    assert blocked.status == 422 and blocked.json()["code"] == "text_blocked"
    api.put(path(session, ordinal), {"text": "the price", "confirm": True})
    wait_until("changed", lambda: changes(desk, session)[-1][3] == "sent", 20)
    hidden = {"text": "look here", "entities": [
        {"type": "text_link", "offset": 0, "length": 4, "url": "https://a.example/casino"}]}
    for method, where in [("PUT", path(session, ordinal)),
                          ("POST", f"/api/v1/sessions/{session['id']}/reply")]:
        assert api.attempt(method, where, hidden).json()["code"] == "text_blocked"
    marks = [i["moderation"]["action"] for i in history(desk, session) if i["kind"] == "moderated"]
    assert marks == ["block", "confirm", "block", "block"]


def test_typing_is_shown_now_and_then_and_leaves_nothing(desk):
    user, session = begin(desk)
    sent(desk, session, "mine now")
    index = int(desk.admin.get("/api/v1/me")["index"])
    for _ in range(3):
        desk.browser("Ana").post(f"/api/v1/sessions/{session['id']}/typing")
    assert desk.browser("Wei").attempt(
        "POST", f"/api/v1/sessions/{session['id']}/typing").status == 403
    chat = f"/standin/chats/{desk.bot}/{user}"
    wait_until("seen", lambda: desk.standin.get(chat)["actions"] == ["typing"])
    assert history(desk, session)[-1]["kind"] in ("message", "claimed")
    assert int(desk.admin.get("/api/v1/me")["index"]) >= index
