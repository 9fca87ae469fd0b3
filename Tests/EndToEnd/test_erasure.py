"""A customer who is erased: nothing that was said is found any more, at any node, in any file."""

import pytest
from desk import Desk, new_user
from driver.api import request
from driver.waiting import wait_until

# A short log that is cut behind an erasure at once.
AT_ONCE = {"limits": {"trailingEntries": 100, "erasureMinutes": 0}}
WORDS = ("hexenwort", "antwortwort", "notizwort", "anmerkungswort", "Fuchsbrowser", "wegweiser")
FILES = ("state.db", "search.db", "journal.db")


@pytest.fixture(scope="module")
def desk(module_cluster):
    """A cluster of its own, with a project whose agent sees everything."""
    cluster = module_cluster(changes=AT_ONCE)
    desk = Desk(
        cluster, None, ["Ana"], permissions=("view", "reply", "transfer"), links=("poster",))
    desk.admin.put(f"/api/v1/projects/{desk.id}/desk", {"tags": ["vip"]})
    desk.open_console("Ana")
    yield desk
    desk.close()


def talk(desk, user):
    """A conversation with everything that can be said; gives the session."""
    answer = request(
        desk.cluster[1].url, "GET", f"/{desk.links['poster']}?utm_source=mail&who=wegweiser",
        {"User-Agent": "Fuchsbrowser/7"})
    token = answer.headers["Location"].partition("start=")[2]
    desk.write(user, f"/start {token}")
    desk.write(user, "hexenwort in a message")
    session = desk.session_of(user)["id"]
    ana = desk.browser("Ana")
    ana.post(f"/api/v1/sessions/{session}/reply", {"text": "antwortwort in a reply"})
    ana.post(f"/api/v1/sessions/{session}/notes", {"text": "notizwort in a note"})
    ana.post(f"/api/v1/sessions/{session}/remarks", {"text": "anmerkungswort in a remark"})
    ana.post(f"/api/v1/sessions/{session}/tags", {"add": ["vip"]})
    path = f"/api/v1/projects/{desk.id}/customers/{user}"
    wait_until(
        "the click has arrived",
        lambda: desk.admin.get(path, fresh=1)["sessions"][-1]["links"][0]["click"])
    return session


def erase(desk, user):
    """Begins an erasure; gives its path."""
    answer = desk.admin.attempt("DELETE", f"/api/v1/projects/{desk.id}/customers/{user}")
    assert answer.status == 202, answer.body
    return f"/api/v1/projects/{desk.id}/erasures/{answer.json()['id']}"


def wait_done(desk, path):
    """Waits until every node says that nothing is left; gives the erasure."""
    def done():
        erasure = desk.admin.get(path, fresh=1)
        return erasure if erasure["done"] else None
    return wait_until("it is erased on every node", done, 90)


def everything(desk, node, session):
    """All that a node's API tells of the project, as text."""
    ana = desk.browser("Ana", node)
    admin = desk.admin.at(desk.cluster[node].url)
    parts = [
        ana.get("/api/v1/notes", fresh=1), ana.history(session), desk.all_sessions(node),
        [each for each in admin.export_sessions() if each["project"] == desk.id],
        [ana.get("/api/v1/search", text=word)["items"] for word in WORDS[:4]],
    ]
    links = [each for each in admin.get("/api/v1/links")["items"] if each["project"] == desk.id]
    parts += [admin.get(f"/api/v1/links/{link['id']}/clicks") for link in links]
    return str(parts)


def words_in(node):
    """Which of the words are in which of a node's files."""
    found = []
    for name in FILES:
        for path in sorted(node.data.glob(f"{name}*")):
            content = path.read_bytes()
            found += [(path.name, word) for word in WORDS if word.encode() in content]
    return found


