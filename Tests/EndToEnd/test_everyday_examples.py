"""What a team expects on its first day: each example of routing that is told to newcomers, as told.

The ten points of the diagnosis have their own tests in test_checkup.py.
"""

import urllib.parse

import pytest
from desk import new_user
from driver.api import ApiError, request
from driver.waiting import wait_until

ALL = ("view", "reply", "transfer", "manage")
AGENT = ("reply", "transfer")
NAMES = ("Ana", "Wei", "Lena")
FIVE = ("Ana", "Wei", "Lena", "Omar", "Ines")


def owner(desk, user, node=1):
    """The name of who has a customer's session."""
    [session] = [s for s in desk.admin.at(desk.cluster[node].url).export_sessions(fresh=1)
                 if s["project"] == desk.id and s["user"] == str(user)]
    return next((name for name, number in desk.ids.items() if number == session["owner"]), None)


def arrive(desk, count):
    """New customers write, each at the next node; gives who has their sessions."""
    users = [new_user() for _ in range(count)]
    for place, user in enumerate(users):
        desk.write(user, "Hello", place % 3 + 1)
    return users, [owner(desk, user) for user in users]


def session_at(desk, name, user, node=1):
    """A customer's session as an agent reads it."""
    session = desk.session_of(user, node, name)
    return desk.browser(name, node).get(f"/api/v1/sessions/{session['id']}")


def act(desk, name, session, verb, **body):
    """An agent's action on a session."""
    return desk.browser(name).post(
        f"/api/v1/sessions/{session['id']}/{verb}", {"version": session["version"], **body})


def codes(candidates, name):
    """The reasons of one candidate."""
    return [
        reason["code"] for each in candidates if each["agent"]["name"] == name
        for reason in each["reasons"]]


def start(desk, code, query="", headers=None):
    """A click: the bot that it leads to, and what Telegram sends for its Start."""
    answer = request(
        desk.cluster[1].url, "GET", f"/{code}{query}",
        {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
         **(headers or {})})
    assert answer.status == 302, answer.body
    location = urllib.parse.urlsplit(answer.headers["Location"])
    token = urllib.parse.parse_qs(location.query)["start"][0]
    return location.path.strip("/"), f"/start {token}"


def test_a_then_b_then_c_then_a_again(new_desk):
    desk = new_desk(*NAMES, permissions=AGENT)
    desk.open_consoles()
    assert arrive(desk, 7)[1] == ["Ana", "Wei", "Lena", "Ana", "Wei", "Lena", "Ana"]


def test_who_is_offline_is_skipped_and_the_turn_goes_on(new_desk):
    desk = new_desk(*NAMES, permissions=AGENT)
    desk.open_console("Ana")
    desk.open_console("Lena", node=3)
    assert arrive(desk, 4)[1] == ["Ana", "Lena", "Ana", "Lena"]
    desk.open_console("Wei", node=2)
    # The turn stands behind Lena: whoever comes late has a place, not a claim to what was missed.
    assert arrive(desk, 3)[1] == ["Ana", "Wei", "Lena"]


def test_all_offline_in_round_robin_everybody_waits_until_somebody_comes(new_desk):
    desk = new_desk(*NAMES, permissions=ALL)
    users, owners = arrive(desk, 3)
    assert owners == [None, None, None]
    session = session_at(desk, "Ana", users[0])
    assert session["state"] == "unassigned"
    assert {name: codes(session["blockers"], name) for name in NAMES} == {
        name: ["offline"] for name in NAMES}
    desk.open_console("Wei", node=2)
    wait_until("the queue is empty", lambda: [owner(desk, u) for u in users] == ["Wei"] * 3)


def test_all_offline_in_round_robin_an_agent_may_claim_by_hand(new_desk):
    desk = new_desk(*NAMES, permissions=ALL)
    [user], [nobody] = arrive(desk, 1)
    assert nobody is None
    act(desk, "Lena", session_at(desk, "Lena", user), "claim")
    assert owner(desk, user) == "Lena"


def test_all_offline_in_online_first_goes_in_turn_and_is_found_later(new_desk):
    desk = new_desk(*NAMES, permissions=AGENT, project={"mode": "onlineFirst"})
    users, owners = arrive(desk, 4)
    assert owners == ["Ana", "Wei", "Lena", "Ana"]
    desk.open_console("Ana", node=3)
    mine = desk.browser("Ana", 3).sessions("mine", project=desk.id)
    assert {int(s["customer"]["id"]) for s in mine} == {users[0], users[3]}


