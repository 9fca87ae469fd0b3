"""The edges of the settings of log and snapshots, and a node that lost its whole directory."""

import datetime
import json
import shutil
import subprocess

import pytest
from desk import Desk, new_update_id, new_user
from driver import telegram
from driver.processes import binary, get_status
from driver.waiting import free_ports, wait_until

ALL = ("view", "reply", "transfer")
MEBIBYTE = 1 << 20
DIVERGED, WRONG_CONFIGURATION, REMOVED = 70, 78, 77
# The longest text that Telegram passes on.
LONG = "Where is my parcel? " * 204


def with_limits(**limits):
    """Changes of a configuration."""
    return {"limits": limits}


def new_desk(cluster):
    """A project whose agent sees everything."""
    return Desk(cluster, None, ["Ana"], permissions=ALL)


def status(node, key):
    """A number of a node's status."""
    return int(node.status()[key])


def log_lines(node, message):
    """The lines of a node's log with this message."""
    lines = [json.loads(line) for line in node.log.read_text().splitlines() if line[:1] == "{"]
    return [line for line in lines if line["message"] == message]


@pytest.mark.parametrize("key,lowest,highest", [
    ("trailingEntries", 100, 100_000_000),
    ("trailingMiB", 1, 65_536),
    ("erasureMinutes", 0, 10_080),
    ("clickSweepSeconds", 1, 86_400),
    ("snapshotMiBPerSecond", 1, 10_000),
])
def test_a_setting_takes_its_edges_and_nothing_beyond(new_cluster, key, lowest, highest):
    cluster = new_cluster(nodes=1, start=False)
    [node] = cluster.nodes
    for value in (lowest - 1, highest + 1):
        node.configuration["limits"] = {key: value}
        node.path.write_text(json.dumps(node.configuration))
        refused = subprocess.run(
            [binary("roundhouse"), "serve", "--config", node.path], capture_output=True,
            text=True, timeout=20)
        assert refused.returncode == WRONG_CONFIGURATION
        assert f"$.limits.{key}" in refused.stderr and str(highest) in refused.stderr
    for value in (lowest, highest):
        node.configuration["limits"] = {key: value}
        node.path.write_text(json.dumps(node.configuration))
        node.start()
        node.wait_ready()
        node.stop()


def test_who_misses_no_more_than_the_shortest_trail_needs_no_snapshot(new_cluster):
    cluster = new_cluster(changes=with_limits(trailingEntries=100))
    desk = new_desk(cluster)
    leader = cluster.wait_leader()
    away = next(node for node in cluster.nodes if node is not leader)
    for _ in range(200):
        desk.write(new_user(), "Before", leader.number)
    cluster.wait_level()
    wait_until("the log is cut", lambda: status(leader, "base") > 0)
    away.kill()
    missed = status(leader, "last")
    # What opening sessions and the passing of time add stays far below the trail.
    for _ in range(60):
        desk.write(new_user(), "Meanwhile", leader.number)
    assert status(leader, "last") - missed < 100
    away.start()
    away.wait_ready()
    cluster.wait_level()
    assert not log_lines(away, "snapshot installed")
    for node in cluster.nodes:
        assert status(node, "last") - status(node, "base") >= 100
    desk.close()


def test_a_node_that_is_behind_is_not_ready_before_it_has_caught_up(new_cluster):
    cluster = new_cluster(changes=with_limits(trailingEntries=100, snapshotMiBPerSecond=1))
    desk = new_desk(cluster)
    leader = cluster.wait_leader()
    away = next(node for node in cluster.nodes if node is not leader)
    away.kill()
    # A mebibyte and more to be sent, and more entries than a node that is ready may lack.
    for _ in range(1500):
        desk.write(new_user(), "Meanwhile " * 100, leader.number)
    wait_until("the log is cut", lambda: status(leader, "base") > 1200)
    last = status(leader, "applied")
    away.start()
    # Whenever it says that it is ready it has all but a little.
    wait_until("it is ready", lambda: get_status(away.operations, "/readyz") == 200, 60)
    assert status(away, "applied") > last - 1000
    cluster.wait_level()
    desk.close()


