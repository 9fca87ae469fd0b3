"""The ten checks of a project that newcomers are told to go through, run by themselves."""

import json

import pytest
from desk import new_user
from driver.api import ApiError, request
from driver.waiting import wait_until

ALL = ("view", "reply", "transfer", "manage")
TEN = ["botToken", "webhook", "links", "roster", "scope", "seats", "stalePages", "notifications",
       "completed", "signIns"]


def checkup(desk, node=1):
    """The whole answer of a node."""
    admin = desk.admin.at(desk.cluster[node].url)
    return admin.get(f"/api/v1/projects/{desk.id}/checkup", fresh=1)


def check(desk, name):
    """One check."""
    whole = checkup(desk)
    return next(each for each in [*whole["checks"], whole["deliveries"]] if each["id"] == name)


def expect(desk, name, verdict, *words):
    """A check has this verdict, its evidence these words, and what is bad a fix."""
    found = check(desk, name)
    told = " ".join(each["text"] for each in found["evidence"])
    assert found["verdict"] == verdict, found
    assert all(word in told for word in words), told
    assert bool(found["fix"]) == (verdict != "ok"), found
    return found


def wait_for(desk, name, verdict, seconds=20, meanwhile=lambda: None):
    """Waits until a check has a verdict; looks twice a second, because Telegram is asked."""
    def has_it():
        meanwhile()
        return check(desk, name)["verdict"] == verdict

    wait_until(f"{name} is {verdict}", has_it, seconds, every=0.5)


def telegram(desk, method, **arguments):
    """A call of the Bot API past the cluster, with the bot's token."""
    answer = request(
        desk.standin.url, "POST", f"/bot{desk.token}/{method}",
        {"Content-Type": "application/json"}, json.dumps(arguments).encode())
    return answer.status == 200


def register(desk, node=1):
    """Sets the webhook as the console does."""
    desk.admin.post(f"/api/v1/projects/{desk.id}/webhook", {"url": desk.cluster[node].url})


def members(desk, **changes):
    """Sets the list of members, with changes of some."""
    desk.admin.put(f"/api/v1/projects/{desk.id}/members", [
        {"agent": desk.ids[name], "permissions": list(ALL), "tags": [], **changes.get(name, {})}
        for name in desk.browsers])


def test_the_ten_checks_are_good_at_every_node(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL, links=["poster"])
    desk.open_consoles()
    register(desk)
    # Every ten seconds the nodes tell what pages may do.
    wait_for(desk, "notifications", "ok")
    for node in (1, 2, 3):
        found = checkup(desk, node)
        assert [each["id"] for each in found["checks"]] == TEN
        bad = [each for each in [*found["checks"], found["deliveries"]]
               if each["verdict"] != "ok" or each["fix"] is not None]
        assert bad == [] and found["verdict"] == "ok"
    found = {each["id"]: each["evidence"] for each in found["checks"]}
    assert found["botToken"] == [{"verdict": "ok", "text": f"The token is @{desk.bot}'s."}]
    assert f"{desk.cluster[1].url}{desk.path}" in found["webhook"][0]["text"]


def test_the_bot_token_is_revoked_is_another_bots_or_telegram_does_not_say(new_desk):
    desk = new_desk("Ana", permissions=ALL, links=["poster"])
    expect(desk, "botToken", "ok")
    desk.admin.put(f"/api/v1/projects/{desk.id}", {"botUsername": "another_bot"})
    expect(desk, "botToken", "problem", f"@{desk.bot}", "@another_bot")
    found = expect(desk, "links", "problem", "poster", "@another_bot")
    assert found["evidence"][0]["link"]["name"] == "poster"
    desk.admin.put(f"/api/v1/projects/{desk.id}", {"botUsername": desk.bot})
    desk.standin.post(f"/standin/bots/{desk.bot}/faults", {
        "method": "getMe", "effect": "delay", "milliseconds": 7000})
    expect(desk, "botToken", "unknown", "has not answered for 5 seconds")
    desk.standin.post(f"/standin/bots/{desk.bot}/revoke", {})
    wait_for(desk, "botToken", "problem")
    expect(desk, "botToken", "problem", "Unauthorized")
    expect(desk, "webhook", "unknown")


