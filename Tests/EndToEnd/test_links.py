"""Magic links: the redirect at any node, its token, and what becomes of it."""

import re
import urllib.parse

import pytest
from desk import new_user
from driver.api import request
from driver.waiting import wait_until

BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html"}


@pytest.fixture(scope="module")
def desk(shared_desk):
    """One agent who sees everything, and a link."""
    return shared_desk("Ana", permissions=("view", "reply"), links=["spring"])


def click(desk, node=1, method="GET", headers=BROWSER, name="spring", query=""):
    """The answer to a click."""
    return request(
        desk.cluster[node].url, method, f"/{desk.links[name]}{query}", headers, tls=desk.tls)


def found(desk, node, name):
    """The answer to a click on a new link, once the node knows it."""
    answer = click(desk, node, name=name)
    return answer if answer.status == 302 else None


def token_of(answer):
    """The start token of a redirect."""
    return urllib.parse.parse_qs(urllib.parse.urlsplit(answer.headers["Location"]).query)[
        "start"][0]


def link_counts(desk, name):
    """(human clicks, other clicks, starts) as the administrator reads them."""
    items = desk.admin.get("/api/v1/links")["items"]
    link = next(link for link in items if link["code"] == desk.links[name])
    return link["humanClicks"], link["otherClicks"], link["starts"]


@pytest.mark.parametrize("node", [1, 2, 3])
def test_any_node_redirects_to_the_bot_with_a_token(desk, node):
    answer = click(desk, node, query="?utm_source=mail&utm_campaign=may")
    assert answer.status == 302
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Location"].startswith(f"https://t.me/{desk.bot}?start=")
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", token_of(answer))


def test_every_click_has_a_token_of_its_own(desk):
    assert len({token_of(click(desk, n % 3 + 1)) for n in range(12)}) == 12


def test_a_token_that_comes_back_at_another_node_is_attributed(desk):
    user, name = new_user(), desk.add_link()
    at_two = wait_until("known at node 2", lambda: found(desk, 2, name))
    desk.write(user, f"/start {token_of(at_two)}", node=3)
    assert desk.session_of(user)["source"]["name"] == name
    wait_until(
        "the click joins", lambda: desk.session_of(user)["source"]["status"] == "click")
    wait_until("counted", lambda: link_counts(desk, name)[2] == 1)
    assert link_counts(desk, name) == (1, 0, 1)


def test_a_second_user_with_the_same_token_shares_it(desk):
    first, second = new_user(), new_user()
    token = token_of(click(desk))
    desk.write(first, f"/start {token}")
    desk.write(second, f"/start {token}")
    assert desk.session_of(second)["source"]["status"] == "shared"


def test_a_token_at_another_projects_bot_is_foreign(desk, new_desk):
    other = new_desk("Wei", permissions=("view", "reply"))
    user = new_user()
    text = f"/start {token_of(click(desk))}"
    other.write(user, text)
    session = other.session_of(user)
    assert session["source"]["status"] == "foreignToken"
    [message] = [item for item in other.browser("Wei").history(session["id"])
                 if item["kind"] == "message"]
    assert message["text"] == text


def test_a_token_of_ones_own_is_not_for_reading(desk):
    user = new_user()
    desk.write(user, f"/start {token_of(click(desk))}")
    name = next(iter(desk.browsers))
    [message] = [item for item in desk.browser(name).history(desk.session_of(user)["id"])
                 if item["kind"] == "message"]
    assert message["text"] == "/start"


@pytest.mark.parametrize("payload", ["", " ", " campaign-7", " " + "A" * 64])
def test_a_payload_that_is_no_token_opens_a_session_without_a_source(desk, payload):
    user = new_user()
    desk.write(user, "/start" + payload)
    assert desk.session_of(user)["source"] is None


def test_a_token_with_a_changed_character_is_no_token(desk):
    token, user = token_of(click(desk)), new_user()
    forged = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    desk.write(user, f"/start {forged}")
    assert desk.session_of(user)["source"] is None


