"""The area for managers and administrators."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def page(office):
    office.add_agent("Ana")
    made = office.desk_of_admin()
    made.get_by_role("link", name="Manage").click()
    return made


def test_a_project_is_created_and_changed(page, office):
    name = f"Shop {office.run}"
    page.get_by_role("link", name="New project").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Bot username").fill(f"@shop_{office.run}_bot")
    page.get_by_label("Bot token").fill(f"9{office.run}:AAHfiqksKZ8WmR2zSjiQ7d5ZzTjIu0WkPqY")
    page.get_by_label("Mode").select_option("Online first")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.get_by_label("Seats").fill("3")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".notice", has_text="Project saved")).to_be_visible()
    page.get_by_role("link", name="All projects").click()
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("Online first")
    expect(row).to_contain_text("3")


def test_members_are_ordered_and_given_permissions(page, office):
    office.add_agent("Wei")
    page.get_by_role("link", name=f"Desk {office.run}").click()
    rows = page.locator(".members li")
    expect(rows.first).to_contain_text("Ana")
    page.get_by_role("button", name="Move Wei up").click()
    expect(rows.first).to_contain_text("Wei")
    page.get_by_role("checkbox", name="Ana: Manage").check()
    page.get_by_role("button", name="Save members").click()
    expect(page.locator(".notice", has_text="Members saved")).to_be_visible()
    page.reload()
    expect(rows.first).to_contain_text("Wei")
    expect(page.get_by_role("checkbox", name="Ana: Manage")).to_be_checked()


def test_an_agent_is_created_deactivated_and_given_a_password(page, office):
    login = f"noor-{office.run}"
    name = f"Noor {office.run}"
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("button", name="New agent").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Login").fill(login)
    page.get_by_label("First password").fill("a-first-password")
    page.get_by_role("button", name="Create").click()
    row = page.get_by_role("row").filter(has_text=login)
    expect(row).to_be_visible()
    page.get_by_role("button", name=f"Reset {name}'s password").click()
    page.get_by_role("textbox", name="Password").fill("a-second-password")
    page.get_by_role("button", name="Set password").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    other = office.page()
    office.sign_in(other, login, "a-second-password")
    expect(other.get_by_text("No open sessions")).to_be_visible()
    page.get_by_role("button", name=f"Deactivate {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(row).to_contain_text("Deactivated")


def test_a_link_is_created_and_switched_off(page, office):
    name = f"Poster {office.run}"
    page.get_by_role("link", name="Magic links").click()
    page.get_by_role("button", name="New link").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("dialog").get_by_label("Project").select_option(f"Desk {office.run}")
    page.get_by_label("Code").fill(f"poster{office.run}")
    page.get_by_role("button", name="Create").click()
    row = page.get_by_role("row").filter(has_text=name)
    expect(row.locator("code")).to_contain_text(f"/poster{office.run}")
    page.get_by_role("button", name=f"Switch off {name}").click()
    expect(row).to_contain_text("Off")


def test_what_the_node_refuses_is_said_in_the_form(page, office):
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("button", name="New agent").click()
    page.get_by_label("Name").fill("A second Ana")
    page.get_by_label("Login").fill(office.agents["Ana"])
    page.get_by_label("First password").fill("a-first-password")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).not_to_be_empty()
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.mock
def test_the_cluster_page_shows_every_node(page):
    page.get_by_role("link", name="Cluster").click()
    expect(page.get_by_text("This node")).to_be_visible()
    expect(page.get_by_role("row")).not_to_have_count(0)


@pytest.mark.mock
def test_the_numbers_page_measures_the_project_and_each_agent(page):
    page.get_by_role("link", name="Numbers").click()
    row = page.get_by_role("row").filter(has_text="Ana")
    expect(row).to_contain_text("100 % (40 of 40)")
    expect(row).to_contain_text("13 s, 2 min")
    expect(row).to_contain_text("1.5 h")
    expect(row).to_contain_text("Inactive: Never")
    expect(page.locator(".tiles")).to_contain_text("Waiting now3")
    expect(page.locator(".alarm")).to_have_count(0)
    page.get_by_label("Time").select_option("Last 7 days")
    expect(page.locator(".alarm")).to_contain_text("50 % of the sessions")
    expect(row).to_contain_text("50 % (20 of 40)")
    link = page.get_by_role("link", name="Download as CSV")
    expect(link).to_have_attribute("href", re.compile(r"/numbers\?from=.*&to=.*&format=csv$"))


@pytest.mark.mock
def test_the_audit_log_says_who_changed_what(page, office):
    page.get_by_role("link", name="Audit log").click()
    row = page.get_by_role("row").filter(has_text="Shop")
    expect(row).to_contain_text("Admin")
    expect(row).to_contain_text("Changed the project Shop")
    expect(row).to_contain_text("mode was roundRobin, is onlineFirst")
    expect(row).to_contain_text("token is another (not shown)")
    expect(row).to_contain_text("and 2 more")
    page.get_by_role("button", name="Show older").click()
    older = page.get_by_role("row").filter(has_text="Changed the account Ana")
    expect(older).to_contain_text("Admin, by the token CRM")
    expect(row).to_be_visible()
    expect(page.get_by_role("button", name="Show older")).to_have_count(0)
    page.locator(".choices").get_by_label("Project").select_option(f"Desk {office.run}")
    expect(page.get_by_text("Nothing was changed")).to_be_visible()


def test_a_new_project_has_no_numbers_yet(page, office):
    page.get_by_role("link", name="Numbers").click()
    page.locator(".choices").get_by_label("Project").select_option(f"Desk {office.run}")
    expect(page.get_by_role("row").filter(has_text="Ana")).to_be_visible()


def test_agents_without_rights_have_no_such_area(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    expect(page.get_by_role("link", name="Manage")).to_be_hidden()


def test_a_projects_page_tells_where_its_webhook_is(page, office):
    page.get_by_role("link", name=f"Desk {office.run}").click()
    card = page.locator("form.card", has=page.get_by_role("heading", name="Webhook"))
    expect(card.locator("dl")).to_contain_text("Delivered to")
