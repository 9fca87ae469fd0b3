"""Signing in, staying safe, and the live feed."""

import json

import pytest
from desk import new_user
from driver.api import Api, request
from driver.waiting import wait_until
from driver.websocket import Closed, HandshakeError, LiveFeed, WebSocket

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def desk(shared_desk):
    """Two agents who reply; no test opens a console here."""
    return shared_desk("Ana", "Wei")


@pytest.fixture
def own_desk(new_desk):
    """Two agents for one test."""
    return new_desk("Ana", "Wei")


def login_of(desk, name):
    """An agent's login."""
    return next(agent for agent in desk.seeded.agents if agent["name"] == name)["login"]


def sign_in(desk, login, password, source=None):
    """The answer to a sign-in from an address."""
    body = json.dumps({"login": login, "password": password}).encode()
    return request(
        desk.cluster[1].url, "POST", "/api/v1/sign-in", JSON, body, source=source)


def test_the_cookie_is_for_this_site_and_not_for_scripts(desk):
    answer = sign_in(desk, login_of(desk, "Ana"), "password of Ana")
    assert answer.status == 200 and answer.json()["agent"]["name"] == "Ana"
    parts = [part.strip() for part in answer.headers["Set-Cookie"].split(";")]
    assert parts[0].startswith("roundhouse=") and len(parts[0]) > 40
    assert "HttpOnly" in parts and "SameSite=Strict" in parts and "Path=/" in parts


def test_a_sign_in_counts_at_every_node(desk):
    for node in (1, 2, 3):
        me = desk.browser("Ana", node).get("/api/v1/me")
        assert me["agent"]["name"] == "Ana" and me["node"] == str(node)


def test_each_sign_in_has_a_cookie_of_its_own_and_sign_out_ends_it_everywhere(desk):
    other = Api(desk.cluster[2].url)
    other.sign_in(login_of(desk, "Ana"), "password of Ana")
    assert other.cookie != desk.browsers["Ana"].cookie
    other.post("/api/v1/sign-out")
    for node in (1, 2, 3):
        api = other.at(desk.cluster[node].url)
        wait_until("signed out", lambda: api.attempt("GET", "/api/v1/me").status == 401)
        assert desk.browser("Ana", node).attempt("GET", "/api/v1/me").status == 200


def test_wrong_passwords_and_unknown_logins_get_the_same_answer(desk):
    wrong = sign_in(desk, login_of(desk, "Ana"), "not her password", source="127.0.0.2")
    unknown = sign_in(desk, "nobody-of-that-name", "not her password", source="127.0.0.3")
    assert wrong.status == unknown.status == 401
    assert wrong.json() == unknown.json()


def test_failed_sign_ins_are_throttled_by_account_and_by_address(own_desk):
    login = login_of(own_desk, "Wei")
    statuses = [sign_in(own_desk, login, "wrong", "127.0.0.4").status for _ in range(14)]
    assert statuses[0] == 401 and statuses[-1] == 429
    # The account is throttled from elsewhere too, and the address for other accounts.
    assert sign_in(own_desk, login, "password of Wei", "127.0.0.5").status == 429
    other = login_of(own_desk, "Ana")
    assert sign_in(own_desk, other, "password of Ana", "127.0.0.4").status == 429
    assert sign_in(own_desk, other, "password of Ana", "127.0.0.6").status == 200


@pytest.mark.parametrize("method, path", [
    ("GET", "/api/v1/me"), ("GET", "/api/v1/sessions?list=mine"), ("GET", "/api/v1/sessions/1"),
    ("GET", "/api/v1/projects"), ("POST", "/api/v1/projects"), ("GET", "/api/v1/agents"),
    ("POST", "/api/v1/agents"), ("GET", "/api/v1/links"), ("PUT", "/api/v1/me/presence"),
    ("POST", "/api/v1/sessions/1/claim"), ("GET", "/api/v1/export/sessions"),
    ("POST", "/api/v1/outbox/1/resend"),
])
def test_nothing_is_told_without_a_sign_in(desk, method, path):
    for headers in (JSON, {**JSON, "Cookie": "roundhouse=" + "A" * 43}):
        answer = request(desk.cluster[1].url, method, path, headers, b"{}")
        assert answer.status == 401
        assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_agents_may_not_administer(desk):
    ana = desk.browser("Ana")
    assert ana.attempt("POST", "/api/v1/projects", {"name": "x"}).status == 403
    assert ana.attempt("POST", "/api/v1/agents", {"login": "x"}).status == 403
    assert ana.attempt("PUT", f"/api/v1/projects/{desk.id}/members", []).status == 403
    assert ana.attempt("GET", "/api/v1/export/sessions").status == 403


