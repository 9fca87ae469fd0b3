"""Clicks that are older than their project keeps them leave the disk by themselves."""

import sqlite3
import sys

from desk import Desk
from driver.api import request
from driver.processes import ROOT
from driver.standin import StandIn
from driver.waiting import free_ports, wait_until

sys.path.insert(0, str(ROOT / "chaos"))
from storm.shim import Shim, build  # noqa: E402

BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html"}
CLICKS = "t8"
DAY = 86_400


def clicks_on_disk(node):
    """How many rows of clicks a running node has in state.db."""
    [path] = [*node.data.glob("state.db"), *node.data.glob("state-*.db")]
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return database.execute(f"SELECT count(*) FROM {CLICKS}").fetchone()[0]
    finally:
        database.close()


def test_the_leader_lets_clicks_go_that_are_too_old_and_keeps_the_others(new_cluster, tmp_path):
    shim = Shim(build("shim.c", tmp_path), tmp_path / "control")
    [port] = free_ports(1)
    with StandIn(port, tmp_path / "standin.log") as standin:
        cluster = new_cluster(nodes=1, start=False, telegram=standin.url,
                              changes={"limits": {"clickSweepSeconds": 1}})
        [node] = cluster.nodes
        node.start(environment=shim.environment)
        node.wait_ready()
        desk = Desk(cluster, standin, ["Ana"], links=["ad"])

        def click():
            answer = request(node.url, "GET", f"/{desk.links['ad']}", BROWSER)
            assert answer.status == 302

        # A click's time is the wall clock's; what is kept goes by log time, which never goes back.
        shim.set_clock(-3 * DAY)
        click()
        shim.set_clock(0)
        click()
        wait_until("both are kept", lambda: clicks_on_disk(node) == 2)
        desk.admin.put(f"/api/v1/projects/{desk.id}", {"clickRetentionDays": 1})
        wait_until("one is gone", lambda: clicks_on_disk(node) == 1, 20)
        [link] = [each for each in desk.admin.get("/api/v1/links")["items"]
                  if each["code"] == desk.links["ad"]]
        assert link["humanClicks"] == 2, "the numbers count on"
        # And again, an interval later, without a new office.
        shim.set_clock(-3 * DAY)
        click()
        shim.set_clock(0)
        wait_until("the third is counted", lambda: [
            each["humanClicks"] for each in desk.admin.get("/api/v1/links")["items"]
            if each["code"] == desk.links["ad"]] == [3])
        wait_until("it is gone as well", lambda: clicks_on_disk(node) == 1, 20)
        desk.close()
