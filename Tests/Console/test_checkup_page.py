"""The checkup of a project, in its page."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def page(office):
    made = office.desk_of_admin()
    made.get_by_role("link", name="Manage").click()
    made.get_by_role("link", name=f"Desk {office.run}").click()
    return made


def test_ten_checks_and_the_deliveries_each_with_verdict_and_evidence(page):
    rows = page.get_by_role("region", name="Checkup").locator(".checks > li")
    expect(rows).to_have_count(11)
    for row in rows.all():
        expect(row.locator(".verdict")).not_to_be_empty()
        expect(row.locator("ul > li").first).not_to_be_empty()
    expect(page.get_by_role("region", name="Checkup").get_by_role("status")).to_contain_text(
        "of 10 checks are good")


def test_what_is_bad_says_what_to_do_and_is_good_when_that_is_done(page, office):
    roster = page.locator("[data-check=roster]")
    expect(roster).to_have_attribute("data-verdict", "problem")
    expect(roster).to_contain_text("No member is active and may reply.")
    expect(roster.locator(".fix")).to_have_text("Add an active member with Reply.")
    office.add_agent("Ana")
    page.get_by_role("button", name="Run again").click()
    expect(roster).to_have_attribute("data-verdict", "ok")
    expect(roster.locator(".fix")).to_have_count(0)


@pytest.mark.mock
def test_a_checkup_that_fails_can_be_run_again(page, node):
    expect(page.locator("[data-check=roster]")).to_be_visible()
    page.route("**/checkup", lambda route: route.fulfill(status=503, body="{}"))
    page.get_by_role("button", name="Run again").click()
    region = page.get_by_role("region", name="Checkup")
    expect(region.get_by_role("alert")).to_be_visible()
    page.unroute("**/checkup")
    page.get_by_role("button", name="Run again").click()
    expect(region.locator(".checks > li")).to_have_count(11)
