"""A console in a real browser whose node is killed: it goes on at another one."""

import base64
import json
import re

import pytest
from desk import Desk, new_user
from driver.processes import Node
from driver.waiting import wait_until
from playwright.sync_api import expect

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def desk(new_cluster, standin):
    """A cluster of three whose first node has another host's name for browsers than the others."""
    cluster = new_cluster(telegram=standin.url, start=False)
    for place, node in enumerate(cluster.nodes):
        if node.number == 1:
            continue
        configuration = json.loads(node.path.read_text())
        url = configuration["public"]["url"].replace("127.0.0.1", "localhost")
        configuration["public"]["url"] = url
        node.path.write_text(json.dumps(configuration))
        cluster.nodes[place] = Node(node.path, bound=True)
    cluster.start()
    return Desk(cluster, standin, ["Ana"])


def sign_in(chromium, desk):
    """Ana's page at node 1, which has a ticket."""
    context = chromium.new_context()
    page = context.new_page()
    wait_until("node 1 knows where the others are", lambda: len(
        desk.browser("Ana").get("/api/v1/me")["nodes"]) == 3)
    page.goto(desk.cluster[1].url)
    page.get_by_label("Login").fill(desk.seeded.agents[0]["login"])
    page.get_by_label("Password").fill("password of Ana")
    with page.expect_response("**/api/v1/me/move") as answer:
        page.get_by_role("button", name="Sign in").click()
    assert answer.value.status == 200
    page.ticket = answer.value.json()["ticket"]
    expect(page.locator(".belief")).to_have_attribute("data-seen", "receiving")
    return page


def test_a_console_whose_node_is_killed_goes_on_elsewhere_and_is_given_sessions(chromium, desk):
    page = sign_in(chromium, desk)
    user = new_user()
    desk.write(user, "Hello from the first node")
    # The bot may write to who has written to it.
    desk.standin.post(f"/standin/customers/{user}/send", {"bot": desk.bot, "text": "/start"})
    session = desk.session_of(user)
    page.goto(f"{desk.cluster[1].url}/#/mine/{session['id']}")
    answer = page.get_by_role("textbox", name="Answer")
    expect(answer).to_be_visible()
    answer.fill("a draft that nobody sent")
    desk.cluster[1].kill()
    page.wait_for_url(re.compile("^http://localhost:"), timeout=60_000)
    expect(answer).to_have_value("a draft that nobody sent", timeout=20_000)
    expect(page.get_by_text("Hello from the first node").first).to_be_visible()
    assert page.evaluate("location.hash") == f"#/mine/{session['id']}"
    expect(page.locator(".belief")).to_have_attribute("data-seen", "receiving")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message.ours .delivery")).to_have_text("Sent", timeout=20_000)
    # The old cookie counts no more, and the ticket is used up.
    late = desk.admin.at(desk.cluster[2].url).attempt(
        "POST", "/api/v1/sign-in/move", {"ticket": page.ticket, "from": desk.cluster[1].url},
        {"Cookie": ""})
    assert late.status == 401
    page.context.close()


def test_a_ticket_is_for_pages_of_the_node_that_gave_it(chromium, desk):
    ana = desk.browser("Ana")
    ticket = ana.post("/api/v1/me/move")["ticket"]
    other = type(ana)(desk.cluster[2].url)
    body = {"ticket": ticket, "from": "https://elsewhere.example"}
    assert other.attempt("POST", "/api/v1/sign-in/move", body).status == 401
    spoilt = base64.urlsafe_b64encode(b"x" * 90).decode().rstrip("=")
    body = {"ticket": spoilt, "from": desk.cluster[1].url}
    assert other.attempt("POST", "/api/v1/sign-in/move", body).status == 401
    body = {"ticket": ticket, "from": desk.cluster[1].url}
    cross = other.attempt(
        "POST", "/api/v1/sign-in/move", body, {"Origin": "https://elsewhere.example"})
    assert cross.status == 403
    moved = other.attempt("POST", "/api/v1/sign-in/move", body)
    assert moved.status == 200 and moved.json()["agent"]["name"] == "Ana"
    cookie = moved.headers["Set-Cookie"].split(";")[0]
    assert type(ana)(desk.cluster[2].url, cookie=cookie).get("/api/v1/me")["agent"]["id"]
    wait_until("the old cookie ends", lambda: ana.attempt("GET", "/api/v1/me").status == 401)
    again = other.attempt("POST", "/api/v1/sign-in/move", body)
    assert again.status == 401 and again.json()["code"] == "not_signed_in"


def test_a_ticket_changes_nothing_where_the_cookie_followed(desk):
    ana = desk.browser("Ana")
    ticket = ana.post("/api/v1/me/move")["ticket"]
    here = ana.at(desk.cluster[3].url)
    body = {"ticket": ticket, "from": desk.cluster[1].url}
    for _ in range(2):
        answer = here.attempt("POST", "/api/v1/sign-in/move", body)
        assert answer.status == 200 and "Set-Cookie" not in answer.headers
    assert ana.attempt("GET", "/api/v1/me").status == 200
    stranger = desk.admin.at(desk.cluster[3].url).attempt("POST", "/api/v1/sign-in/move", body)
    assert stranger.status == 401


def test_the_page_may_ask_the_other_nodes_whether_they_are_ready(desk):
    wait_until("node 1 knows where the others are", lambda: len(
        desk.browser("Ana").get("/api/v1/me")["nodes"]) == 3)
    page = desk.browser("Ana").attempt("GET", "/")
    policy = page.headers["Content-Security-Policy"]
    connect = next(part for part in policy.split(";") if "connect-src" in part)
    assert connect.split() == ["connect-src", "'self'", desk.cluster[2].url, desk.cluster[3].url]
    tag = page.headers["ETag"]
    same = desk.browser("Ana").attempt("GET", "/", headers={"If-None-Match": tag})
    assert same.status == 304 and same.headers["Content-Security-Policy"] == policy
    ready = desk.browser("Ana", 2).attempt("GET", "/readyz")
    assert ready.headers["Access-Control-Allow-Origin"] == "*"
