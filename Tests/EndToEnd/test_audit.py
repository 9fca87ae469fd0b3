"""The audit log: who changed what, at every node, and no secret in it."""

import csv
import io
import json

import pytest
from driver.api import request

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def desk(new_desk):
    """Ana manages the project; Wei answers in it."""
    made = new_desk("Ana", "Wei", permissions=("view", "reply", "manage"))
    members = [{"agent": made.ids["Ana"], "permissions": ["view", "reply", "manage"]},
               {"agent": made.ids["Wei"], "permissions": ["reply"]}]
    made.admin.put(f"/api/v1/projects/{made.id}/members", members)
    return made


def lines(api, **query):
    """A page of the log."""
    return api.get("/api/v1/audit", fresh=1, **query)["items"]


def test_a_change_is_told_at_every_node_with_before_and_after(desk):
    desk.browser("Ana", 2).put(f"/api/v1/projects/{desk.id}", {"mode": "onlineFirst", "seats": 2})
    for node in (1, 2, 3):
        line = lines(desk.browser("Ana", node), project=desk.id)[0]
        assert line["act"] == "changedProject" and line["actor"]["name"] == "Ana"
        assert line["token"] is None and line["subject"]["id"] == desk.id
        assert {each["field"]: (each["before"], each["after"]) for each in line["changes"]} == {
            "mode": ("roundRobin", "onlineFirst"), "seats": ("0", "2")}


def test_a_token_is_named_in_what_it_did(desk):
    made = desk.admin.post("/api/v1/tokens", {
        "name": "CRM", "agent": desk.ids["Ana"], "scopes": ["read", "manage"]})
    answer = request(
        desk.cluster[3].url, "PUT", f"/api/v1/projects/{desk.id}",
        {"Authorization": f"Bearer {made['token']}", **JSON}, b'{"claimOnly": true}')
    assert answer.status == 200
    line = lines(desk.admin, project=desk.id)[0]
    assert line["actor"]["name"] == "Ana"
    assert line["token"] == {"id": made["id"], "name": "CRM"}
    assert [each["field"] for each in line["changes"]] == ["claimOnly"]


def test_no_secret_is_shown(desk):
    # A project takes a new token of its own bot alone.
    secret = desk.token.partition(":")[0] + ":AAthisIsTheTokenOfABot"
    password = "a-password-of-this-test"
    desk.admin.put(f"/api/v1/projects/{desk.id}", {"token": secret, "webhookSecret": "hush-hush"})
    desk.admin.put(f"/api/v1/agents/{desk.ids['Wei']}", {"password": password})
    made = desk.admin.post("/api/v1/tokens", {"name": "Till", "scopes": ["read"]})
    found = lines(desk.admin, limit=4)
    text = json.dumps(found)
    for word in (secret, "hush-hush", password, made["token"], "scrypt"):
        assert word not in text
    named = {(line["act"], each["field"]) for line in found for each in line["changes"]
             if each["secret"]}
    assert {("changedProject", "token"), ("changedProject", "webhookSecret"),
            ("changedAgent", "password"), ("createdToken", "token")} <= named
    assert all(each["before"] is each["after"] is None for line in found
               for each in line["changes"] if each["secret"])


def test_managers_see_their_projects_alone_and_others_nothing(desk, new_desk):
    other = new_desk("Lena")
    other.admin.put(f"/api/v1/projects/{other.id}", {"claimOnly": True})
    seen = lines(desk.browser("Ana"), limit=500)
    assert seen and {line["project"]["id"] for line in seen} == {desk.id}
    assert None in [line["project"] for line in lines(desk.admin, limit=500)]
    ana, wei = desk.browser("Ana"), desk.browser("Wei")
    assert ana.attempt("GET", f"/api/v1/audit?project={other.id}").status == 403
    assert ana.attempt("GET", "/api/v1/audit?project=999999999").status == 404
    assert wei.attempt("GET", "/api/v1/audit").status == 403
    for query in ("limit=0", "cursor=x", "actor=me", "format=xml"):
        assert desk.admin.attempt("GET", f"/api/v1/audit?{query}").status == 422, query


def test_lines_come_page_by_page_and_by_actor(desk):
    for seats in (1, 2, 3):
        desk.browser("Ana").put(f"/api/v1/projects/{desk.id}", {"seats": seats})
    found, cursor = [], {}
    while True:
        page = desk.admin.get(
            "/api/v1/audit", actor=desk.ids["Ana"], limit=2, fresh=1, **cursor)
        found += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert [line["changes"][0]["after"] for line in found] == ["3", "2", "1"]


def test_the_log_is_had_as_csv(desk):
    desk.admin.put(f"/api/v1/projects/{desk.id}", {"name": "=1+2"})
    answer = desk.admin.attempt(
        "GET", f"/api/v1/audit?project={desk.id}&format=csv&fresh=1")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/csv")
    row = next(csv.DictReader(io.StringIO(answer.body.decode())))
    assert (row["act"], row["field"], row["after"]) == ("changedProject", "name", "'=1+2")