def test_people_count_and_machines_do_not(desk):
    name = desk.add_link()
    assert click(desk, name=name).status == 302
    head = click(desk, method="HEAD", name=name)
    assert head.status == 302 and head.body == b""
    machines = [
        {**BROWSER, "Sec-Purpose": "prefetch;prerender"}, {**BROWSER, "Purpose": "prefetch"},
        {**BROWSER, "X-Moz": "prefetch"}, {"User-Agent": "TelegramBot (like TwitterBot)"},
        {"User-Agent": "facebookexternalhit/1.1"}, {"User-Agent": "WhatsApp/2.23"},
        {"User-Agent": "Slackbot-LinkExpanding 1.0"}, {"User-Agent": "Discordbot/2.0"},
        {"User-Agent": "LinkedInBot/1.0"}, {"User-Agent": "Facebot Twitterbot/1.0"}]
    for number, headers in enumerate(machines):
        wait_until("a redirect", lambda: click(
            desk, number % 3 + 1, headers=headers, name=name).status == 302)
    wait_until("all clicks counted", lambda: sum(link_counts(desk, name)[:2]) == 2 + len(machines))
    assert link_counts(desk, name) == (1, 1 + len(machines), 0)


def test_unknown_disabled_and_expired_links_say_so(desk):
    assert request(desk.cluster[1].url, "GET", "/no-such-link", BROWSER).status == 404
    name = desk.add_link()
    items = desk.admin.get("/api/v1/links")["items"]
    link = next(link for link in items if link["code"] == desk.links[name])
    desk.admin.put(f"/api/v1/links/{link['id']}", {"enabled": False})
    assert click(desk, node=1, name=name).status == 410
    desk.admin.put(
        f"/api/v1/links/{link['id']}", {"enabled": True, "expires": "2020-01-01T00:00:00Z"})
    wait_until("expired everywhere", lambda: click(desk, node=3, name=name).status == 410)
    desk.admin.put(f"/api/v1/links/{link['id']}", {"expires": ""})
    assert click(desk, node=1, name=name).status == 302


def test_a_link_may_open_the_app(desk):
    desk.admin.post("/api/v1/links", {
        "code": desk.links["spring"] + "-app", "name": "app", "project": desk.id, "open": "app"})
    desk.links["app"] = desk.links["spring"] + "-app"
    location = click(desk, name="app").headers["Location"]
    assert location.startswith(f"tg://resolve?domain={desk.bot}&start=")


def test_a_code_belongs_to_one_link(desk):
    answer = desk.admin.attempt("POST", "/api/v1/links", {
        "code": desk.links["spring"], "name": "again", "project": desk.id})
    assert answer.status == 409 and answer.json()["code"] == "already_exists"
    for reserved in ("api", "telegram", "assets"):
        answer = desk.admin.attempt(
            "POST", "/api/v1/links", {"code": reserved, "name": "x", "project": desk.id})
        assert answer.status == 422


def made(desk, **fields):
    """A new link of the desk with these fields, as the API shows it; its name is its code."""
    link = desk.admin.post("/api/v1/links", {"name": "made", "project": desk.id, **fields})
    desk.links[link["code"]] = link["code"]
    return link


def test_a_generated_code_has_no_characters_that_look_alike(desk):
    links = [made(desk) for _ in range(20)]
    assert len({link["code"] for link in links}) == len(links)
    for link in links:
        assert re.fullmatch(r"[2-9a-hjkmnp-z]{8}", link["code"]), link["code"]
        assert not set(link["code"]) & set("01ilo")
    assert click(desk, name=links[0]["code"]).status == 302


def test_an_expired_link_is_renewed_by_a_later_expiry(desk):
    link = made(desk, expires="2020-01-01T00:00:00Z")
    assert click(desk, name=link["code"]).status == 410
    renewed = desk.admin.put(f"/api/v1/links/{link['id']}", {"expires": "2090-01-01T00:00:00Z"})
    assert renewed["expires"] == "2090-01-01T00:00:00.000Z"
    assert click(desk, name=link["code"]).status == 302


