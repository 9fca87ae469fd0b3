"""What integrations rely on: API tokens with scopes, lists page by page, versions as ETags."""

import datetime
import json

import pytest
from desk import new_user
from driver.api import request
from driver.waiting import wait_until

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def desk(shared_desk):
    """Ana answers and manages; Wei answers."""
    desk = shared_desk("Ana", "Wei", permissions=["view", "reply", "transfer", "manage"])
    # A new cluster is raised by its leader; tokens come with the second level.
    assert desk.admin.get("/api/v1/cluster")["level"] >= 2
    return desk


def make_token(desk, *scopes, agent="Ana"):
    """A new token that acts for an agent."""
    return desk.admin.post("/api/v1/tokens", {
        "name": "CRM", "agent": desk.ids[agent], "scopes": list(scopes)})


def ask(desk, token, method, path, body=None, node=1):
    """A request with a token and no cookie."""
    data = json.dumps(body).encode() if body is not None else None
    headers = {"Authorization": f"Bearer {token}", **(JSON if data else {})}
    return request(desk.cluster[node].url, method, path, headers, data)


def session(desk):
    """A new session that waits."""
    user = new_user()
    desk.write(user, "Hello")
    return desk.session_of(user)


def test_a_token_acts_for_its_agent_at_every_node_until_it_is_revoked(desk):
    made = make_token(desk, "read")
    assert made["agent"]["name"] == "Ana" and made["token"].startswith("rh_")
    index = desk.admin.index
    for node in (1, 2, 3):
        answer = request(desk.cluster[node].url, "GET", "/api/v1/me", {
            "Authorization": f"Bearer {made['token']}", "Roundhouse-At-Least": str(index)})
        assert answer.status == 200 and answer.json()["agent"]["name"] == "Ana"
    listed = desk.admin.get("/api/v1/tokens")["items"]
    assert {"id": made["id"], "scopes": ["read"]}.items() <= next(
        each for each in listed if each["id"] == made["id"]).items()
    assert not any("token" in each for each in listed)
    assert desk.admin.attempt("DELETE", f"/api/v1/tokens/{made['id']}").status == 204
    answer = ask(desk, made["token"], "GET", "/api/v1/me")
    assert answer.status == 401 and answer.json()["code"] == "not_signed_in"
    assert desk.admin.attempt("DELETE", f"/api/v1/tokens/{made['id']}").status == 404


