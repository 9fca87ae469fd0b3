"""Releases of two feature levels: old data, upgrades while traffic flows, releases too old."""

import json
import pathlib
import shutil
import subprocess

import pytest
from desk import Desk, new_update_id, new_user
from driver import telegram
from driver.api import Api, ApiError, request
from driver.configuration import make_cluster, write_secret
from driver.processes import Cluster, binary
from driver.seeding import SECRET
from driver.waiting import free_ports, wait_until
from make_fixture import KEY, facts_of, make

OUTDATED = 76
# Beyond the update ids and users of the fixture.
NEW = 10_000
NOT_NOW = 75
FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Fixtures"
LATER = sorted(FIXTURES.glob("level-[2-9]"))
# The level that is not released yet: what this build writes it must open.
NEWEST = "newest"


def level(node, *words):
    """`roundhouse level` at a node."""
    return subprocess.run(
        [binary("roundhouse"), "level", *words, "--config", node.path], capture_output=True,
        text=True, timeout=60)


def hold_back(node, newest):
    """The node's release is to know no level above this one; None: all that it knows."""
    node.configuration.pop("newestLevel", None)
    if newest:
        node.configuration["newestLevel"] = newest
    node.path.write_text(json.dumps(node.configuration, indent=2) + "\n")


def force_offline(api, agent):
    """An administrator takes an agent offline."""
    return api.post(f"/api/v1/agents/{agent}/offline", {})


@pytest.fixture
def old_node(tmp_path, request):
    """A node over a copy of a level's data directory: that of a release that knew no levels,
    another one's, or one that the present build writes first."""
    directory = getattr(request, "param", FIXTURES / "level-1")
    if directory is NEWEST:
        (tmp_path / "made").mkdir()
        directory = make(tmp_path / "made")
    [ports] = zip(*[iter(free_ports(3))] * 3)
    write_secret(tmp_path / "cluster.key", KEY)
    write_secret(tmp_path / "admin.password", "password of admin")
    make_cluster(tmp_path, [ports], name="fixture")
    shutil.copytree(directory, tmp_path / "node1")
    cluster = Cluster(tmp_path, bound=True)
    yield cluster.nodes[0]
    cluster.kill()


@pytest.mark.parametrize("rows", ["its rows", "its log alone"])
def test_data_of_level_1_is_opened_served_raised_and_goes_on(old_node, rows):
    if rows == "its log alone":
        (old_node.data / "state.db").unlink()
    old_node.start()
    old_node.wait_ready()
    status = old_node.status()
    assert (status["level"], status["newestLevel"]) == (1, 2)
    admin = Api(old_node.url)
    admin.sign_in("admin", "password of admin")

    def sessions():
        return {
            s["customer"]["id"]: (s["state"], s["owner"]["name"] if s["owner"] else None)
            for s in admin.sessions("all", project="7") + admin.sessions("completed", project="7")}

    expected = {
        str(telegram.FIRST_USER + n): ("assigned", "Ana" if n % 2 else "Wei")
        for n in range(1, 8)}
    expected[str(telegram.FIRST_USER + 2)] = ("completed", None)
    assert sessions() == expected
    assert request(old_node.url, "GET", "/lvl1").status == 302

    def write(user):
        answer = request(
            old_node.url, "POST", "/telegram/7",
            {"Content-Type": "application/json", telegram.SECRET_HEADER: SECRET},
            telegram.message_update(new_update_id() + NEW, user, "Hello"))
        assert answer.status == 200
        expected[str(user)] = ("unassigned", None)
        assert sessions() == expected

    write(new_user() + NEW)
    with pytest.raises(ApiError) as caught:
        force_offline(admin, "5")
    assert (caught.value.status, caught.value.code) == (409, "needs_level")
    assert "roundhouse level raise" in caught.value.problem["hint"]
    assert "onlineSeconds" not in admin.get("/api/v1/agents")["items"][0]

    raised = level(old_node, "raise")
    assert (raised.returncode, raised.stdout) == (0, "the cluster is at feature level 2\n")
    assert force_offline(admin, "5")["onlineSeconds"] == 0
    write(new_user() + NEW)
    old_node.stop()
    old_node.start()
    old_node.wait_ready()
    assert old_node.status()["level"] == 2 and sessions() == expected
    write(new_user() + NEW)


@pytest.mark.parametrize(
    "old_node", [*LATER, NEWEST], ids=lambda path: getattr(path, "name", path), indirect=True)
