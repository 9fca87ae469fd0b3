"""A node that was away through a compaction, or whose rows went bad, gets a copy of state.db."""

import shutil
import threading

import pytest
from desk import Desk, new_update_id, new_user
from driver import telegram
from driver.api import request
from driver.processes import get_status
from driver.waiting import wait_until

ALL = ("view", "reply", "transfer")
TRAIL = 100
SMALL = {"limits": {"trailingEntries": TRAIL}}


@pytest.fixture
def desk(new_cluster):
    """A cluster of its own that keeps a short log."""
    desk = Desk(new_cluster(changes=SMALL), None, ["Ana"], permissions=ALL)
    yield desk
    desk.close()
    desk.cluster.kill()


class Traffic:
    """Customers who write all the while, like Telegram: again until it is acknowledged."""

    def __init__(self, desk, nodes):
        self.desk, self.nodes = desk, nodes
        self.acknowledged, self.refused = [], 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        self._thread.join()

    def _run(self):
        while not self._ending.wait(0.005):
            update, user = new_update_id(), new_user()
            body = telegram.message_update(update, user, "Hello")
            node = self.nodes[update % len(self.nodes)]
            if self.desk.post_update(body, node).status == 200:
                self.acknowledged.append(update)
            else:
                self.refused += 1


def write_past_the_trail(desk, node):
    """Writes until every running node has cut its log beyond where it is now."""
    start = int(desk.cluster[node].status()["last"])

    def is_cut():
        for _ in range(40):
            desk.write(new_user(), "Meanwhile", node)
        return all(int(each.status()["base"]) > start for each in desk.cluster.running())

    wait_until("the logs are cut", is_cut, 60)


def expect_level(desk, node):
    """The node has what the others have; its index."""
    node.wait_ready(60)
    levels = desk.cluster.wait_level()
    assert len({status["digest"] for status in levels}) == 1
    return int(levels[0]["applied"])


def test_a_node_that_was_away_through_a_compaction_comes_back_by_a_snapshot(desk):
    leader = desk.cluster.wait_leader()
    away = next(node for node in desk.cluster.nodes if node is not leader)
    others = [node.number for node in desk.cluster.nodes if node is not away]
    desk.admin = desk.admin.at(leader.url)
    desk.write(new_user(), "Before", away.number)
    away.kill()
    write_past_the_trail(desk, leader.number)
    with Traffic(desk, others) as traffic:
        away.start()
        away.wait_ready(60)
        before = len(traffic.acknowledged)
        wait_until("traffic goes on", lambda: len(traffic.acknowledged) > before + 50)
    assert traffic.refused == 0
    expect_level(desk, away)
    assert "snapshot installed" in away.log.read_text()
    assert len(list(away.data.glob("state-*.db"))) == 1 and not (away.data / "state.db").exists()
    assert all(path.stat().st_mode & 0o077 == 0 for path in away.data.iterdir())
    updates = {m for s in desk.admin.at(away.url).export_sessions() for m in s["messages"]}
    assert set(traffic.acknowledged) <= updates

    # What was installed is what the next start finds, and the leader can be this node too.
    away.kill()
    away.start()
    expect_level(desk, away)
    assert away.log.read_text().count("snapshot installed") == 1
    leader.kill()
    desk.write(new_user(), "After", away.number)


def test_bad_rows_are_replaced_from_a_peer(desk):
    leader = desk.cluster.wait_leader()
    bad = next(node for node in desk.cluster.nodes if node is not leader)
    desk.admin = desk.admin.at(leader.url)
    write_past_the_trail(desk, leader.number)
    bad.kill()
    for path in bad.data.glob("state.db*"):
        path.unlink()
    (bad.data / "state.db").write_bytes(b"these are not the rows that you are looking for" * 200)
    bad.start()
    expect_level(desk, bad)
    text = bad.log.read_text()
    assert "state.db can't be used" in text and "snapshot installed" in text
    assert (bad.data / "bad-state.db").exists()
    assert desk.admin.at(bad.url).export_sessions() == desk.admin.export_sessions()


def test_bad_rows_of_a_whole_log_are_made_anew_from_it(new_cluster):
    desk = Desk(new_cluster(nodes=1), None, ["Ana"], permissions=ALL)
    node = desk.cluster[1]
    for _ in range(20):
        desk.write(new_user(), "Keep this")
    before = desk.exported()
    node.kill()
    for path in node.data.glob("state.db*"):
        path.unlink()
    (node.data / "state.db").write_bytes(b"not rows" * 600)
    node.start()
    node.wait_ready()
    assert desk.exported() == before
    desk.close()


def test_a_node_alone_says_what_it_has_lost(new_cluster):
    desk = Desk(new_cluster(nodes=1, changes=SMALL), None, ["Ana"], permissions=ALL)
    node = desk.cluster[1]
    write_past_the_trail(desk, 1)
    node.kill()
    for path in node.data.glob("state.db*"):
        path.unlink()
    node.start()
    assert node.child.wait(20) == 74
    assert "the entries between them are missing" in node.log_tail()
    desk.close()


def test_while_rows_are_asked_for_the_node_says_so(desk):
    node = desk.cluster[3]
    write_past_the_trail(desk, 1)
    desk.cluster.kill()
    shutil.copy(node.data / "log.db", node.data.parent / "log-before.db")
    for path in node.data.glob("state.db*"):
        path.unlink()
    node.start()
    wait_until("it asks", lambda: "state.db can't be used" in node.log_tail(40))
    assert get_status(node.operations, "/healthz") == 200
    assert get_status(node.operations, "/readyz") == 503
    answer = request(node.url, "GET", "/api/v1/me")
    assert answer.status == 503 and answer.json()["code"] == "not_ready"
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    node.stop()
    assert node.child.returncode == 0
