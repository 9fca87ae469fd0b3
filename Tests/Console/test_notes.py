"""Private notes, team remarks, tags, canned replies and search, through the page."""

from playwright.sync_api import expect
from test_desk import open_session


def tell_desk(office, **changes):
    """Changes what the project's desk says and files by."""
    office.admin.call("PUT", f"/api/v1/projects/{office.project}/desk", changes)


def about(page):
    return page.locator(".panel .card", has_text="Tags and notes")


def test_a_private_note_is_read_by_its_author_alone(office):
    office.add_agent("Ana")
    office.add_agent("Mia", permissions=("view", "reply", "manage"))
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello")
    open_session(page, "Marta Kowalska")
    about(page).get_by_role("textbox").fill("Drinks tea, hates phones")
    about(page).get_by_role("button", name="Note for me").click()
    expect(page.locator(".remark.private")).to_contain_text("Drinks tea, hates phones")
    expect(about(page).get_by_role("textbox")).to_have_value("")
    mia = office.desk_of("Mia")
    mia.get_by_role("link", name="All").click()
    open_session(mia, "Marta Kowalska")
    expect(mia.locator(".log")).to_contain_text("Ana wrote a private note")
    expect(mia.locator(".log")).not_to_contain_text("Drinks tea")
    page.reload()
    expect(page.locator(".remark.private")).to_contain_text("Drinks tea, hates phones")


def test_a_remark_is_read_by_all_who_see_the_session(office):
    office.add_agent("Ana")
    office.add_agent("Mia", permissions=("view", "reply", "manage"))
    page, mia = office.desk_of("Ana"), office.desk_of("Mia")
    office.customer_writes("Marta Kowalska", "Hello")
    open_session(page, "Marta Kowalska")
    mia.get_by_role("link", name="All").click()
    open_session(mia, "Marta Kowalska")
    about(mia).get_by_role("textbox").fill("Offer her a refund")
    about(mia).get_by_role("button", name="Remark for the team").click()
    expect(page.locator(".remark")).to_contain_text("Offer her a refund")
    expect(page.locator(".log")).to_contain_text("Remark by Mia")


def test_tags_are_set_and_removed_and_shown_in_the_list(office):
    office.add_agent("Ana")
    tell_desk(office, tags=["refund", "vip"])
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello")
    open_session(page, "Marta Kowalska")
    about(page).get_by_role("button", name="vip").click()
    expect(about(page).get_by_role("button", name="vip")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".session .tags")).to_contain_text("vip")
    expect(page.locator(".log")).to_contain_text("Tags by you: + vip")
    about(page).get_by_role("button", name="vip").click()
    expect(page.locator(".log")).to_contain_text("− vip")
    expect(about(page).get_by_role("button", name="vip")).to_have_attribute("aria-pressed", "false")


def test_a_canned_reply_is_filled_in_and_can_be_edited(office):
    office.add_agent("Ana")
    tell_desk(office, cannedReplies=[{"name": "Thanks", "text": "Thank you {customer}. {agent}"}])
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello")
    open_session(page, "Marta Kowalska")
    page.get_by_role("button", name="Canned").click()
    page.get_by_role("dialog").get_by_role("button", name="Thanks").click()
    box = page.get_by_role("textbox", name="Answer")
    expect(box).to_have_value("Thank you Marta Kowalska. Ana")
    box.press("Enter")
    expect(page.locator(".message.ours")).to_contain_text("Thank you Marta Kowalska. Ana")


def test_a_manager_writes_the_desks_texts(office):
    office.add_agent("Ana")
    page = office.desk_of_admin()
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("link", name=f"Desk {office.run}").click()
    card = page.locator("form.card", has_text="Texts and tags")
    card.get_by_label("Welcome").fill("Hello {customer}")
    card.get_by_label("Tags, one a line").fill("vip\nrefund\n")
    card.get_by_role("button", name="Add a reply").click()
    card.get_by_label("Name of the reply").fill("Thanks")
    card.get_by_label("Text of the reply").fill("Thank you")
    card.get_by_role("button", name="Save texts").click()
    expect(page.locator(".notice", has_text="Texts saved")).to_be_visible()
    page.reload()
    expect(card.get_by_label("Welcome")).to_have_value("Hello {customer}")
    expect(card.get_by_label("Tags, one a line")).to_have_value("vip\nrefund")
    expect(card.get_by_label("Text of the reply")).to_have_value("Thank you")


