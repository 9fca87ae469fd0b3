"""What messages carry: files, formatting, and changes of what was sent, through the page."""

import pytest
from playwright.sync_api import expect
from test_desk import open_session, send

pytestmark = pytest.mark.mock


def shows(office, node, text, kind="text", **more):
    """A customer's message of any kind comes; gives Ana's page with it open."""
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    node.do(lambda desk: desk.customer_writes(
        office.project, 77, "Marta Kowalska", text, kind=kind, **more))
    open_session(page, "Marta Kowalska")
    return page


def test_a_photo_is_a_thumbnail_that_opens_large(office, node):
    page = shows(office, node, "Look", kind="photo",
                 file={"hasThumbnail": True, "size": 1_500_000})
    bubble = page.locator(".message.theirs")
    expect(bubble).to_contain_text("Look")
    picture = bubble.locator("img")
    expect(picture).to_have_js_property("naturalWidth", 1)
    assert node.do(lambda desk: desk.fetched) == [("1", "thumbnail")]
    bubble.get_by_role("button", name="Photo: show large").click()
    dialog = page.get_by_role("dialog", name="Photo")
    expect(dialog.locator("img")).to_have_js_property("naturalWidth", 1)
    save = dialog.get_by_role("link", name="Save Photo (1.4 MB)")
    expect(save).to_have_attribute("download", "Photo")
    assert node.do(lambda desk: desk.fetched)[1] == ("1", None)


def test_sounds_and_films_have_players_and_documents_a_link(office, node):
    page = shows(office, node, "", kind="voice", file={"hasThumbnail": False})
    expect(page.locator(".message.theirs audio")).to_have_attribute("preload", "none")
    for kind, file in (("video", {"hasThumbnail": True}),
                       ("document", {"hasThumbnail": False, "name": "invoice.pdf", "size": 900}),
                       ("document", {"hasThumbnail": False, "name": "film.mkv",
                                     "size": 30 << 20})):
        node.do(lambda desk, kind=kind, file=file: desk.customer_writes(
            office.project, 77, "Marta Kowalska", "", kind=kind, file=file))
    expect(page.locator(".message.theirs video")).to_have_attribute("controls", "")
    expect(page.get_by_role("link", name="Save invoice.pdf (900 bytes)")).to_be_visible()
    expect(page.locator(".message.theirs").last).to_contain_text("too large for a bot")


def test_what_a_customer_formats_is_shown_so_and_leads_nowhere_but_the_web(office, node):
    text = "bold code link evil <b>x</b>"
    page = shows(office, node, text, entities=[
        {"type": "bold", "offset": 0, "length": 4},
        {"type": "code", "offset": 5, "length": 4},
        {"type": "text_link", "offset": 10, "length": 4, "url": "https://a.example/"},
        {"type": "text_link", "offset": 15, "length": 4, "url": "javascript:alert(1)"}])
    bubble = page.locator(".message.theirs .text")
    expect(bubble).to_have_text(text)
    expect(bubble.locator("strong")).to_have_text("bold")
    expect(bubble.locator("code")).to_have_text("code")
    expect(bubble.locator("a")).to_have_count(1)
    expect(bubble.locator("a")).to_have_attribute("href", "https://a.example/")
    expect(bubble.locator("a")).to_have_attribute("rel", "noopener noreferrer")


def test_an_agent_formats_with_a_small_markup(office, node):
    page = shows(office, node, "Hello")
    send(page, "**Dear** _Marta_, see [here](https://a.example/x_y) and my_file_name \\*")
    bubble = page.locator(".message.ours .text")
    expect(bubble).to_have_text("Dear Marta, see here and my_file_name *")
    expect(bubble.locator("strong")).to_have_text("Dear")
    expect(bubble.locator("em")).to_have_text("Marta")
    expect(bubble.locator("a")).to_have_attribute("href", "https://a.example/x_y")
    [items] = node.do(lambda desk: list(desk.history.values()))
    [sent] = [item for item in items if item.get("outbox")]
    assert sent["entities"] == [
        {"type": "bold", "offset": 0, "length": 4}, {"type": "italic", "offset": 5, "length": 5},
        {"type": "text_link", "url": "https://a.example/x_y", "offset": 16, "length": 4}]
    expect(page.locator(".message.pending")).to_have_count(0)


def test_a_message_is_changed_and_deleted_and_the_desk_keeps_its_words(office, node):
    page = shows(office, node, "Hello")
    send(page, "The **old** words")
    bubble = page.locator(".message.ours")
    expect(bubble.locator(".delivery")).to_have_text("Sent")
    bubble.hover()
    bubble.get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog", name="Change the message")
    expect(dialog.get_by_label("Text")).to_have_value("The **old** words")
    dialog.get_by_label("Text").fill("The _new_ words")
    dialog.get_by_role("button", name="Change", exact=True).click()
    expect(bubble.locator(".text")).to_have_text("The new words")
    expect(bubble.locator(".text em")).to_have_text("new")
    expect(bubble.locator(".before")).to_contain_text("The old words")
    expect(page.locator(".log")).to_contain_text("A message was changed by you")
    bubble.hover()
    bubble.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(bubble).to_contain_text("Deleted for the customer")
    expect(bubble.locator(".tools")).to_have_count(0)
    expect(page.locator(".log")).to_contain_text("A message was deleted by you")


def test_a_change_that_telegram_refuses_says_why(office, node):
    page = shows(office, node, "Hello")
    send(page, "words")
    bubble = page.locator(".message.ours")
    expect(bubble.locator(".delivery")).to_have_text("Sent")
    node.do(lambda desk: desk.fates.append(("failed", "message to edit not found")))
    bubble.hover()
    bubble.get_by_role("button", name="Change").click()
    page.get_by_role("dialog").get_by_label("Text").fill("other words")
    page.get_by_role("dialog").get_by_role("button", name="Change", exact=True).click()
    expect(page.locator(".event .aftermath")).to_contain_text("message to edit not found")
    expect(page.locator(".event").get_by_role("button", name="Try again")).to_be_visible()
    expect(bubble.locator(".text")).to_have_text("words")


def test_a_message_that_failed_is_taken_back(office, node):
    page = shows(office, node, "Hello")
    node.do(lambda desk: desk.fates.append(("failed", "chat not found")))
    send(page, "words")
    bubble = page.locator(".message.ours")
    expect(bubble.locator(".delivery")).to_have_text("Not delivered")
    bubble.hover()
    bubble.get_by_role("button", name="Withdraw").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(bubble.locator(".delivery")).to_have_text("Withdrawn")


def test_the_customer_is_told_that_somebody_types_now_and_then(office, node):
    page = shows(office, node, "Hello")
    with page.expect_response("**/typing"):
        page.get_by_role("textbox", name="Answer").press_sequentially("typing away")
    assert node.do(lambda desk: desk.typed) == 1
