"""Photos and documents that agents send: which bytes arrive, in which order, with which states."""

import json
import socket
import struct
import urllib.parse

import pytest
from desk import Desk
from driver.api import request
from driver.waiting import wait_until
from test_edits import ALL, answer, begin, fault, history, path
from test_files import PNG

LIMITS = {"photo": 10 << 20, "document": 20 << 20}
TYPES = {"photo": "image/png", "document": "application/octet-stream"}


@pytest.fixture(scope="module")
def desk(shared_desk):
    """Two agents who see everything; Ana answers."""
    return shared_desk("Ana", "Wei", permissions=ALL)


def target(session, kind="document", name="a.bin", **more):
    query = urllib.parse.urlencode({"kind": kind, "name": name, **more})
    return f"/api/v1/sessions/{session['id']}/files?{query}"


def headers_of(desk, node=1, agent="Ana", **more):
    api = desk.browser(agent, node)
    return {"Cookie": api.cookie, "Origin": api.url, **more}


def attempt(desk, session, data, kind="document", node=1, agent="Ana", headers=None, **query):
    """Ana sends a file; any status is an answer."""
    fields = headers_of(desk, node, agent, **{"Content-Type": TYPES[kind], **(headers or {})})
    return request(desk.cluster[node].url, "POST", target(session, kind, **query), fields, data)


def sends(desk, session, data, **more):
    """Ana sends a file, which is taken; gives the outbox id."""
    taken = attempt(desk, session, data, **more)
    assert taken.status == 201, (taken.status, taken.body)
    return taken.json()["outbox"]


def item(desk, session, outbox, node=1):
    [found] = [i for i in history(desk, session, node) if i.get("outbox") == outbox]
    return found


def wait_delivery(desk, session, outbox, state, seconds=30, node=1):
    wait_until(
        f"{outbox} is {state}", lambda: item(desk, session, outbox, node)["delivery"] == state,
        seconds)
    return item(desk, session, outbox, node)


def from_bot(desk, user):
    """(kind, text) of what the customer has from the bot, in order."""
    return [(m["kind"], m["text"]) for m in desk.standin.chat(desk.bot, user)
            if m["from"] == "bot" and not m["deleted"]]


def arrived(desk, user):
    """The last file that the customer has, and its bytes as the Bot API gives them."""
    message = [m for m in desk.standin.chat(desk.bot, user) if m.get("file_id")][-1]
    found = desk.standin.post(f"/bot{desk.token}/getFile", {"file_id": message["file_id"]})
    place = found["result"]["file_path"]
    return message, request(desk.standin.url, "GET", f"/file/bot{desk.token}/{place}").body


@pytest.mark.parametrize("node", [1, 2, 3])
def test_a_photo_arrives_from_every_node_and_is_seen_at_all(desk, node):
    user, session = begin(desk)
    whole = PNG + bytes(2000)
    bold = [{"type": "bold", "offset": 0, "length": 4}]
    outbox = sends(
        desk, session, whole, kind="photo", node=node, name="cat.png", caption="Look 😀",
        entities=json.dumps(bold))
    shown = wait_delivery(desk, session, outbox, "sent")
    message, data = arrived(desk, user)
    assert (message["kind"], message["text"], data) == ("photo", "Look 😀", whole)
    assert [e["type"] for e in message["entities"]] == ["bold"]
    assert shown["messageKind"] == "photo" and shown["text"] == "Look 😀"
    assert shown["entities"] == bold
    assert shown["file"] == {
        "name": "cat.png", "mimeType": "image/png", "size": len(whole), "hasThumbnail": True}
    for each in (1, 2, 3):
        wait_delivery(desk, session, outbox, "sent", node=each)
        got = desk.browser("Ana", each).attempt(
            "GET", f"{path(session, shown['ordinal'])}/file")
        assert got.status == 200 and got.body == whole
        assert got.headers["Content-Type"] == "image/png"
    small = desk.browser("Ana").attempt(
        "GET", f"{path(session, shown['ordinal'])}/file?size=thumbnail")
    assert small.status == 200 and small.body == whole + b"small"


