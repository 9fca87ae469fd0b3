"""Files that agents send: chosen, dropped and pasted, with a caption, and what becomes of them."""

import pytest
from mock_actions import PNG
from playwright.sync_api import expect
from test_desk import open_session
from test_messages import shows

pytestmark = pytest.mark.mock

TRANSFER = """(node, [type, name, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' }));
    const more = { bubbles: true, cancelable: true };
    const event = type === 'paste' ? new ClipboardEvent(type, { ...more, clipboardData: data })
        : new DragEvent(type, { ...more, dataTransfer: data });
    node.dispatchEvent(event);
}"""


def picture(name="cat.png"):
    return {"name": name, "mimeType": "image/png", "buffer": PNG}


def paper(name="bill.pdf", size=3000):
    return {"name": name, "mimeType": "application/pdf", "buffer": bytes(size)}


def choose(page, *files):
    page.get_by_label("Files to send").set_input_files(list(files))


def answer(page):
    return page.get_by_role("textbox", name="Answer")


def strip(page):
    return page.get_by_role("list", name="Attached")


def uploads(node):
    return node.do(lambda desk: [
        (each["kind"], each["name"], each.get("caption", "")) for each in desk.uploads])


def test_a_picture_goes_with_the_text_as_its_caption(office, node):
    page = shows(office, node, "Hello")
    expect(page.get_by_role("button", name="Attach files")).to_be_enabled()
    choose(page, picture())
    row = strip(page).get_by_role("listitem")
    expect(row).to_contain_text("cat.png")
    expect(row.locator("canvas")).to_be_visible()
    expect(page.locator("#composer-hint")).to_have_text("The text is the caption")
    answer(page).fill("See **this**")
    answer(page).press("Enter")
    expect(strip(page)).to_be_hidden()
    bubble = page.locator(".message.ours")
    expect(bubble.locator(".text")).to_have_text("See this")
    expect(bubble.locator(".delivery")).to_have_text("Sent")
    expect(bubble.locator("img")).to_have_js_property("naturalWidth", 1)
    expect(answer(page)).to_have_value("")
    assert uploads(node) == [("photo", "cat.png", "See this")]
    [sent] = node.do(lambda desk: desk.uploads)
    assert sent["size"] == len(PNG) and sent["type"] == "image/png" and sent["key"]
    assert sent["entities"] == '[{"type":"bold","offset":4,"length":4}]'


def test_files_go_in_order_and_the_first_has_the_caption(office, node):
    page = shows(office, node, "Hello")
    choose(page, paper(), picture(), picture("other.png"))
    page.get_by_label("Send other.png as").select_option("document")
    expect(page.get_by_label("Send bill.pdf as")).to_have_count(0)
    page.get_by_role("button", name="Remove cat.png").click()
    answer(page).fill("two")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(strip(page)).to_be_hidden()
    expect(page.locator(".message.ours")).to_have_count(2)
    assert uploads(node) == [("document", "bill.pdf", "two"), ("document", "other.png", "")]
    expect(page.get_by_role("link", name="Save bill.pdf (2.9 kB)")).to_be_visible()


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_a_picture_is_pasted_or_dropped(office, node, kind):
    page = shows(office, node, "Hello")
    place = answer(page) if kind == "paste" else page.locator(".talk .log")
    place.evaluate(TRANSFER, [kind, "shot.png", list(PNG)])
    expect(strip(page).get_by_role("listitem")).to_contain_text("shot.png")
    answer(page).press("Enter")
    expect(page.locator(".message.ours img")).to_be_visible()
    assert uploads(node) == [("photo", "shot.png", "")]


def test_what_is_too_large_is_not_taken(office, node):
    page = shows(office, node, "Hello")
    choose(page, paper("film.mkv", (20 << 20) + 1))
    expect(page.get_by_role("alert")).to_contain_text("20 MB can be sent")
    expect(strip(page)).to_be_hidden()
    assert uploads(node) == []


def test_a_file_that_is_refused_stays_with_its_reason_and_the_text_comes_back(office, node):
    page = shows(office, node, "Hello")
    choose(page, paper("refuse.pdf"))
    answer(page).fill("words")
    answer(page).press("Enter")
    row = strip(page).get_by_role("listitem")
    expect(row).to_contain_text("as many files as it takes")
    expect(answer(page)).to_have_value("words")
    expect(page.locator(".message.ours")).to_have_count(0)
    row.get_by_role("button", name="Remove refuse.pdf").click()
    expect(strip(page)).to_be_hidden()


def test_files_stay_with_their_session(office, node):
    page = shows(office, node, "Hello")
    node.do(lambda desk: desk.customer_writes(office.project, 78, "Jan Nowak", "Hi"))
    choose(page, paper())
    open_session(page, "Jan Nowak")
    expect(strip(page)).to_be_hidden()
    open_session(page, "Marta Kowalska")
    expect(strip(page).get_by_role("listitem")).to_contain_text("bill.pdf")


def test_a_caption_that_is_too_long_is_said_before_it_goes(office, node):
    page = shows(office, node, "Hello")
    choose(page, picture())
    answer(page).fill("a" * 1025)
    expect(page.locator("#composer-hint")).to_contain_text("a caption may have 1024")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("too long for a caption")
    assert uploads(node) == []


def test_a_file_that_did_not_arrive_says_so_as_a_text_does(office, node):
    page = shows(office, node, "Hello")
    node.do(lambda desk: desk.fates.append(
        ("failed", "the node that held the file is gone: send the file again")))
    choose(page, paper())
    page.get_by_role("button", name="Send", exact=True).click()
    bubble = page.locator(".message.ours")
    expect(bubble.locator(".delivery")).to_have_text("Not delivered")
    expect(bubble).to_contain_text("bill.pdf (2.9 kB)")
    expect(bubble).to_contain_text("send the file again")
    expect(bubble.get_by_role("link")).to_have_count(0)
