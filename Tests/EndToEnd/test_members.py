"""Members come and go while traffic flows; leadership is handed over; nothing is lost."""

import collections
import json
import signal
import subprocess

import pytest
from desk import Desk, new_user
from driver.api import request
from driver.configuration import write_secret
from driver.processes import binary
from driver.seeding import SECRET
from driver.telegram import WebhookStream
from driver.waiting import free_ports, wait_until

REMOVED = 77
NOT_NOW = 75
RATE = 60


def roundhouse(*words):
    """Runs the program to its end."""
    return subprocess.run(
        [binary("roundhouse"), *map(str, words)], capture_output=True, text=True, timeout=120)


def members(node, *words):
    """`roundhouse members` at a node."""
    return roundhouse("members", *words, "--config", node.path)


def done(result):
    """The output of a command that did what it should."""
    assert result.returncode == 0, (result.stdout, result.stderr)
    return result.stdout


def peer(node):
    """Where the other nodes reach a node."""
    return node.configuration["peer"]["listen"]


def grow(cluster, number):
    """A new node joins; gives it once it votes."""
    node = cluster.join(number, free_ports(3))
    done(members(cluster.leader() or cluster.nodes[0], "add", number, peer(node), "--wait"))
    node.wait_ready()
    return node


def leave(cluster, node, through):
    """A member is removed; it ends by itself and says why."""
    done(members(through, "remove", node.number))
    assert node.child.wait(20) == REMOVED
    assert "was removed from the cluster" in node.log.read_text()
    cluster.nodes.remove(node)


def voters(node):
    """Who votes, as a node sees it."""
    return sorted(m["node"] for m in node.status()["membership"] if m["isVoter"])


class Traffic:
    """Webhooks all the time, to all nodes that run now."""

    def __init__(self, cluster, desk):
        self.cluster = cluster
        self.desk = desk
        self.stream = WebhookStream(
            desk.path, SECRET, [node.url for node in cluster.nodes], RATE, doubled=0)
        self.stream.start()

    def follow(self):
        """From now on to the nodes that are members now."""
        self.stream.targets = [node.url for node in self.cluster.nodes]
        self.flows()

    def flows(self):
        """Waits until some more updates are acknowledged."""
        before = len(self.stream.acknowledgements)
        wait_until("traffic flows", lambda: len(self.stream.acknowledgements) > before + 20)
        self.stream.check()

    def judge(self):
        """Every update made is acknowledged, and once in the export of every node."""
        self.stream.stop()
        self.cluster.wait_level()
        made = collections.Counter(update.id for update in self.stream.updates)
        for node in self.cluster.nodes:
            sessions = self.desk.admin.at(node.url).export_sessions()
            found = collections.Counter(
                message for session in sessions if session["project"] == self.desk.id
                for message in session["messages"])
            assert {i: n for i, n in found.items() if i in made} == made
        assert len({status["digest"] for status in self.cluster.wait_level()}) == 1
        return len(made)


@pytest.mark.timeout(300)
def test_one_three_five_and_back_while_traffic_flows(new_cluster):
    cluster = new_cluster(nodes=1, tls=True)
    desk = Desk(cluster, None, ["Ana", "Wei"])
    traffic = Traffic(cluster, desk)
    for number in (2, 3, 4, 5):
        grow(cluster, number)
        traffic.follow()
    for node in cluster.nodes:
        wait_until("five vote", lambda node=node: voters(node) == [1, 2, 3, 4, 5])
    # A follower goes, then leaders, whoever that is by then, until node 1 or another is alone.
    first = next(n for n in cluster.nodes if n.number != cluster.wait_leader().number)
    leave(cluster, first, cluster.wait_leader())
    traffic.follow()
    for left in (3, 2, 1):
        leader = cluster.wait_leader()
        other = next(node for node in cluster.nodes if node.number != leader.number)
        leave(cluster, leader, other)
        traffic.follow()
        assert len(cluster.nodes) == left
    [last] = cluster.nodes
    wait_until("alone", lambda: voters(last) == [last.number])
    assert traffic.judge() > 300
    # A number that was used is not given again.
    used = next(number for number in (4, 5) if number != last.number)
    refused = members(last, "add", used, "127.0.0.1:1")
    assert refused.returncode == NOT_NOW and "number was used" in refused.stderr
    desk.close()