@pytest.mark.parametrize("node", [1, 2, 3])
def test_a_document_arrives_as_it_is_with_its_name(desk, node):
    user, session = begin(desk)
    whole = bytes(range(256)) * 13_000
    name = 'Rechnung "Mai" 五月.pdf'
    outbox = sends(
        desk, session, whole, node=node, name=name, headers={"Content-Type": "application/pdf"})
    shown = wait_delivery(desk, session, outbox, "sent")
    message, data = arrived(desk, user)
    assert data == whole
    assert (message["kind"], message["text"], message["file_name"]) == ("document", "", name)
    assert message["mime_type"] == "application/pdf"
    assert shown["file"] == {
        "name": name, "mimeType": "application/pdf", "size": len(whole), "hasThumbnail": False}
    assert shown["text"] == ""


@pytest.mark.parametrize("node", [1, 2, 3])
def test_files_and_texts_arrive_in_the_order_in_which_they_were_written(desk, node):
    user, session = begin(desk)
    fault(desk, "sendMessage", "fail", code=429, description="Too Many Requests: retry after 2",
          retry_after=2)
    answer(desk, session, "one")
    sends(desk, session, PNG, kind="photo", node=node, caption="two")
    answer(desk, session, "three", node=node)
    sends(desk, session, b"four", node=1)
    wait_until("all of them", lambda: len(from_bot(desk, user)) == 4, 40)
    assert from_bot(desk, user) == [
        ("text", "one"), ("photo", "two"), ("text", "three"), ("document", "")]


def test_a_file_claims_a_waiting_session_and_is_its_last_message(desk):
    _, session = begin(desk)
    outbox = sends(desk, session, PNG, kind="photo", node=2)
    wait_delivery(desk, session, outbox, "sent")
    now = desk.browser("Ana").get(f"/api/v1/sessions/{session['id']}")
    assert now["state"] == "assigned" and now["owner"]["id"] == desk.ids["Ana"]
    assert now["lastMessage"]["kind"] == "photo" and now["lastMessage"]["from"] == "agent"


@pytest.mark.parametrize("kind", ["photo", "document"])
def test_a_file_may_reach_the_limit_of_its_kind(desk, kind):
    user, session = begin(desk)
    whole = PNG + bytes(LIMITS[kind] - len(PNG))
    outbox = sends(desk, session, whole, kind=kind, node=2)
    wait_delivery(desk, session, outbox, "sent", 60)
    assert arrived(desk, user)[1] == whole


def raw_answer(desk, node, line, fields, size):
    """Status and problem that a head alone gets: nothing of the body is sent."""
    host, port = desk.cluster[node].public.rsplit(":", 1)
    head = f"POST {line} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {size}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head.encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        top, _, body = data.partition(b"\r\n\r\n")
        told = {line.split(b":")[0].lower(): line.split(b":", 1)[1].strip()
                for line in top.split(b"\r\n")[1:]}
        while len(body) < int(told[b"content-length"]):
            body += connection.recv(65536)
    return int(top.split()[1]), json.loads(body), told


@pytest.mark.parametrize("kind", ["photo", "document"])
def test_a_file_that_is_too_large_is_refused_before_it_is_read(desk, kind):
    _, session = begin(desk)
    status, problem, told = raw_answer(
        desk, 2, target(session, kind), headers_of(desk, 2), LIMITS[kind] + 1)
    assert (status, problem["code"]) == (413, "too_large")
    assert f"{LIMITS[kind] >> 20} MB" in problem["detail"]
    assert told[b"connection"] == b"close"