def test_an_edit_says_which_version_it_saw(desk):
    link = made(desk)
    path = f"/api/v1/links/{link['id']}"
    assert desk.admin.get(path) == link and link["version"] == 1
    edited = desk.admin.put(path, {"name": "first", "version": 1})
    assert (edited["name"], edited["version"]) == ("first", 2)
    refused = desk.admin.attempt("PUT", path, {"name": "second", "version": 1})
    assert refused.status == 409
    assert refused.json()["code"] == "version_conflict" and refused.json()["version"] == 2
    assert desk.admin.get(path)["name"] == "first"


def test_a_parameter_rule_sends_the_click_to_the_other_projects_bot(desk, new_desk):
    other = new_desk("Wei", permissions=("view", "reply"))
    link = made(desk, rules=[{"name": "lang", "value": "zh", "project": other.id}])
    assert link["rules"] == [{"name": "lang", "value": "zh", "project": other.id}]
    for query in ("", "?lang=de", "?language=zh"):
        location = click(desk, name=link["code"], query=query).headers["Location"]
        assert location.startswith(f"https://t.me/{desk.bot}?start=")
    answer = click(desk, name=link["code"], query="?a=1&lang=zh")
    assert answer.headers["Location"].startswith(f"https://t.me/{other.bot}?start=")
    user = new_user()
    other.write(user, f"/start {token_of(answer)}")
    source = other.session_of(user)["source"]
    assert source["name"] == "made" and source["status"] in ("click", "pending")


def test_a_parameter_rule_gives_the_session_a_pool_and_a_language(desk):
    pool = desk.admin.post(f"/api/v1/projects/{desk.id}/pools", {
        "name": f"pool of {new_user()}", "only": {"agents": [desk.ids["Ana"]]}})
    rule = {"name": "lang", "value": "zh", "project": desk.id, "pool": pool["id"],
            "language": "zh"}
    link = made(desk, rules=[rule])
    assert link["rules"] == [rule]
    user, other = new_user(), new_user()
    desk.write(user, f"/start {token_of(click(desk, name=link['code'], query='?lang=zh'))}")
    desk.write(other, f"/start {token_of(click(desk, name=link['code'], query='?lang=pt'))}")
    session = desk.session_of(user)
    assert session["pool"]["id"] == pool["id"] and session["spokenLanguage"] == "zh"
    assert session["firstSource"] == session["source"]
    assert session["customer"]["firstSource"]["link"] == link["id"]
    session = desk.session_of(other)
    assert session["pool"] is None and session["spokenLanguage"] == "pt"


def test_what_held_at_the_click_holds_at_the_start(desk, new_desk):
    other = new_desk("Wei", permissions=("view", "reply"))
    pool = desk.admin.post(f"/api/v1/projects/{desk.id}/pools", {
        "name": f"pool of {new_user()}", "only": {"agents": [desk.ids["Ana"]]}})
    link = made(desk, pool=pool["id"], rules=[
        {"name": "lang", "value": "zh", "project": other.id, "language": "zh"}])
    own = token_of(click(desk, name=link["code"]))
    led = token_of(click(desk, name=link["code"], query="?lang=zh"))
    # Meanwhile the link loses its pool, and the rule leads elsewhere.
    third = new_desk("Mei", permissions=("view", "reply"))
    desk.admin.put(f"/api/v1/links/{link['id']}", {"pool": "", "rules": [
        {"name": "lang", "value": "zh", "project": third.id}]})
    users = [new_user() for _ in range(3)]
    desk.write(users[0], f"/start {own}")
    other.write(users[1], f"/start {led}")
    third.write(users[2], f"/start {led}")
    session = desk.session_of(users[0])
    assert session["source"]["status"] in ("click", "pending")
    assert session["pool"]["id"] == pool["id"]
    session = other.session_of(users[1])
    assert session["source"]["status"] in ("click", "pending")
    assert session["spokenLanguage"] == "zh"
    assert third.session_of(users[2])["source"]["status"] == "foreignToken"
    assert link["id"] == third.session_of(users[2])["source"]["link"]