@pytest.mark.timeout(300)
def test_a_rolling_restart_loses_no_request(new_cluster):
    cluster = new_cluster()
    desk = Desk(cluster, None, ["Ana", "Wei"])
    traffic = Traffic(cluster, desk)
    for node in cluster.nodes:
        was_leader = node.number == cluster.wait_leader().number
        traffic.stream.targets = [n.url for n in cluster.nodes if n.number != node.number]
        node.stop()
        if was_leader:
            assert '"leaving"' in node.log.read_text()
        traffic.flows()
        node.start()
        node.wait_ready()
        cluster.wait_level()
        traffic.follow()
    # Hand-overs one after the other: nobody is refused, whatever arrives meanwhile.
    for target in (1, 2, 3, 1):
        done(roundhouse("transfer", "--to", target, "--config", cluster[2].path))
        assert wait_until("it leads", cluster.leader).number == target
        traffic.flows()
    assert traffic.judge() > 150
    assert not [status for status in traffic.stream.refusals if isinstance(status, int)], \
        traffic.stream.refusals
    desk.close()


def test_members_and_transfer_at_any_node(new_cluster):
    cluster = new_cluster()
    leader = cluster.wait_leader()
    follower = next(node for node in cluster.nodes if node.number != leader.number)
    listed = done(members(follower, "list")).splitlines()
    assert len(listed) == 4 and listed[0].split()[:2] == ["NODE", "VOTES"]
    assert peer(cluster[3]) in listed[3]
    as_json = json.loads(done(members(follower, "list", "--json")))
    assert [m["node"] for m in as_json] == [1, 2, 3] and all(m["isVoter"] for m in as_json)
    # Asked at a follower, for itself.
    done(roundhouse("transfer", "--to", follower.number, "--config", follower.path))
    assert cluster.wait_leader().number == follower.number
    done(roundhouse("transfer", "--config", leader.path))
    wait_until("another leads", lambda: cluster.leader().number != follower.number)
    # Refusals say why.
    for words, text in [
            (["remove", 9], "No such member"), (["add", 2, "127.0.0.1:1"], "A member already")]:
        refused = members(follower, *words)
        assert refused.returncode == NOT_NOW and text in refused.stderr, refused
    assert members(follower, "add", 4, "there").returncode == 64
    assert members(follower, "add", 4, "10.0.0.4:7081").returncode == 64
    assert members(follower, "promote", 4).returncode == 64
    nobody = roundhouse("transfer", "--to", 9, "--config", follower.path)
    assert nobody.returncode == NOT_NOW and "Only a voter" in nobody.stderr


def test_only_the_cluster_key_opens_the_operations_listener(new_cluster, tmp_path):
    cluster = new_cluster(nodes=1)
    node = cluster[1]
    node.configuration["clusterKeyFile"] = str(tmp_path / "other.key")
    write_secret(tmp_path / "other.key", "ab" * 32)
    path = tmp_path / "other.json"
    path.write_text(json.dumps(node.configuration))
    refused = roundhouse("transfer", "--config", path)
    assert refused.returncode == 77 and "does not prove" in refused.stderr
    for header in ([], ["-H", "Authorization: Roundhouse 00 00"]):
        status = subprocess.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", *header,
             "-d", '{"remove":1}', f"http://{node.operations}/members"],
            capture_output=True, text=True, timeout=20)
        assert status.stdout == "401"


def test_a_node_that_is_asked_to_go_passes_its_clicks_on_first(new_cluster, standin):
    cluster = new_cluster(telegram=standin.url)
    desk = Desk(cluster, standin, ["Ana"], links=("ad",))
    leader = cluster.wait_leader()
    going = next(node for node in reversed(cluster.nodes) if node is not leader)
    for _ in range(150):
        assert request(going.url, "GET", f"/{desk.links['ad']}").status == 302
    leave(cluster, going, going)
    assert '"clicksNotPassedOn":0' in going.log.read_text().replace(" ", "")
    admin = desk.admin.at(leader.url)

    def clicks():
        [link] = admin.get("/api/v1/links")["items"]
        return link["humanClicks"] + link["otherClicks"]

    wait_until("every click is counted", lambda: clicks() == 150)
    desk.close()


