"""A disk that does not sync: the node ends with its code, and nothing acknowledged is lost."""

import sys

import pytest
from desk import Desk, new_user
from driver.processes import ROOT
from driver.waiting import wait_until

sys.path.insert(0, str(ROOT / "chaos"))
from storm.shim import Shim, build, compiler  # noqa: E402

STORAGE_FAILED = 74


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The shim that makes syncs fail."""
    assert compiler(), "needs a C compiler, like the chaos run"
    return build("shim.c", tmp_path_factory.mktemp("shim"))


@pytest.fixture
def desk(library, new_cluster, tmp_path):
    """Three nodes, each under a shim of its own."""
    cluster = new_cluster(start=False)
    for node in cluster.nodes:
        node.shim = Shim(library, tmp_path / f"control{node.number}")
        node.start(environment=node.shim.environment)
    for node in cluster.nodes:
        node.wait_ready()
    desk = Desk(cluster, None, ["Ana"], permissions=("view", "reply", "transfer"))
    yield desk
    desk.close()
    cluster.kill()


def ended(node):
    """The exit code of a node's process; None while it runs."""
    return node.child.poll()


@pytest.mark.parametrize("leads", [True, False])
def test_a_failed_sync_ends_the_node_and_the_others_go_on(desk, leads):
    cluster, user = desk.cluster, new_user()
    leader = cluster.wait_leader()
    node = leader if leads else next(each for each in cluster.nodes if each is not leader)
    others = [each for each in cluster.nodes if each is not node]
    desk.write(user, "Before", others[0].number)
    assert node.shim.syncs > 0, "the shim is not in the way of the disk"

    node.shim.fail_syncs(1_000_000)

    def dies():
        # Something to write; while the leader changes nobody may take it.
        try:
            desk.write(new_user(), "During", others[0].number)
        except (AssertionError, OSError):
            pass
        return ended(node) is not None

    wait_until("the node ends", dies, 60)
    assert ended(node) == STORAGE_FAILED, node.log_tail()
    said = node.log.read_text()
    assert "storage failed; the node stops" in said and "log.db" in said, node.log_tail()

    wait_until("the others have a leader", lambda: all(each.is_ready() for each in others))
    desk.write(user, "After", others[1].number)

    # A sync that failed is never tried again in the process; a new one reads what is there.
    node.shim.fail_syncs(0)
    node.start(environment=node.shim.environment)
    node.wait_ready()
    assert len({status["digest"] for status in cluster.wait_level()}) == 1
    assert desk.session_of(user, node.number)["unread"] == 2