@pytest.mark.parametrize("rows", ["its rows", "its log alone"])
def test_data_of_a_later_level_is_opened_served_and_goes_on(old_node, rows):
    kept = json.loads((old_node.data / "expected.json").read_text())
    (old_node.data / "expected.json").unlink()
    if rows == "its log alone":
        (old_node.data / "state.db").unlink()
    old_node.start()
    old_node.wait_ready()
    assert old_node.status()["level"] == kept["level"]
    admin = Api(old_node.url)
    admin.sign_in("admin", "password of admin")
    assert facts_of(admin, kept["project"]) == kept["facts"]
    answer = request(
        old_node.url, "POST", f"/telegram/{kept['project']}",
        {"Content-Type": "application/json", telegram.SECRET_HEADER: SECRET},
        telegram.message_update(new_update_id() + NEW, new_user() + NEW, "Hello"))
    assert answer.status == 200
    old_node.stop()
    old_node.start()
    old_node.wait_ready()
    assert len(facts_of(admin, kept["project"])["sessions"]) == len(kept["facts"]["sessions"]) + 1


def test_a_cluster_is_upgraded_node_by_node_and_then_raised(new_cluster):
    cluster = new_cluster(changes={"newestLevel": 1})
    desk = Desk(cluster, None, ["Ana"])
    assert {node.status()["level"] for node in cluster.nodes} == {1}
    for number in (1, 2, 3):
        # As long as one member is old, whoever leads, nothing is raised.
        refused = level(cluster.leader(), "raise", "--to", "2")
        assert refused.returncode == NOT_NOW, refused
        node = cluster[number]
        node.stop()
        hold_back(node, None)
        node.start()
        node.wait_ready()
        desk.write(new_user(), "Hello", number)
    wait_until("all know of each other", lambda: "not reached" not in level(cluster[1]).stdout)
    assert level(cluster[1]).stdout.splitlines() == [
        "the cluster is at feature level 1", *(
            f"node {n}: knows levels up to 2" for n in (1, 2, 3))]
    done = level(cluster[2], "raise")
    assert done.returncode == 0, done
    for node in cluster.nodes:
        wait_until(f"node {node.number} is raised", lambda: node.status()["level"] == 2)
    force_offline(desk.admin, desk.ids["Ana"])
    desk.write(new_user(), "Hello", 3)
    assert len({status["digest"] for status in cluster.wait_level()}) == 1
    desk.close()


def test_a_new_cluster_is_at_the_newest_level(cluster):
    for node in cluster.nodes:
        assert node.status()["level"] == node.status()["newestLevel"] == 2
        assert [m["newestLevel"] for m in node.status()["membership"]] == [2, 2, 2]
    metrics = request(f"http://{cluster[1].operations}", "GET", "/metrics").body.decode()
    assert "\nroundhouse_feature_level 2\nroundhouse_feature_level_newest 2\n" in "\n".join(
        line for line in metrics.splitlines() if "TYPE" not in line)


def test_a_release_that_is_too_old_for_the_cluster_stops_and_says_so(new_cluster):
    cluster = new_cluster()
    desk = Desk(cluster, None, ["Ana"])
    wait_until("the rows tell the level", lambda: cluster[3].status()["statePendingRows"] == 0)
    # Its own rows tell it.
    node = cluster[3]
    node.stop()
    hold_back(node, 1)
    node.start()
    assert node.child.wait(20) == OUTDATED
    assert "is of feature level 2 and this node applies levels up to 1" in node.log.read_text()
    hold_back(node, None)
    node.start()
    node.wait_ready()
    # The members tell it to one that joins.
    ports = free_ports(3)
    added = subprocess.run(
        [binary("roundhouse"), "members", "add", "4", f"127.0.0.1:{ports[2]}", "--config",
         cluster[1].path], capture_output=True, text=True, timeout=60)
    assert added.returncode == 0, added
    joiner = cluster.join(4, ports)
    joiner.kill()
    shutil.rmtree(joiner.data, ignore_errors=True)
    hold_back(joiner, 1)
    joiner.start()
    assert joiner.child.wait(20) == OUTDATED
    assert "the cluster is at feature level 2 and this node knows" in joiner.log.read_text()
    assert any(
        "node 4 knows feature levels up to 1 and the cluster is at 2" in each.log.read_text()
        for each in cluster.nodes if each is not joiner)
    desk.write(new_user(), "Hello", 1)
    desk.close()
