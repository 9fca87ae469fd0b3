"""The way in without a balancer: a webhook moves away from a node that is gone, and only then."""

import json
import re
import signal
import time

import pytest
from desk import Desk, new_user
from driver.api import ApiError, request
from driver.waiting import pause, wait_until

WATCHING = ("view", "reply", "transfer")


def webhook(desk, node):
    """What a node says of a desk's webhook."""
    return desk.admin.at(desk.cluster[node].url).get(f"/api/v1/projects/{desk.id}/webhook")


def register(desk, node):
    """Points a desk's webhook at a node, as a manager does."""
    return desk.admin.at(desk.cluster[node].url).post(
        f"/api/v1/projects/{desk.id}/webhook", {"url": desk.cluster[node].url})


def info(desk):
    """What Telegram says of a desk's webhook."""
    return desk.standin.get(f"/bot{desk.token}/getWebhookInfo")["result"]


def moved(node):
    """How many webhooks a node has moved."""
    text = request(f"http://{node.operations}", "GET", "/metrics").body.decode()
    return int(re.search(r"^roundhouse_webhooks_moved_total (\d+)$", text, re.M)[1])


def log_lines(node, message):
    """A node's log lines with this message."""
    lines = node.log.read_text().splitlines()
    return [json.loads(line) for line in lines if f'"{message}"' in line]


def texts(desk, user, node):
    """What a customer's session has, as a node tells it."""
    session = desk.session_of(user, node)
    history = desk.browser("Ana", node).history(session["id"]) if session else []
    return [item["text"] for item in history
            if item["kind"] == "message" and item["from"] == "customer"]


@pytest.mark.parametrize("victim_leads", [False, True], ids=["a follower", "the leader"])
def test_the_webhooks_node_dies_and_intake_goes_on_within_15_seconds(
        new_cluster, standin, victim_leads):
    cluster = new_cluster(telegram=standin.url)
    desk = Desk(cluster, standin, ["Ana"], permissions=WATCHING)
    foreign = Desk(cluster, standin, ["Ana"], permissions=WATCHING)
    leader = cluster.leader().number
    victim = leader if victim_leads else leader % 3 + 1
    rest = [n for n in (1, 2, 3) if n != victim]
    assert register(desk, victim)["url"] == cluster[victim].url + desk.path
    elsewhere = "http://127.0.0.1:9/elsewhere"
    standin.post(f"/bot{foreign.token}/setWebhook", {"url": elsewhere})
    seen = webhook(desk, rest[0])
    assert seen["nodes"] == [victim] and seen["url"] == cluster[victim].url + desk.path
    assert seen["pointed"]["by"]["name"] == "admin" and seen["pointed"]["confirmed"]
    assert {entrance["node"] for entrance in seen["entrances"]} == {1, 2, 3}
    user = new_user()
    standin.customer_writes(desk.bot, user, "before")
    wait_until("the first message", lambda: texts(desk, user, rest[0]) == ["before"])

    cluster[victim].kill()
    killed = time.monotonic()
    written = ["before"]
    for number in range(8):
        written.append(f"during {number}")
        standin.customer_writes(desk.bot, user, written[-1])
    assert info(desk)["pending_update_count"] == 8
    wait_until("intake goes on", lambda: info(desk)["pending_update_count"] == 0, 15)
    assert 10 <= time.monotonic() - killed <= 15
    wait_until("every message is there", lambda: texts(desk, user, rest[0]) == written)

    seen = webhook(desk, rest[1])
    [owner] = seen["nodes"]
    assert owner in rest and seen["pending"] == 0
    point = seen["pointed"]
    assert point["url"] == cluster[owner].url + desk.path and point["confirmed"]
    assert (point["node"], point["gone"], point["by"]) == (owner, victim, None)
    # It happened once, the log has one line of it, and the foreign webhook was left alone.
    assert sum(moved(cluster[n]) for n in rest) == 1
    lines = [line for n in rest
             for line in log_lines(cluster[n], "webhook registered at another node")]
    assert len(lines) == 1 and (lines[0]["from"], lines[0]["to"]) == (victim, owner)
    assert info(foreign)["url"] == elsewhere
    seen = webhook(foreign, rest[0])
    assert seen["url"] == elsewhere and seen["nodes"] == [] and seen["pointed"] is None

    # The node comes back: the webhook stays where it is, and the node knows who moved it.
    cluster[victim].start()
    cluster[victim].wait_ready()
    standin.customer_writes(desk.bot, user, "after")
    wait_until("the last message", lambda: texts(desk, user, victim) == [*written, "after"])
    assert webhook(desk, victim)["pointed"]["gone"] == victim
    assert info(desk)["url"] == cluster[owner].url + desk.path


def test_a_node_that_is_away_for_a_moment_keeps_its_webhook(new_cluster, standin):
    cluster = new_cluster(telegram=standin.url)
    desk = Desk(cluster, standin, ["Ana"], permissions=WATCHING)
    leader = cluster.leader().number
    victim = leader % 3 + 1
    register(desk, victim)
    cluster[victim].signal(signal.SIGSTOP)
    pause(7)
    cluster[victim].signal(signal.SIGCONT)
    pause(6)
    assert info(desk)["url"] == cluster[victim].url + desk.path
    assert sum(moved(node) for node in cluster.nodes) == 0


def test_a_call_that_telegram_refuses_is_made_again(new_cluster, standin):
    cluster = new_cluster(telegram=standin.url)
    desk = Desk(cluster, standin, ["Ana"], permissions=WATCHING)
    leader = cluster.leader().number
    victim = leader % 3 + 1
    register(desk, victim)
    cluster[victim].kill()
    standin.post(f"/standin/bots/{desk.bot}/faults", {
        "method": "setWebhook", "effect": "fail", "code": 500})
    wait_until("the webhook is at another node", lambda: info(desk)["url"] not in (
        "", cluster[victim].url + desk.path), 25)
    wait_until("it is confirmed", lambda: webhook(desk, leader)["pointed"]["confirmed"])
    assert log_lines(cluster[leader], "a webhook could not be looked after")


def test_a_token_of_another_bot_is_refused(new_desk):
    desk = new_desk("Ana")
    number = desk.token.split(":")[0]
    path = f"/api/v1/projects/{desk.id}"
    with pytest.raises(ApiError) as refused:
        desk.admin.put(path, {"token": f"9{number}:AA{'x' * 32}"})
    assert refused.value.status == 409 and refused.value.code == "other_bot"
    desk.admin.put(path, {"token": f"{number}:AA{'y' * 32}"})
    seen = webhook(desk, 1)
    assert seen["url"] is None and "Unauthorized" in seen["problem"]


def test_only_managers_see_a_webhook(new_desk):
    desk = new_desk("Ana")
    with pytest.raises(ApiError) as refused:
        desk.browser("Ana").get(f"/api/v1/projects/{desk.id}/webhook")
    assert refused.value.status == 403
