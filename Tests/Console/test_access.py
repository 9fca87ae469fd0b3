"""Keyboard, names, contrast, small screens."""

import re

import pytest
from playwright.sync_api import expect
from test_desk import open_session, send

CONTRAST = """() => {
    const luminance = ([r, g, b]) => [r, g, b].map((value) => value / 255)
        .map((value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
        .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const backdrop = (node) => {
        for (let each = node; each; each = each.parentElement) {
            const color = parse(getComputedStyle(each).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
    };
    const bad = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !node.checkVisibility()) continue;
        if (node.closest(':disabled, noscript, option, [class~=unseen]')) continue;
        const [a, b] = [parse(getComputedStyle(node).color), backdrop(node)].map(luminance);
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) bad.push(`${node.className} ${node.textContent} ${ratio.toFixed(2)}`);
    }
    return bad;
}"""

NAMES = """() => [...document.querySelectorAll('a[href], button, input, select, textarea')]
    .filter((node) => node.checkVisibility())
    .filter((node) => !(node.getAttribute('aria-label') || node.textContent.trim()
        || node.labels?.length || node.title))
    .map((node) => node.outerHTML)"""


@pytest.fixture
def desk(office):
    office.add_agent("Ana")
    office.add_agent("Wei")
    page = office.desk_of("Ana")
    office.customer_writes("First One", "Hello")
    office.customer_writes("Second One", "Hello again")
    expect(page.locator(".session")).to_have_count(2)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast_and_controls_have_names(desk, scheme):
    desk.emulate_media(color_scheme=scheme)
    open_session(desk, "First One")
    send(desk, "An answer")
    expect(desk.locator(".message.ours:not(.pending)")).to_have_count(1)
    assert desk.evaluate(CONTRAST) == []
    assert desk.evaluate(NAMES) == []
    desk.keyboard.press("Escape")
    desk.keyboard.press("t")
    expect(desk.get_by_role("dialog")).to_be_visible()
    assert desk.evaluate(CONTRAST) == []
    assert desk.evaluate(NAMES) == []


@pytest.mark.parametrize("part", [
    "projects", "agents", "links", "numbers", "whatif", "tokens", "audit", "cluster"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_managers_area_too(office, part, scheme):
    page = office.desk_of_admin(color_scheme=scheme)
    page.goto(f"{office.url}/#/admin/{part}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(NAMES) == []


def test_a_session_is_handled_without_a_mouse(desk):
    desk.keyboard.press("j")
    expect(desk.get_by_role("heading", name="First One", level=1)).to_be_visible()
    desk.keyboard.press("j")
    expect(desk.get_by_role("heading", name="Second One", level=1)).to_be_visible()
    desk.keyboard.press("r")
    expect(desk.get_by_role("textbox", name="Answer")).to_be_focused()
    desk.keyboard.type("Typed, with j and e in it")
    desk.keyboard.press("Shift+Enter")
    desk.keyboard.type("second line")
    desk.keyboard.press("Enter")
    expect(desk.locator(".message.ours:not(.pending)")).to_contain_text("second line")
    desk.keyboard.press("Escape")
    desk.keyboard.press("e")
    expect(desk.locator(".head")).to_contain_text("Completed")
    desk.keyboard.press("o")
    expect(desk.locator(".head")).to_contain_text("Yours")


def test_single_keys_can_be_switched_off(desk):
    desk.keyboard.press("?")
    desk.get_by_role("checkbox", name="Single keys work").uncheck()
    desk.keyboard.press("Escape")
    desk.keyboard.press("j")
    expect(desk.get_by_text("No session chosen")).to_be_visible()


def test_focus_stays_on_the_row_while_the_list_changes(desk, office):
    row = desk.locator(".session", has_text="Second One")
    row.focus()
    office.customer_writes("Third One", "Me too")
    expect(desk.locator(".session")).to_have_count(3)
    expect(row).to_be_focused()


def test_a_phone_shows_one_column_and_leads_back(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana", width=390, height=844)
    office.customer_writes("First One", "Hello")
    open_session(page, "First One")
    expect(page.locator(".list")).to_be_hidden()
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert page.evaluate(wide) is False
    page.get_by_role("button", name="Details and reasons").click()
    expect(page.locator(".panel")).to_be_visible()
    page.get_by_role("button", name="Close details").click()
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator(".talk")).to_be_hidden()
    expect(page).to_have_url(re.compile("#/mine$"))


def test_text_grows_without_loss(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana", width=720, height=450, device_scale_factor=2)
    office.customer_writes("First One", "A word " * 80)
    open_session(page, "First One")
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert page.evaluate(wide) is False
    expect(page.get_by_role("textbox", name="Answer")).to_be_in_viewport()
