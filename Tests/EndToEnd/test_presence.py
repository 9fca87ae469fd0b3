"""Pages that are hidden, consoles that are silent, and what leases cost."""

import time

import pytest
from desk import Desk, new_user
from driver.waiting import pause, wait_until
from driver.websocket import Closed, LiveFeed, WebSocket


def owner(desk, user):
    """The name of who has a customer's session."""
    session = desk.session_of(user)
    return session["owner"]["name"] if session and session["owner"] else None


def test_a_hidden_page_that_comes_back_is_given_nothing(new_desk):
    desk = new_desk("Ana", permissions=("view", "reply", "transfer", "manage"))
    # It says nothing more: whether a page is visible is in the request.
    feed = LiveFeed(desk.browser("Ana"), visible=None, hidden=3600)
    desk.feeds["Ana"] = feed
    feed.wait_for("hello", lambda event: event["type"] == "hello")
    wait_until("she is there", lambda: desk.presence("Ana") == "hidden")
    user = new_user()
    desk.write(user, "Hello")
    assert owner(desk, user) is None
    feed.show(False)
    desk.write(user, "Anybody?")
    assert owner(desk, user) is None
    feed.show(True)
    wait_until("it is given", lambda: owner(desk, user) == "Ana")


def test_a_page_hidden_for_less_than_the_grace_receives_the_rest_of_it(new_desk):
    desk = new_desk("Ana", permissions=("view", "reply", "transfer", "manage"))
    desk.feeds["Ana"] = LiveFeed(desk.browser("Ana"), visible=None, hidden=55)
    wait_until("she is there", lambda: desk.presence("Ana") == "receiving")
    wait_until("the grace is over", lambda: desk.presence("Ana") == "hidden")
    user = new_user()
    desk.write(user, "Hello")
    assert owner(desk, user) is None


class SilentSocket(WebSocket):
    """A console that reads and never says a word, not even pong."""

    def _send(self, opcode, payload):
        pass


@pytest.mark.parametrize("consoles", [12])
def test_pings_every_10_seconds_silence_ends_after_35_and_all_leases_are_one_entry(
        new_cluster, consoles):
    cluster = new_cluster(nodes=1)
    desk = Desk(cluster, None, ["Ana"])
    feeds = [LiveFeed(desk.browser("Ana")) for _ in range(consoles)]
    for feed in feeds:
        feed.wait_for("hello", lambda event: event["type"] == "hello")
    node = cluster.nodes[0]
    # What opened and told has been told.
    pause(1)
    api = desk.browser("Ana")
    silent = SilentSocket(api.url, "/api/v1/live", {"Cookie": api.cookie})
    begun, before = time.monotonic(), int(node.status()["applied"])
    with pytest.raises(Closed):
        while time.monotonic() < begun + 60:
            silent.read(0.2)
            for feed in feeds:
                feed.socket.read(0)
    took = time.monotonic() - begun
    assert 34 < took < 40, took
    assert silent.pings == 3
    assert all(feed.socket.pings in (3, 4) for feed in feeds)
    # Three or four renewals, the silent one's opening and end, and moments that fell due.
    assert int(node.status()["applied"]) - before < consoles
    for feed in feeds:
        feed.close()
    desk.close()