def test_who_may_not_send_a_file_is_told_before_it_is_read(desk):
    user, session = begin(desk)
    answer(desk, session, "mine")
    assert desk.session_of(user, 3)["state"] == "assigned"
    size = 5 << 20
    place = target(session)

    def refused(fields, line=place, node=3):
        status, problem, _ = raw_answer(desk, node, line, fields, size)
        return status, problem["code"]

    assert refused({}) == (401, "not_signed_in")
    assert refused({"Authorization": "Bearer rh_nobody"}) == (401, "not_signed_in")
    assert refused(headers_of(desk, 3, "Wei")) == (403, "owned")
    cookie = headers_of(desk, 3)
    assert refused({**cookie, "Origin": "https://evil.example"}) == (403, "cross_site")
    assert refused({**cookie, "Content-Type": "multipart/form-data"}) == (415, "not_raw")
    assert refused(cookie, target({"id": "999"})) == (404, "not_found")
    assert refused(cookie, target(session, "film")) == (422, "invalid")
    assert refused(cookie, f"/api/v1/sessions/{session['id']}/reply") == (413, "too_large")
    reading = desk.admin.post("/api/v1/tokens", {
        "name": "reader", "scopes": ["read"], "agent": desk.ids["Ana"]})["token"]
    wait_until("the token is known", lambda: request(
        desk.cluster[3].url, "GET", "/api/v1/me",
        {"Authorization": f"Bearer {reading}"}).status == 200)
    assert refused({"Authorization": f"Bearer {reading}"}) == (403, "needs_scope")
    api = desk.browser("Ana", 3)
    version = api.get(f"/api/v1/sessions/{session['id']}", fresh=1)["version"]
    api.post(f"/api/v1/sessions/{session['id']}/complete", {"version": version})
    assert refused(cookie) == (409, "wrong_state")
    assert [kind for kind, _ in from_bot(desk, user)] in ([], ["text"])


def test_an_integration_sends_files(desk):
    user, session = begin(desk)
    token = desk.admin.post("/api/v1/tokens", {
        "name": "sender", "scopes": ["read", "sessions"], "agent": desk.ids["Ana"]})
    fields = {"Authorization": f"Bearer {token['token']}", "Content-Type": "text/plain",
              "Roundhouse-At-Least": str(desk.admin.index)}
    whole = b"a report\n" * 100_000
    taken = request(
        desk.cluster[2].url, "POST", target(session, name="report.txt"), fields, whole)
    assert taken.status == 201, taken.body
    wait_delivery(desk, session, taken.json()["outbox"], "sent")
    assert arrived(desk, user)[1] == whole


@pytest.mark.parametrize("data, kind, query, said", [
    (b"", "document", {}, "empty"),
    (b"no picture", "photo", {}, "no picture"),
    (PNG, "photo", {"caption": "a" * 1025}, "1024"),
    (PNG, "photo", {"name": "a/b"}, "name"),
    (PNG, "photo", {"name": "n" * 256}, "name"),
    (PNG, "photo", {"caption": "x", "entities": '[{"type":"bold","offset":0,"length":2}]'},
     "not within the text"),
    (PNG, "photo", {"entities": "x"}, "JSON"),
])
def test_what_can_not_be_sent_is_said(desk, data, kind, query, said):
    _, session = begin(desk)
    refused = attempt(desk, session, data, kind=kind, **query)
    assert refused.status == 422 and said in refused.json()["detail"]


def test_a_caption_of_the_longest_characters_fits(desk):
    user, session = begin(desk)
    caption = "😀" * 1024
    outbox = sends(desk, session, PNG, kind="photo", caption=caption)
    wait_delivery(desk, session, outbox, "sent")
    assert from_bot(desk, user) == [("photo", caption)]


def test_under_one_key_a_file_is_sent_once(desk):
    user, session = begin(desk)
    key = {"Idempotency-Key": f"file-{user}"}
    whole = PNG + bytes(500_000)
    taken = [attempt(desk, session, whole, kind="photo", node=node, headers=key, caption="x")
             for node in (1, 2, 1)]
    assert {t.status for t in taken} == {201} and len({t.body for t in taken}) == 1
    wait_delivery(desk, session, taken[0].json()["outbox"], "sent")
    other = attempt(desk, session, whole, kind="photo", headers=key, caption="y")
    assert other.status == 422
    sends(desk, session, b"end")
    wait_until("the end", lambda: from_bot(desk, user)[-1:] == [("document", "")], 30)
    assert from_bot(desk, user) == [("photo", "x"), ("document", "")]


