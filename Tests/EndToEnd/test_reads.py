"""How new answers are, and what a client is told of the outcome of a change."""

import signal
import threading

import pytest
from desk import Desk, new_user
from driver.api import ApiError
from driver.waiting import wait_until

AT_LEAST = "Roundhouse-At-Least"


@pytest.fixture
def patient(new_cluster):
    """A cluster that any test may hurt, with an agent and short waits for the cluster."""
    cluster = new_cluster(changes={"limits": {"commandSeconds": 2}})
    desk = Desk(cluster, None, ["Ana"])
    yield cluster, desk
    for node in cluster.nodes:
        node.signal(signal.SIGCONT)
    desk.close()


def others(cluster, node):
    """The nodes but one."""
    return [each for each in cluster.nodes if each.number != node.number]


def rename(api, desk, name):
    """A change that nobody else makes."""
    return api.attempt("PUT", f"/api/v1/projects/{desk.id}", {"name": name})


def name_at(api, desk, **query):
    """The project's name as a node shows it."""
    return api.get(f"/api/v1/projects/{desk.id}", **query)["name"]


def test_what_was_written_at_one_node_is_read_at_any_other(patient):
    cluster, desk = patient
    apis = [desk.admin.at(node.url) for node in cluster.nodes]
    index = 0
    for turn in range(30):
        writer, reader = apis[turn % 3], apis[(turn + 1) % 3]
        answer = rename(writer, desk, f"Turn {turn}")
        assert answer.status == 200, answer.body
        assert int(answer.headers["Roundhouse-Index"]) > index
        index = int(answer.headers["Roundhouse-Index"])
        read = reader.attempt(
            "GET", f"/api/v1/projects/{desk.id}", headers={AT_LEAST: str(index)})
        assert read.status == 200 and read.json()["name"] == f"Turn {turn}"
        assert int(read.headers["Roundhouse-Index"]) >= index


def test_waiting_for_an_index_is_bounded(patient):
    cluster, desk = patient
    late = desk.admin.attempt(
        "GET", f"/api/v1/projects/{desk.id}", headers={AT_LEAST: str(1 << 60)})
    assert late.status == 503 and late.json()["code"] == "behind"
    assert late.headers["Retry-After"] == "1"
    for wrong in ("-1", "x", str(1 << 70)):
        answer = desk.admin.attempt(
            "GET", f"/api/v1/projects/{desk.id}", headers={AT_LEAST: wrong})
        assert answer.status == 422
    # A node that stood still catches up while the request waits.
    leader = cluster.wait_leader()
    follower = others(cluster, leader)[0]
    follower.signal(signal.SIGSTOP)
    written = rename(desk.admin.at(leader.url), desk, "While it slept")
    assert written.status == 200, written.body
    found = []
    asking = threading.Thread(target=lambda: found.append(desk.admin.at(follower.url).attempt(
        "GET", f"/api/v1/projects/{desk.id}",
        headers={AT_LEAST: written.headers["Roundhouse-Index"]})))
    asking.start()
    follower.signal(signal.SIGCONT)
    asking.join(20)
    assert found[0].status == 200 and found[0].json()["name"] == "While it slept"


def test_a_leader_that_is_cut_off_shows_nothing_as_fresh(patient):
    cluster, desk = patient
    leader = cluster.wait_leader()
    api = desk.admin.at(leader.url)
    assert rename(api, desk, "Known").status == 200
    assert name_at(api, desk, fresh=1) == "Known"
    for node in others(cluster, leader):
        assert name_at(desk.admin.at(node.url), desk, fresh=1) == "Known"
        node.signal(signal.SIGSTOP)
    # Its own copy it shows as ever, but nobody confirms that it is the newest.
    assert name_at(api, desk) == "Known"
    with pytest.raises(ApiError) as refused:
        name_at(api, desk, fresh=1)
    assert refused.value.status == 503 and refused.value.code == "no_quorum"


def test_a_leader_that_slept_never_answers_fresh_with_what_is_old(patient):
    cluster, desk = patient
    leader = cluster.wait_leader()
    assert rename(desk.admin.at(leader.url), desk, "Old").status == 200
    leader.signal(signal.SIGSTOP)
    awake = others(cluster, leader)
    wait_until("another leads", lambda: any(
        node.status()["role"] == "leader" for node in awake))
    wait_until("it is written", lambda: rename(
        desk.admin.at(awake[0].url), desk, "New").status == 200)
    # The question lies in its socket when it wakes up, still thinking that it leads.
    found = []
    asking = threading.Thread(target=lambda: found.append(desk.admin.at(leader.url).attempt(
        "GET", f"/api/v1/projects/{desk.id}?fresh=1")))
    asking.start()
    leader.signal(signal.SIGCONT)
    asking.join(20)
    assert found[0].status == 503 or found[0].json()["name"] == "New"
    wait_until("it has heard", lambda: name_at(
        desk.admin.at(leader.url), desk, fresh=1) == "New")


