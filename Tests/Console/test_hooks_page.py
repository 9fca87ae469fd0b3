"""The card with a project's hooks."""

import pytest
from playwright.sync_api import expect

URL = "https://crm.invalid/hooks?of=roundhouse"


@pytest.fixture
def card(office):
    office.add_agent("Ana")
    page = office.desk_of_admin()
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("link", name=f"Desk {office.run}").click()
    return page.locator("section.card", has=page.get_by_role(
        "heading", name="Hooks", exact=True))


def add(card):
    """Adds a hook for clicks alone; gives the secret that is shown."""
    page = card.page
    card.get_by_role("button", name="Add a hook").click()
    form = page.get_by_role("dialog", name="New hook")
    form.get_by_label("Address").fill(URL)
    form.get_by_label("A session is given to an agent").uncheck()
    form.get_by_label("A session ends").uncheck()
    form.get_by_role("button", name="Add the hook").click()
    return take_secret(page)


def take_secret(page):
    """Reads the secret and closes the dialog."""
    shown = page.get_by_role("dialog", name="The hook’s secret")
    secret = shown.get_by_label("Secret").input_value()
    shown.get_by_role("button", name="Close").click()
    expect(shown).to_have_count(0)
    return secret


def test_a_hook_is_added_and_its_secret_shown_once(card):
    secret = add(card)
    assert secret.startswith("rhs_")
    row = card.locator(".hooks li")
    expect(row).to_contain_text(URL)
    expect(row).to_contain_text("Somebody clicks on a link")
    expect(row).not_to_contain_text("A session ends")
    expect(row).not_to_contain_text(secret)
    card.page.reload()
    expect(card.locator(".hooks li")).to_contain_text("On, 0 waiting")


def test_a_hook_is_changed_turned_off_renewed_and_removed(card):
    first = add(card)
    row = card.locator(".hooks li")
    row.get_by_role("button", name="Change").click()
    form = card.page.get_by_role("dialog", name="Change the hook")
    form.get_by_label("A session ends").check()
    form.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("A session ends; Somebody clicks on a link")
    row.get_by_role("button", name="New secret").click()
    assert take_secret(card.page) != first
    row.get_by_role("button", name="Turn off").click()
    expect(row).to_contain_text("Off, 0 kept")
    expect(row.get_by_role("button", name="Try it")).to_have_count(0)
    row.get_by_role("button", name="Turn on").click()
    expect(row.get_by_role("button", name="Try it")).to_be_visible()
    row.get_by_role("button", name="Remove").click()
    card.page.get_by_role("dialog", name="Remove the hook?").get_by_role(
        "button", name="Remove").click()
    expect(row).to_have_count(0)
