"""What customers send, through the page: albums, places, contacts, answers, changes."""

import pytest
from playwright.sync_api import expect
from test_desk import open_session, send
from test_messages import shows

pytestmark = pytest.mark.mock


def adds(node, kind, **more):
    """Something more happens in the only session."""
    node.do(lambda desk: desk.item(next(iter(desk.sessions)), kind, "customer", **more))


def hides(node):
    """A rule hides the item before."""
    node.do(lambda desk: desk.item(next(iter(desk.sessions)), "moderated", "system", moderation={
        "action": "confirm", "rule": "secret", "version": "1"}))


def test_an_edit_that_a_rule_hides_is_shown_on_demand_alone(office, node):
    page = shows(office, node, "Hello", number="5")
    adds(node, "edited", text="a secret word", messageKind="text", of="1", ofNumber="5")
    hides(node)
    change = page.locator(".event .change")
    expect(change.get_by_text("A rule of the project hides this message")).to_be_visible()
    expect(change.get_by_text("a secret word")).to_be_hidden()
    change.get_by_text("Show it").click()
    expect(change.get_by_text("a secret word")).to_be_visible()


def test_an_edit_tells_which_message_and_shows_its_new_picture(office, node):
    page = shows(office, node, "The old words", number="5")
    adds(node, "edited", text="The new words", messageKind="photo", ofNumber="5",
         file={"hasThumbnail": True})
    change = page.locator(".event .change")
    expect(change.locator(".quote")).to_contain_text("The old words")
    expect(change.locator(".text")).to_have_text("The new words")
    expect(change.locator("img")).to_have_js_property("naturalWidth", 1)
    expect(page.locator(".log")).to_contain_text("The customer changed a message")


def test_a_link_used_in_the_middle_of_a_session_is_told(office, node):
    page = shows(office, node, "Hello")
    adds(node, "message", text="/start", messageKind="text", source="Spring sale")
    bubbles = page.locator(".message.theirs .bubble")
    expect(bubbles).to_have_count(2)
    expect(bubbles.last).to_contain_text("Came by the link Spring sale")
    expect(bubbles.first).not_to_contain_text("Came by")


def test_an_album_is_one_bubble_with_its_caption_once(office, node):
    photo = {"kind": "photo", "file": {"hasThumbnail": True}, "album": "97"}
    page = shows(office, node, "Look at these", **photo)
    for _ in range(2):
        node.do(lambda desk: desk.customer_writes(
            office.project, 77, "Marta Kowalska", "", **photo))
    node.do(lambda desk: desk.customer_writes(
        office.project, 77, "Marta Kowalska", "", **{**photo, "album": "98"}))
    bubbles = page.locator(".message.theirs .bubble")
    expect(bubbles).to_have_count(2)
    expect(bubbles.first.locator(".album img")).to_have_count(3)
    expect(bubbles.first.locator(".text")).to_have_text("Look at these")
    expect(bubbles.last.locator("img")).to_have_count(1)


def test_a_place_leads_to_a_map_and_a_number_can_be_copied(office, node):
    page = shows(office, node, "", kind="venue", location={
        "latitude": 52.520008, "longitude": 13.404954, "title": "Café", "address": "Street 1"})
    place = page.locator(".message.theirs .enclosure")
    expect(place).to_contain_text("Café")
    expect(place).to_contain_text("52.52001, 13.40495")
    link = place.get_by_role("link", name="Show on a map")
    expect(link).to_have_attribute(
        "href",
        "https://www.openstreetmap.org/?mlat=52.520008&mlon=13.404954#map=16/52.520008/13.404954")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    node.do(lambda desk: desk.customer_writes(
        office.project, 77, "Marta Kowalska", "", kind="contact",
        contact={"phoneNumber": "+49 30 1234", "firstName": "Zoë", "lastName": "Q"}))
    person = page.locator(".message.theirs .enclosure").last
    expect(person).to_contain_text("Zoë Q")
    expect(person).to_contain_text("+49 30 1234")
    expect(person.get_by_role("button", name="Copy")).to_be_visible()