def test_what_telegram_refuses_is_shown_and_can_be_sent_again(desk):
    user, session = begin(desk)
    wide = PNG[:16] + struct.pack(">II", 9_000, 9_000) + PNG[24:]
    outbox = sends(desk, session, wide, kind="photo", node=2)
    failed = wait_delivery(desk, session, outbox, "failed")
    assert "PHOTO_INVALID_DIMENSIONS" in failed["failure"]
    fault(desk, "sendDocument", "fail", code=403, description="Forbidden: too cold")
    other = sends(desk, session, b"bytes", node=3)
    wait_delivery(desk, session, other, "failed")
    desk.browser("Ana").post(f"/api/v1/outbox/{other}/resend")
    wait_delivery(desk, session, other, "sent")
    assert arrived(desk, user)[1] == b"bytes"
    desk.browser("Ana").send("DELETE", path(session, failed["ordinal"]))
    assert item(desk, session, outbox)["delivery"] == "withdrawn"


def test_too_many_requests_hold_a_file_back_and_a_lost_answer_leaves_it_uncertain(desk):
    user, session = begin(desk)
    fault(desk, "sendPhoto", "fail", code=429, description="Too Many Requests: retry after 2",
          retry_after=2)
    outbox = sends(desk, session, PNG, kind="photo", node=2)
    wait_delivery(desk, session, outbox, "sent")
    fault(desk, "sendPhoto", "drop_afterwards")
    lost = sends(desk, session, PNG, kind="photo", node=3)
    wait_delivery(desk, session, lost, "uncertain")
    assert len(from_bot(desk, user)) == 2


def test_a_caption_is_changed_and_a_file_deleted(desk):
    user, session = begin(desk)
    outbox = sends(desk, session, PNG, kind="photo", caption="old")
    shown = wait_delivery(desk, session, outbox, "sent")
    place = path(session, shown["ordinal"])
    long = desk.browser("Ana").attempt("PUT", place, {"text": "a" * 1025})
    assert long.status == 422
    desk.browser("Ana", 2).put(place, {"text": "new"})
    wait_until("changed", lambda: from_bot(desk, user) == [("photo", "new")], 20)
    desk.browser("Ana", 3).send("DELETE", place)
    wait_until("deleted", lambda: from_bot(desk, user) == [], 20)


def test_rules_about_texts_read_captions(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    rules = [{"text": "price", "match": "word", "direction": "out", "action": "confirm"},
             {"text": "casino", "match": "word", "direction": "out", "action": "block"}]
    desk.admin.put(f"/api/v1/projects/{desk.id}/moderation", {"rules": rules})
    user, session = begin(desk)
    asked = attempt(desk, session, PNG, kind="photo", caption="the price")
    assert (asked.status, asked.json()["code"]) == (422, "confirm_text")
    blocked = attempt(desk, session, PNG, kind="photo", caption="casino", confirm="true")
    assert (blocked.status, blocked.json()["code"]) == (422, "text_blocked")
    outbox = sends(desk, session, PNG, kind="photo", caption="the price", confirm="true")
    wait_delivery(desk, session, outbox, "sent")
    assert from_bot(desk, user) == [("photo", "the price")]


def test_room_for_files_is_bounded_and_given_back(desk):
    _, session = begin(desk)
    host, port = desk.cluster[2].public.rsplit(":", 1)
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers_of(desk, 2).items())
    head = (f"POST {target(session)} HTTP/1.1\r\nHost: {host}:{port}\r\n"
            f"Content-Length: {20 << 20}\r\nExpect: 100-continue\r\n{fields}\r\n").encode()
    held = []
    for _ in range(6):
        connection = socket.create_connection((host, int(port)), timeout=20)
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        held.append(connection)
    status, problem, told = raw_answer(
        desk, 2, target(session), headers_of(desk, 2), 20 << 20)
    assert (status, problem["code"]) == (503, "overloaded") and b"retry-after" in told
    outbox = sends(desk, session, b"small", node=2)
    wait_delivery(desk, session, outbox, "sent")
    for connection in held:
        connection.close()
    whole = bytes(20 << 20)

    def again():
        taken = attempt(desk, session, whole, node=2)
        return taken.json()["outbox"] if taken.status == 201 else None

    wait_delivery(desk, session, wait_until("room again", again), "sent", 60)


