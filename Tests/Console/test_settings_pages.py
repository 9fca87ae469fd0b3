"""Settings that others change, too; API tokens; what-if."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def page(office):
    office.add_agent("Ana")
    made = office.desk_of_admin()
    made.get_by_role("link", name="Manage").click()
    return made


def open_project(page, office):
    page.get_by_role("link", name=f"Desk {office.run}").click()
    return page.locator("form.card", has=page.get_by_role("heading", name="Settings"))


def test_who_saves_second_is_told_and_may_load_what_is_there(page, office):
    form = open_project(page, office)
    form.get_by_label("Seats").fill("2")
    office.admin.call("PUT", f"/api/v1/projects/{office.project}", {"seats": 4})
    form.get_by_role("button", name="Save", exact=True).click()
    alert = form.get_by_role("alert")
    expect(alert).to_contain_text("changed this since you read it")
    expect(alert.locator(".changes")).to_contain_text("seats")
    alert.get_by_role("button", name="Load what is there now").click()
    expect(form.get_by_label("Seats")).to_have_value("4")
    form.get_by_label("Seats").fill("3")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".notice", has_text="Project saved")).to_be_visible()


def test_one_s_own_second_save_is_no_conflict(page, office):
    form = open_project(page, office)
    for seats in ("2", "5"):
        form.get_by_label("Seats").fill(seats)
        form.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".notice", has_text="Project saved").last).to_be_visible()
        expect(form.locator(".said")).to_be_empty()
    for card, verb in (("Texts and tags", "Save texts"), ("Not to be said", "Save rules")):
        box = page.locator("form.card", has=page.get_by_role("heading", name=card))
        for _ in range(2):
            box.get_by_role("button", name=verb).click()
            expect(box.locator(".said")).to_be_empty()


def test_an_agent_that_was_changed_meanwhile_is_not_overwritten(page, office):
    agent = office.members[0]["agent"]
    page.get_by_role("link", name="Agents").click()
    page.get_by_role("row").filter(has_text=office.agents["Ana"]).get_by_role(
        "button", name="Edit").click()
    office.admin.call("PUT", f"/api/v1/agents/{agent}", {"openLimit": 7})
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("New sessions a minute at most").fill("3")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("changed this since you read it")
    dialog.get_by_role("button", name="Load what is there now").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("row").filter(has_text=office.agents["Ana"])).to_contain_text("7 open")


def test_timers_limits_and_hours_are_set_and_shown_again(page, office):
    form = open_project(page, office)
    form.get_by_label("Sessions are only claimed, never given").check()
    form.get_by_label("First reply due after (s)").fill("120")
    form.get_by_label("Completed by itself after (s)").fill("")
    form.get_by_label("Messages of one customer taken in a minute").fill("30")
    form.get_by_label("Time zone").fill("Europe/Vienna")
    form.get_by_role("button", name="Add a span").click()
    form.get_by_label("Closes").fill("24:00")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".notice", has_text="Project saved")).to_be_visible()
    page.reload()
    expect(form.get_by_label("Sessions are only claimed, never given")).to_be_checked()
    expect(form.get_by_label("First reply due after (s)")).to_have_value("120")
    expect(form.get_by_label("Messages of one customer taken in a minute")).to_have_value("30")
    expect(form.get_by_label("Time zone")).to_have_value("Europe/Vienna")
    expect(form.get_by_label("Day", exact=True)).to_have_value("mon")
    expect(form.get_by_label("Closes")).to_have_value("24:00")


def test_a_token_is_shown_once_and_revoked(page, office):
    name = f"Billing {office.run}"
    page.get_by_role("link", name="API tokens").click()
    page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Read: ").uncheck()
    dialog.get_by_role("button", name="Make token").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Choose one scope at least.")
    dialog.get_by_label("Sessions: ").check()
    dialog.get_by_label("Ends").fill("2090-01-31T12:00")
    dialog.get_by_role("button", name="Make token").click()
    token = page.get_by_role("textbox", name="The token")
    expect(token).to_have_value(re.compile("^rh_"))
    page.get_by_role("button", name="Done").click()
    row = page.get_by_role("row").filter(has_text=name)
    expect(row).to_contain_text("Sessions")
    expect(row).to_contain_text("31 Jan 2090")
    expect(page.get_by_text("rh_")).to_have_count(0)
    page.get_by_role("button", name=f"Revoke {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)


@pytest.mark.mock
def test_a_what_if_sends_what_is_other_and_shows_both_sides(page, office, node):
    office.add_agent("Wei")
    page.reload()
    page.get_by_role("link", name="What if").click()
    page.get_by_role("button", name="Play it again").click()
    expect(page.get_by_text("customers would have waited as long")).to_be_visible()
    assert node.desk.questions[-1]["changes"] == {}
    page.get_by_label("Mode").select_option("Online first")
    page.get_by_label("Seats").fill("2")
    page.get_by_label("Give to agents who are not receiving").select_option("After a time")
    page.get_by_label("Wei: Open at most").fill("5")
    page.get_by_label("Ana takes part").uncheck()
    page.get_by_role("button", name="Play it again").click()
    expect(page.get_by_text("1 session would have come to other agents")).to_be_visible()
    asked = node.desk.questions[-1]["changes"]
    assert asked["mode"] == "onlineFirst" and asked["seats"] == 2
    assert asked["assignOffline"] == {"afterSeconds": 60}
    assert [each["agent"] for each in asked["members"]] == [office.members[1]["agent"]]
    assert asked["agents"] == [{"agent": office.members[1]["agent"], "openLimit": 5}]
    row = page.get_by_role("row").filter(has_text="Waited (median)")
    expect(row).to_contain_text("40 s")
    expect(row).to_contain_text("−20 s")
    expect(page.get_by_role("link", name="40", exact=True)).to_have_attribute(
        "href", "#/all/40")


@pytest.mark.mock
def test_what_a_what_if_cannot_do_is_said(page, office):
    page.get_by_role("link", name="What if").click()
    page.route("**/what-if", lambda route: route.fulfill(status=409, json={
        "code": "journal_begins_later", "title": "The journal begins later",
        "detail": "It begins on Monday.", "hint": "Ask about a later time."}))
    page.get_by_role("button", name="Play it again").click()
    expect(page.locator("form.card").get_by_role("alert")).to_contain_text("It begins on Monday.")
