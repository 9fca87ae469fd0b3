"""Numbers for managers: what a project and its agents did, at every node."""

import csv
import io

import pytest
from desk import new_user
from driver.waiting import wait_until


@pytest.fixture
def desk(new_desk):
    """Two agents; only the first has a console open."""
    made = new_desk("Ana", "Wei", permissions=("view", "reply", "transfer"))
    made.open_console("Ana")
    return made


def numbers(desk, query="", node=1):
    """The project's numbers at a node."""
    api = desk.admin.at(desk.cluster[node].url)
    return api.get(f"/api/v1/projects/{desk.id}/numbers{query or '?'}&fresh=1")


def of(found, name):
    """One agent's part."""
    [part] = [each for each in found["agents"] if each["agent"]["name"] == name]
    return part


def test_the_numbers_of_a_morning_are_the_same_at_every_node(desk):
    ana = desk.browser("Ana")
    users = [new_user() for _ in range(3)]
    for user in users:
        desk.write(user, "hello")
    first, second, _ = [desk.session_of(user) for user in users]
    ana.post(f"/api/v1/sessions/{first['id']}/reply", {"text": "hello"})
    first = desk.session_of(users[0])
    ana.post(f"/api/v1/sessions/{first['id']}/complete", {"version": first["version"]})
    ana.post(f"/api/v1/sessions/{second['id']}/transfer",
             {"version": second["version"], "to": desk.ids["Wei"], "confirm": True})
    for node in (1, 2, 3):
        found = numbers(desk, node=node)
        everything = found["all"]
        assert (everything["sessions"], everything["inTime"], everything["judged"]) == (3, 3, 3)
        assert everything["successRate"] == 1 and everything["offline"] == 0
        assert everything["assignment"] == {"count": 3, "median": 0, "p90": 0}
        assert everything["firstReply"]["count"] == everything["resolution"]["count"] == 1
        assert everything["openNow"] == 2 and found["unassignedNow"] == 0
        assert found["whole"] is True and found["alert"] is None
        mine, other = of(found, "Ana")["figures"], of(found, "Wei")["figures"]
        assert (mine["sessions"], mine["handedOn"], mine["openNow"]) == (3, 1, 1)
        assert (other["sessions"], other["received"], other["openNow"]) == (1, 1, 1)
        assert of(found, "Wei")["isInactive"] is False and of(found, "Wei")["lastSignIn"]


def test_a_span_without_anything_has_no_figures(desk):
    desk.write(new_user(), "hello")
    found = numbers(desk, "?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z")
    assert found["all"]["sessions"] == 0 and found["all"]["successRate"] is None
    assert found["all"]["firstReply"] == {"count": 0, "median": None, "p90": None}
    assert found["all"]["meanOpen"] is None and of(found, "Ana")["onlineSeconds"] == 0
    assert found["all"]["openNow"] == 1, "what is now does not depend on the span"


def test_online_time_goes_on_when_the_console_is_closed(desk):
    wait_until("a second online", lambda: of(numbers(desk), "Ana")["onlineSeconds"] >= 1)
    desk.close_console("Ana")
    before = of(numbers(desk), "Ana")["onlineSeconds"]
    assert before >= 1
    desk.open_console("Ana")
    wait_until("it goes on", lambda: of(numbers(desk), "Ana")["onlineSeconds"] > before)


def test_numbers_are_had_as_csv(desk):
    desk.write(new_user(), "hello")
    answer = desk.admin.attempt(
        "GET", f"/api/v1/projects/{desk.id}/numbers?format=csv&fresh=1")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert [(row["kind"], row["name"], row["sessions"]) for row in rows[1:]] == [
        ("agent", "Ana", "1"), ("agent", "Wei", "0")]
    assert rows[0]["kind"] == "project" and rows[0]["successRate"] == "1.0"


def test_numbers_are_for_managers_and_refuse_what_they_do_not_understand(desk):
    path = f"/api/v1/projects/{desk.id}/numbers"
    assert desk.browser("Ana").attempt("GET", path).status == 403
    for query in ("from=yesterday", "format=xml",
                  "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"):
        assert desk.admin.attempt("GET", f"{path}?{query}").status == 422, query
