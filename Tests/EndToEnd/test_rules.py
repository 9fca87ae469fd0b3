"""Pools, tags, hours, leaving and the other rules of a project, through the API."""

import urllib.parse

import pytest
from desk import new_update_id, new_user
from driver import telegram
from driver.api import ApiError, request
from driver.waiting import wait_until

ALL = ("view", "reply", "transfer", "manage")


def owner(desk, user, node=1):
    """The name of who has a customer's session."""
    session = desk.session_of(user, node)
    return session["owner"]["name"] if session and session["owner"] else None


def write(desk, user, text, language, node=1):
    """A customer of a language writes."""
    update = new_update_id()
    answer = desk.post_update(
        telegram.message_update(update, user, text, language=language), node)
    assert answer.status == 200, answer.body


def start_text(desk, code, query=""):
    """What the bot gets after a click on a link."""
    answer = request(
        desk.cluster[1].url, "GET", f"/{code}{query}", {"User-Agent": "Mozilla/5.0"})
    assert answer.status == 302, answer.body
    location = urllib.parse.urlsplit(answer.headers["Location"])
    return "/start " + urllib.parse.parse_qs(location.query)["start"][0]


def tag(desk, **tags):
    """Gives agents their tags; a list without tags keeps them."""
    members = [
        {"agent": desk.ids[name], "permissions": list(ALL), "tags": tags.get(name, [])}
        for name in desk.browsers]
    desk.admin.put(f"/api/v1/projects/{desk.id}/members", members)
    for member in members:
        del member["tags"]
    answer = desk.admin.put(f"/api/v1/projects/{desk.id}/members", members)
    return {each["agent"]["name"]: each["tags"] for each in answer["members"]}


def test_customers_reach_who_speaks_their_language(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    assert tag(desk, Ana=["lang:DE"], Wei=["lang:zh"]) == {"Ana": ["lang:de"], "Wei": ["lang:zh"]}
    desk.open_consoles()
    for language, name in [("zh", "Wei"), ("de-AT", "Ana"), ("zh-hans", "Wei")]:
        user = new_user()
        write(desk, user, "Hello", language)
        assert owner(desk, user) == name
    user = new_user()
    link = desk.admin.post(
        "/api/v1/links", {"name": "promo", "project": desk.id, "language": "zh"})
    write(desk, user, start_text(desk, link["code"]), "de")
    assert owner(desk, user) == "Wei"
    user = new_user()
    write(desk, user, start_text(desk, link["code"], "?lang=de"), "zh")
    assert owner(desk, user) == "Ana"
    assert desk.session_of(user)["spokenLanguage"] == "de"


def test_a_link_with_a_pool_leads_to_its_agents_alone(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    desk.open_consoles()
    pool = desk.admin.post(
        f"/api/v1/projects/{desk.id}/pools",
        {"name": "sales", "only": {"agents": [desk.ids["Wei"]]}})
    assert pool["manned"] and [each["name"] for each in pool["members"]] == ["Wei"]
    link = desk.admin.post(
        "/api/v1/links", {"name": "sales", "project": desk.id, "pool": pool["id"]})
    users = [new_user() for _ in range(3)]
    for user in users:
        write(desk, user, start_text(desk, link["code"]), "en")
    assert [owner(desk, user) for user in users] == ["Wei"] * 3
    session = desk.browser("Ana").get(f"/api/v1/sessions/{desk.session_of(users[0])['id']}")
    assert session["decision"]["pool"]["name"] == "sales"
    ana = session["decision"]["candidates"][0]
    assert [reason["code"] for reason in ana["reasons"]] == ["linkRestricted"]
    with pytest.raises(ApiError) as caught:
        desk.admin.post(
            "/api/v1/links",
            {"name": "both", "project": desk.id, "pool": pool["id"],
             "prefer": {"agents": [desk.ids["Ana"]]}})
    assert caught.value.status == 422
    desk.admin.send("DELETE", f"/api/v1/pools/{pool['id']}")
    assert desk.admin.get(f"/api/v1/projects/{desk.id}/pools")["items"] == []


def test_why_a_session_waits_and_what_would_release_it(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL, project={"hiddenGraceSeconds": 0})
    desk.open_console("Ana")
    user = new_user()
    desk.browser("Ana").put("/api/v1/me/presence", {"away": True})
    desk.write(user, "Hello")
    session = desk.browser("Wei").get(f"/api/v1/sessions/{desk.session_of(user)['id']}")
    found = {(each["code"], each.get("agent", {}).get("name")) for each in session["releases"]}
    assert found == {("notAway", "Ana"), ("online", "Wei"), ("assignedOffline", None)}
    desk.browser("Ana").put("/api/v1/me/presence", {"away": False})
    wait_until("it is released", lambda: owner(desk, user) == "Ana")


def test_hours_hold_what_a_mode_would_give(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    desk.open_console("Ana")
    hours = {"zone": "Europe/Vienna", "week": [], "outside": "hold"}
    path = f"/api/v1/projects/{desk.id}"
    assert desk.admin.put(path, {"hours": hours})["hours"] == hours
    wait_until("the hours are known", lambda: desk.admin.get(path)["hoursKnownUntil"])
    user = new_user()
    desk.write(user, "Anybody there?")
    session = desk.browser("Ana").get(f"/api/v1/sessions/{desk.session_of(user)['id']}")
    assert session["state"] == "unassigned"
    assert "routedOutsideHours" in [each["code"] for each in session["releases"]]
    assert desk.admin.put(path, {"hours": {"zone": "", "week": []}})["hours"] is None
    wait_until("it is given", lambda: owner(desk, user) == "Ana")
    with pytest.raises(ApiError) as caught:
        desk.admin.put(path, {"hours": {**hours, "zone": "Nowhere/Land"}})
    assert caught.value.status == 422


def test_a_manager_takes_over_and_a_leaver_hands_over(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    desk.open_console("Ana")
    user = new_user()
    desk.write(user, "Hello")
    session = desk.session_of(user)
    taken = desk.browser("Wei", 2).post(
        f"/api/v1/sessions/{session['id']}/take-over", {"version": session["version"]})
    assert taken["owner"]["name"] == "Wei"
    assert desk.admin.history(session["id"])[-1]["kind"] == "tookOver"
    desk.admin.put(
        f"/api/v1/agents/{desk.ids['Wei']}", {"isActive": False, "handOver": desk.ids["Ana"]})
    wait_until("it is handed over", lambda: owner(desk, user) == "Ana")
    assert desk.admin.history(session["id"])[-1]["kind"] == "handedOver"


def test_what_a_blocked_customer_writes_is_kept_and_nothing_is_opened(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    desk.open_console("Ana")
    user = new_user()
    desk.write(user, "Hello")
    session = desk.session_of(user)
    path = f"/api/v1/projects/{desk.id}/customers/{user}/block"
    desk.browser("Ana").post(path, {"blocked": True})
    desk.write(user, "Let me in")
    now = desk.session_of(user)
    assert now["id"] == session["id"] and now["state"] == "completed"
    assert now["customer"]["isBarred"] and now["lastMessage"]["text"] == "Let me in"
    desk.admin.post(path, {"blocked": False})
    desk.write(user, "Thank you")
    assert desk.session_of(user)["state"] == "assigned"