@pytest.mark.parametrize("lowest", [True, False])
def test_a_removed_node_stays_out_and_a_stranger_waits(new_cluster, standin, lowest):
    cluster = new_cluster()
    leader = cluster.wait_leader()
    if lowest and leader.number == 1:
        # Nobody dials the lowest number once it is out: it must ask by itself.
        done(roundhouse("transfer", "--to", 2, "--config", leader.path))
        wait_until("another leads", lambda: cluster.wait_leader().number != 1)
        leader = cluster.wait_leader()
    others = [node for node in cluster.nodes if node.number != leader.number]
    gone = others[0 if lowest else -1]
    # It is down when it is removed: it hears of it when it comes back.
    gone.kill()
    done(members(leader, "remove", gone.number))
    gone.start()
    assert gone.child.wait(30) == REMOVED
    assert "was removed from the cluster" in gone.log.read_text()
    cluster.nodes.remove(gone)
    # A node that nobody added says what is missing; once it is added it joins.
    stranger = cluster.join(4, free_ports(3))
    wait_until("it says so", lambda: "members add 4" in stranger.log.read_text())
    assert "not a member yet" in stranger.status()["reason"]
    # What it does not know yet it calls neither unknown nor signed out.
    for path in ("/telegram/17", "/spring", "/api/v1/me"):
        answer = request(stranger.url, "GET", path)
        assert (answer.status, answer.json()["code"]) == (503, "joining")
        assert answer.headers["Retry-After"]
    assert request(stranger.url, "GET", "/healthz").status == 200
    done(members(leader, "add", 4, peer(stranger), "--wait"))
    stranger.wait_ready()
    # Restarted it needs nobody's introduction.
    stranger.kill()
    stranger.configuration.pop("join")
    stranger.path.write_text(json.dumps(stranger.configuration))
    stranger.start()
    stranger.wait_ready()
    desk = Desk(cluster, standin, ["Ana"])
    desk.write(new_user(), "Through the new one", node=4)
    desk.close()


def test_the_join_command(new_cluster):
    cluster = new_cluster(nodes=1)
    node = cluster.join(2, free_ports(3))
    wait_until("waits", lambda: "not a member yet" in node.status()["reason"])
    node.kill()
    node.configuration.pop("join")
    node.path.write_text(json.dumps(node.configuration))
    # What began to join never founds a cluster of its own.
    node.start()
    wait_until("waits", lambda: "not a member yet" in node.status()["reason"])
    node.kill()
    with open(node.log, "ab") as log:
        node.child = subprocess.Popen(
            [binary("roundhouse"), "join", "--config", node.path, peer(cluster[1])],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    node.pid_file.write_text(f"{node.child.pid}\n")
    done(members(cluster[1], "add", 2, peer(node), "--wait"))
    node.wait_ready()
    node.signal(signal.SIGTERM)
    assert node.child.wait(20) == 0
    assert roundhouse("join", "--config", node.path).returncode == 64


def test_recovery_from_a_lost_quorum(new_cluster, standin):
    cluster = new_cluster()
    desk = Desk(cluster, standin, ["Ana"])
    kept = desk.write(new_user(), "Kept")
    cluster.wait_level()
    survivor, *lost = cluster.nodes
    for node in lost:
        node.kill()
    running = roundhouse("recover", "--config", survivor.path, "--force-new-cluster")
    assert running.returncode == 74 and "another process" in running.stderr
    survivor.kill()
    told = roundhouse("recover", "--config", survivor.path)
    assert told.returncode == NOT_NOW and "may be lost" in told.stdout
    assert "Nothing was changed" in told.stdout and "members by its log:  1 2 3" in told.stdout
    survivor.start()
    wait_until("no quorum", lambda: survivor.status()["reason"] == "no leader")
    survivor.kill()
    done(roundhouse("recover", "--config", survivor.path, "--force-new-cluster"))
    survivor.start()
    survivor.wait_ready()
    assert voters(survivor) == [1]
    written = desk.write(new_user(), "After", node=1)
    found = [m for session in desk.exported() for m in session["messages"]]
    assert kept in found and written in found
    # The old ones are told that they are out; a new one joins under a new number.
    lost[0].start()
    assert lost[0].child.wait(30) == REMOVED
    for node in lost:
        cluster.nodes.remove(node)
    assert grow(cluster, 4).number == 4
    empty = roundhouse("recover", "--config", lost[1].path.with_name("gone.json"))
    assert empty.returncode == 78
    desk.close()
