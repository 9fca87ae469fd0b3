"""Without a quorum, across a failover, and after everything was gone at once."""

import concurrent.futures
import datetime
import http.client
import signal
import time

import pytest
from desk import Desk, new_update_id, new_user
from driver import telegram
from driver.api import request
from driver.processes import get_status
from driver.waiting import wait_until
from storm.shim import Shim, build

ALL = ("view", "reply", "transfer")
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@pytest.fixture
def desk(new_cluster):
    """A cluster of its own with one agent."""
    desk = Desk(new_cluster(), None, ["Ana"], permissions=ALL, links=["spring"])
    yield desk
    desk.close()
    desk.cluster.kill()


def post(desk, update, user, node, text="Hello"):
    """The status of one try to deliver; None when the connection was lost."""
    try:
        answer = desk.post_update(telegram.message_update(update, user, text), node)
        return answer.status
    except (OSError, http.client.HTTPException):
        return None


def until_acknowledged(desk, update, user, nodes, seconds=30):
    """Delivers like Telegram: again and again, at any node, until it is acknowledged."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for node in nodes:
            if post(desk, update, user, node) == 200:
                return
    raise TimeoutError(f"update {update} was never acknowledged")


def messages(desk, user):
    """Every message of a user in every session, by the export."""
    return [m for s in desk.exported() if s["user"] == str(user) for m in s["messages"]]


def test_without_a_quorum_it_says_so_and_goes_on_afterwards(desk):
    user, update = new_user(), new_update_id()
    desk.write(user, "Before", node=1)
    for number in (2, 3):
        desk.cluster[number].kill()
    alone = desk.cluster[1]
    wait_until("not ready", lambda: get_status(alone.operations, "/readyz") == 503)
    assert get_status(alone.operations, "/healthz") == 200

    answer = desk.post_update(telegram.message_update(update, user, "During"), 1)
    assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1

    redirect = request(alone.url, "GET", f"/{desk.links['spring']}", BROWSER)
    assert redirect.status == 302
    assert alone.status()["spooledClicks"] >= 1

    # Consoles are read-only.
    session = desk.session_of(user, now=False)
    assert session["lastMessage"]["text"] == "Before"
    claim = desk.browser("Ana").attempt(
        "POST", f"/api/v1/sessions/{session['id']}/claim", {"version": session["version"]})
    assert claim.status == 503
    assert claim.headers["Content-Type"].startswith("application/problem+json")

    desk.cluster[2].start()
    desk.cluster[2].wait_ready()
    wait_until("ready again", lambda: get_status(alone.operations, "/readyz") == 200)
    until_acknowledged(desk, update, user, [1, 2])
    assert len(messages(desk, user)) == 2 and update in messages(desk, user)
    wait_until("the click is replicated", lambda: alone.status()["spooledClicks"] == 0)
    token = redirect.headers["Location"].split("start=")[1]
    clicker = new_user()
    desk.write(clicker, f"/start {token}", node=2)
    wait_until("attributed", lambda: desk.session_of(clicker)["source"]["status"] == "click")


def until(seconds):
    """A moment so many seconds from now, as the API writes it."""
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def expiring(desk, seconds):
    """A new link that expires so many seconds from now, known at every node; gives its path."""
    path = "/" + desk.admin.post(
        "/api/v1/links", {"name": "soon", "project": desk.id, "expires": until(seconds)})["code"]
    for node in desk.cluster.running():
        wait_until("known", lambda: request(node.url, "GET", path, BROWSER).status != 404)
    return path


def test_a_link_expires_by_log_time_whatever_a_nodes_clock_says(desk, tmp_path):
    leader = desk.cluster.wait_leader()
    wrong = next(node for node in desk.cluster.nodes if node is not leader)
    shim = Shim(build("shim.c", tmp_path), tmp_path / "control")
    shim.set_clock(86_400)
    wrong.stop()
    wrong.start(environment=shim.environment)
    wrong.wait_ready()
    desk.admin = desk.admin.at(leader.url)
    path = expiring(desk, 3600)
    for node in desk.cluster.nodes:
        assert request(node.url, "GET", path, BROWSER).status == 302, node.number
    shim.set_clock(-86_400)
    over = expiring(desk, -5)
    for node in desk.cluster.nodes:
        assert request(node.url, "GET", over, BROWSER).status == 410, node.number


def test_a_link_expires_also_at_a_node_that_is_cut_off(desk):
    path = expiring(desk, 12)
    for number in (2, 3):
        desk.cluster[number].kill()
    alone = desk.cluster[1]
    wait_until("not ready", lambda: get_status(alone.operations, "/readyz") == 503)
    assert request(alone.url, "GET", path, BROWSER).status == 302
    wait_until("expired", lambda: request(alone.url, "GET", path, BROWSER).status == 410, 30)


def test_an_update_repeated_across_a_failover_is_one_message(desk):
    """Each update goes to two nodes at once while the leader dies, then once more to each."""
    leader = desk.cluster.wait_leader()
    others = [node.number for node in desk.cluster.nodes if node is not leader]
    desk.admin = desk.admin.at(desk.cluster[others[0]].url)
    updates = [(new_update_id(), new_user()) for _ in range(40)]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        tries = [
            pool.submit(post, desk, update, user, node)
            for update, user in updates for node in others]
        leader.kill()
        concurrent.futures.wait(tries)
        for update, user in updates:
            pool.submit(until_acknowledged, desk, update, user, others).result()
    for update, user in updates:
        for node in others:
            assert post(desk, update, user, node) == 200
    counted = {}
    for session in desk.exported():
        for message in session["messages"]:
            counted[message] = counted.get(message, 0) + 1
    assert [counted.get(update) for update, _ in updates] == [1] * len(updates)


def test_every_node_killed_at_once_forgets_nothing(desk):
    users = [new_user() for _ in range(30)]
    for place, user in enumerate(users):
        desk.write(user, "Keep this", place % 3 + 1)
    # The export is of one node, which may hear of the last commit after the one that answered.
    desk.cluster.wait_level()
    before = desk.exported()
    for node in desk.cluster.nodes:
        node.signal(signal.SIGKILL)
    desk.cluster.kill()
    desk.cluster.start()
    wait_until("readable", lambda: desk.admin.attempt("GET", "/api/v1/me").status == 200)
    assert desk.exported() == before
    digests = {status["digest"] for status in desk.cluster.wait_level()}
    assert len(digests) == 1
    desk.write(users[0], "And this", node=2)


def test_a_node_that_missed_much_catches_up(desk):
    leader = desk.cluster.wait_leader()
    behind = next(node for node in desk.cluster.nodes if node is not leader)
    behind.kill()
    for _ in range(50):
        desk.write(new_user(), "Meanwhile", leader.number)
    behind.start()
    behind.wait_ready()
    digests = {status["digest"] for status in desk.cluster.wait_level()}
    assert len(digests) == 1
    api = desk.admin.at(behind.url)
    assert len([s for s in api.export_sessions() if s["project"] == desk.id]) == 50


def test_an_orderly_stop_of_the_leader_hands_over(desk):
    """No update waits for an election timeout when the leader says goodbye."""
    leader = desk.cluster.wait_leader()
    term = int(leader.status()["term"])
    others = [node for node in desk.cluster.nodes if node is not leader]
    leader.stop()
    assert leader.child.returncode == 0
    desk.write(new_user(), "Right away", others[0].number)
    new_leader = desk.cluster.wait_leader()
    assert new_leader is not leader and int(new_leader.status()["term"]) > term


def test_a_paused_leader_is_replaced_and_comes_back_as_a_follower(desk):
    leader = desk.cluster.wait_leader()
    others = [node for node in desk.cluster.nodes if node is not leader]
    desk.admin = desk.admin.at(others[0].url)
    leader.signal(signal.SIGSTOP)
    try:
        user, update = new_user(), new_update_id()
        until_acknowledged(desk, update, user, [node.number for node in others])
        term = max(int(node.status()["term"]) for node in others)
    finally:
        leader.signal(signal.SIGCONT)
    wait_until("the old leader follows", lambda: leader.status()["role"] == "follower"
               and int(leader.status()["term"]) >= term)
    assert post(desk, update, user, leader.number) == 200
    assert messages(desk, user) == [update]
    assert len({status["digest"] for status in desk.cluster.wait_level()}) == 1
