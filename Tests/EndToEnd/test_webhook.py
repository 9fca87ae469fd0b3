"""Webhooks in: what is acknowledged, what is refused, and that nothing is kept twice."""

import concurrent.futures
import json
import socket

import pytest
from desk import new_update_id, new_user
from driver import telegram
from driver.api import request
from driver.seeding import SECRET
from driver.waiting import wait_until

WATCHING = ("view", "reply", "transfer")


@pytest.fixture(scope="module")
def desk(shared_desk):
    """One watching agent; nobody is there, so sessions wait."""
    return shared_desk("Ana", permissions=WATCHING)


def texts(desk, session):
    """What the customer wrote in a session."""
    return [
        item["text"] for item in desk.browser("Ana").history(session["id"])
        if item["kind"] == "message" and item["from"] == "customer"]


@pytest.mark.parametrize("node", [1, 2, 3])
def test_a_message_at_any_node_opens_a_session_on_all(desk, node):
    user = new_user()
    desk.write(user, "Hello", node)
    for each in (1, 2, 3):
        session = wait_until("the session", lambda: desk.session_of(user, each))
        assert session["state"] == "unassigned"
        assert session["lastMessage"]["text"] == "Hello"


def test_the_second_message_goes_into_the_same_session(desk):
    user = new_user()
    desk.write(user, "One", node=1)
    desk.write(user, "Two", node=3)
    session = desk.session_of(user)
    assert texts(desk, session) == ["One", "Two"]
    assert len([s for s in desk.all_sessions() if s["customer"]["id"] == str(user)]) == 1


def test_the_same_update_twice_is_one_message(desk):
    user, update = new_user(), new_update_id()
    for node in (1, 2, 3, 1):
        desk.write(user, "Once", node, update)
    assert texts(desk, desk.session_of(user)) == ["Once"]


def test_the_same_update_at_all_nodes_at_once_is_one_message(desk):
    user, update = new_user(), new_update_id()
    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        list(pool.map(lambda n: desk.write(user, "Once", n % 3 + 1, update), range(9)))
    assert texts(desk, desk.session_of(user)) == ["Once"]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1]])
def test_a_wrong_secret_is_401_and_never_enters_the_log(desk, secret):
    user, update = new_user(), new_update_id()
    body = telegram.message_update(update, user, "Forged")
    assert desk.post_update(body, secret=secret).status == 401
    # Had it entered the log, the true update of the same id would be taken for a duplicate.
    desk.write(user, "True", update_id=update)
    assert texts(desk, desk.session_of(user)) == ["True"]


@pytest.mark.parametrize("path", ["/telegram/1", "/telegram/999999", "/telegram/", "/telegram/x"])
def test_an_unknown_project_is_404(desk, path):
    body = telegram.message_update(new_update_id(), new_user(), "Lost")
    assert desk.post_update(body, path=path).status == 404


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b'"text"', b"{}", b'{"message":{}}', b'{"update_id":"1"}',
    b'{"update_id":1} {}', b'{"update_id":1,}', b'{"update_id":1e2000}', b"\xff\xfe{}",
    b'{"update_id":1,"message":' + b"[" * 5000 + b"]" * 5000 + b"}",
])
def test_a_malformed_body_is_400(desk, body):
    assert desk.post_update(body).status == 400