def test_other_sites_may_not_act_for_a_signed_in_agent(desk):
    ana = desk.browser("Ana")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Origin": "null"}):
        answer = ana.attempt("PUT", "/api/v1/me/presence", {"away": True}, headers)
        assert answer.status == 403, headers
    form = ana.attempt("PUT", "/api/v1/me/presence", {"away": True}, {
        "Content-Type": "text/plain"})
    assert form.status == 415
    assert ana.get("/api/v1/me")["agent"]["away"] is False


def test_secrets_of_a_project_are_never_shown(desk):
    answer = desk.admin.attempt("GET", f"/api/v1/projects/{desk.id}")
    assert answer.json()["hasToken"] is True
    assert desk.token.split(":")[1].encode() not in answer.body
    assert b"webhook-secret" not in answer.body


def test_the_page_carries_its_policy(desk):
    answer = request(desk.cluster[2].url, "GET", "/")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_two_agents_at_two_nodes_see_what_happens_at_a_third(own_desk):
    ana, wei = own_desk.open_console("Ana", node=1), own_desk.open_console("Wei", node=2)
    user = new_user()
    own_desk.write(user, "Hello", node=3)
    event = ana.wait_for(
        "the session", lambda e: e["type"] == "session"
        and e["session"]["customer"]["id"] == str(user))
    assert event["session"]["owner"]["name"] == "Ana"
    item = ana.wait_for(
        "the message", lambda e: e["type"] == "item" and e["item"]["kind"] == "message")
    assert item["item"]["text"] == "Hello" and item["session"] == event["session"]["id"]
    # It is not Wei's, who may only reply: no word of it until it is given to him.
    path = f"/api/v1/sessions/{event['session']['id']}/transfer"
    own_desk.browser("Ana", 3).post(
        path, {"version": event["session"]["version"], "to": own_desk.ids["Wei"]})
    wei.wait_for(
        "the session", lambda e: e["type"] == "session"
        and e["session"]["owner"] and e["session"]["owner"]["name"] == "Wei")
    assert not [
        e for e in wei.events if e["type"] == "session" and e["session"]["owner"]
        and e["session"]["owner"]["name"] == "Ana"]
    ana.wait_for("gone", lambda e: e["type"] == "gone" and e["session"] == item["session"])


def waiting_row(desk, name, node):
    """A session that waits, as an agent's list of waiting sessions at a node shows it."""
    user = new_user()
    desk.write(user, "Is anybody there?")
    return wait_until("listed", lambda: next((
        each for each in desk.browser(name, node).sessions("waiting", project=desk.id, fresh=1)
        if each["customer"]["id"] == str(user)), None))


def claim(desk, name, session, node=1):
    """An agent takes a waiting session."""
    return desk.browser(name, node).post(
        f"/api/v1/sessions/{session['id']}/claim", {"version": session["version"]})


def all_away(desk):
    """Nobody is given sessions, whoever has a console."""
    for name in desk.browsers:
        desk.browser(name).put("/api/v1/me/presence", {"away": True})


@pytest.mark.parametrize("node", [1, 2])
def test_a_listed_session_that_another_agent_takes_is_gone(own_desk, node):
    all_away(own_desk)
    session = waiting_row(own_desk, "Wei", node)
    # The feed begins after the list: this connection never told of the session.
    index = own_desk.browser("Wei", node).get("/api/v1/me")["index"]
    wei = own_desk.feeds["Wei"] = LiveFeed(own_desk.browser("Wei", node), after=index)
    wei.wait_for("hello", lambda e: e["type"] == "hello")
    claim(own_desk, "Ana", session)
    wei.wait_for("gone", lambda e: e["type"] == "gone" and e["session"] == session["id"])


