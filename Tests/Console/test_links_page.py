"""A magic link's own page: settings, QR code, report and clicks; and all links side by side."""

import re

import pytest
from playwright.sync_api import expect
from test_access import CONTRAST, NAMES

POOL = {"id": "77", "name": "Night shift"}


@pytest.fixture
def link(office):
    """The page of a new link."""
    office.add_agent("Ana")
    page = office.desk_of_admin()
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("link", name="Magic links").click()
    page.get_by_role("button", name="New link").click()
    form = page.get_by_role("dialog", name="New magic link")
    form.get_by_label("Name").fill(f"Poster {office.run}")
    form.get_by_label("Project").select_option(f"Desk {office.run}")
    form.get_by_label("Code").fill(f"poster{office.run}")
    form.get_by_role("button", name="Create").click()
    page.get_by_role("link", name=f"Poster {office.run}", exact=True).click()
    expect(page.get_by_role("heading", name=f"Poster {office.run}", level=1)).to_be_visible()
    return page


def save(page):
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".notice", has_text="Link saved").last).to_be_visible()
    page.reload()


def test_a_link_gets_its_sources_address_and_language(link):
    link.get_by_label("Source", exact=True).fill("print")
    link.get_by_label("Campaign", exact=True).fill("may")
    link.get_by_label("Kept of a visitor’s address").select_option("The network alone (/24, /48)")
    settings = link.locator("form.card")
    settings.get_by_label("Language", exact=True).fill("pt-br")
    link.get_by_label("Expires").fill("2090-01-01T10:30")
    save(link)
    expect(link.get_by_label("Source", exact=True)).to_have_value("print")
    expect(link.get_by_label("Campaign", exact=True)).to_have_value("may")
    expect(link.get_by_label("Kept of a visitor’s address")).to_have_value("truncated")
    expect(settings.get_by_label("Language", exact=True)).to_have_value("pt-br")
    expect(link.get_by_label("Expires")).to_have_value("2090-01-01T10:30")


def test_a_link_prefers_an_agent_and_tags(link):
    first = link.get_by_role("group", name="Who comes first")
    first.get_by_role("checkbox", name="Ana").check()
    first.get_by_label("Tags of members who come first").fill("lang:de, billing")
    save(link)
    expect(first.get_by_role("checkbox", name="Ana")).to_be_checked()
    tags = first.get_by_label("Tags of members who come first").input_value()
    assert sorted(tag.strip() for tag in tags.split(",")) == ["billing", "lang:de"]


@pytest.mark.mock
def test_a_link_with_a_pool_prefers_nobody(link, node, office):
    node.do(lambda desk: desk.pools.update({office.project: [POOL]}))
    link.reload()
    link.get_by_role("checkbox", name="Ana").check()
    link.locator("form.card").get_by_label("Pool", exact=True).select_option("Night shift")
    expect(link.get_by_role("checkbox", name="Ana")).to_be_disabled()
    save(link)
    found = next(iter(node.desk.links.values()))
    assert found["pool"] == "77" and found["prefer"] == {"agents": [], "tags": []}


def test_parameter_rules_are_added_and_removed_by_the_keyboard(link, office):
    link.get_by_role("button", name="Add a rule").press("Enter")
    rule = link.locator(".linkrules li")
    expect(rule.get_by_label("Parameter")).to_be_focused()
    expect(rule.get_by_label("Parameter")).to_have_value("lang")
    rule.get_by_label("Value").fill("zh")
    rule.get_by_label("Language").fill("zh")
    expect(rule.get_by_label("Project")).to_have_value(office.project)
    save(link)
    expect(rule).to_have_count(1)
    expect(rule.get_by_label("Value")).to_have_value("zh")
    expect(rule.get_by_label("Language")).to_have_value("zh")
    rule.get_by_role("button", name="Remove the rule").press("Enter")
    expect(rule).to_have_count(0)
    save(link)
    expect(link.get_by_role("button", name="Add a rule")).to_be_visible()
    expect(rule).to_have_count(0)


@pytest.mark.mock
def test_a_pool_of_a_rule_that_is_gone_is_shown_and_stays(link, node):
    key = next(iter(node.desk.links))
    rule = {"name": "lang", "value": "zh", "project": node.desk.links[key]["project"],
            "pool": "78"}
    node.do(lambda desk: desk.links[key].update(rules=[rule]))
    link.reload()
    pool = link.locator(".linkrules li").get_by_label("Pool")
    expect(pool.get_by_role("option", name="Removed (78)")).to_have_count(1)
    save(link)
    assert node.desk.links[key]["rules"] == [rule]


@pytest.mark.mock
def test_a_link_that_somebody_else_changed_is_not_overwritten(link, node):
    key = next(iter(node.desk.links))
    node.do(lambda desk: desk.versions.update(
        {f"links/{key}": (desk.entry("setting", f"links/{key}"), None)}))
    link.get_by_label("Source", exact=True).fill("mine")
    link.get_by_role("button", name="Save", exact=True).click()
    expect(link.locator("form.card").get_by_role("alert")).to_contain_text("Changed by somebody")
    assert node.desk.links[key]["utm"]["source"] == ""


