"""A disk that fills up: said in time, refused, still readable, and over when room returns."""

import ctypes
import json
import os
import subprocess
import sys
import urllib.request

import pytest
from desk import Desk, new_update_id, new_user
from driver import telegram
from driver.api import request
from driver.processes import ROOT, binary
from driver.waiting import wait_until

sys.path.insert(0, str(ROOT / "chaos"))
from storm.disks import Disks, can_mount  # noqa: E402

ALL = ("view", "reply", "transfer")
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
DISK_BYTES = 96 << 20
# Low below 16 MiB, full below 8; the reserve is 4.
MARK_MIB = 16
MIB = 1 << 20
CLONE_NEWNS = 0x00020000


@pytest.fixture(scope="module")
def disks(tmp_path_factory):
    """A small filesystem for each of three nodes, in mounts that end with this process."""
    assert can_mount(), "needs root and loop devices, like the chaos run's full disks"
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "no mounts of our own")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    disks = Disks(tmp_path_factory.mktemp("disks"), (1, 2, 3), DISK_BYTES)
    yield disks
    disks.close()


@pytest.fixture(scope="module")
def desk(disks, module_cluster):
    """A cluster of its own on small disks."""
    cluster = module_cluster(start=False, changes={"limits": {"diskReserveMiB": MARK_MIB}})
    for node in cluster.nodes:
        node.data = disks.data(node.number)
        node.configuration["dataDirectory"] = str(node.data)
        node.path.write_text(json.dumps(node.configuration))
    cluster.start()
    desk = Desk(cluster, None, ["Ana"], permissions=ALL, links=["spring"])
    yield desk
    desk.close()
    cluster.kill()


@pytest.fixture(autouse=True)
def room_for_all(desk):
    """Every test begins and ends with room everywhere, and with nodes that agree."""
    def all_well():
        return all(node.is_ready() and room(node) == "ok" for node in desk.cluster.nodes)
    wait_until("room everywhere", all_well, 30)
    yield
    wait_until("room everywhere again", all_well, 30)
    assert len({status["digest"] for status in desk.cluster.wait_level()}) == 1
    # And with a reserve on each disk.
    for node in desk.cluster.nodes:
        wait_until("a reserve", lambda node=node: metric(node, "disk_reserve_bytes") == 4 * MIB)
        assert (node.data / "reserve").stat().st_size == 4 * MIB


def room(node):
    """What a node says of its disk."""
    return node.status()["disk"]


def read(node, path):
    """Status and text of an address of the operations listener."""
    answer = request(f"http://{node.operations}", "GET", path)
    return answer.status, answer.body.decode()


def metric(node, name):
    """One value of /metrics."""
    with urllib.request.urlopen(f"http://{node.operations}/metrics", timeout=5) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(f"roundhouse_{name} "):
                return int(line.split()[1])
    raise KeyError(name)


def attempt(desk, node):
    """A new customer writes at a node; gives answer, update and user."""
    update, user = new_update_id(), new_user()
    body = telegram.message_update(update, user, "Hello")
    return desk.post_update(body, node.number), update, user


def until_acknowledged(desk, update, user, node):
    """The same update again, like Telegram."""
    body = telegram.message_update(update, user, "Hello")
    wait_until(
        "acknowledged", lambda: desk.post_update(body, node.number).status == 200, 30)


def expect_refusal(desk, node, code, words):
    """Webhooks and changes are refused with what to do; reading goes on. Gives the update."""
    answer, update, user = attempt(desk, node)
    assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1
    assert words in answer.body.decode() and "make room" in answer.body.decode()
    browser = desk.browser("Ana", node.number)
    change = browser.attempt("PUT", "/api/v1/me/presence", {"away": True})
    assert change.status == 503 and change.json()["code"] == code
    assert "room" in change.json()["hint"]
    sessions = desk.all_sessions(node.number)
    assert sessions and browser.history(sessions[0]["id"])
    return update, user


