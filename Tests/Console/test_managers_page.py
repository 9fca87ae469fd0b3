"""What managers are told, and a customer's sessions shown together."""

import pytest
from playwright.sync_api import expect
from test_desk import open_session

pytestmark = pytest.mark.mock


def test_a_manager_is_told_who_gets_no_first_reply_and_finds_the_session(office, node):
    office.add_agent("Ana")
    office.add_agent("Mia", permissions=("view", "manage"))
    ana, mia = office.desk_of("Ana"), office.desk_of("Mia")
    office.customer_writes("Marta Kowalska", "Hello?")
    expect(ana.locator(".session")).to_have_count(1)
    [session] = node.desk.sessions
    node.do(lambda state: state.alert(session))
    notice = mia.locator(".notice", has_text="No first reply: Marta Kowalska")
    expect(notice).to_contain_text("Ana has the session")
    tab = mia.get_by_role("link", name="No reply")
    expect(tab.locator(".count.calling")).to_have_text("1")
    notice.get_by_role("button", name="Open").click()
    expect(mia).to_have_url(f"{office.url}/#/alerted/{session}")
    expect(mia.locator(".session")).to_contain_text("No first reply")
    expect(mia.locator(".head")).to_contain_text("No first reply")
    expect(ana.get_by_role("link", name="No reply")).to_have_count(0)
    expect(ana.locator(".notice", has_text="No first reply")).to_have_count(0)
    # Who comes later finds it as well.
    mia.reload()
    expect(mia.locator(".session")).to_have_count(1)


def test_a_new_session_shows_the_customers_earlier_one_above(office, node):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    user = office.customer_writes("Marta Kowalska", "The first question")
    open_session(page, "Marta Kowalska")
    first = page.url.split("/")[-1]
    page.get_by_role("button", name="Complete", exact=True).click()
    expect(page.locator(".head")).to_contain_text("Completed")
    project = office.project
    node.do(lambda state: state.customer_writes(
        project, user, "Marta Kowalska", "The second question", is_late=True))
    page.get_by_role("link", name="Mine").click()
    open_session(page, "Marta Kowalska")
    expect(page.locator(".divider")).to_have_text(f"End of session {first}")
    expect(page.locator(".message.theirs")).to_have_count(2)
    expect(page.locator(".message.theirs").first).to_contain_text("The first question")
    expect(page.locator(".message.theirs").last).to_contain_text("The second question")
    expect(page.get_by_role("button", name="Earlier messages")).to_be_hidden()