def test_the_address_is_shown_as_a_qr_code_and_had_as_svg(link, office):
    picture = link.get_by_role("img", name="QR code of ")
    expect(picture).to_be_visible()
    assert picture.evaluate("(node) => node.decode().then(() => node.naturalWidth > 0)")
    with link.expect_download() as download:
        link.get_by_role("link", name="Download as SVG").click()
    assert download.value.suggested_filename == f"poster{office.run}.svg"
    assert b"<svg" in download.value.path().read_bytes()


@pytest.mark.mock
def test_a_report_shows_funnel_and_breakdown_and_leads_to_csv(link, node):
    funnel = link.get_by_role("region", name="Funnel")
    expect(funnel.get_by_role("row").filter(has_text="Got a first reply")).to_contain_text("38 %")
    expect(funnel.get_by_role("row").filter(has_text="Completed")).to_contain_text("67 %")
    breakdown = link.get_by_role("region", name="Breakdown")
    expect(breakdown).to_contain_text("a source")
    link.get_by_label("Broken down by").select_option("IP range")
    expect(breakdown).to_contain_text("a network")
    link.get_by_label("Time").select_option("Last 7 days")
    link.get_by_label("Unique again after (hours)").fill("48")
    link.get_by_label("Unique again after (hours)").press("Enter")
    expect(link.get_by_role("link", name="Funnel")).to_have_attribute(
        "href", re.compile(r"/report\?by=network&uniqueHours=48&from=.*&format=csv&what=funnel$"))
    assert node.desk.asked[-1]["uniqueHours"] == "48"


@pytest.mark.mock
def test_clicks_are_listed_page_by_page(link):
    link.get_by_role("button", name="Show the clicks").click()
    clicks = link.get_by_role("region", name="Clicks").get_by_role("row")
    expect(clicks).to_have_count(2)
    expect(clicks.last).to_contain_text("news.invalid")
    more = link.get_by_role("button", name="Show more clicks")
    more.click()
    expect(clicks).to_have_count(3)
    expect(clicks.last).to_contain_text("Bot")
    expect(more).to_be_hidden()


def test_links_are_compared(link, office):
    link.get_by_role("link", name="All links").click()
    link.get_by_role("link", name="Compare links").click()
    link.locator(".choices").get_by_label("Project").select_option(f"Desk {office.run}")
    row = link.get_by_role("region", name="Links", exact=True).get_by_role("row").filter(
        has_text=f"Poster {office.run}")
    expect(row).to_be_visible()
    expect(link.get_by_role("link", name="Breakdown")).to_have_attribute(
        "href", re.compile(r"/links/report\?uniqueHours=24&format=csv&what=breakdown$"))
    row.get_by_role("link").click()
    expect(link.get_by_role("heading", name=f"Poster {office.run}", level=1)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_links_page_has_contrast_and_names(link, scheme):
    link.emulate_media(color_scheme=scheme)
    link.get_by_role("button", name="Add a rule").click()
    expect(link.get_by_role("region", name="Funnel")).to_be_visible()
    assert link.evaluate(CONTRAST) == []
    assert link.evaluate(NAMES) == []


def test_a_project_says_how_long_clicks_are_kept(office):
    office.add_agent("Ana")
    page = office.desk_of_admin()
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("link", name=f"Desk {office.run}").click()
    days = page.get_by_label("Clicks on its links are kept for (days)")
    days.fill("30")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".notice", has_text="Project saved")).to_be_visible()
    page.reload()
    expect(days).to_have_value("30")


def test_a_search_is_narrowed_by_agent_and_date(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    office.customer_writes("Tom Okafor", "Where is my order?")
    expect(page.locator(".session", has_text="Tom Okafor")).to_be_visible()
    page.get_by_label("Filter this list").fill("order")
    page.get_by_role("button", name="Search").click()
    dialog = page.get_by_role("dialog")
    found = dialog.get_by_label("Found").get_by_role("listitem")
    expect(found).to_have_count(1)
    expect(dialog.get_by_label("Link", exact=True)).to_be_hidden()
    for label, value in (("From", "2090-01-01"), ("To", "2020-01-01")):
        dialog.get_by_label(label, exact=True).fill(value)
        dialog.get_by_role("button", name="Search").click()
        expect(dialog).to_contain_text("Nothing was found")
        dialog.get_by_label(label, exact=True).fill("")
    dialog.get_by_label("Agent", exact=True).select_option("Ana")
    dialog.get_by_role("button", name="Search").click()
    expect(found).to_have_count(1)


@pytest.mark.mock
def test_managers_search_by_link(link, node, office):
    key = next(iter(node.desk.links))
    node.do(lambda desk: desk.customer_writes(
        office.project, 501, "Marta Kowalska", "By the poster", link=key))
    node.do(lambda desk: desk.customer_writes(office.project, 502, "Tom Okafor", "By nothing"))
    node.do(lambda desk: desk.projects[office.project]["members"].append(
        {"agent": next(iter(desk.agents)), "inScope": False, "permissions": ["view", "manage"]}))
    link.goto(f"{office.url}/#/all")
    link.reload()
    link.get_by_label("Filter this list").fill("By")
    link.get_by_role("button", name="Search").click()
    dialog = link.get_by_role("dialog")
    dialog.get_by_label("Link", exact=True).select_option(f"Poster {office.run}")
    dialog.get_by_role("button", name="Search").click()
    found = dialog.get_by_label("Found").get_by_role("listitem")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("Marta Kowalska")