def test_too_large_a_body_is_413_before_it_is_read(desk):
    host, port = desk.cluster[1].public.split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(
            f"POST {desk.path} HTTP/1.1\r\nHost: x\r\n{telegram.SECRET_HEADER}: {SECRET}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {2 << 20}\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_body_just_within_the_limit_is_taken(desk):
    user, update = new_user(), new_update_id()
    body = telegram.message_update(update, user, "Padded")
    assert desk.post_update(body + b" " * ((1 << 20) - len(body))).status == 200
    assert desk.session_of(user)


def test_other_methods_are_405(desk):
    for method in ("GET", "PUT", "DELETE"):
        assert request(desk.cluster[1].url, method, desk.path).status == 405


def person(user):
    """A Telegram user as updates carry it."""
    return {"id": user, "is_bot": False, "first_name": "Kim"}


def chat(user):
    """The private chat with a user."""
    return {"id": user, "type": "private", "first_name": "Kim"}


OTHER_KINDS = {
    "edited_message": lambda u: {
        "message_id": 5, "from": person(u), "chat": chat(u), "date": 1, "edit_date": 2,
        "text": "Edited"},
    "channel_post": lambda u: {
        "message_id": 5, "chat": {"id": -100123, "type": "channel", "title": "News"}, "date": 1,
        "text": "Post"},
    "message": lambda u: {
        "message_id": 5, "from": person(u), "date": 1, "text": "In a group",
        "chat": {"id": -5, "type": "group", "title": "Group"}},
    "callback_query": lambda u: {
        "id": "77", "from": person(u), "chat_instance": "1", "data": "yes"},
    "my_chat_member": lambda u: {
        "chat": chat(u), "from": person(u), "date": 1,
        "old_chat_member": {"user": person(u), "status": "member"},
        "new_chat_member": {"user": person(u), "status": "kicked", "until_date": 0}},
    "inline_query": lambda u: {"id": "1", "from": person(u), "query": "q", "offset": ""},
    "poll_answer": lambda u: {"poll_id": "1", "user": person(u), "option_ids": [0]},
    "message_reaction": lambda u: {
        "chat": chat(u), "message_id": 3, "user": person(u), "date": 1, "old_reaction": [],
        "new_reaction": [{"type": "emoji", "emoji": "x"}]},
    "kind_of_tomorrow": lambda u: {"anything": [1, {"deep": None}]},
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_every_other_kind_is_acknowledged_and_opens_nothing(desk, kind):
    user = new_user()
    body = telegram.update(new_update_id(), kind, OTHER_KINDS[kind](user))
    assert desk.post_update(body, node=2).status == 200
    assert desk.session_of(user) is None


@pytest.mark.parametrize("user", [0, -4242])
def test_a_message_from_nobody_is_acknowledged_and_opens_nothing(desk, user):
    assert desk.post_update(telegram.message_update(new_update_id(), user, "Hello")).status == 200
    assert desk.session_of(user) is None


@pytest.mark.parametrize("kind, content", [
    ("photo", [{"file_id": "F1", "file_unique_id": "U1", "width": 9, "height": 9}]),
    ("sticker", {"file_id": "F2", "file_unique_id": "U2", "type": "regular", "width": 9,
                 "height": 9, "is_animated": False, "is_video": False}),
    ("location", {"latitude": 1.5, "longitude": 2.5}),
    ("gift_of_tomorrow", {"value": 1}),
])
def test_messages_without_text_open_sessions_too(desk, kind, content):
    user = new_user()
    message = {
        "message_id": 1, "from": person(user), "chat": chat(user), "date": 1, kind: content}
    body = telegram.update(new_update_id(), "message", message)
    assert desk.post_update(body).status == 200
    assert desk.session_of(user)


def test_fields_that_telegrams_own_examples_lack_may_be_missing(desk):
    user = new_user()
    message = {
        "message_id": 1, "from": {"id": user, "first_name": "Kim"}, "chat": {"id": user},
        "date": 1, "text": "Sparse", "unknown_field": {"x": [1, 2]}}
    assert desk.post_update(telegram.update(new_update_id(), "message", message)).status == 200
    assert desk.session_of(user)["lastMessage"]["text"] == "Sparse"


def test_header_and_body_in_two_writes_and_one_byte_at_a_time(desk):
    user = new_user()
    body = telegram.message_update(new_update_id(), user, "Slow but true")
    head = (
        f"POST {desk.path} HTTP/1.1\r\nHost: x\r\n{telegram.SECRET_HEADER}: {SECRET}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    host, port = desk.cluster[2].public.split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in head + body:
            connection.sendall(bytes([byte]))
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert desk.session_of(user)["lastMessage"]["text"] == "Slow but true"


def test_text_survives_as_it_was_written(desk):
    user = new_user()
    text = "Ünïcode 你好 👩‍👩‍👧 \" \\ \u0001 </script>"
    desk.write(user, text)
    session = desk.session_of(user)
    assert texts(desk, session) == [text]
    assert json.loads(json.dumps(session["lastMessage"]["text"])) == text