def test_a_report_tells_sessions_and_customers_that_came_first_and_last(desk):
    link, later = made(desk), made(desk)
    user = new_user()
    for each in (link, later):
        desk.write(user, f"/start {token_of(click(desk, name=each['code']))}")
    assert report(desk, link)["attribution"] == {
        "sessions": {"first": 1, "last": 0}, "customers": {"first": 1, "last": 0}}
    assert report(desk, later)["attribution"] == {
        "sessions": {"first": 0, "last": 1}, "customers": {"first": 0, "last": 1}}
    assert report(desk, link)["keptSince"] is None
    desk.admin.put(f"/api/v1/projects/{desk.id}", {"clickRetentionDays": 30})
    assert report(desk, link)["keptSince"]
    desk.admin.put(f"/api/v1/projects/{desk.id}", {"clickRetentionDays": 0})


def test_a_rule_can_not_lead_to_a_project_that_is_not_there(desk):
    for fields, status in (
            ({"rules": [{"name": "a", "value": "b", "project": "999999999"}]}, 404),
            ({"rules": [{"name": "", "value": "b", "project": desk.id}]}, 422),
            ({"rules": [{"name": "a", "value": "b", "project": "x"}]}, 422),
            ({"rules": [{"name": "a", "value": "b", "project": desk.id, "pool": "9"}]}, 422),
            ({"rules": [{"name": "a", "value": "b", "project": desk.id, "language": "?"}]}, 422),
            ({"utm": {"source": "x" * 101}}, 422), ({"addresses": "some"}, 422)):
        answer = desk.admin.attempt(
            "POST", "/api/v1/links", {"name": "made", "project": desk.id, **fields})
        assert answer.status == status, fields


def report(desk, link, query=""):
    """The report on a link."""
    return desk.admin.get(f"/api/v1/links/{link['id']}/report{query}")


def counted(desk, link, total):
    """The report on a link once it has so many clicks."""
    return wait_until("clicks reported", lambda: (
        lambda found: found if found["clicks"]["total"] == total else None)(report(desk, link)))


def clicks_of(desk, link, count):
    """What was recorded of a link's clicks, once there are so many."""
    return wait_until("clicks recorded", lambda: (
        lambda items: items if len(items) == count else None)(
            desk.admin.get(f"/api/v1/links/{link['id']}/clicks")["items"]))


def test_a_click_records_what_it_tells(desk):
    link = made(desk, utm={"source": "print", "campaign": "may"})
    headers = {**BROWSER, "Referer": "https://news.example/a", "Accept-Language": "de-AT,de;q=0.9"}
    wait_until("known at node 2", lambda: click(
        desk, 2, name=link["code"], headers=headers, query="?utm_source=mail&x=1").status == 302)
    item = wait_until("recorded", lambda: next((
        each for each in desk.admin.get(f"/api/v1/links/{link['id']}/clicks")["items"]
        if each["referrer"]), None))
    assert item["node"] == "2" and item["kind"] == "human"
    assert item["address"] == "127.0.0.1"
    assert (item["browser"], item["system"], item["device"]) == ("Firefox", "Linux", "desktop")
    assert item["language"] == "de-AT,de;q=0.9" and item["referrer"] == "https://news.example/a"
    assert item["query"] == "utm_source=mail&x=1&utm_campaign=may"
    assert item["utm"]["source"] == "mail" and item["utm"]["campaign"] == "may"
    assert re.fullmatch(r"[0-9a-f]{1,16}", item["fingerprint"])


def test_global_privacy_control_drops_address_and_fingerprint(desk):
    link = made(desk)
    assert click(desk, name=link["code"], headers={**BROWSER, "Sec-GPC": "1"}).status == 302
    [item] = clicks_of(desk, link, 1)
    assert item["address"] == "" and item["fingerprint"] is None
    assert item["browser"] == "Firefox"
    clicks = counted(desk, link, 1)["clicks"]
    assert (clicks["human"], clicks["unique"], clicks["unidentified"]) == (1, 1, 1)