def test_what_was_taken_while_a_console_was_away_is_gone_when_it_comes_back(own_desk):
    all_away(own_desk)
    wei = own_desk.open_console("Wei", node=2, visible=False)
    hello = wei.wait_for("hello", lambda e: e["type"] == "hello")
    session = waiting_row(own_desk, "Wei", 2)
    later = waiting_row(own_desk, "Wei", 2)
    index = own_desk.browser("Wei", 2).get("/api/v1/me")["index"]
    assert int(index) >= int(hello["index"])
    wei.close()
    claim(own_desk, "Ana", session)
    again = own_desk.feeds["Wei"] = LiveFeed(own_desk.browser("Wei", 2), after=index)
    again.wait_for("gone", lambda e: e["type"] == "gone" and e["session"] == session["id"])
    # What this connection never told of, and what goes only now.
    claim(own_desk, "Ana", later)
    again.wait_for("gone", lambda e: e["type"] == "gone" and e["session"] == later["id"])


def test_a_session_that_is_handed_on_is_gone_for_who_listed_it_as_theirs(own_desk):
    all_away(own_desk)
    session = claim(own_desk, "Wei", waiting_row(own_desk, "Wei", 1))
    index = own_desk.browser("Wei", 3).get("/api/v1/me?fresh=1")["index"]
    wei = own_desk.feeds["Wei"] = LiveFeed(own_desk.browser("Wei", 3), after=index)
    wei.wait_for("hello", lambda e: e["type"] == "hello")
    own_desk.browser("Wei", 1).post(
        f"/api/v1/sessions/{session['id']}/transfer",
        {"version": session["version"], "to": own_desk.ids["Ana"], "confirm": True})
    wei.wait_for("gone", lambda e: e["type"] == "gone" and e["session"] == session["id"])


@pytest.mark.parametrize("node", [1, 2])
def test_a_console_that_comes_back_hears_what_it_missed(own_desk, node):
    # Who watches the other node has it remember; nobody is given what both may see.
    own_desk.open_console("Wei", node=2)
    feed = own_desk.open_console("Ana", node=1)
    hello = feed.wait_for("hello", lambda e: e["type"] == "hello")
    assert hello["node"] == "1"
    all_away(own_desk)
    index = own_desk.browser("Ana", 1).get("/api/v1/me?fresh=1")["index"]
    feed.close()
    user = new_user()
    own_desk.write(user, "While you were away", node=2)
    again = own_desk.feeds["Ana"] = LiveFeed(own_desk.browser("Ana", node), after=index)
    event = again.wait_for(
        "what was missed", lambda e: e["type"] == "session"
        and e["session"]["customer"]["id"] == str(user))
    assert event["session"]["lastMessage"]["text"] == "While you were away"
    assert not [e for e in again.events if e["type"] == "refresh"], "nothing was read anew"


def test_an_index_too_old_asks_for_a_refresh(own_desk):
    feed = own_desk.feeds["Ana"] = LiveFeed(own_desk.browser("Ana", 2), after=0)
    feed.wait_for("refresh", lambda e: e["type"] == "refresh")


def test_signing_out_ends_the_feed(desk):
    api = Api(desk.cluster[3].url)
    api.sign_in(login_of(desk, "Ana"), "password of Ana")
    feed = LiveFeed(api)
    feed.wait_for("hello", lambda e: e["type"] == "hello")
    api.at(desk.cluster[1].url).post("/api/v1/sign-out")
    with pytest.raises(Closed):
        feed.wait_for("the end", lambda e: False)
    assert feed.events[-1]["type"] == "signedOut"


def test_the_feed_opens_for_signed_in_pages_of_this_site_only(desk):
    url = desk.cluster[1].url
    with pytest.raises(HandshakeError) as nobody:
        WebSocket(url, "/api/v1/live")
    assert nobody.value.status == 401
    with pytest.raises(HandshakeError) as stranger:
        WebSocket(url, "/api/v1/live", {
            "Cookie": desk.browsers["Ana"].cookie, "Origin": "https://evil.example"})
    assert stranger.value.status == 403


def test_an_agent_reads_its_own_writes_at_the_same_node(own_desk):
    own_desk.open_console("Ana", node=2)
    user = new_user()
    own_desk.write(user, "Hello", node=2)
    session = own_desk.session_of(user, node=2)
    ana = own_desk.browser("Ana", 2)
    for number in range(5):
        ana.post(f"/api/v1/sessions/{session['id']}/reply", {"text": f"Answer {number}"})
        texts = [i.get("text") for i in ana.history(session["id"]) if i["from"] == "agent"]
        assert texts[-1] == f"Answer {number}"
