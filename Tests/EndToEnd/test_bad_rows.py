"""Rows that go bad, or vanish, under a node: found by reading or by the scrub, and replaced."""

import sqlite3
import urllib.request

import pytest
from desk import Desk, new_user
from driver.waiting import wait_until

ALL = ("view", "reply", "transfer")
HISTORY, SESSIONS = "t6", "t5"
TRAIL = 100
# So short a log that it does not go back to the beginning any more.
SHORT = {"limits": {"trailingEntries": TRAIL}}


@pytest.fixture
def desk(new_cluster):
    """A cluster of its own with some history."""
    desk = Desk(new_cluster(), None, ["Ana"], permissions=ALL)
    for _ in range(12):
        desk.write(new_user(), "Keep this")
    desk.cluster.wait_level()
    yield desk
    desk.close()
    desk.cluster.kill()


def metric(node, name):
    """One value of /metrics; None while the node does not answer."""
    try:
        with urllib.request.urlopen(f"http://{node.operations}/metrics", timeout=5) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(f"roundhouse_{name} "):
                    return int(line.split()[1])
    except OSError:
        return None
    raise KeyError(name)


def tamper(node, sql, *values):
    """Changes the rows of a node that does not run."""
    [path] = [*node.data.glob("state.db"), *node.data.glob("state-*.db")]
    with sqlite3.connect(path) as database:
        changed = database.execute(sql, values).rowcount
        database.commit()
    database.close()
    assert changed == 1


def flip_a_byte(node):
    """One bit of the oldest row of history is another one."""
    [path] = [*node.data.glob("state.db"), *node.data.glob("state-*.db")]
    database = sqlite3.connect(path)
    row, value = database.execute(f"SELECT min(rowid), value FROM {HISTORY}").fetchone()
    database.close()
    bad = bytearray(value)
    bad[len(bad) // 2] ^= 1
    tamper(node, f"UPDATE {HISTORY} SET value = ? WHERE rowid = ?", bytes(bad), row)


def remove_a_row(node):
    """The oldest row of history is gone without a trace."""
    tamper(node, f"DELETE FROM {HISTORY} WHERE rowid = (SELECT min(rowid) FROM {HISTORY})")


def is_repaired(desk, node, before):
    """Whether a node shows everything again."""
    answer = desk.admin.at(node.url).attempt("GET", "/api/v1/export/sessions?limit=1000")
    return answer.status == 200 and answer.json()["items"] == before


def has_scrubbed(node):
    """Whether a walk over all rows has come to its end since the node's start."""
    return (metric(node, "scrub_passes") or 0) > 0


@pytest.mark.parametrize("harm, words", [
    (flip_a_byte, "the checksum does not match"), (remove_a_row, "1 rows have vanished")])
def test_the_scrub_finds_it_and_a_peer_repairs_it(desk, harm, words):
    leader = desk.cluster.wait_leader()
    node = next(each for each in desk.cluster.nodes if each is not leader)
    desk.admin = desk.admin.at(leader.url)
    before = desk.admin.export_sessions()
    node.stop()
    harm(node)
    node.start()
    node.wait_ready()
    # Nobody asks it for history: the scrub finds it.
    wait_until("it is found", lambda: words in node.log.read_text(), 20)
    wait_until("it says so", lambda: "another node's copy replaces them" in node.log.read_text())
    wait_until("it is repaired", lambda: metric(node, "state_repairs") == 1, 30)
    node.wait_ready()
    assert desk.admin.at(node.url).export_sessions() == before
    assert [path.name for path in node.data.glob("state*.db")] != ["state.db"]
    assert metric(node, "state_bad_rows_total") >= 1
    assert len({status["digest"] for status in desk.cluster.wait_level()}) == 1
    wait_until("a whole walk finds nothing", lambda: has_scrubbed(node), 20)
    assert metric(node, "state_repairing") == 0 and not node.status()["storageNotes"]
    desk.write(new_user(), "After", node.number)


def test_what_is_read_bad_is_said_and_repaired_while_the_node_serves(desk):
    leader = desk.cluster.wait_leader()
    desk.admin = desk.admin.at(leader.url)
    before = desk.admin.export_sessions()
    leader.stop()
    flip_a_byte(leader)
    leader.start()
    leader.wait_ready()
    answer = desk.admin.attempt("GET", "/api/v1/export/sessions?limit=1000")
    assert answer.status == 200 or answer.json()["code"] in ("repairing", "storage")
    wait_until("it is repaired", lambda: is_repaired(desk, leader, before), 30)
    leader.wait_ready()
    assert metric(leader, "state_repairs") == 1


def test_the_leader_hands_over_before_its_rows_are_replaced(desk):
    first = desk.cluster[1]
    before = desk.admin.export_sessions()
    desk.cluster.stop()
    flip_a_byte(first)
    for node in desk.cluster.nodes:
        node.start()
    for node in desk.cluster.nodes:
        node.wait_ready()
    wait_until("it is repaired", lambda: is_repaired(desk, first, before), 40)
    assert "snapshot installed" in first.log.read_text()
    assert len({status["digest"] for status in desk.cluster.wait_level()}) == 1


def test_a_vanished_row_that_decisions_need_is_found_at_the_start(desk):
    leader = desk.cluster.wait_leader()
    node = next(each for each in desk.cluster.nodes if each is not leader)
    desk.admin = desk.admin.at(leader.url)
    before = desk.admin.export_sessions()
    node.stop()
    tamper(node, f"DELETE FROM {SESSIONS} WHERE rowid = (SELECT min(rowid) FROM {SESSIONS})")
    node.start()
    node.wait_ready()
    text = node.log.read_text()
    assert "1 rows have vanished" in text and "put aside as bad-state.db" in text
    wait_until("level", lambda: is_repaired(desk, node, before), 20)


def test_a_node_alone_makes_its_rows_anew_from_a_whole_log(new_cluster):
    desk = Desk(new_cluster(nodes=1), None, ["Ana"], permissions=ALL)
    node = desk.cluster[1]
    for _ in range(12):
        desk.write(new_user(), "Keep this")
    before = desk.admin.export_sessions()
    node.stop()
    remove_a_row(node)
    node.start()
    node.wait_ready()
    wait_until("it is found", lambda: "1 rows have vanished" in node.log.read_text(), 20)
    wait_until("it is repaired", lambda: is_repaired(desk, node, before), 30)
    assert (node.data / "bad-state.db").exists()
    desk.close()


def test_a_node_alone_with_a_cut_log_serves_on_and_says_what_to_do(new_cluster):
    desk = Desk(new_cluster(nodes=1, changes=SHORT), None, ["Ana"], permissions=ALL)
    node = desk.cluster[1]

    def is_cut():
        for _ in range(40):
            desk.write(new_user(), "Meanwhile")
        return int(node.status()["base"]) > 0

    wait_until("the log is cut", is_cut, 60)
    node.stop()
    flip_a_byte(node)
    node.start()
    node.wait_ready()
    wait_until("it says so", lambda: node.status()["storageNotes"], 20)
    [note] = node.status()["storageNotes"]
    assert "can't be replaced" in note and "restore" in note
    assert note in node.log.read_text()
    with urllib.request.urlopen(f"http://{node.operations}/readyz", timeout=5) as ready:
        assert ready.status == 200 and "can't be replaced" in ready.read().decode()
    desk.write(new_user(), "It serves on")
    answer = desk.admin.attempt("GET", "/api/v1/export/sessions?limit=1000")
    assert answer.status == 500 and answer.json()["code"] == "storage"
    desk.close()