def test_a_token_with_an_end_counts_until_then(desk):
    now = datetime.datetime.now(datetime.UTC)

    def until(seconds):
        end = (now + datetime.timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
        return {"name": "Fair", "agent": desk.ids["Ana"], "scopes": ["read"],
                "expiresAt": end.replace("+00:00", "Z")}

    made = desk.admin.post("/api/v1/tokens", until(6))
    assert made["expiresAt"] == until(6)["expiresAt"]
    assert ask(desk, made["token"], "GET", "/api/v1/me").status == 200
    for node in (1, 2, 3):
        wait_until("the token ended", lambda node=node: ask(
            desk, made["token"], "GET", "/api/v1/me", node=node).status == 401, 20)
    assert make_token(desk, "read")["expiresAt"] is None
    past = desk.admin.attempt("POST", "/api/v1/tokens", until(-60))
    assert past.status == 422 and "expiresAt" in past.json()["detail"]


def test_a_scope_bounds_what_a_token_may_do(desk):
    tokens = {scope: make_token(desk, scope)["token"] for scope in ("read", "sessions", "manage")}
    waiting = session(desk)
    attempts = {
        "read": ("GET", "/api/v1/sessions", None),
        "sessions": ("POST", f"/api/v1/sessions/{waiting['id']}/reply", {"text": "Hi"}),
        "manage": ("PUT", f"/api/v1/projects/{desk.id}", {"reopenSeconds": 60}),
    }
    for needed, (method, path, body) in attempts.items():
        for scope, token in tokens.items():
            answer = ask(desk, token, method, path, body)
            if scope == needed:
                assert answer.status in (200, 201), answer.body
            else:
                assert answer.status == 403 and answer.json()["code"] == "needs_scope"


def test_a_token_never_exceeds_its_agent_nor_makes_tokens(desk):
    token = make_token(desk, "read", "sessions", "manage")["token"]
    body = {"login": "new", "name": "New", "password": "long enough"}
    answer = ask(desk, token, "POST", "/api/v1/agents", body)
    assert answer.status == 403 and answer.json()["code"] == "forbidden"
    for method, path, body in [
            ("GET", "/api/v1/tokens", None), ("POST", "/api/v1/sign-out", {}),
            ("POST", "/api/v1/tokens", {"name": "more", "scopes": ["read"]})]:
        answer = ask(desk, token, method, path, body)
        assert answer.status == 403 and answer.json()["code"] == "needs_scope"
    answer = desk.browsers["Ana"].attempt("GET", "/api/v1/tokens")
    assert answer.status == 403 and answer.json()["code"] == "forbidden"


def test_a_repetition_under_a_key_makes_no_second_token_and_shows_none(desk):
    body, key = {"name": "once", "scopes": ["read"]}, {"Idempotency-Key": "token of this test"}
    first, again = (
        desk.admin.send("POST", "/api/v1/tokens", body, key).json() for _ in range(2))
    assert first["id"] == again["id"]
    assert first["token"].startswith("rh_") and "token" not in again


@pytest.mark.parametrize("path", ["agents", "links", "projects", "tokens"])
def test_a_list_comes_page_by_page_and_is_whole(desk, path):
    if path == "links":
        desk.add_link(), desk.add_link()
    if path == "tokens":
        make_token(desk, "read"), make_token(desk, "read")
    whole = desk.admin.get(f"/api/v1/{path}")
    seen, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = desk.admin.get(f"/api/v1/{path}", limit=1, **more)
        assert len(page["items"]) == 1 or not page["next"]
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert seen == [item["id"] for item in whole["items"]] == sorted(seen, key=int)
    assert whole["next"] is None
    answer = desk.admin.attempt("GET", f"/api/v1/{path}?cursor=x")
    assert answer.status == 422 and answer.json()["code"] == "invalid"


def test_the_queue_and_ones_own_sessions_come_page_by_page(desk):
    made = [session(desk)["id"] for _ in range(3)]
    ana = desk.browsers["Ana"]
    queue = [each["id"] for each in ana.sessions("waiting", project=desk.id)]
    paged = [each["id"] for each in ana.sessions("waiting", project=desk.id, limit=1)]
    assert paged == queue and queue[-3:] == made
    for each in made:
        ana.post(f"/api/v1/sessions/{each}/reply", {"text": "Hello"})
    mine = [each["id"] for each in ana.sessions("mine", project=desk.id)]
    assert mine == [each["id"] for each in ana.sessions("mine", project=desk.id, limit=1)]
    assert mine[:3] == made[::-1]
    answer = ana.attempt("GET", "/api/v1/sessions?list=mine&cursor=5")
    assert answer.status == 422 and answer.json()["code"] == "invalid"


def test_if_match_is_the_version_that_a_change_saw(desk):
    waiting = session(desk)
    ana, path = desk.browsers["Ana"], f"/api/v1/sessions/{waiting['id']}"
    tag = ana.send("GET", path).headers["ETag"]
    assert tag == f'"{waiting["version"]}"'
    answer = ana.attempt("POST", f"{path}/claim", {})
    assert answer.status == 428 and answer.json()["code"] == "version_missing"
    claimed = ana.send("POST", f"{path}/claim", {}, {"If-Match": tag})
    assert claimed.headers["ETag"] == f'"{claimed.json()["version"]}"' != tag
    for body, headers, status in [({}, {"If-Match": tag}, 412), ({"version": 0}, {}, 409)]:
        answer = ana.attempt("POST", f"{path}/complete", body, headers)
        assert answer.status == status and answer.json()["code"] == "version_conflict"
        assert answer.json()["owner"]["name"] == "Ana"
    for wrong in ("*", "5", '"x"', '"1", "2"'):
        answer = ana.attempt("POST", f"{path}/complete", {}, {"If-Match": wrong})
        assert answer.status == 422 and answer.json()["code"] == "invalid"
    tag = claimed.headers["ETag"]
    assert ana.attempt("POST", f"{path}/complete", {}, {"If-Match": tag}).status == 200