def test_a_place_that_moves_is_one_line(office, node):
    page = shows(office, node, "", kind="location", number="5", location={
        "latitude": 1, "longitude": 2, "live": True})
    adds(node, "edited", text="", messageKind="location", ofNumber="5", location={
        "latitude": 1.5, "longitude": 2, "live": True})
    expect(page.locator(".log")).to_contain_text("The place that the customer sent moved")
    expect(page.locator(".event .change .enclosure")).to_contain_text("1.50000, 2.00000")


def test_what_is_not_supported_is_named_and_is_no_bubble(office, node):
    page = shows(office, node, "", kind="poll", unsupported=True)
    expect(page.locator(".message.theirs")).to_have_count(0)
    expect(page.locator(".event .unsupported")).to_have_text("unsupported: poll")
    expect(page.locator(".session", has_text="Marta Kowalska")).to_contain_text(
        "unsupported: poll")


def test_a_quotation_leads_to_the_message_that_is_answered(office, node):
    page = shows(office, node, "Where is my parcel?", number="5")
    for number in range(30):
        node.do(lambda desk, number=number: desk.customer_writes(
            office.project, 77, "Marta Kowalska", f"Line {number}"))
    node.do(lambda desk: desk.customer_writes(
        office.project, 77, "Marta Kowalska", "This one", replyToNumber="5"))
    asked = page.locator(".message.theirs").first
    quote = page.locator(".message.theirs").last.locator(".quote")
    expect(quote).to_contain_text("Where is my parcel?")
    expect(asked).not_to_be_in_viewport()
    quote.click()
    expect(asked).to_be_in_viewport()
    expect(asked).to_be_focused()


def test_a_quotation_says_nothing_that_a_rule_hides(office, node):
    page = shows(office, node, "Hello", number="4")
    adds(node, "message", text="a secret word", messageKind="text", number="5")
    hides(node)
    adds(node, "message", text="Well?", messageKind="text", number="6", replyToNumber="5")
    quote = page.locator(".message.theirs").last.locator(".quote")
    expect(quote).to_contain_text("A message that a rule hides")
    expect(quote).not_to_contain_text("secret word")


def test_an_agent_answers_one_of_the_messages(office, node):
    page = shows(office, node, "Red or blue?", number="5")
    asked = page.locator(".message.theirs")
    asked.hover()
    asked.get_by_role("button", name="Reply").click()
    bar = page.locator(".composer .answers")
    expect(bar).to_contain_text("In reply to: Red or blue?")
    expect(page.get_by_role("textbox", name="Answer")).to_be_focused()
    bar.get_by_role("button", name="Do not answer this message").click()
    expect(bar).to_be_hidden()
    asked.hover()
    asked.get_by_role("button", name="Reply").click()
    send(page, "Blue")
    expect(bar).to_be_hidden()
    ours = page.locator(".message.ours")
    expect(ours.locator(".quote")).to_contain_text("Red or blue?")
    [items] = node.do(lambda desk: list(desk.history.values()))
    [answer] = [item for item in items if item.get("outbox")]
    [question] = [item for item in items if item.get("number") == "5"]
    assert answer["replyTo"] == question["ordinal"]


def test_what_an_answer_answers_stays_with_its_session(office, node):
    page = shows(office, node, "Red or blue?", number="5")
    node.do(lambda desk: desk.customer_writes(office.project, 78, "Luis Ortega", "Hi"))
    asked = page.locator(".message.theirs")
    asked.hover()
    asked.get_by_role("button", name="Reply").click()
    open_session(page, "Luis Ortega")
    expect(page.locator(".composer .answers")).to_be_hidden()
    open_session(page, "Marta Kowalska")
    expect(page.locator(".composer .answers")).to_contain_text("Red or blue?")