def test_online_first_of_five_agents_the_two_who_are_there_share(new_desk):
    desk = new_desk(*FIVE, permissions=AGENT, project={"mode": "onlineFirst"})
    desk.open_console("Wei")
    desk.open_console("Ines", node=2)
    assert arrive(desk, 6)[1] == ["Wei", "Ines"] * 3


def test_one_change_switches_the_mode_and_leaves_what_was_assigned(new_desk):
    desk = new_desk(*NAMES, permissions=AGENT)
    desk.open_console("Wei")
    before, owners = arrive(desk, 2)
    assert owners == ["Wei", "Wei"]
    desk.admin.put(f"/api/v1/projects/{desk.id}", {"mode": "onlineFirst"})
    desk.close_console("Wei")
    # Wei was the last who had a turn.
    assert arrive(desk, 3)[1] == ["Lena", "Ana", "Wei"]
    assert [owner(desk, user) for user in before] == ["Wei", "Wei"]


def test_five_agents_and_three_seats(new_desk):
    desk = new_desk(*FIVE, permissions=ALL, project={"seats": 3})
    desk.open_console("Omar")
    desk.open_console("Ines", node=2)
    users, owners = arrive(desk, 2)
    # Both are online, and neither has a seat: it waits for one of the three who have.
    assert owners == [None, None]
    blockers = session_at(desk, "Ana", users[0])["blockers"]
    assert codes(blockers, "Omar") == codes(blockers, "Ines") == ["overSeat"]
    assert codes(blockers, "Ana") == ["offline"]
    for place, name in enumerate(("Ana", "Wei", "Lena")):
        desk.open_console(name, place + 1)
    wait_until("they wait no more", lambda: None not in [owner(desk, u) for u in users])
    later = arrive(desk, 9)[1]
    assert {name: later.count(name) for name in FIVE} == {
        "Ana": 3, "Wei": 3, "Lena": 3, "Omar": 0, "Ines": 0}


def test_a_seat_that_is_given_up_goes_to_the_next_in_the_list(new_desk):
    desk = new_desk(*FIVE, permissions=AGENT, project={"seats": 3})
    desk.open_consoles()
    desk.admin.put(f"/api/v1/projects/{desk.id}/members", [
        {"agent": desk.ids[name], "permissions": list(AGENT)} for name in FIVE[1:]])
    assert sorted(set(arrive(desk, 6)[1])) == ["Lena", "Omar", "Wei"]


def test_specified_agents_alone_are_given_sessions(new_desk):
    desk = new_desk(*NAMES, permissions=ALL, project={"scope": "specifiedAgents"})
    members = [
        {"agent": desk.ids[name], "permissions": list(ALL), "inScope": name == "Ana"}
        for name in NAMES]
    desk.admin.put(f"/api/v1/projects/{desk.id}/members", members)
    desk.open_console("Wei")
    [user], [nobody] = arrive(desk, 1)
    # The agent who was forgotten in the list is online and gets nothing; the session says why.
    assert nobody is None
    session = session_at(desk, "Ana", user)
    assert codes(session["blockers"], "Wei") == ["notInScope"]
    assert ("inScope", "Wei") in {
        (each["code"], each.get("agent", {}).get("name")) for each in session["releases"]}
    members[1]["inScope"] = True
    desk.admin.put(f"/api/v1/projects/{desk.id}/members", members)
    wait_until("Wei has it", lambda: owner(desk, user) == "Wei")


def test_two_language_links_lead_to_two_teams(new_desk):
    chinese = new_desk("Wei", permissions=AGENT)
    english = new_desk("Ana", permissions=AGENT)
    chinese.open_console("Wei")
    english.open_console("Ana", node=2)
    links = {
        language: english.admin.post("/api/v1/links", {
            "name": f"ads {language}", "project": english.id,
            "rules": [{"name": "lang", "value": "zh", "project": chinese.id}]})
        for language in ("zh", "en")}
    for language, desk, name in (("zh", chinese, "Wei"), ("en", english, "Ana")):
        bot, text = start(english, links[language]["code"], f"?lang={language}")
        assert bot == desk.bot
        user = new_user()
        desk.write(user, text, node=3)
        assert owner(desk, user) == name
        session = desk.session_of(user, name=name)
        assert session["source"]["name"] == f"ads {language}"