def test_a_follower_with_a_full_disk_refuses_and_the_others_go_on(desk, disks):
    leader = desk.cluster.wait_leader()
    node = next(each for each in desk.cluster.nodes if each is not leader)
    desk.write(new_user(), "Before", node.number)
    make_room = disks.fill(node.number)
    try:
        wait_until("it says so", lambda: room(node) == "full", 10)
        status, text = read(node, "/readyz")
        assert status == 503 and str(node.data) in text and "make room" in text
        assert metric(node, "disk_room") == 2 and metric(node, "disk_free_bytes") < 8 * MIB
        wait_until("the reserve goes", lambda: not (node.data / "reserve").exists(), 10)
        assert "is full" in node.log.read_text()
        shown = subprocess.run(
            [binary("roundhouse"), "status",
             *[word for each in desk.cluster.nodes for word in ("--operations", each.operations)]],
            capture_output=True, text=True, check=False).stdout
        assert f"node {node.number}: the disk of {node.data} is full" in shown
        refused = expect_refusal(desk, node, "disk_full", "The node can still be read")
        for other in desk.cluster.nodes:
            if other is not node:
                for _ in range(20):
                    assert attempt(desk, other)[0].status == 200
        assert desk.cluster.wait_leader() is leader
    finally:
        make_room()
    until_acknowledged(desk, *refused, node)
    assert "the disk has room again" in node.log.read_text()


def test_a_leader_with_little_room_lets_another_lead(desk, disks):
    leader = desk.cluster.wait_leader()
    others = [node for node in desk.cluster.nodes if node is not leader]
    make_room = disks.fill(leader.number, leave=8 * MIB)
    try:
        wait_until("it is low", lambda: room(leader) == "low", 10)
        wait_until("another leads", lambda: desk.cluster.wait_leader() in others, 10)
        assert "another node is to lead" in leader.log.read_text()
        # It serves on, and says what an operator should know.
        status, text = read(leader, "/readyz")
        assert status == 200 and "has little room" in text
        for node in desk.cluster.nodes:
            answer, _, _ = attempt(desk, node)
            assert answer.status == 200
    finally:
        make_room()


def test_a_full_disk_of_the_leader_stops_nobody(desk, disks):
    leader = desk.cluster.wait_leader()
    others = [node for node in desk.cluster.nodes if node is not leader]
    make_room = disks.fill(leader.number)
    try:
        wait_until("another leads", lambda: desk.cluster.wait_leader() in others, 10)
        for node in others:
            assert attempt(desk, node)[0].status == 200
        # A click is kept where there is room, and the redirect goes out.
        link = f"/{desk.links['spring']}"
        assert request(others[0].url, "GET", link, BROWSER).status == 302
    finally:
        make_room()


def test_when_a_majority_is_full_nothing_is_accepted_and_everything_readable(desk, disks):
    spare, *full = desk.cluster.nodes
    room_makers = [disks.fill(node.number) for node in full]
    try:
        for node in full:
            wait_until("it says so", lambda node=node: room(node) == "full", 10)
        # The one with room leads, and knows that it could not commit.
        wait_until("it leads", lambda: desk.cluster.wait_leader() is spare, 20)
        wait_until("it refuses", lambda: attempt(desk, spare)[0].status == 503, 10)
        assert "majority" in read(spare, "/readyz")[1]
        last = int(spare.status()["last"])
        refused = expect_refusal(desk, spare, "disks_full", "no majority could keep a change")
        for node in full:
            expect_refusal(desk, node, "disk_full", "The node can still be read")
        assert int(spare.status()["last"]) <= last + 5
        assert request(spare.url, "GET", f"/{desk.links['spring']}", BROWSER).status == 302
        # One more with room is a majority again.
        room_makers.pop()()
        until_acknowledged(desk, *refused, spare)
    finally:
        for make_room in room_makers:
            make_room()


def test_a_node_that_was_killed_on_a_full_disk_starts_again(desk, disks):
    leader = desk.cluster.wait_leader()
    node = next(each for each in desk.cluster.nodes if each is not leader)
    node.kill()
    make_room = disks.fill(node.number)
    try:
        free = os.statvfs(node.data)
        assert free.f_bavail * free.f_frsize < MIB
        node.start()
        wait_until("it runs", lambda: metric_or_none(node) == 2, 20)
        assert attempt(desk, node)[0].status == 503
    finally:
        make_room()


def metric_or_none(node):
    """The room that a node says it has, or None while it does not answer."""
    try:
        return metric(node, "disk_room")
    except (OSError, KeyError):
        return None