def test_the_smallest_trail_of_bytes_cuts_before_the_entries_do(new_cluster):
    cluster = new_cluster(nodes=1, changes=with_limits(trailingMiB=1))
    desk = new_desk(cluster)
    node = cluster[1]
    for _ in range(2 * MEBIBYTE // len(LONG)):
        desk.write(new_user(), LONG)
    wait_until("the log is cut", lambda: status(node, "base") > 0)
    kept = status(node, "last") - status(node, "base")
    # A mebibyte stays, give or take a row of the log, far less than 200,000 entries.
    assert MEBIBYTE // 2 < kept * len(LONG) < 2 * MEBIBYTE
    before = desk.exported()
    node.kill()
    node.start()
    node.wait_ready()
    assert desk.exported() == before
    desk.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("rate", [1, 10_000])
def test_a_snapshot_is_sent_no_faster_than_allowed(new_cluster, rate):
    limits = with_limits(trailingEntries=100, snapshotMiBPerSecond=rate)
    cluster = new_cluster(changes=limits)
    desk = new_desk(cluster)
    leader = cluster.wait_leader()
    desk.admin = desk.admin.at(leader.url)
    away = next(node for node in cluster.nodes if node is not leader)
    away.kill()
    for _ in range(4 * MEBIBYTE // len(LONG)):
        desk.write(new_user(), LONG, leader.number)
    wait_until("the log is cut", lambda: status(leader, "base") > 200)
    away.start()
    away.wait_ready(60)
    cluster.wait_level()
    [begun], [ended] = (
        log_lines(away, message) for message in ("snapshot begins", "snapshot installed"))
    took = (moment(ended) - moment(begun)).total_seconds()
    size = int(begun["bytes"])
    assert size > 4 * MEBIBYTE
    # In one go: nothing broke off meanwhile.
    assert not log_lines(away, "snapshot not taken")
    if rate == 1:
        # The first chunk waits for nothing.
        assert took > (size - MEBIBYTE / 4) / MEBIBYTE * 0.95
    else:
        assert took < size / MEBIBYTE / 2
    desk.close()


def moment(line):
    """When a line was logged."""
    return datetime.datetime.fromisoformat(line["time"].replace("Z", "+00:00"))


def loses_its_directory(cluster, is_cut):
    """Takes a follower's directory away and starts it twice: each time it ends and says why.
    Gives (leader, follower); None when another leader came meanwhile, who knows of no promise."""
    for node in cluster.nodes:
        node.start()
    leader = cluster.wait_leader()
    if is_cut:
        wait_until("the log is cut", lambda: status(leader, "base") > 0)
    cluster.wait_level()
    lost = next(node for node in cluster.nodes if node is not leader)
    term = leader.status()["term"]
    lost.kill()
    shutil.rmtree(lost.data)
    said = len(log_lines(lost, "the node must stop"))
    for attempt in (1, 2):
        lost.start()
        wait_until("it ended", lambda: lost.child.poll() is not None
                   or leader.status()["term"] != term, 60)
        if leader.status()["term"] != term:
            return None
        assert lost.child.wait() == DIVERGED
        lines = log_lines(lost, "the node must stop")
        assert len(lines) == said + attempt
        assert "to have been durable here but the log ends at" in lines[-1]["reason"]
    return leader, lost


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_node_without_its_directory_stays_out_and_joins_as_a_new_one(new_cluster, is_cut):
    cluster = new_cluster(changes=with_limits(trailingEntries=100))
    desk = new_desk(cluster)
    leader = cluster.wait_leader()
    for _ in range(300 if is_cut else 20):
        desk.write(new_user(), "Keep this", leader.number)

    # It may have promised what it does not know any more: as often as it is started it ends and
    # says why, as long as a leader remembers. On a busy machine that may take another try.
    leader, lost = next(filter(None, (loses_its_directory(cluster, is_cut) for _ in range(4))))
    desk.admin = desk.admin.at(leader.url)
    update = new_update_id()
    body = telegram.message_update(update, new_user(), "Two are enough")
    assert desk.post_update(body, leader.number).status == 200

    # The way back: the number goes, the machine joins under a new one.
    def change(*words):
        done = subprocess.run(
            [binary("roundhouse"), "members", *map(str, words), "--config", leader.path],
            capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr

    change("remove", lost.number)
    lost.start()
    assert lost.child.wait(30) == REMOVED
    cluster.nodes.remove(lost)
    new = cluster.join(4, free_ports(3))
    change("add", 4, new.configuration["peer"]["listen"], "--wait")
    new.wait_ready()
    assert len({each["digest"] for each in cluster.wait_level()}) == 1
    assert update in {m for s in desk.admin.at(new.url).export_sessions() for m in s["messages"]}
    desk.close()