def test_an_advertisement_is_known_from_the_click_to_the_agent(new_desk):
    desk = new_desk("Ana", permissions=ALL, links=["campaign"])
    desk.open_console("Ana")
    bot, text = start(
        desk, desk.links["campaign"], "?utm_source=google&utm_campaign=spring",
        {"Referer": "https://ads.example/"})
    assert bot == desk.bot
    user = new_user()
    desk.write(user, text, node=2)

    assert owner(desk, user) == "Ana"
    wait_until(
        "the click is known at node 3",
        lambda: desk.session_of(user, node=3)["source"]["status"] == "click")
    assert desk.session_of(user, node=3)["source"]["name"] == "campaign"
    [link] = [each for each in desk.admin.get("/api/v1/links")["items"]
              if each["code"] == desk.links["campaign"]]
    [clicked] = desk.admin.get(f"/api/v1/links/{link['id']}/clicks")["items"]
    assert clicked["address"] == "127.0.0.1" and clicked["referrer"] == "https://ads.example/"
    assert clicked["utm"]["source"] == "google" and clicked["utm"]["campaign"] == "spring"
    report = desk.admin.get(f"/api/v1/links/{link['id']}/report", by="source")
    assert report["funnel"] == {
        "clicks": 1, "starts": 1, "assigned": 1, "firstReplies": 0, "completed": 0}
    assert [(each["value"], each["human"]) for each in report["items"]] == [("google", 1)]


def test_transferred_the_giver_no_longer_finds_it_anywhere(new_desk):
    desk = new_desk("Ana", "Wei", permissions=AGENT)
    desk.open_consoles()
    [user], [name] = arrive(desk, 1)
    assert name == "Ana"
    session = session_at(desk, "Ana", user)
    act(desk, "Ana", session, "transfer", to=desk.ids["Wei"], remark="A refund, please")
    assert owner(desk, user) == "Wei"
    assert session_at(desk, "Wei", user, node=2)["owner"]["name"] == "Wei"
    for node in (1, 2, 3):
        wait_until(
            "Ana's lists are without it",
            lambda node=node: desk.session_of(user, node, "Ana") is None)
        with pytest.raises(ApiError) as caught:
            desk.browser("Ana", node).get(f"/api/v1/sessions/{session['id']}")
        assert caught.value.status == 404
    found = desk.browser("Ana").get("/api/v1/search", project=desk.id, text="Hello")
    assert session["id"] not in [item["session"]["id"] for item in found["items"]]


def test_transferred_to_any_it_goes_to_somebody_who_is_online(new_desk):
    desk = new_desk(*NAMES, permissions=ALL)
    desk.open_console("Ana")
    [user], [name] = arrive(desk, 1)
    assert name == "Ana"
    desk.open_console("Lena", node=2)
    act(desk, "Ana", session_at(desk, "Ana", user), "transfer", to="any")
    assert owner(desk, user) == "Lena"


def test_the_assignment_record_says_who_had_it_when_and_from_whom(new_desk):
    desk = new_desk(*NAMES, permissions=ALL)
    desk.open_consoles()
    [user], _ = arrive(desk, 1)
    session = session_at(desk, "Ana", user)
    act(desk, "Ana", session, "transfer", to=desk.ids["Wei"], remark="A refund, please")
    act(desk, "Wei", session_at(desk, "Wei", user), "transfer", to=desk.ids["Lena"])
    act(desk, "Lena", session_at(desk, "Lena", user), "complete")
    items = [item for item in desk.browser("Ana", 3).history(session["id"])
             if item["kind"] != "message" or item.get("decision")]
    moves = [(item["kind"], (item.get("agent") or {}).get("name"),
              (item.get("to") or (item.get("decision") or {}).get("chosen") or {}).get("name"))
             for item in items]
    assert moves == [
        ("message", None, "Ana"), ("transferred", "Ana", "Wei"), ("transferred", "Wei", "Lena"),
        ("completed", "Lena", None)]
    assert items[1]["remark"] == "A refund, please"
    assert [item["at"] for item in items] == sorted(item["at"] for item in items)


def test_a_private_note_is_read_by_its_author_alone(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    desk.open_consoles()
    [user], _ = arrive(desk, 1)
    session = session_at(desk, "Ana", user)
    desk.browser("Ana").post(
        f"/api/v1/sessions/{session['id']}/notes", {"text": "Birthday on May 20"})
    act(desk, "Ana", session_at(desk, "Ana", user), "transfer", to=desk.ids["Wei"])
    notes = {name: desk.browser(name, 2).get("/api/v1/notes")["items"] for name in ("Ana", "Wei")}
    assert [note["text"] for note in notes["Ana"]] == ["Birthday on May 20"]
    assert notes["Wei"] == []
    seen = {name: str(desk.browser(name, 3).history(session["id"])) for name in ("Ana", "Wei")}
    assert "May 20" in seen["Ana"] and "May 20" not in seen["Wei"]
