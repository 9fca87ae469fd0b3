"""What agents write about sessions, and what a project says by itself."""

import json

from desk import new_user
from driver.waiting import wait_until


def tell_desk(desk, **changes):
    """Changes what the project's desk says and files by."""
    return desk.admin.put(f"/api/v1/projects/{desk.id}/desk", changes)


def begin(desk, text="Hello"):
    """A customer of the stand-in writes; gives (user, session) once every node knows it."""
    user = new_user()
    # The bot may write to who has written to it.
    desk.standin.post(f"/standin/customers/{user}/send", {"bot": desk.bot, "text": "/start"})
    desk.write(user, text)
    for node in (2, 3):
        wait_until("every node knows it", lambda node=node: desk.session_of(user, node=node))
    return user, desk.session_of(user)


def received(desk, user):
    """What the customer got from the bot."""
    return [m["text"] for m in desk.standin.chat(desk.bot, user) if m["from"] == "bot"]


def claim(desk, session, name="Ana"):
    return desk.browser(name).post(
        f"/api/v1/sessions/{session['id']}/claim", {"version": session["version"]})


def test_a_private_note_is_its_authors_alone_wherever_the_session_goes(new_desk):
    desk = new_desk("Ana", "Wei")
    _, session = begin(desk)
    session = claim(desk, session)
    wei = desk.open_console("Wei", node=2)
    path = f"/api/v1/sessions/{session['id']}"
    desk.browser("Ana", 3).post(f"{path}/notes", {"text": "drinks tea at five"})
    [mine] = [i for i in desk.browser("Ana", 3).history(session["id"]) if i["kind"] == "noted"]
    assert (mine["agent"]["name"], mine["text"]) == ("Ana", "drinks tea at five")
    assert desk.browser("Ana").post(f"{path}/transfer", {
        "version": session["version"], "to": desk.ids["Wei"], "confirm": True}) in (None, {})
    assert desk.browser("Ana").attempt("GET", path).status == 404
    wei.wait_for("the session", lambda event: event["type"] == "session"
                 and event["session"]["id"] == session["id"]
                 and event["session"]["owner"]["name"] == "Wei")
    for api in (desk.browser("Wei", 2), desk.admin):
        items = api.history(session["id"])
        [theirs] = [item for item in items if item["kind"] == "noted"]
        assert theirs["agent"]["name"] == "Ana"
        assert "tea" not in json.dumps(items)
        assert api.get("/api/v1/notes")["items"] == []
    assert "tea" not in json.dumps(desk.exported())
    assert "tea" not in json.dumps(wei.events)
    [kept] = desk.browser("Ana", 2).get("/api/v1/notes")["items"]
    assert (kept["session"], kept["text"]) == (session["id"], "drinks tea at five")


def test_an_authors_other_page_is_told_the_words_of_a_note_and_a_managers_is_not(new_desk):
    desk = new_desk("Ana", "Mia", permissions=("view", "reply", "manage"))
    _, session = begin(desk)
    feeds = {name: desk.open_console(name, node=2) for name in ("Ana", "Mia")}
    desk.browser("Ana", 1).post(
        f"/api/v1/sessions/{session['id']}/notes", {"text": "drinks tea at five"})
    for name, words in (("Ana", "drinks tea at five"), ("Mia", None)):
        event = feeds[name].wait_for(
            "the note", lambda event: event["type"] == "item" and event["item"]["kind"] == "noted")
        assert event["item"].get("text") == words


def test_remarks_and_tags_are_seen_by_all_who_see_the_session(new_desk):
    desk = new_desk("Ana", "Mia", permissions=("view", "reply"))
    tell_desk(desk, tags=["vip", "refund"])
    _, session = begin(desk)
    path = f"/api/v1/sessions/{session['id']}"
    desk.browser("Ana", 2).post(f"{path}/remarks", {"text": "offer a refund"})
    tagged = desk.browser("Ana", 3).post(f"{path}/tags", {"add": ["refund", "vip"]})
    assert tagged["tags"] == ["refund", "vip"]
    assert desk.browser("Ana").post(f"{path}/tags", {"remove": ["vip"]})["tags"] == ["refund"]
    assert desk.browser("Ana").attempt("POST", f"{path}/tags", {"add": ["other"]}).status == 422
    items = desk.browser("Mia").history(session["id"])
    assert [i["text"] for i in items if i["kind"] == "remarked"] == ["offer a refund"]
    assert [(i["added"], i["removed"]) for i in items if i["kind"] == "tagged"] == [
        (["refund", "vip"], []), ([], ["vip"])]
    [project] = [p for p in desk.browser("Mia").get("/api/v1/me")["projects"]
                 if p["id"] == desk.id]
    assert project["tags"] == ["vip", "refund"]


def test_canned_replies_are_filled_in_for_customer_and_agent(new_desk):
    desk = new_desk("Ana")
    tell_desk(desk, cannedReplies=[
        {"name": "thanks", "text": "{customer}, thank you. {agent}, {project} {other}"}])
    _, session = begin(desk)
    [reply] = desk.browser("Ana", 2).get(f"/api/v1/sessions/{session['id']}/canned")["items"]
    name = session["customer"]["name"]
    project = desk.admin.get(f"/api/v1/projects/{desk.id}")["name"]
    assert reply == {"name": "thanks", "text": f"{name}, thank you. Ana, {project} {{other}}"}
    assert desk.browser("Ana").attempt("GET", f"/api/v1/projects/{desk.id}/desk").status == 403


def test_who_opens_a_session_is_welcomed_and_who_waits_is_told_once(new_desk):
    desk = new_desk("Ana")
    tell_desk(desk, welcome="Welcome.", privacyNotice="We keep it a year.",
              nobodyAvailable="Nobody is here.\nAbout {minutes} minutes.")
    user, session = begin(desk)
    texts = ["Welcome.", "We keep it a year.", "Nobody is here."]
    wait_until("all texts", lambda: received(desk, user) == texts, 20)
    desk.write(user, "Hello again")
    session = desk.session_of(user)
    assert (session["state"], session["unread"]) == ("unassigned", 2)
    assert session["lastMessage"]["text"] == "Hello again"
    claim(desk, session)
    assert desk.admin.get(f"/api/v1/projects/{desk.id}/desk")["expectedWaitSeconds"] is not None
    other, _ = begin(desk, "Me too")
    wait_until("the expected wait", lambda: received(desk, other) == texts[:2] + [
        "Nobody is here.\nAbout 1 minutes."], 20)
    assert received(desk, user) == texts
    system = [i for i in desk.browser("Ana").history(session["id"]) if i["from"] == "system"
              and i["kind"] == "message"]
    assert [i["text"] for i in system] == texts and all("agent" not in i for i in system)