@pytest.mark.parametrize("kept, address", [("truncated", "127.0.0.0"), ("dropped", "")])
def test_an_address_is_truncated_or_dropped_as_the_link_says(desk, kept, address):
    link = made(desk, addresses=kept)
    assert click(desk, name=link["code"]).status == 302
    [item] = clicks_of(desk, link, 1)
    assert item["address"] == address and item["fingerprint"]


def test_a_report_counts_people_visitors_and_sources(desk):
    link = made(desk)
    other = {**BROWSER, "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) "
             "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"}
    for headers, query in (
            (BROWSER, "?utm_source=mail"), (BROWSER, "?utm_source=mail"), (other, "?utm_source=ad"),
            ({"User-Agent": "TelegramBot (like TwitterBot)"}, "")):
        assert click(desk, name=link["code"], headers=headers, query=query).status == 302
    clicks = counted(desk, link, 4)["clicks"]
    assert clicks == {"total": 4, "human": 3, "other": 1, "unique": 2, "unidentified": 0}
    sources = {item["value"]: item for item in report(desk, link, "?by=source")["items"]}
    assert {name: (item["total"], item["unique"]) for name, item in sources.items()} == {
        "mail": (2, 1), "ad": (1, 1), "": (1, 0)}
    devices = {item["value"]: item["human"] for item in report(desk, link, "?by=device")["items"]}
    assert devices == {"desktop": 2, "phone": 1, "machine": 0}
    [network] = report(desk, link, "?by=network")["items"]
    assert network["value"] == "127.0.0.0" and network["total"] == 4
    assert report(desk, link, "?to=2020-01-01T00:00:00Z")["clicks"]["total"] == 0
    assert len(report(desk, link, "?by=day")["items"]) in (1, 2)


def test_a_report_is_had_as_csv(desk):
    link = made(desk)
    assert click(desk, name=link["code"], query="?utm_source=%3D1%2C2").status == 302
    counted(desk, link, 1)
    answer = desk.admin.attempt(
        "GET", f"/api/v1/links/{link['id']}/report?by=source&format=csv")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/csv")
    assert answer.body.decode().splitlines() == [
        "value,total,human,unique,unidentified", "\"'=1,2\",1,1,1,0"]
    for what, lines in (
            ("totals", ["total,human,other,unique,unidentified", "1,1,0,1,0"]),
            ("funnel", ["clicks,starts,assigned,firstReplies,completed", "1,0,0,0,0"]),
            ("attribution", ["sessionsFirst,sessionsLast,customersFirst,customersLast",
                             "0,0,0,0"])):
        answer = desk.admin.attempt(
            "GET", f"/api/v1/links/{link['id']}/report?format=csv&what={what}")
        assert answer.body.decode().splitlines() == lines


def test_a_report_refuses_what_it_can_not_count_by(desk):
    link = made(desk)
    for query in ("by=colour", "by=link", "format=xml", "what=all", "uniqueHours=0",
                  "from=yesterday",
                  "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"):
        answer = desk.admin.attempt("GET", f"/api/v1/links/{link['id']}/report?{query}")
        assert answer.status == 422, query


def test_clicks_are_listed_page_by_page(desk):
    link = made(desk)
    for _ in range(5):
        assert click(desk, name=link["code"]).status == 302
    clicks_of(desk, link, 5)
    pages, cursor = [], None
    while True:
        query = "?limit=2" + (f"&cursor={cursor}" if cursor else "")
        page = desk.admin.get(f"/api/v1/links/{link['id']}/clicks{query}")
        pages += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(pages) == 5
    answer = desk.admin.attempt("GET", f"/api/v1/links/{link['id']}/clicks?cursor=x")
    assert answer.status == 422


