"""A page whose node is lost goes on at another one."""

import re

import pytest
from mock_node import MockNode
from playwright.sync_api import expect
from test_desk import open_session, send

pytestmark = pytest.mark.mock


@pytest.fixture
def other(node):
    """A second node of the same cluster, under another name: no cookie follows there."""
    second = MockNode(beside=node)
    second.name = f"http://localhost:{second.port}"
    node.do(lambda desk: desk.nodes.extend([node.url, second.name]))
    yield second
    second.stop()


def ticket_of(page):
    """Waits until the page has a ticket."""
    with page.expect_response("**/api/v1/me/move") as answer:
        page.reload()
    return answer.value.json()["ticket"]


@pytest.fixture
def desk(office, node, other):
    """Ana's page with a ticket and one open session."""
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello")
    page.ticket = ticket_of(page)
    open_session(page, "Marta Kowalska")
    return page


def test_the_page_goes_on_elsewhere_with_session_draft_and_sign_in(desk, node, other):
    desk.get_by_role("textbox", name="Answer").fill("half a sentence, “ä 猫”")
    hash_before = desk.evaluate("location.hash")
    node.cut()
    expect(desk.locator(".banner")).to_contain_text("goes on at another node")
    desk.wait_for_url(re.compile(f"^{other.name}/"), timeout=30_000)
    expect(desk.locator(".belief")).to_have_text("Receiving")
    assert desk.evaluate("location.hash") == hash_before
    assert "move" not in desk.url
    expect(desk.get_by_role("textbox", name="Answer")).to_have_value("half a sentence, “ä 猫”")
    expect(desk.locator(".notice", has_text="You go on at localhost")).to_be_visible()
    send(desk, "And the rest")
    expect(desk.locator(".message.ours .delivery")).to_have_text("Sent")


def test_what_was_sent_as_the_node_died_is_looked_for_at_the_next(desk, node, other):
    desk.route("**/reply", lambda route: route.abort())
    send(desk, "Lost on the way")
    node.cut()
    desk.wait_for_url(re.compile(f"^{other.name}/"), timeout=30_000)
    pending = desk.locator(".message.pending")
    expect(pending).to_contain_text("It did not arrive at the cluster.")


def test_a_node_that_comes_back_soon_keeps_its_page(desk, node, other):
    asked = []
    desk.on("request", lambda request: asked.append(request.url))
    node.cut()
    expect(desk.locator(".banner")).to_contain_text("Connection lost")
    node.mend()
    desk.evaluate("dispatchEvent(new Event('online'))")
    expect(desk.locator(".banner")).to_be_hidden()
    assert desk.url.startswith(node.url)
    assert not any(url.startswith(other.name) for url in asked)


def test_nobody_goes_to_a_node_that_is_not_ready(desk, node, other):
    other.is_ready = False
    with desk.expect_response(f"{other.name}/readyz", timeout=30_000) as answer:
        node.cut()
    assert answer.value.status == 503
    assert desk.url.startswith(node.url)
    other.is_ready = True
    desk.wait_for_url(re.compile(f"^{other.name}/"), timeout=30_000)


def test_a_link_of_another_site_signs_nobody_in_and_writes_no_draft(desk, office, other):
    page = office.page()
    luggage = page.evaluate("""ticket => btoa(JSON.stringify({ ticket, index: 0, talks: {
        1: { draft: 'not mine', pending: [] } } })).replaceAll('=', '')""", desk.ticket)
    page.goto(f"{other.name}/#/mine/1?move={luggage}")
    page.reload()
    expect(page.get_by_role("heading", name="Sign in to Roundhouse")).to_be_visible()
    page.goto("about:blank")
    page.goto(f"{other.name}/#/mine/1?move={luggage}")
    expect(page.get_by_role("heading", name="Sign in to Roundhouse")).to_be_visible()
    office.sign_in(page, office.agents["Ana"], f"{office.agents['Ana']}-password")
    expect(page.get_by_text("not mine")).to_have_count(0)
