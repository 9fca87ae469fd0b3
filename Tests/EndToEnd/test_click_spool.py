"""What is in a node's spool gets into the log: the largest clicks, and those around a bad row."""

import concurrent.futures
import contextlib
import sqlite3

import pytest
from desk import Desk
from driver.api import request
from driver.waiting import wait_until

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
KEPT_BYTES = 1024
CLICKS = 600


@pytest.fixture
def desk(new_cluster):
    """A cluster of its own with a link."""
    desk = Desk(new_cluster(), None, ["Ana"], permissions=("view", "reply"), links=["spring"])
    yield desk
    desk.close()
    desk.cluster.kill()


def click(desk, node=1, headers=BROWSER, query=""):
    """The status of a click."""
    url = desk.cluster[node].url
    return request(url, "GET", f"/{desk.links['spring']}{query}", headers).status


def counted(desk):
    """All clicks of the link that the cluster has counted."""
    [link] = [each for each in desk.admin.get("/api/v1/links")["items"]
              if each["code"] == desk.links["spring"]]
    return link["humanClicks"] + link["otherClicks"]


def without_others(desk):
    """Leaves node 1 alone, so that its clicks stay in its spool."""
    for number in (2, 3):
        desk.cluster[number].kill()


def metric(node, name):
    """One value of /metrics."""
    text = request(f"http://{node.operations}", "GET", "/metrics").body.decode()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


def test_the_largest_clicks_get_into_the_log(desk):
    assert click(desk) == 302
    wait_until("counted", lambda: counted(desk) == 1)
    without_others(desk)
    # More than a megabyte of text, many clicks in a turn: what one entry could not hold.
    headers = {**BROWSER, "Referer": "r" * 2 * KEPT_BYTES, "Accept-Language": "l" * 2 * KEPT_BYTES,
               "User-Agent": BROWSER["User-Agent"] + "u" * 2 * KEPT_BYTES}
    query = "?q=" + "q" * 2 * KEPT_BYTES
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(
            lambda _: click(desk, headers=headers, query=query), range(CLICKS)))
    assert statuses == [302] * CLICKS
    assert desk.cluster[1].status()["spooledClicks"] == CLICKS
    for number in (2, 3):
        desk.cluster[number].start()
    wait_until("the spool is empty", lambda: desk.cluster[1].status()["spooledClicks"] == 0, 60)
    wait_until("all counted, each once", lambda: counted(desk) == 1 + CLICKS)


def test_a_bad_row_costs_its_clicks_and_nothing_else(desk):
    assert click(desk) == 302
    wait_until("counted", lambda: counted(desk) == 1)
    without_others(desk)
    # One after the other: each is a row.
    for _ in range(5):
        assert click(desk) == 302
    node = desk.cluster[1]
    node.kill()
    with contextlib.closing(sqlite3.connect(node.data / "spool.db")) as spool:
        rows = spool.execute("SELECT position FROM clicks ORDER BY position").fetchall()
        assert len(rows) == 5
        spool.execute("UPDATE clicks SET crc = crc + 1 WHERE position = ?", rows[1])
        spool.execute("UPDATE clicks SET body = x'00' WHERE position = ?", rows[4])
        spool.commit()
    for each in desk.cluster.nodes:
        each.start()
    wait_until("the spool is empty", lambda: node.is_ready()
               and node.status()["spooledClicks"] == 0, 60)
    wait_until("the good ones are counted", lambda: counted(desk) == 1 + 3)
    assert metric(node, "roundhouse_spool_rows_left_out_total") == 2
    assert node.log.read_text().count("spooled clicks can't be read and are left out") == 2
    assert node.pid() and click(desk) == 302
