"""What customers send arrives whole: albums, places, contacts, answers, changes, buttons."""

import base64
import re

import pytest
from desk import new_update_id, new_user
from driver import telegram
from driver.api import request
from driver.waiting import wait_until

ALL = ("view", "reply", "transfer")


@pytest.fixture(scope="module")
def desk(shared_desk):
    """A desk whose webhook is at the second node."""
    desk = shared_desk("Ana", permissions=ALL)
    desk.open_console("Ana")
    point(desk)
    return desk


def point(desk):
    desk.admin.at(desk.cluster[2].url).post(
        f"/api/v1/projects/{desk.id}/webhook", {"url": desk.cluster[2].url})


def does(desk, user, action, **content):
    """A customer of the stand-in does something; gives what the stand-in says."""
    if "bytes" in content:
        content["bytes"] = base64.urlsafe_b64encode(content["bytes"]).decode().rstrip("=")
    return desk.standin.post(f"/standin/customers/{user}/{action}", {"bot": desk.bot, **content})


def history(desk, user, node=1):
    session = desk.session_of(user)
    return desk.browser("Ana", node).history(session["id"]) if session else []


def messages(desk, user):
    return [i for i in history(desk, user) if i["kind"] == "message" and i["from"] == "customer"]


def arrive(desk, user, count):
    """Waits for so many messages of a customer; gives them."""
    wait_until("the messages", lambda: len(messages(desk, user)) == count, 20)
    return messages(desk, user)


def of_kind(desk, user, kind):
    return [i for i in history(desk, user) if i["kind"] == kind]


def answer(desk, user, text, **more):
    """Ana answers; gives the response."""
    session = desk.session_of(user)
    return desk.browser("Ana").attempt(
        "POST", f"/api/v1/sessions/{session['id']}/reply", {"text": text, **more})


def sent(desk, user):
    """Ana's messages that the customer has."""
    return [m for m in desk.standin.chat(desk.bot, user) if m["from"] == "bot"]


def metric(desk, name, node=2):
    url = f"http://{desk.cluster[node].operations}"
    text = request(url, "GET", "/metrics").body.decode()
    found = re.search(rf"^{re.escape(name)} (\d+)", text, re.M)
    return int(found[1]) if found else 0


def test_the_parts_of_an_album_have_it_in_common(desk):
    user = new_user()
    for number in range(3):
        does(desk, user, "send", kind="photo", media_group_id="97531",
             caption="Look" if number == 0 else "", bytes=b"picture %d" % number)
    parts = arrive(desk, user, 3)
    assert {part["album"] for part in parts} == {"97531"}
    assert [part["text"] for part in parts] == ["Look", "", ""]
    assert all("file" in part for part in parts)


def test_an_album_is_one_message_for_the_flood_limit(new_desk):
    desk = new_desk("Ana", permissions=ALL, project={"messagesPerMinute": 2})
    point(desk)
    user = new_user()
    does(desk, user, "send", text="See these")
    for number in range(5):
        does(desk, user, "send", kind="photo", media_group_id="8642", bytes=b"p%d" % number)
    arrive(desk, user, 6)
    does(desk, user, "send", text="One too many")
    wait_until("the limit is told", lambda: of_kind(desk, user, "flooded"))
    assert len(messages(desk, user)) == 6


def test_a_place_a_venue_and_a_contact_arrive_whole(desk):
    user = new_user()
    place = {"latitude": 52.520008, "longitude": 13.404954}
    does(desk, user, "send", kind="location", value=place)
    does(desk, user, "send", kind="venue", value={
        "location": place, "title": "Café", "address": "Street 1"})
    does(desk, user, "send", kind="contact", value={
        "phone_number": "+49 30 1234", "first_name": "Zoë", "last_name": "Q"})
    where, venue, contact = arrive(desk, user, 3)
    assert where["messageKind"] == "location" and where["location"] == place
    assert venue["location"] == {**place, "title": "Café", "address": "Street 1"}
    assert contact["contact"] == {
        "phoneNumber": "+49 30 1234", "firstName": "Zoë", "lastName": "Q"}
    assert not any("unsupported" in item for item in (where, venue, contact))


def test_of_a_place_that_moves_the_newest_is_kept(desk):
    user = new_user()
    begin = {"latitude": 1, "longitude": 2, "live_period": 900}
    number = does(desk, user, "send", kind="location", value=begin)["message_id"]
    [first] = arrive(desk, user, 1)
    assert first["location"] == {"latitude": 1, "longitude": 2, "live": True}
    for step in range(1, 8):
        does(desk, user, "edit", message_id=number, kind="location", value={
            "latitude": 1 + step / 10, "longitude": 2, "live_period": 900})

    def newest():
        return [item["location"]["latitude"] for item in of_kind(desk, user, "edited")] == [1.7]
    wait_until("the newest place, alone", newest)
    [edited] = of_kind(desk, user, "edited")
    assert edited["of"] == first["ordinal"] and edited["ofNumber"] == str(number)


def test_a_customer_answers_their_own_and_our_messages(desk):
    user = new_user()
    own = does(desk, user, "send", text="Where is it?")["message_id"]
    arrive(desk, user, 1)
    assert answer(desk, user, "On its way").status == 201
    wait_until("delivered", lambda: len(sent(desk, user)) == 1, 20)
    ours = sent(desk, user)[0]["message_id"]
    wait_until("known as sent", lambda: any(
        i.get("number") == str(ours) for i in history(desk, user)))
    does(desk, user, "send", text="Still?", reply_to=own)
    does(desk, user, "send", text="Thanks", reply_to=ours)
    first, still, thanks = arrive(desk, user, 3)
    assert first["number"] == str(own)
    assert (still["replyToNumber"], still["replyTo"]) == (str(own), first["ordinal"])
    [reply] = [i for i in history(desk, user) if i.get("number") == str(ours)]
    assert (thanks["replyToNumber"], thanks["replyTo"]) == (str(ours), reply["ordinal"])