# Nodes that hold files and die.

@pytest.fixture
def own(new_cluster, standin):
    """A desk on a cluster that may be hurt, and a node that follows."""
    cluster = new_cluster(telegram=standin.url)
    desk = Desk(cluster, standin, ["Ana"], permissions=ALL)
    leader = cluster.wait_leader().number
    yield desk, leader, next(n for n in (1, 2, 3) if n != leader)
    desk.close()
    cluster.kill()


def held_back(desk, leader, holder):
    """Three messages of which the first has to wait, the second a file at the holder."""
    user, session = begin_at(desk, leader)
    fault(desk, "sendMessage", "fail", code=429, description="Too Many Requests: retry after 6",
          retry_after=6)
    answer(desk, session, "before", node=leader)
    outbox = sends(desk, session, PNG, kind="photo", node=holder, caption="file")
    answer(desk, session, "after", node=leader)
    assert item(desk, session, outbox, leader)["delivery"] == "queued"
    return user, session, outbox


def begin_at(desk, node):
    """As `begin`, at a node."""
    user, session = begin(desk)
    wait_until("known", lambda: desk.session_of(user, node), 20)
    return user, session


def test_a_holder_that_starts_anew_before_a_files_turn_fails_it(own):
    desk, leader, holder = own
    user, session, outbox = held_back(desk, leader, holder)
    desk.cluster[holder].kill()
    desk.cluster[holder].start()
    desk.cluster[holder].wait_ready()
    failed = wait_delivery(desk, session, outbox, "failed", 30, leader)
    assert "send the file again" in failed["failure"]
    wait_until("the texts", lambda: len(from_bot(desk, user)) == 2, 30)
    assert from_bot(desk, user) == [("text", "before"), ("text", "after")]
    again = sends(desk, session, PNG, kind="photo", node=holder, caption="again")
    wait_delivery(desk, session, again, "sent", 30, leader)


def test_a_holder_that_stays_away_has_its_files_given_up(own):
    desk, leader, holder = own
    user, session, outbox = held_back(desk, leader, holder)
    desk.cluster[holder].kill()
    failed = wait_delivery(desk, session, outbox, "failed", 100, leader)
    assert "send the file again" in failed["failure"]
    wait_until("the texts", lambda: len(from_bot(desk, user)) == 2, 30)
    assert from_bot(desk, user) == [("text", "before"), ("text", "after")]


def test_a_holder_that_dies_during_the_call_leaves_the_file_uncertain(own):
    desk, leader, holder = own
    _, session = begin_at(desk, leader)
    fault(desk, "sendPhoto", "delay", milliseconds=8000)
    outbox = sends(desk, session, PNG, kind="photo", node=holder)
    wait_delivery(desk, session, outbox, "sending", 20, leader)
    desk.cluster[holder].kill()
    desk.cluster[holder].start()
    shown = wait_delivery(desk, session, outbox, "uncertain", 40, leader)
    assert "may have arrived" in shown["failure"]


def test_a_leader_that_dies_during_the_call_leaves_the_file_uncertain(own):
    desk, leader, holder = own
    _, session = begin_at(desk, holder)
    fault(desk, "sendPhoto", "delay", milliseconds=8000)
    outbox = sends(desk, session, PNG, kind="photo", node=holder)
    wait_delivery(desk, session, outbox, "sending", 20, holder)
    desk.cluster[leader].kill()
    wait_delivery(desk, session, outbox, "uncertain", 40, holder)
    # What the call brings comes too late, and what comes next goes its way.
    following = sends(desk, session, PNG, kind="photo", node=holder)
    wait_delivery(desk, session, following, "sent", 60, holder)
    assert item(desk, session, outbox, holder)["delivery"] == "uncertain"