def test_the_funnel_goes_from_click_to_completed(new_desk):
    desk = new_desk("Ana", permissions=("view", "reply"))
    desk.open_console("Ana")
    link = made(desk)
    users = [new_user() for _ in range(4)]
    tokens = [token_of(click(desk, name=link["code"])) for _ in users]
    for user, token in list(zip(users, tokens))[:3]:
        desk.write(user, f"/start {token}")
    shared = new_user()
    desk.write(shared, f"/start {tokens[0]}")
    ana = desk.browser("Ana")
    for user in users[:2]:
        session = desk.session_of(user)
        ana.post(f"/api/v1/sessions/{session['id']}/reply", {"text": "hello"})
    session = desk.session_of(users[0])
    ana.post(f"/api/v1/sessions/{session['id']}/complete", {"version": session["version"]})
    counted(desk, link, 4)
    assert report(desk, link)["funnel"] == {
        "clicks": 4, "starts": 3, "assigned": 3, "firstReplies": 2, "completed": 1}


def test_the_links_of_a_project_are_compared_in_one_report(new_desk):
    desk = new_desk("Ana", permissions=("view", "reply"))
    link, other = made(desk), made(desk, name="=other")
    for code in (link["code"], link["code"], other["code"]):
        assert click(desk, name=code).status == 302
    user = new_user()
    desk.write(user, f"/start {token_of(click(desk, name=other['code']))}")
    for each in (link, other):
        counted(desk, each, 2)
    found = desk.admin.get(f"/api/v1/projects/{desk.id}/links/report")
    assert (found["clicks"]["total"], found["clicks"]["unique"]) == (4, 1)
    items = {item["link"]: item for item in found["items"]}
    assert {*items} >= {link["id"], other["id"]}
    for each in (link, other):
        alone = report(desk, each)
        assert items[each["id"]] == {
            "link": each["id"], "name": each["name"], "code": each["code"],
            **{part: alone[part] for part in ("clicks", "funnel", "attribution")}}
    assert found["funnel"]["starts"] == 1 and found["attribution"]["sessions"]["first"] == 1
    answer = desk.admin.attempt(
        "GET", f"/api/v1/projects/{desk.id}/links/report?format=csv")
    lines = answer.body.decode().splitlines()
    assert lines[0] == (
        "link,name,code,total,human,other,unique,unidentified,starts,assigned,firstReplies,"
        "completed,sessionsFirst,sessionsLast,customersFirst,customersLast")
    assert f"{other['id']},'=other,{other['code']},2,2,0,1,0,1,0,0,0,1,1,1,1" in lines
    assert desk.browser("Ana").attempt(
        "GET", f"/api/v1/projects/{desk.id}/links/report").status == 403


def test_a_welcome_is_no_first_reply_in_the_funnel(new_desk):
    desk = new_desk("Ana", permissions=("view", "reply"))
    desk.admin.put(f"/api/v1/projects/{desk.id}/desk", {"welcome": "Welcome."})
    desk.open_console("Ana")
    link, user = made(desk), new_user()
    desk.write(user, f"/start {token_of(click(desk, name=link['code']))}")
    counted(desk, link, 1)
    assert report(desk, link)["funnel"] == {
        "clicks": 1, "starts": 1, "assigned": 1, "firstReplies": 0, "completed": 0}
    ana = desk.browser("Ana")
    ana.post(f"/api/v1/sessions/{desk.session_of(user)['id']}/reply", {"text": "hello"})
    assert report(desk, link)["funnel"]["firstReplies"] == 1


def test_a_token_counts_once_in_the_funnel_as_on_its_link(new_desk):
    desk = new_desk("Ana", permissions=("view", "reply"))
    desk.admin.put(f"/api/v1/projects/{desk.id}", {"reopenSeconds": 0})
    desk.open_console("Ana")
    ana, link, user = desk.browser("Ana"), made(desk), new_user()
    first, second = (token_of(click(desk, name=link["code"])) for _ in range(2))
    desk.write(user, f"/start {first}")
    session = desk.session_of(user)
    ana.post(f"/api/v1/sessions/{session['id']}/complete", {"version": session["version"]})
    # The same token once more opens another session; then another token joins that.
    desk.write(user, f"/start {first}")
    assert desk.session_of(user)["id"] != session["id"]
    desk.write(user, f"/start {second}")
    counted(desk, link, 2)
    starts = desk.admin.get(f"/api/v1/links/{link['id']}")["starts"]
    assert report(desk, link)["funnel"]["starts"] == starts == 2
