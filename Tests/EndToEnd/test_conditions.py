"""ETag, If-None-Match and If-Match of what is configured, at any node."""

import concurrent.futures

import pytest

INDEX = "Roundhouse-Index"


@pytest.fixture(scope="module")
def desk(shared_desk):
    """A project with a pool and a link."""
    desk = shared_desk("Ana", "Wei")
    desk.pool = desk.admin.post(f"/api/v1/projects/{desk.id}/pools", {
        "name": "Billing", "only": {"tags": ["billing"]}})["id"]
    desk.link = desk.admin.post("/api/v1/links", {
        "name": "Poster", "project": desk.id})["id"]
    return desk


def settings(desk):
    """Every setting: where it is, a change of it, and the field with its tag."""
    ana = desk.ids["Ana"]
    members = [{"agent": each, "permissions": ["reply"]} for each in desk.ids.values()]
    return {
        "project": (f"/projects/{desk.id}", {"seats": 5}, "etag"),
        "members": (f"/projects/{desk.id}/members", members, None),
        "desk": (f"/projects/{desk.id}/desk", {"welcome": "Hello"}, "etag"),
        "moderation": (f"/projects/{desk.id}/moderation", {"rules": []}, "etag"),
        "pool": (f"/pools/{desk.pool}", {"untilSeconds": 60}, "etag"),
        "link": (f"/links/{desk.link}", {"language": "de"}, "etag"),
        "agent": (f"/agents/{ana}", {"openLimit": 9}, "etag"),
    }


def admin_at(desk, node):
    """The administrator's browser at a node."""
    return desk.admin.at(desk.cluster[node].url)


def put(browser, path, body, tag, index=None):
    """A change under a condition; gives the answer."""
    headers = {"If-Match": tag, **({"Roundhouse-At-Least": index} if index else {})}
    return browser.attempt("PUT", f"/api/v1{path}", body, headers)


@pytest.mark.parametrize(
    "name", ["project", "members", "desk", "moderation", "pool", "link", "agent"])
def test_a_change_is_made_while_the_tag_fits_and_refused_at_every_node_afterwards(desk, name):
    path, body, field = settings(desk)[name]
    read = admin_at(desk, 1).send("GET", f"/api/v1{path}")
    tag = read.headers["ETag"]
    if field:
        assert tag.startswith(f'"{read.json()[field]}-')
    first = put(admin_at(desk, 2), path, body, tag, read.headers[INDEX])
    assert first.status == 200, first.body
    assert first.headers["ETag"] != tag
    for node in (1, 2, 3):
        late = put(admin_at(desk, node), path, body, tag, first.headers[INDEX])
        problem = late.json()
        assert late.status == 412 and problem["code"] == "version_conflict"
        assert str(problem["version"]) == first.headers["ETag"].strip('"').split("-")[0]
    # The version alone fits as well, as lists have it.
    version = first.headers["ETag"].strip('"').split("-")[0]
    again = put(admin_at(desk, 3), path, body, f'"{version}"', first.headers[INDEX])
    assert again.status == 200


@pytest.mark.parametrize(
    "name", ["project", "members", "desk", "moderation", "pool", "agent"])
def test_what_a_client_has_is_not_sent_again_by_any_node(desk, name):
    path, _, _ = settings(desk)[name]
    read = admin_at(desk, 1).send("GET", f"/api/v1{path}")
    for node in (1, 2, 3):
        again = admin_at(desk, node).attempt("GET", f"/api/v1{path}", headers={
            "If-None-Match": read.headers["ETag"], "Roundhouse-At-Least": read.headers[INDEX]})
        assert again.status == 304 and again.body == b"", name
        assert again.headers["ETag"] == read.headers["ETag"]
    other = admin_at(desk, 2).attempt(
        "GET", f"/api/v1{path}", headers={"If-None-Match": '"1-2"'})
    assert other.status == 200


