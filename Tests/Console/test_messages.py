"""What messages carry: files, formatting, and changes of what was sent, through the page."""

import pytest
from playwright.sync_api import expect
from test_desk import open_session

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