def test_an_agent_answers_one_of_the_messages(desk):
    user = new_user()
    first = does(desk, user, "send", text="Red or blue?")["message_id"]
    does(desk, user, "send", text="And when?")
    asked, _ = arrive(desk, user, 2)
    assert answer(desk, user, "Blue", replyTo=asked["ordinal"]).status == 201
    wait_until("delivered", lambda: len(sent(desk, user)) == 1, 20)
    assert sent(desk, user)[0]["reply_to"] == first
    [item] = [i for i in history(desk, user) if i["from"] == "agent" and i["kind"] == "message"]
    assert item["replyTo"] == asked["ordinal"]


@pytest.mark.parametrize("ordinal", ["999", "x", "-1"])
def test_an_answer_to_no_message_is_refused(desk, ordinal):
    user = new_user()
    does(desk, user, "send", text="Hello")
    arrive(desk, user, 1)
    refused = answer(desk, user, "What?", replyTo=ordinal)
    assert refused.status == 422 and "replyTo" in refused.json()["detail"]


def test_an_answer_to_what_the_customer_deleted_goes_all_the_same(desk):
    user = new_user()
    desk.write(user, "Not a message of the stand-in")
    does(desk, user, "send", text="/start")
    unknown, _ = arrive(desk, user, 2)
    assert answer(desk, user, "Yes", replyTo=unknown["ordinal"]).status == 201
    wait_until("delivered", lambda: [m["text"] for m in sent(desk, user)] == ["Yes"], 20)


def test_a_change_tells_which_message_and_brings_its_new_picture(desk):
    user = new_user()
    number = does(desk, user, "send", kind="photo", bytes=b"old", caption="a")["message_id"]
    [first] = arrive(desk, user, 1)
    does(desk, user, "edit", message_id=number, kind="photo", bytes=b"new picture", caption="b")
    wait_until("the change", lambda: of_kind(desk, user, "edited"))
    [edited] = of_kind(desk, user, "edited")
    assert (edited["of"], edited["text"], edited["messageKind"]) == (
        first["ordinal"], "b", "photo")
    session = desk.session_of(user)["id"]

    def picture(item):
        path = f"/api/v1/sessions/{session}/messages/{item['ordinal']}/file"
        return desk.browser("Ana").attempt("GET", path).body
    assert (picture(first), picture(edited)) == (b"old", b"new picture")


def test_what_can_not_be_shown_is_marked_and_counted(desk):
    user = new_user()
    before = metric(desk, 'roundhouse_updates_unsupported_total{kind="poll"}')
    others = metric(desk, 'roundhouse_updates_unsupported_total{kind="other"}')
    does(desk, user, "send", kind="poll", value={"id": "1", "question": "?", "options": []})
    does(desk, user, "send", kind="hologram", value={"depth": 3})
    poll, hologram = arrive(desk, user, 2)
    assert poll["messageKind"] == "poll" and poll["unsupported"] is True
    assert hologram["messageKind"] == "hologram" and hologram["unsupported"] is True
    assert metric(desk, 'roundhouse_updates_unsupported_total{kind="poll"}') == before + 1
    assert metric(desk, 'roundhouse_updates_unsupported_total{kind="other"}') == others + 1


def test_a_pressed_button_is_answered_once(desk):
    user = new_user()
    does(desk, user, "send", text="Hello")
    arrive(desk, user, 1)
    answer(desk, user, "Choose")
    wait_until("delivered", lambda: sent(desk, user), 20)

    def callbacks():
        [bot] = [b for b in desk.standin.get("/standin/bots") if b["username"] == desk.bot]
        return bot["callbacks"]
    before = callbacks()
    counted = metric(desk, "roundhouse_callbacks_answered_total")
    does(desk, user, "press", message_id=sent(desk, user)[0]["message_id"], data="yes")
    wait_until("answered", lambda: callbacks()["answered"] == before["answered"] + 1, 20)
    wait_until("in the history", lambda: of_kind(desk, user, "callback"))
    assert callbacks()["open"] == 0 and callbacks()["refused"] == before["refused"]
    wait_until("counted", lambda: metric(
        desk, "roundhouse_callbacks_answered_total") == counted + 1)


def test_a_bot_api_that_is_slow_about_buttons_delays_no_webhook(desk):
    desk.standin.post(f"/standin/bots/{desk.bot}/faults", {
        "method": "answerCallbackQuery", "effect": "delay", "milliseconds": 4000})
    user = new_user()
    does(desk, user, "send", text="Hello")
    arrive(desk, user, 1)
    query = {"id": "5", "from": {"id": user, "is_bot": False, "first_name": "Kim"},
             "chat_instance": "1", "data": "no"}
    body = telegram.update(new_update_id(), "callback_query", query)
    wait_until("taken at once", lambda: desk.post_update(body, node=3).status == 200, 3)
    assert [i["text"] for i in of_kind(desk, user, "callback")] == ["no"]


def test_changes_have_a_flood_limit_of_their_own(new_desk):
    desk = new_desk("Ana", permissions=ALL, project={"messagesPerMinute": 3})
    point(desk)
    user = new_user()
    number = does(desk, user, "send", text="0")["message_id"]
    arrive(desk, user, 1)
    for text in range(1, 7):
        does(desk, user, "edit", message_id=number, text=str(text))
    wait_until("the limit is told", lambda: of_kind(desk, user, "flooded"))
    does(desk, user, "send", text="A message has its place")
    arrive(desk, user, 2)
    assert [i["text"] for i in of_kind(desk, user, "edited")] == ["1", "2", "3"]