def test_of_many_who_saw_the_same_one_is_served_whichever_nodes_they_ask(desk):
    path = f"/projects/{desk.id}"
    for turn in range(4):
        read = admin_at(desk, 1).send("GET", f"/api/v1{path}")
        with concurrent.futures.ThreadPoolExecutor(9) as pool:
            answers = list(pool.map(
                lambda each: put(
                    admin_at(desk, each % 3 + 1), path, {"seats": 10 + each},
                    read.headers["ETag"], read.headers[INDEX]),
                range(9)))
        done = [each for each, answer in enumerate(answers) if answer.status == 200]
        assert len(done) == 1, [answer.status for answer in answers]
        assert {answer.status for answer in answers} == {200, 412}
        index = answers[done[0]].headers[INDEX]
        for node in (1, 2, 3):
            now = admin_at(desk, node).attempt(
                "GET", f"/api/v1{path}", headers={"Roundhouse-At-Least": index}).json()
            assert now["seats"] == 10 + done[0], turn


def test_who_comes_too_late_is_told_who_was_first(desk):
    path = f"/projects/{desk.id}/desk"
    read = desk.admin.send("GET", f"/api/v1{path}")
    desk.admin.put(f"/api/v1{path}", {"welcome": "Good morning"})
    late = put(desk.admin, path, {"welcome": "Hi"}, read.headers["ETag"])
    me = desk.admin.get("/api/v1/me")["agent"]
    assert late.status == 412
    assert late.json()["changedBy"]["id"] == me["id"]
    assert late.json()["changedAt"] and me["name"] in late.json()["detail"]
    assert desk.admin.get(f"/api/v1{path}")["welcome"] == "Good morning"


@pytest.mark.parametrize("tag, status", [
    ("*", 200), ('"1"', 412), ('W/"1"', 412), ('"never-one-of-ours"', 412), ("bare", 422),
    ('"1", "2"', 422), ('"9007199254740992"', 503),
])
def test_other_tags(desk, tag, status):
    answer = put(desk.admin, f"/projects/{desk.id}", {"seats": 6}, tag)
    assert answer.status == status, answer.body


def test_a_pool_is_removed_only_as_it_was_seen(desk):
    pool = desk.admin.post(f"/api/v1/projects/{desk.id}/pools", {
        "name": "Gone", "only": {"tags": ["gone"]}})
    desk.admin.put(f"/api/v1/pools/{pool['id']}", {"name": "Still here"})
    late = desk.admin.attempt(
        "DELETE", f"/api/v1/pools/{pool['id']}", headers={"If-Match": f'"{pool["etag"]}"'})
    assert late.status == 412
    now = desk.admin.get(f"/api/v1/pools/{pool['id']}")
    assert now["name"] == "Still here"
    gone = desk.admin.attempt(
        "DELETE", f"/api/v1/pools/{pool['id']}", headers={"If-Match": f'"{now["etag"]}"'})
    assert gone.status == 204


def test_a_repetition_under_a_key_is_answered_as_the_first_was(desk):
    path = f"/api/v1/projects/{desk.id}"
    tag = desk.admin.send("GET", path).headers["ETag"]
    headers = {"If-Match": tag, "Idempotency-Key": "seats-of-the-autumn"}
    for node in (1, 2, 3):
        answer = admin_at(desk, node).attempt("PUT", path, {"seats": 9}, {
            **headers, "Roundhouse-At-Least": str(desk.admin.index)})
        assert answer.status == 200 and answer.json()["seats"] == 9, node
    assert put(desk.admin, f"/projects/{desk.id}", {"seats": 9}, tag).status == 412


def test_a_token_s_change_stands_under_the_same_condition(desk):
    token = desk.admin.post("/api/v1/tokens", {
        "name": "Sync", "scopes": ["read", "manage"]})["token"]
    path = f"/api/v1/projects/{desk.id}"
    tag = desk.admin.send("GET", path).headers["ETag"]
    bearer = {"Authorization": f"Bearer {token}", "If-Match": tag}
    integration = type(desk.admin)(desk.admin.url)
    assert integration.attempt("PUT", path, {"seats": 7}, bearer).status == 200
    assert integration.attempt("PUT", path, {"seats": 8}, bearer).status == 412
