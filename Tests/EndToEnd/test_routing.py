"""Who gets a session, and what agents may do with it, through the API at different nodes."""

import concurrent.futures

import pytest
from desk import new_update_id, new_user
from driver import telegram
from driver.api import ApiError
from driver.waiting import wait_until

ALL = ("view", "reply", "transfer", "manage")


def owner(desk, user, node=1):
    """The name of who has a customer's session."""
    session = desk.session_of(user, node)
    return session["owner"]["name"] if session and session["owner"] else None


def act(desk, name, session, verb, node=1, **body):
    """An agent's action on a session; raises ApiError when it is refused."""
    body.setdefault("version", session["version"])
    return desk.browser(name, node).post(f"/api/v1/sessions/{session['id']}/{verb}", body)


def refusal(desk, name, session, verb, node=1, **body):
    """The refusal of an action: (status, problem)."""
    with pytest.raises(ApiError) as caught:
        act(desk, name, session, verb, node, **body)
    return caught.value.status, caught.value.problem


def reasons(candidates, name):
    """The reason codes of one candidate."""
    return [
        reason["code"] for each in candidates if each["agent"]["name"] == name
        for reason in each["reasons"]]


def detail(desk, user, node=1, name=None):
    """A customer's session with its decision."""
    session = desk.session_of(user, node, name)
    viewer = name or next(iter(desk.browsers))
    return desk.browser(viewer, node).get(f"/api/v1/sessions/{session['id']}")


def test_round_robin_goes_in_turn_whatever_node_takes_the_message(new_desk):
    desk = new_desk("Ana", "Wei", "Lena", permissions=ALL)
    desk.open_consoles()
    users = [new_user() for _ in range(7)]
    for place, user in enumerate(users):
        desk.write(user, "Hello", place % 3 + 1)
    assert [owner(desk, user) for user in users] == [
        "Ana", "Wei", "Lena", "Ana", "Wei", "Lena", "Ana"]


def test_the_decision_names_every_candidate_with_its_reasons(new_desk):
    desk = new_desk("Ana", "Wei", "Lena", permissions=ALL)
    desk.open_console("Ana")
    desk.open_console("Wei", node=2)
    desk.browser("Ana").put("/api/v1/me/presence", {"away": True})
    user = new_user()
    desk.write(user, "Hello", node=3)
    decision = detail(desk, user, node=2)["decision"]
    assert decision["chosen"]["name"] == "Wei"
    assert decision["cause"] == "new" and decision["mode"] == "roundRobin"
    assert reasons(decision["candidates"], "Ana") == ["away"]
    assert reasons(decision["candidates"], "Wei") == []
    # She signed in but never opened a console.
    assert reasons(decision["candidates"], "Lena") == ["offline"]