def test_done_definitely_not_and_unknown_are_told_apart(patient):
    cluster, desk = patient
    leader = cluster.wait_leader()
    one, two = others(cluster, leader)
    done = rename(desk.admin.at(one.url), desk, "Done")
    assert done.status == 200 and done.json()["name"] == "Done"
    # The leader took it and nobody stores it: it may still come to be.
    one.signal(signal.SIGSTOP)
    two.signal(signal.SIGSTOP)
    unknown = rename(desk.admin.at(leader.url), desk, "Perhaps")
    assert unknown.status == 504 and unknown.json()["code"] == "unknown_outcome"
    assert "before you repeat" in unknown.json()["hint"]
    one.signal(signal.SIGCONT)
    wait_until("it came to be, or not", lambda: name_at(
        desk.admin.at(one.url), desk, fresh=1) in ("Done", "Perhaps"))
    # With two of three gone for longer there is no leader to take anything.
    leader = cluster.wait_leader()
    last = next(n for n in (one, two, leader) if n.number == one.number)
    for node in others(cluster, last):
        node.signal(signal.SIGSTOP)
    wait_until("it knows no leader", lambda: last.status()["reason"] == "no leader")
    never = rename(desk.admin.at(last.url), desk, "Never")
    assert never.status == 503 and never.json()["code"] == "no_quorum"
    for node in cluster.nodes:
        node.signal(signal.SIGCONT)
    wait_until("together again", lambda: name_at(
        desk.admin.at(last.url), desk, fresh=1) != "Never")
    cluster.wait_level()
    assert all(name_at(desk.admin.at(n.url), desk) != "Never" for n in cluster.nodes)


def test_fresh_takes_nothing_else_than_one(patient):
    _, desk = patient
    answer = desk.admin.attempt("GET", f"/api/v1/projects/{desk.id}?fresh=yes")
    assert answer.status == 422 and "fresh" in answer.json()["detail"]


KEY = "Idempotency-Key"


def make_link(api, desk, name, key):
    """A change that would show if it were done twice."""
    return api.attempt("POST", "/api/v1/links", {"name": name, "project": desk.id}, {KEY: key})


def links(api, name):
    """How many links have this name."""
    return sum(link["name"] == name for link in api.get("/api/v1/links", fresh=1)["items"])


def test_a_key_makes_repetitions_harmless_at_any_node(patient):
    cluster, desk = patient
    apis = [desk.admin.at(node.url) for node in cluster.nodes]
    answers = [make_link(api, desk, "Once", "first") for api in apis * 2]
    assert {a.status for a in answers} == {answers[0].status} and answers[0].status in (200, 201)
    assert len({a.json()["id"] for a in answers}) == 1
    assert links(apis[0], "Once") == 1
    # Another intention, another key; another request under a used key is refused.
    assert make_link(apis[1], desk, "Once", "second").json()["id"] != answers[0].json()["id"]
    other = make_link(apis[2], desk, "Twice", "first")
    assert other.status == 422 and "another request" in other.json()["detail"]
    for wrong in ("", "k" * 129):
        assert make_link(apis[0], desk, "Wrong", wrong).status == 422
    assert links(apis[0], "Wrong") == links(apis[0], "Twice") == 0


def test_a_key_survives_a_lost_leader_and_a_restart(patient):
    cluster, desk = patient
    leader = cluster.wait_leader()
    one, two = others(cluster, leader)
    # The leader takes it and can't tell: the client repeats it elsewhere.
    one.signal(signal.SIGSTOP)
    two.signal(signal.SIGSTOP)
    assert make_link(desk.admin.at(leader.url), desk, "Somehow", "lost").status == 504
    leader.signal(signal.SIGSTOP)
    one.signal(signal.SIGCONT)
    two.signal(signal.SIGCONT)
    done = wait_until("done", lambda: (lambda a: a if a.status in (200, 201) else None)(
        make_link(desk.admin.at(one.url), desk, "Somehow", "lost")))
    leader.signal(signal.SIGCONT)
    assert links(desk.admin.at(two.url), "Somehow") == 1
    cluster.wait_level()
    for node in cluster.nodes:
        node.kill()
    cluster.start()
    again = wait_until("answered", lambda: (lambda a: a if a.status != 503 else None)(
        make_link(desk.admin.at(leader.url), desk, "Somehow", "lost")))
    assert again.status == done.status and again.json()["id"] == done.json()["id"]
    assert links(desk.admin.at(leader.url), "Somehow") == 1
    assert len({status["digest"] for status in cluster.wait_level()}) == 1