def test_the_webhook_is_missing_leads_elsewhere_or_fails(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    expect(desk, "webhook", "problem", "no webhook")
    register(desk, 2)
    expect(desk, "webhook", "ok", f"{desk.cluster[2].url}{desk.path}")

    def point(url):
        wait_until("Telegram takes it", lambda: telegram(
            desk, "setWebhook", url=url, secret_token="another"))

    point(f"http://127.0.0.1:9{desk.path}")
    expect(desk, "webhook", "warning", "127.0.0.1:9", desk.cluster[3].url)
    point("http://127.0.0.1:9/other")
    expect(desk, "webhook", "problem", "127.0.0.1:9/other")
    # The node refuses what has the wrong secret, and Telegram remembers it.
    point(f"{desk.cluster[1].url}{desk.path}")
    desk.standin.post(
        f"/standin/customers/{new_user()}/send", {"bot": desk.bot, "text": "Hello"})
    wait_for(desk, "webhook", "warning")
    expect(desk, "webhook", "warning", "failed", "seconds ago")


def test_links_that_are_off_or_have_expired(new_desk):
    desk = new_desk("Ana", permissions=ALL, links=["poster", "letter"])
    expect(desk, "links", "ok", "2 links")
    links = {each["name"]: each["id"] for each in desk.admin.get("/api/v1/links")["items"]
             if each["project"] == desk.id}
    desk.admin.put(f"/api/v1/links/{links['poster']}", {"enabled": False})
    desk.admin.put(f"/api/v1/links/{links['letter']}", {"expires": "2020-02-29T12:00:00Z"})
    found = expect(desk, "links", "warning", "poster is switched off", "letter expired")
    assert {each["link"]["id"] for each in found["evidence"]} == set(links.values())


def test_roster_pool_scope_and_seats_have_holes(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    desk.admin.post(f"/api/v1/projects/{desk.id}/pools", {
        "name": "refunds", "only": {"agents": [desk.ids["Wei"]]}})
    for name in ("roster", "scope", "seats"):
        expect(desk, name, "ok")
    desk.admin.put(f"/api/v1/projects/{desk.id}", {"seats": 1})
    found = expect(desk, "seats", "warning", "Wei", "1 of 1 seats")
    assert found["evidence"][0]["agent"] == {"id": desk.ids["Wei"], "name": "Wei"}
    expect(desk, "scope", "problem", "refunds")
    desk.admin.put(f"/api/v1/projects/{desk.id}", {"seats": 0, "scope": "specifiedAgents"})
    members(desk, Ana={"inScope": False}, Wei={"inScope": False})
    expect(desk, "scope", "problem", "No member")
    members(desk, Wei={"permissions": ["view"]})
    expect(desk, "roster", "problem", "refunds names nobody")
    desk.admin.put(f"/api/v1/projects/{desk.id}/members", [])
    expect(desk, "roster", "problem", "No member")


def test_pages_that_show_nothing_new_and_may_not_notify(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    expect(desk, "notifications", "unknown")
    feed = desk.open_console("Ana")
    wait_for(desk, "notifications", "ok")
    user = new_user()
    desk.write(user, "Hello")
    assert desk.session_of(user)["owner"]["name"] == "Ana"
    feed.socket.send_json({
        "type": "page", "visible": True, "notifications": "denied", "shown": "0"})
    wait_for(desk, "notifications", "warning")
    expect(desk, "notifications", "warning", "Ana has 1 open page")
    expect(desk, "stalePages", "ok")
    wait_for(desk, "stalePages", "warning", 90, lambda: feed.socket.read(0.1))
    found = expect(desk, "stalePages", "warning", "Ana was given a session")
    assert found["evidence"][0]["agent"]["id"] == desk.ids["Ana"]


def test_customers_who_write_after_their_session_was_completed(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    desk.open_console("Ana")
    users = [new_user(), new_user()]
    sessions = []
    for user in users:
        desk.write(user, "Hello")
        session = desk.session_of(user)
        desk.browser("Ana").post(
            f"/api/v1/sessions/{session['id']}/complete", {"version": session["version"]})
        sessions.append(session["id"])
    expect(desk, "completed", "ok", "2 completed sessions")
    desk.close_console("Ana")
    desk.admin.post(
        f"/api/v1/projects/{desk.id}/customers/{users[0]}/block", {"blocked": True})
    for user in users:
        desk.write(user, "Are you there?")
    found = expect(desk, "completed", "warning", "barred", "waits again")
    assert [each["session"] for each in found["evidence"]] == sessions


def test_accounts_that_nobody_signs_in_to(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    expect(desk, "signIns", "ok", "1 member")
    other = desk.admin.post("/api/v1/agents", {
        "login": f"idle{desk.id}", "name": "Idle", "password": "password of Idle"})
    desk.admin.put(f"/api/v1/projects/{desk.id}/members", [
        {"agent": each, "permissions": ["reply"]} for each in (desk.ids["Ana"], other["id"])])
    expect(desk, "signIns", "warning", "Idle has never signed in")


def test_what_could_not_be_delivered_says_why_and_what_to_do(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    desk.open_console("Ana")
    user, stranger = new_user(), new_user()
    desk.standin.post(f"/standin/customers/{user}/send", {"bot": desk.bot, "text": "/start"})
    desk.standin.post(f"/standin/customers/{user}/block", {"bot": desk.bot})
    for each in (user, stranger):
        desk.write(each, "Hello")
        desk.browser("Ana").post(
            f"/api/v1/sessions/{desk.session_of(each)['id']}/reply", {"text": "Hi"})
    wait_until(
        "both failed", lambda: len(check(desk, "deliveries")["evidence"]) == 2, every=0.5)
    found = expect(desk, "deliveries", "warning", "blocked by the user", "chat not found")
    assert "come back by writing" in found["fix"] and "press Start" in found["fix"]
    assert all(each["session"] for each in found["evidence"])


def test_a_bad_token_is_told_at_the_messages_with_who_repairs_it(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    user = new_user()
    desk.standin.post(f"/standin/customers/{user}/send", {"bot": desk.bot, "text": "/start"})
    desk.standin.post(f"/standin/bots/{desk.bot}/faults", {
        "method": "sendMessage", "effect": "fail", "code": 401, "description": "Unauthorized"})
    desk.write(user, "Hello")
    desk.browser("Ana").post(
        f"/api/v1/sessions/{desk.session_of(user)['id']}/reply", {"text": "Hi"})
    wait_until("failed", lambda: check(desk, "deliveries")["verdict"] == "warning", every=0.5)
    found = expect(desk, "deliveries", "warning", "Unauthorized")
    assert "A manager must set a new bot token" in found["fix"]


def test_a_checkup_is_for_managers(new_desk):
    desk = new_desk("Ana", permissions=("reply",))
    with pytest.raises(ApiError) as caught:
        desk.browser("Ana").get(f"/api/v1/projects/{desk.id}/checkup")
    assert caught.value.status == 403
    with pytest.raises(ApiError) as caught:
        desk.admin.get("/api/v1/projects/999999/checkup")
    assert caught.value.status == 404