def test_without_a_candidate_it_waits_and_drains_in_order(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    users = [new_user() for _ in range(3)]
    for user in users:
        desk.write(user, "Anybody there?")
    waiting = desk.browser("Ana").sessions("waiting", project=desk.id)
    assert [int(s["customer"]["id"]) for s in waiting] == users
    assert reasons(detail(desk, users[0])["blockers"], "Wei") == ["offline"]
    desk.open_console("Wei", node=2)
    wait_until("drained", lambda: all(owner(desk, user) == "Wei" for user in users))
    assert detail(desk, users[0])["decision"]["cause"] == "drain"
    assert desk.browser("Ana").sessions("waiting", project=desk.id) == []


def test_online_first_may_assign_to_who_is_offline(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL, project={"mode": "onlineFirst"})
    first, second, third = new_user(), new_user(), new_user()
    desk.write(first, "Hello")
    desk.write(second, "Hello")
    assert [owner(desk, first), owner(desk, second)] == ["Ana", "Wei"]
    desk.open_console("Wei")
    desk.write(third, "Hello")
    assert owner(desk, third) == "Wei"


def test_a_hidden_page_does_not_receive_when_the_project_is_strict(new_desk):
    desk = new_desk("Ana", permissions=ALL, project={"hiddenGraceSeconds": 0})
    feed = desk.open_console("Ana")
    feed.show(False)
    wait_until("hidden", lambda: desk.presence("Ana") == "hidden")
    user = new_user()
    desk.write(user, "Hello")
    assert owner(desk, user) is None
    feed.show(True)
    wait_until("assigned", lambda: owner(desk, user) == "Ana")


def test_limits_of_open_sessions_hold_and_free_a_place_when_one_ends(new_desk):
    desk = new_desk("Ana", permissions=ALL, limits={"openLimit": 2, "newPerMinute": 0})
    desk.open_console("Ana")
    users = [new_user() for _ in range(3)]
    for user in users:
        desk.write(user, "Hello")
    assert [owner(desk, user) for user in users] == ["Ana", "Ana", None]
    assert reasons(detail(desk, users[2])["blockers"], "Ana") == ["atCapacity"]
    act(desk, "Ana", desk.session_of(users[0]), "complete")
    wait_until("the third", lambda: owner(desk, users[2]) == "Ana")


def test_claims_at_two_nodes_have_one_winner_and_the_loser_reads_who(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    for _ in range(5):
        user = new_user()
        desk.write(user, "Mine?")
        session = desk.session_of(user)

        def claim(name, node, session=session):
            return name, desk.browser(name, node).attempt(
                "POST", f"/api/v1/sessions/{session['id']}/claim",
                {"version": session["version"]})

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = dict(pool.map(claim, ["Ana", "Wei"], [2, 3]))
        won = [name for name, answer in answers.items() if answer.status == 200]
        lost = [answer for answer in answers.values() if answer.status != 200]
        assert len(won) == 1 and lost[0].status == 409, answers
        assert lost[0].json()["owner"]["name"] == won[0]
        assert owner(desk, user) == won[0]


def test_who_claims_or_answers_too_late_reads_whose_it_is(new_desk):
    desk = new_desk("Ana", "Wei", permissions=("reply",))
    user = new_user()
    desk.write(user, "Mine?")
    session = desk.session_of(user)
    path = f"/api/v1/sessions/{session['id']}"
    version = {"version": session["version"]}
    assert desk.browser("Ana", 2).attempt("POST", path + "/claim", version).status == 200
    # Also at a node that knows it already: Wei's page still shows what it showed before.
    for node in (1, 2, 3):
        wei = desk.browser("Wei", node)
        claimed = wei.attempt("POST", path + "/claim", version)
        assert claimed.status == 409 and claimed.json()["owner"]["name"] == "Ana"
        answered = wei.attempt("POST", path + "/reply", {"text": "Hello"})
        assert answered.status == 403 and answered.json()["owner"]["name"] == "Ana"


def test_a_named_transfer_to_somebody_offline_asks_first(new_desk):
    desk = new_desk("Ana", "Wei")
    desk.open_console("Ana")
    user = new_user()
    desk.write(user, "Hello")
    session = desk.session_of(user, name="Ana")
    status, problem = refusal(desk, "Ana", session, "transfer", to=desk.ids["Wei"])
    assert status == 422 and problem["code"] == "needs_confirmation"
    assert [reason["code"] for reason in problem["reasons"]] == ["offline"]
    act(desk, "Ana", session, "transfer", to=desk.ids["Wei"], confirm=True, remark="VIP, please")
    assert desk.session_of(user, node=3, name="Wei")["owner"]["name"] == "Wei"
    # Without *view* the giver no longer finds it, anywhere.
    assert desk.session_of(user, node=2, name="Ana") is None
    assert desk.browser("Ana", 2).attempt(
        "GET", f"/api/v1/sessions/{session['id']}").status == 404
    remarks = [
        item.get("remark") for item in desk.browser("Wei").history(session["id"])
        if item["kind"] == "transferred"]
    assert remarks == ["VIP, please"]


def test_a_transfer_to_any_goes_by_the_turn_or_stays(new_desk):
    desk = new_desk("Ana", "Wei", "Lena", permissions=ALL)
    desk.open_console("Ana")
    user = new_user()
    desk.write(user, "Hello")
    session = desk.session_of(user)
    status, problem = refusal(desk, "Ana", session, "transfer", to="any")
    assert status == 409 and problem["code"] == "no_candidate"
    assert owner(desk, user) == "Ana"
    desk.open_console("Lena", node=2)
    act(desk, "Ana", session, "transfer", node=3, to="any")
    assert owner(desk, user) == "Lena"


def test_given_back_it_goes_to_another_or_waits_at_its_old_place(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    desk.open_console("Ana")
    user, later = new_user(), new_user()
    desk.write(user, "Hello")
    desk.browser("Ana").put("/api/v1/me/presence", {"away": True})
    desk.write(later, "Hello")
    act(desk, "Ana", desk.session_of(user), "give-back")
    waiting = desk.browser("Ana").sessions("waiting", project=desk.id)
    assert [int(s["customer"]["id"]) for s in waiting] == [user, later]
    assert "excluded" in reasons(detail(desk, user)["blockers"], "Ana")
    desk.open_console("Wei")
    wait_until("Wei has both", lambda: owner(desk, user) == owner(desk, later) == "Wei")


def test_an_action_on_what_changed_meanwhile_is_409(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    desk.open_consoles()
    user = new_user()
    desk.write(user, "Hello")
    stale = desk.session_of(user)
    act(desk, "Ana", stale, "transfer", to=desk.ids["Wei"])
    status, problem = refusal(desk, "Ana", stale, "complete", node=2)
    assert status == 409 and problem["code"] == "version_conflict"
    assert problem["owner"]["name"] == "Wei"


def test_completed_is_reopened_by_the_customer_for_the_last_owner(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    desk.open_consoles()
    user = new_user()
    desk.write(user, "Hello")
    before = desk.session_of(user)
    act(desk, "Ana", before, "complete", node=2)
    assert desk.session_of(user, node=3)["state"] == "completed"
    desk.write(user, "One more thing", node=3)
    after = detail(desk, user)
    assert (after["id"], after["state"], after["owner"]["name"]) == (
        before["id"], "assigned", "Ana")
    assert after["decision"]["cause"] == "reopen"


def test_an_edit_or_a_button_opens_nothing_anew(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    desk.open_console("Ana")
    user = new_user()
    desk.write(user, "Hello")
    act(desk, "Ana", desk.session_of(user), "complete")
    edited = {
        "message_id": 1, "from": {"id": user, "is_bot": False, "first_name": "Kim"},
        "chat": {"id": user, "type": "private"}, "date": 1, "edit_date": 2, "text": "Helo"}
    desk.post_update(telegram.update(new_update_id(), "edited_message", edited))
    assert desk.session_of(user)["state"] == "completed"


def test_replying_to_a_waiting_session_claims_it_and_to_anothers_is_refused(new_desk):
    desk = new_desk("Ana", "Wei", permissions=("reply", "view"))
    user = new_user()
    desk.write(user, "Hello")
    session = desk.session_of(user)
    desk.browser("Wei", 2).post(f"/api/v1/sessions/{session['id']}/reply", {"text": "Hi"})
    assert owner(desk, user) == "Wei"
    with pytest.raises(ApiError) as caught:
        desk.browser("Ana", 3).post(f"/api/v1/sessions/{session['id']}/reply", {"text": "Me too"})
    assert caught.value.status == 403 and caught.value.problem["owner"]["name"] == "Wei"


def test_who_may_only_reply_sees_own_and_waiting_sessions(new_desk):
    desk = new_desk("Ana", "Wei")
    desk.open_console("Ana")
    mine, waiting = new_user(), new_user()
    desk.write(mine, "Hello")
    desk.browser("Ana").put("/api/v1/me/presence", {"away": True})
    desk.write(waiting, "Hello")
    seen = {int(s["customer"]["id"]) for s in desk.all_sessions(node=3, name="Wei")}
    assert seen == {waiting}


def test_changes_of_members_and_modes_affect_new_decisions_only(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    desk.open_consoles()
    first, second = new_user(), new_user()
    desk.write(first, "Hello")
    desk.admin.put(f"/api/v1/projects/{desk.id}/members", [
        {"agent": desk.ids["Wei"], "permissions": ["view"], "inScope": True},
        {"agent": desk.ids["Ana"], "permissions": list(ALL), "inScope": True}])
    desk.write(second, "Hello", node=2)
    assert [owner(desk, first), owner(desk, second)] == ["Ana", "Ana"]
    decision = detail(desk, second)["decision"]
    assert reasons(decision["candidates"], "Wei") == ["cannotReply"]