def test_nothing_that_was_said_is_found_at_any_node_or_in_any_file(desk):
    user, other = new_user(), new_user()
    session = talk(desk, user)
    desk.write(other, "another customer's word")
    ana = desk.browser("Ana")
    before = ana.history(session)
    wait_until(
        "it is found", lambda: ana.get("/api/v1/search", text="hexenwort")["items"])
    erasure = wait_done(desk, erase(desk, user))
    assert erasure["sessions"] == 1 and int(erasure["customer"]) < 0
    assert sorted(each["node"] for each in erasure["nodes"]) == ["1", "2", "3"]
    desk.cluster.wait_level()
    for node in (1, 2, 3):
        told = everything(desk, node, session)
        assert not [word for word in WORDS if word in told]
        assert str(user) not in told
        assert "another customer's word" in told
        wait_until("the files have no word of it", lambda: not words_in(desk.cluster[node]), 30)
        status = desk.cluster[node].status()
        assert status["erasedThrough"] >= int(erasure["finishedIndex"])
        assert status["base"] >= int(erasure["finishedIndex"])
    after = ana.history(session)
    assert [item["at"] for item in after][:len(before)] == [item["at"] for item in before]
    decisions = [item for item in after if item.get("decision")]
    assert decisions and decisions[0]["decision"]["chosen"]["name"] == "Ana"


def test_a_click_that_led_here_keeps_its_campaign_alone(desk):
    user = new_user()
    talk(desk, user)
    wait_done(desk, erase(desk, user))
    [link] = [each for each in desk.admin.get("/api/v1/links")["items"]
              if each["project"] == desk.id]
    clicks = desk.admin.get(f"/api/v1/links/{link['id']}/clicks", fresh=1)["items"]
    assert clicks
    for click in clicks:
        assert click["utm"]["source"] == "mail" and click["query"] == "utm_source=mail"
        assert not click["address"] and not click["language"] and not click["fingerprint"]


def test_who_was_erased_and_writes_again_is_somebody_new(desk):
    user = new_user()
    first = talk(desk, user)
    path = erase(desk, user)
    desk.write(user, "hello again")
    second = desk.session_of(user)
    assert second["id"] != first
    wait_done(desk, path)
    customer = f"/api/v1/projects/{desk.id}/customers/{user}"
    for node in (1, 2, 3):
        api = desk.admin.at(desk.cluster[node].url)
        assert [each["id"] for each in api.get(customer, fresh=1)["sessions"]] == [second["id"]]
    erased = next(each for each in desk.all_sessions() if each["id"] == first)
    assert erased["state"] == "completed" and int(erased["customer"]["id"]) < 0
    assert not erased["customer"]["name"] and not erased["tags"]
    refused = desk.browser("Ana").attempt(
        "POST", f"/api/v1/sessions/{first}/reopen", {"version": erased["version"]})
    assert refused.status == 409 and refused.json()["code"] == "wrong_state"


def test_erasing_is_for_managers_and_the_audit_log_tells_who_did_and_not_whom(desk):
    user = new_user()
    desk.write(user, "hexenwort")
    path = f"/api/v1/projects/{desk.id}/customers"
    assert desk.browser("Ana").attempt("DELETE", f"{path}/{user}").status == 403
    assert desk.admin.attempt("DELETE", f"{path}/{new_user()}").status == 404
    erasure = wait_done(desk, erase(desk, user))
    assert desk.admin.attempt("DELETE", f"{path}/{user}").status == 404
    lines = desk.admin.get("/api/v1/audit", project=desk.id, fresh=1)["items"]
    line = next(each for each in lines if each["act"] == "erasedCustomer")
    assert line["subject"] == {
        "kind": "erasure", "id": erasure["id"], "name": f"erasure {erasure['id']}"}
    assert [each["after"] for each in line["changes"]] == [erasure["customer"]]
    assert str(user) not in str(lines)
    listed = desk.admin.get(f"/api/v1/projects/{desk.id}/erasures")["items"]
    assert erasure["id"] in [each["id"] for each in listed]