def tell_rules(office, *rules):
    """What the project does not want said: (text, direction, action)."""
    office.admin.call("PUT", f"/api/v1/projects/{office.project}/moderation", {"rules": [
        {"text": text, "match": "word", "direction": direction, "action": action}
        for text, direction, action in rules]})


def test_a_text_that_a_rule_speaks_of_is_confirmed_before_it_is_sent(office):
    office.add_agent("Ana")
    tell_rules(office, ("price", "out", "confirm"), ("bribe", "out", "block"))
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello")
    open_session(page, "Marta Kowalska")
    box = page.get_by_role("textbox", name="Answer")
    box.fill("The price is 5")
    box.press("Enter")
    dialog = page.get_by_role("dialog", name="Send it all the same?")
    expect(dialog).to_contain_text("price")
    dialog.get_by_role("button", name="Send it").click()
    expect(page.locator(".message.ours:not(.pending)")).to_contain_text("The price is 5")
    expect(page.locator(".log")).to_contain_text("Sent by you despite rule “price”")
    expect(page.locator(".message.pending")).to_have_count(0)
    box.fill("Take a bribe")
    box.press("Enter")
    expect(page.locator(".notice")).to_contain_text("bribe")
    expect(page.locator(".log")).to_contain_text("A message by you was blocked: rule “bribe”")


def test_a_customers_text_is_hidden_until_an_agent_wants_to_see_it(office):
    office.add_agent("Ana")
    tell_rules(office, ("hell", "in", "confirm"))
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "What the hell")
    open_session(page, "Marta Kowalska")
    text = page.locator(".message.theirs .text", has_text="What the hell")
    expect(page.locator(".message.theirs summary")).to_contain_text("hides this message")
    expect(text).to_be_hidden()
    page.locator(".message.theirs summary").click()
    expect(text).to_be_visible()
    expect(page.locator(".log")).to_contain_text("Rule “hell” speaks of the message above")


def test_a_manager_writes_the_rules(office):
    office.add_agent("Ana")
    page = office.desk_of_admin()
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("link", name=f"Desk {office.run}").click()
    card = page.locator("form.card", has_text="Not to be said")
    card.get_by_role("button", name="Add a rule").click()
    card.get_by_label("Words").fill("casino")
    card.get_by_label("What happens").select_option("Block")
    card.get_by_role("button", name="Save rules").click()
    expect(page.locator(".notice", has_text="Rules saved")).to_be_visible()
    page.reload()
    expect(card.get_by_label("Words")).to_have_value("casino")
    expect(card.get_by_label("What happens")).to_have_value("block")
    card.get_by_role("button", name="Remove the rule").click()
    card.get_by_role("button", name="Save rules").click()
    expect(page.locator(".notice", has_text="Rules saved").last).to_be_visible()
    page.reload()
    expect(card.get_by_label("Words")).to_have_count(0)


def test_a_search_finds_messages_and_leads_to_their_session(office):
    office.add_agent("Ana")
    tell_desk(office, tags=["vip"])
    page = office.desk_of("Ana")
    for name, text in [("Marta Kowalska", "我想申请退款"), ("Tom Okafor", "Hello"),
                       ("Li Na", "退款还没有到"), ("Zoe Maar", "退款?")]:
        office.customer_writes(name, text)
        expect(page.locator(".session", has_text=name)).to_be_visible()
    page.get_by_label("Filter this list").fill("退款")
    page.get_by_role("button", name="Search").click()
    dialog = page.get_by_role("dialog")
    found = dialog.get_by_label("Found").get_by_role("listitem")
    expect(found.first).to_contain_text("退款")
    if dialog.get_by_role("button", name="Show more").is_visible():
        dialog.get_by_role("button", name="Show more").click()
    expect(found).to_have_count(3)
    dialog.get_by_label("Tag").select_option("vip")
    dialog.get_by_role("button", name="Search").click()
    expect(dialog).to_contain_text("Nothing was found")
    dialog.get_by_label("Tag").select_option("Any tag")
    dialog.get_by_role("button", name="Search").click()
    found.filter(has_text="Li Na").get_by_role("link").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("heading", name="Li Na", level=1)).to_be_visible()
