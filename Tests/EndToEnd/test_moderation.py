"""What a project does not want said: by customers, and to them."""

import pytest
from desk import Desk, new_user
from driver.waiting import wait_until

RULES = [
    {"text": "casino", "match": "word", "direction": "in", "action": "flag"},
    {"text": "t.me/*bot", "match": "pattern", "direction": "both", "action": "block"},
    {"text": "price", "match": "word", "direction": "out", "action": "confirm"},
]


@pytest.fixture
def desk(new_desk):
    """A desk whose project has rules."""
    desk = new_desk("Ana")
    desk.browser("Ana")
    told = desk.admin.put(f"/api/v1/projects/{desk.id}/moderation", {"rules": RULES})
    assert told["rules"] == RULES and int(told["version"]) > 0
    for node in desk.cluster.nodes:
        wait_until("the rules are known", lambda node=node: desk.admin.at(node.url).get(
            f"/api/v1/projects/{desk.id}/moderation") == told)
    desk.version = told["version"]
    return desk


def marks(desk, session, node=1):
    """What rules said in a session, in order."""
    return [(i["moderation"]["action"], i["moderation"]["rule"], i.get("agent", {}).get("name"))
            for i in desk.browser("Ana", node).history(session["id"])
            if i["kind"] == "moderated"]


def texts(desk, session, who, node=1):
    return [i["text"] for i in desk.browser("Ana", node).history(session["id"])
            if i["kind"] == "message" and i["from"] == who]


def test_customers_texts_are_flagged_or_blocked_at_every_node(desk):
    user = new_user()
    desk.write(user, "see T.me/evil_BOT", node=2)
    assert desk.session_of(user) is None
    desk.write(user, "A Casino for you", node=3)
    desk.write(user, "or t.me/good_bot", node=1)
    session = desk.session_of(user)
    assert texts(desk, session, "customer") == ["A Casino for you"]
    assert marks(desk, session) == [
        ("flag", "casino", None), ("block", "t.me/*bot", None)]
    assert session["unread"] == 1
    history = desk.browser("Ana").history(session["id"])
    assert {i["moderation"]["version"] for i in history if "moderation" in i} == {desk.version}


def test_an_agents_text_is_confirmed_or_not_sent(desk):
    user = new_user()
    desk.write(user, "Hello")
    session = desk.session_of(user)
    api = desk.browser("Ana", 2)
    path = f"/api/v1/sessions/{session['id']}/reply"
    asked = api.attempt("POST", path, {"text": "The price is 5"})
    assert asked.status == 422 and asked.json()["code"] == "confirm_text"
    assert "price" in asked.json()["detail"]
    blocked = api.attempt("POST", path, {"text": "t.me/mybot", "confirm": True})
    assert blocked.status == 422 and blocked.json()["code"] == "text_blocked"
    assert texts(desk, session, "agent", 2) == []
    api.post(path, {"text": "The price is 5", "confirm": True})
    api.post(path, {"text": "Anything else?"})
    assert texts(desk, session, "agent", 2) == ["The price is 5", "Anything else?"]
    assert marks(desk, session, 2) == [
        ("block", "t.me/*bot", "Ana"), ("confirm", "price", "Ana")]


@pytest.mark.parametrize("rule, said", [
    ({"text": "*", "match": "pattern", "direction": "in", "action": "flag"}, "nearly every text"),
    ({"text": "x", "match": "regex", "direction": "in", "action": "flag"}, "rules.match"),
    ({"text": "x", "match": "word", "direction": "up", "action": "flag"}, "rules.direction"),
    ({"text": "x", "match": "word", "direction": "in", "action": "kill"}, "rules.action"),
    ({"text": "x" * 65, "match": "word", "direction": "in", "action": "flag"}, "1 to 64 bytes"),
    ({"text": "", "match": "word", "direction": "in", "action": "flag"}, "1 to 64 bytes"),
])
def test_a_rule_that_can_not_be_is_named(desk, rule, said):
    refused = desk.admin.attempt(
        "PUT", f"/api/v1/projects/{desk.id}/moderation", {"rules": [rule]})
    assert refused.status == 422 and said in refused.json()["detail"]
    kept = desk.admin.get(f"/api/v1/projects/{desk.id}/moderation")
    assert kept["rules"] == RULES


def test_there_are_200_rules_at_most_and_managers_alone_write_them(desk):
    path = f"/api/v1/projects/{desk.id}/moderation"
    rule = {"text": "x", "match": "word", "direction": "in", "action": "flag"}
    assert desk.admin.attempt("PUT", path, {"rules": [rule] * 201}).status == 422
    assert len(desk.admin.put(path, {"rules": [rule] * 200})["rules"]) == 200
    assert desk.browser("Ana").attempt("GET", path).status == 403
    assert desk.browser("Ana").attempt("PUT", path, {"rules": []}).status == 403
