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


def test_one_agent_has_other_permissions_in_another_project(new_desk):
    desk, other = new_desk("Ana", permissions=("reply", "transfer")), new_desk("Lena")
    other.admin.put(f"/api/v1/projects/{other.id}/members", [
        {"agent": other.ids["Lena"], "permissions": list(ALL), "inScope": True},
        {"agent": desk.ids["Ana"], "permissions": ["view"], "inScope": True}])
    desk.open_console("Ana")
    ana = desk.browser("Ana")
    may = {each["id"]: set(each["permissions"]) for each in ana.get("/api/v1/me")["projects"]}
    assert may == {desk.id: {"reply", "transfer"}, other.id: {"view"}}
    own, foreign = new_user(), new_user()
    desk.write(own, "Hello")
    other.write(foreign, "Hello")
    assert owner(desk, own) == "Ana"
    session = ana.get(f"/api/v1/sessions/{other.session_of(foreign)['id']}")
    assert session["state"] == "unassigned" and not session["canClaim"]
    [against] = [each["reasons"] for each in session["blockers"]
                 if each["agent"]["id"] == desk.ids["Ana"]]
    assert [each["code"] for each in against] == ["cannotReply"]
    path = f"/api/v1/sessions/{session['id']}"
    for verb, body in [("reply", {"text": "Hi"}), ("claim", {"version": session["version"]})]:
        assert ana.attempt("POST", f"{path}/{verb}", body).status in (403, 409)
    ana.post(f"/api/v1/sessions/{desk.session_of(own)['id']}/reply", {"text": "Hi"})


def test_a_link_may_prefer_agents_who_speak_english(new_desk):
    desk = new_desk("Ana", "Wei", "Lena", permissions=ALL)
    tag(desk, Ana=["lang:en"], Wei=["lang:de"], Lena=["lang:en"])
    desk.open_consoles()
    link = desk.admin.post("/api/v1/links", {
        "name": "english", "project": desk.id, "prefer": {"tags": ["lang:en"]}})
    users = [new_user() for _ in range(3)]
    for user in users:
        write(desk, user, start_text(desk, link["code"]), "de")
    assert [owner(desk, user) for user in users] == ["Ana", "Lena", "Ana"]
    for name in ("Ana", "Lena"):
        desk.browser(name).put("/api/v1/me/presence", {"away": True})
    user = new_user()
    write(desk, user, start_text(desk, link["code"]), "de")
    assert owner(desk, user) == "Wei", "preferring never makes a session wait"


def test_a_manager_is_told_of_a_session_without_a_first_reply(new_desk):
    desk = new_desk("Ana", permissions=ALL, project={"firstReplySeconds": 1})
    feed = desk.open_console("Ana")
    user = new_user()
    desk.write(user, "Hello")
    feed.wait_for(
        "told", lambda event: event["type"] == "session" and event["session"]["isAlerted"])
    [session] = desk.browser("Ana", 2).sessions("alerted", project=desk.id, fresh=1)
    assert session["customer"]["id"] == str(user) and session["isAlerted"]
    assert [each["kind"] for each in desk.admin.history(session["id"])][-1] == "alerted"
    other = new_desk("Wei")
    assert other.browser("Wei").sessions("alerted") == []
    desk.browser("Ana").post(f"/api/v1/sessions/{session['id']}/reply", {"text": "Sorry"})
    assert desk.browser("Ana", 3).sessions("alerted", project=desk.id, fresh=1) == []


def test_a_new_session_is_read_together_with_the_customers_earlier_one(new_desk):
    desk = new_desk("Ana", "Wei", project={"reopenSeconds": 0})
    desk.open_console("Ana")
    user, stranger = new_user(), new_user()
    desk.write(user, "The first question")
    desk.write(stranger, "Something else")
    ana, wei = desk.browser("Ana"), desk.browser("Wei", 2)
    first, foreign = desk.session_of(user), desk.session_of(stranger)
    path = f"/api/v1/sessions/{first['id']}"
    ana.post(f"{path}/reply", {"text": "An answer"})
    ana.post(f"{path}/notes", {"text": "hers alone"})
    ana.post(f"{path}/complete", {"version": first["version"]})
    ana.put("/api/v1/me/presence", {"away": True})
    desk.open_console("Wei", 2)
    desk.write(user, "The second question", 2)
    second = desk.session_of(user, 2, "Wei")
    assert second["owner"]["name"] == "Wei" and second["previous"] == first["id"]
    assert wei.get(f"/api/v1/sessions/{second['id']}/history")["previous"] == first["id"]
    assert wei.attempt("GET", f"{path}/history").status == 404
    page = wei.get(f"{path}/history", **{"from": second["id"]})
    assert page["previous"] is None
    texts = [each.get("text") for each in page["items"] if each["kind"] in ("message", "noted")]
    assert texts == ["The first question", "An answer", None]
    for session, later in [(foreign["id"], second["id"]), (second["id"], first["id"]),
                           (first["id"], "0"), (first["id"], "x")]:
        answer = wei.attempt("GET", f"/api/v1/sessions/{session}/history?from={later}")
        assert answer.status in (404, 422), (session, later)
    desk.admin.send("DELETE", f"/api/v1/projects/{desk.id}/customers/{user}")
    wait_until("it is erased", lambda: desk.admin.get(
        f"/api/v1/sessions/{second['id']}")["customer"]["id"].startswith("-"))
    assert desk.admin.get(f"/api/v1/sessions/{second['id']}")["previous"] is None
    erased = desk.admin.attempt("GET", f"{path}/history?from={second['id']}")
    assert erased.status == 404


def test_what_a_person_chooses_is_a_decision_and_an_override_is_marked(new_desk):
    desk = new_desk("Ana", permissions=ALL, limits={"openLimit": 0, "newPerMinute": 1})
    users = [new_user(), new_user()]
    for user in users:
        desk.write(user, "Hello")
    ana = desk.browser("Ana")
    for user, is_override in zip(users, (False, True)):
        path = f"/api/v1/sessions/{desk.session_of(user)['id']}"
        ana.post(f"{path}/claim", {"version": 1})
        session = ana.get(path)
        assert session["decision"]["cause"] == "claim"
        assert session["decision"]["chosen"]["name"] == "Ana"
        assert session["decision"]["override"] is is_override
        claimed = ana.history(session["id"])[-1]
        assert claimed["kind"] == "claimed" and claimed.get("override", False) is is_override
        ana.post(f"{path}/complete", {"version": session["version"]})
        ana.post(f"{path}/reopen", {"version": session["version"] + 1})
        assert ana.get(path)["decision"]["cause"] == "reopenByHand"
    exported = {each["user"]: each["decisions"] for each in desk.exported()}
    assert [[each["override"] for each in exported[str(user)]] for user in users] == [
        [False, False, True], [False, True, True]]
