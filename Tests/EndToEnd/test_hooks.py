"""Hooks: events are posted to a receiver, signed, in order, again until it takes them."""

import pytest
from desk import Desk, new_user
from driver.api import request
from driver.waiting import wait_until
from hook_receiver import Receiver

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
ALL = ["session.assigned", "session.completed", "link.clicked"]
NO_LIMITS = {"openLimit": 0, "newPerMinute": 0}


def house(make, standin):
    """A desk on a cluster that posts to private addresses, too."""
    cluster = make(telegram=standin.url, changes={"hooks": {"allowPrivate": True}})
    desk = Desk(cluster, standin, ["Ana"], permissions=("view", "reply", "transfer"),
                limits=NO_LIMITS, links=["spring"])
    cluster.wait_level()
    return desk


@pytest.fixture(scope="module")
def desk(module_cluster, standin):
    """For every test that kills nobody."""
    desk = house(module_cluster, standin)
    desk.open_console("Ana")
    yield desk
    desk.close()


@pytest.fixture
def receiver():
    """A receiver for one test."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def add_hook(desk):
    """Makes hooks, and removes them in the end."""
    made = []

    def add(receiver, events=ALL, **more):
        hook = desk.admin.post(f"/api/v1/projects/{desk.id}/hooks", {
            "url": receiver.url, "events": events, **more})
        made.append(hook["id"])
        return hook

    yield add
    for each in made:
        desk.admin.attempt("DELETE", f"/api/v1/hooks/{each}")


def show(desk, hook):
    """A hook as it is now."""
    return desk.admin.get(f"/api/v1/hooks/{hook['id']}", fresh=1)


def click(desk, node=1):
    """Somebody clicks on the link at a node."""
    answer = request(desk.cluster[node].url, "GET", f"/{desk.links['spring']}", BROWSER)
    assert answer.status == 302


def complete(desk, session):
    """Ana ends a session."""
    desk.browsers["Ana"].post(
        f"/api/v1/sessions/{session['id']}/complete", {"version": session["version"]})


def test_a_session_is_told_when_it_is_given_and_when_it_ends(desk, receiver, add_hook):
    hook = add_hook(receiver)
    assert hook["secret"].startswith("rhs_") and hook["waiting"] == 0
    user = new_user()
    desk.write(user, "Hello", node=2)
    session = desk.session_of(user)
    complete(desk, session)
    wait_until("both came", lambda: receiver.events() == ALL[:2])
    for call in receiver.taken():
        assert call.is_signed(hook["secret"]) and not call.is_signed(hook["secret"] + "x")
        assert call.path == "/hooks?of=roundhouse"
        assert call.headers["Content-Type"] == "application/json"
        body = call.document
        assert body["id"] == call.delivery and body["event"] == call.event
        assert body["project"]["id"] == desk.id
        assert body["data"]["session"]["id"] == session["id"]
        assert body["data"]["session"]["customer"] == str(user)
        assert body["data"]["agent"] == {"id": desk.ids["Ana"], "name": "Ana"}
        assert "Hello" not in call.body.decode()
    versions = [call.document["data"]["session"]["version"] for call in receiver.taken()]
    assert versions == [session["version"], session["version"] + 1]
    wait_until("counted", lambda: show(desk, hook)["delivered"] == 2)
    assert show(desk, hook)["waiting"] == 0 and "secret" not in show(desk, hook)


def test_a_click_is_told_at_whatever_node_it_came(desk, receiver, add_hook):
    add_hook(receiver, ["link.clicked"])
    for node in (1, 2, 3):
        click(desk, node)
    wait_until("all came", lambda: receiver.events() == ["link.clicked"] * 3)
    bodies = [call.document["data"] for call in receiver.taken()]
    assert {body["link"]["code"] for body in bodies} == {desk.links["spring"]}
    assert len({body["click"]["id"] for body in bodies}) == 3


def test_what_fails_comes_again_under_the_same_name_before_what_is_behind(
        desk, receiver, add_hook):
    hook = add_hook(receiver, ["link.clicked"])
    receiver.answers = [500]
    click(desk)
    wait_until("told", lambda: show(desk, hook)["lastError"] == "the receiver answered 500")
    click(desk)
    wait_until("both wait", lambda: show(desk, hook)["waiting"] == 2)
    waiting = desk.admin.get(f"/api/v1/hooks/{hook['id']}/deliveries")["items"]
    assert [each["event"] for each in waiting] == ["link.clicked"] * 2
    assert show(desk, hook)["failures"] == 1 and show(desk, hook)["nextTry"]
    wait_until("both came", lambda: len(receiver.taken()) == 2, seconds=20)
    first, again, second = receiver.calls
    assert first.delivery == again.delivery == waiting[0]["id"]
    assert second.delivery == waiting[1]["id"]
    assert first.document == again.document and again.is_signed(hook["secret"])
    assert again.at - first.at > 4
    wait_until("counted", lambda: show(desk, hook)["delivered"] == 2)
    assert show(desk, hook)["failures"] == 0 and show(desk, hook)["nextTry"] is None


def test_a_receiver_that_wants_no_more_is_asked_no_more(desk, receiver, add_hook):
    hook = add_hook(receiver, ["link.clicked"])
    receiver.answers = [410]
    click(desk)
    wait_until("off", lambda: not show(desk, hook)["enabled"])
    click(desk)
    answer = desk.admin.attempt("POST", f"/api/v1/hooks/{hook['id']}/ping", {})
    assert answer.status == 409 and answer.json()["code"] == "hook_off"
    desk.admin.put(f"/api/v1/hooks/{hook['id']}", {"enabled": True})
    wait_until("what waited came", lambda: len(receiver.taken()) == 1)
    assert receiver.calls[0].delivery == receiver.taken()[0].delivery


def test_a_hook_is_tried_passed_over_renewed_and_removed(desk, receiver, add_hook):
    hook = add_hook(receiver, ["session.completed"])
    path = f"/api/v1/hooks/{hook['id']}"
    receiver.answers = [400]
    first = desk.admin.post(f"{path}/ping", {})["delivery"]
    wait_until("refused", lambda: show(desk, hook)["failures"] == 1)
    assert desk.admin.attempt("DELETE", f"{path}/deliveries/{first}").status == 204
    assert desk.admin.attempt("DELETE", f"{path}/deliveries/{first}").status == 404
    assert show(desk, hook)["givenUp"] == 1
    second = desk.admin.post(f"{path}/ping", {})["delivery"]
    wait_until("it came", lambda: [c.delivery for c in receiver.taken()] == [second])
    assert receiver.taken()[0].event == "ping" and receiver.taken()[0].document["data"] == {}
    renewed = desk.admin.post(f"{path}/secret", {})["secret"]
    assert renewed != hook["secret"]
    desk.admin.post(f"{path}/ping", {})
    wait_until("another came", lambda: len(receiver.taken()) == 2)
    assert receiver.taken()[1].is_signed(renewed)
    assert not receiver.taken()[1].is_signed(hook["secret"])
    listed = desk.admin.get(f"/api/v1/projects/{desk.id}/hooks")["items"]
    assert [each["id"] for each in listed] == [hook["id"]]
    assert desk.admin.attempt("DELETE", path).status == 204
    assert desk.admin.attempt("GET", path).status == 404


def test_only_managers_see_hooks_and_what_is_wrong_is_named(desk, receiver, add_hook):
    hook = add_hook(receiver)
    ana = desk.browsers["Ana"]
    for path in (f"/api/v1/hooks/{hook['id']}", f"/api/v1/projects/{desk.id}/hooks"):
        assert ana.attempt("GET", path).json()["code"] == "forbidden"
    for change in ({"url": "ftp://crm.example"}, {"url": "https://me@crm.example"},
                   {"events": []}, {"events": ["session.opened"]}, {"enabled": "yes"}):
        answer = desk.admin.attempt("PUT", f"/api/v1/hooks/{hook['id']}", change)
        assert answer.status == 422 and answer.json()["code"] == "invalid", change
    for _ in range(7):
        add_hook(receiver)
    answer = desk.admin.attempt("POST", f"/api/v1/projects/{desk.id}/hooks", {
        "url": receiver.url, "events": ALL})
    assert answer.status == 422 and "8 hooks" in answer.json()["detail"]


def test_without_leave_nothing_is_posted_to_private_addresses(new_desk):
    desk = new_desk("Ana")
    for url in ("http://127.0.0.1:9/", "http://localhost/", "http://169.254.169.254/latest",
                "http://[::1]/", "http://10.0.0.1/"):
        answer = desk.admin.attempt("POST", f"/api/v1/projects/{desk.id}/hooks", {
            "url": url, "events": ["session.assigned"]})
        assert answer.status == 422 and answer.json()["code"] == "private_address"


def test_what_waits_is_told_in_the_metrics_of_every_node(desk, receiver, add_hook):
    hook = add_hook(receiver, ["link.clicked"])
    receiver.answers = [500]
    click(desk)
    wait_until("refused", lambda: show(desk, hook)["failures"] == 1)
    desk.cluster.wait_level()
    for node in desk.cluster.running():
        text = request(f"http://{node.operations}", "GET", "/metrics").body.decode()
        assert "\nroundhouse_hook_deliveries_waiting 1\n" in text
        assert "\nroundhouse_hook_tries_failed_total " in text


def test_a_leader_that_dies_takes_no_event_with_it(new_cluster, standin):
    desk = house(new_cluster, standin)
    receiver = Receiver(pause=0.15)
    try:
        leader = desk.cluster.wait_leader()
        others = [node.number for node in desk.cluster.nodes if node is not leader]
        desk.admin = desk.admin.at(desk.cluster[others[0]].url)
        hook = desk.admin.post(f"/api/v1/projects/{desk.id}/hooks", {
            "url": receiver.url, "events": ["link.clicked"]})
        desk.cluster.wait_level()
        for number in range(40):
            click(desk, others[number % 2])
        wait_until("some came", lambda: len(receiver.taken()) >= 5)
        leader.kill()
        wait_until("all came", lambda: len(receiver.taken()) == 40, seconds=60)
        wait_until(
            "nothing waits", lambda: show(desk, hook)["waiting"] == 0, seconds=30)
        taken = receiver.taken()
        assert len({call.document["data"]["click"]["id"] for call in taken}) == 40
        names = [tuple(map(int, call.delivery.split("-"))) for call in taken]
        assert names == sorted(names), "in the order of the log"
        assert all(call.is_signed(hook["secret"]) for call in taken)
        assert show(desk, hook)["delivered"] == 40
    finally:
        receiver.close()
        desk.close()
