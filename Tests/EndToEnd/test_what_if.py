"""What-if: the last minutes under other rules, asked of real nodes and compared with what was."""

import pytest
from desk import Desk, new_user
from driver.api import ApiError
from driver.seeding import ALL_PERMISSIONS
from driver.waiting import wait_until

NODES = (1, 2, 3)


def ask(desk, node, start, changes=None, **more):
    """A what-if at a node, whose journal has everything that is applied now."""
    index = int(desk.admin.get("/api/v1/me", fresh=1)["index"])
    path = f"/api/v1/projects/{desk.id}/what-if"
    api = desk.admin.at(desk.cluster[node].url)

    def caught_up():
        report = api.post(path, {"from": start, "changes": changes or {}, **more})
        return report if int(report["journal"]["index"]) >= index else None

    return wait_until("the journal has read it", caught_up, 20)


def change(desk, name, session, verb, body=None):
    """Somebody does something with a session at its present version."""
    api = desk.browser(name)
    path = f"/api/v1/sessions/{session['id']}"
    version = api.get(path, fresh=1)["version"]
    return api.post(f"{path}/{verb}", {"version": version, **(body or {})})


def names(figures):
    """How many sessions each agent was given, by name."""
    return {each["agent"]["name"]: each["assigned"] for each in figures["agents"]}


def three_in_turn(desk):
    """Five customers; the second's session is over before the fourth comes. Gives the sessions."""
    sessions = []

    def comes():
        user = new_user()
        desk.write(user, "Hello zanzibar")
        sessions.append(desk.session_of(user))

    for _ in range(3):
        comes()
    desk.browser("Wei").post(f"/api/v1/sessions/{sessions[1]['id']}/reply", {"text": "zanzibar"})
    change(desk, "Wei", sessions[1], "complete")
    comes()
    comes()
    return sessions


@pytest.fixture
def story(new_desk):
    """Three agents in turn and their five customers."""
    desk = new_desk("Ana", "Wei", "Joe", permissions=ALL_PERMISSIONS)
    desk.open_consoles()
    return desk, three_in_turn(desk)


def test_rules_as_they_were_give_what_was_at_every_node(story):
    desk, sessions = story
    for node in NODES:
        report = ask(desk, node, sessions[0]["openedAt"])
        assert report["changed"] == 0 and report["notRepeated"] == 0 and report["unknown"] == 0
        assert report["asItWas"] == report["asAsked"]
        assert report["asItWas"]["assigned"] == 5
        assert names(report["asItWas"]) == {"Ana": 2, "Wei": 2, "Joe": 1}
        # Each assignment is the one that the session's history tells.
        assert report["record"] == {"compared": 5, "different": 0}


def test_another_mode_gives_what_it_would_have_chosen_at_every_node(story):
    desk, sessions = story
    for node in NODES:
        report = ask(desk, node, sessions[0]["openedAt"],
                     {"mode": "onlineFirst", "balance": "leastLoaded"})
        found = {each["session"]: ([a["name"] for a in each["asItWas"]],
                                   [a["name"] for a in each["asAsked"]])
                 for each in report["differences"]}
        # The fourth goes to Wei, who has none; the fifth to Ana, whose last is longest ago.
        assert found == {sessions[3]["id"]: (["Ana"], ["Wei"]),
                         sessions[4]["id"]: (["Wei"], ["Ana"])}
        assert report["changed"] == 2 and report["notRepeated"] == 0
        assert report["record"]["different"] == 0


def test_another_list_gives_all_to_who_is_in_it(story):
    desk, sessions = story
    report = ask(desk, 2, sessions[0]["openedAt"], {
        "members": [{"agent": desk.ids["Joe"], "permissions": ["reply"]}]})
    assert names(report["asAsked"]) == {"Joe": 5}
    assert names(report["asItWas"]) == {"Ana": 2, "Wei": 2, "Joe": 1}


def test_a_limit_makes_customers_wait(new_desk):
    desk = new_desk("Ana", permissions=ALL_PERMISSIONS, limits={"openLimit": 1})
    desk.open_consoles()
    users = [new_user() for _ in range(2)]
    for user in users:
        desk.write(user, "Hello")
    first, second = (desk.session_of(user) for user in users)
    assert second["state"] == "unassigned"
    change(desk, "Ana", first, "complete")
    report = ask(desk, 3, first["openedAt"], {
        "agents": [{"agent": desk.ids["Ana"], "openLimit": 2}]})
    assert report["asItWas"]["unassignedSeconds"] > 0
    assert report["asItWas"]["longestWaitSeconds"] > 0
    assert report["asAsked"]["unassignedSeconds"] == 0
    assert report["asAsked"]["assigned"] == 2 and report["changed"] == 0


def test_the_journal_has_nobodys_words(story):
    desk, sessions = story
    for node in NODES:
        ask(desk, node, sessions[0]["openedAt"])
        folder = desk.cluster[node].data
        files = [path for path in folder.iterdir() if path.name.startswith("journal.db")]
        written = b"".join(path.read_bytes() for path in files)
        assert len(written) > 4096
        logins = [agent["login"] for agent in desk.seeded.agents]
        for word in ("zanzibar", desk.bot, desk.token, *logins):
            assert word.encode() not in written


def test_what_the_journal_does_not_have_is_refused_with_its_beginning(new_desk):
    desk = new_desk("Ana", permissions=ALL_PERMISSIONS)
    path = f"/api/v1/projects/{desk.id}/what-if"
    with pytest.raises(ApiError) as refused:
        desk.admin.post(path, {"from": "2020-01-01T00:00:00Z"})
    assert refused.value.status == 409
    assert refused.value.code == "journal_begins_later"
    for body in ({"from": "yesterday"},
                 {"from": "2030-01-02T00:00:00Z", "to": "2030-01-01T00:00:00Z"},
                 {"from": "2020-01-01T00:00:00Z", "changes": {"mode": "best"}}):
        with pytest.raises(ApiError) as refused:
            desk.admin.post(path, body)
        assert (refused.value.status, refused.value.code) == (422, "invalid")


def test_who_does_not_manage_the_project_may_not_ask(new_desk):
    desk = new_desk("Ana")
    with pytest.raises(ApiError) as refused:
        desk.browser("Ana").post(
            f"/api/v1/projects/{desk.id}/what-if", {"from": "2020-01-01T00:00:00Z"})
    assert refused.value.status == 403


def test_a_journal_goes_on_after_a_crash_and_begins_anew_when_it_is_lost(
        new_cluster, standin):
    cluster = new_cluster(telegram=standin.url)
    desk = Desk(cluster, standin, ["Ana", "Wei"])
    desk.open_consoles()
    users = [new_user() for _ in range(4)]
    for user in users[:2]:
        desk.write(user, "Hello")
    start = desk.session_of(users[0])["openedAt"]
    cluster[3].kill()
    for user in users[2:]:
        desk.write(user, "Hello")
    cluster[3].start()
    cluster.wait_level()
    report = ask(desk, 3, start)
    assert report["asItWas"]["assigned"] == 4
    assert report["record"] == {"compared": 4, "different": 0} and report["changed"] == 0
    cluster[3].kill()
    for path in cluster[3].data.glob("journal.db*"):
        path.unlink()
    cluster[3].start()
    cluster.wait_level()
    with pytest.raises(ApiError) as refused:
        ask(desk, 3, start)
    assert refused.value.code == "journal_begins_later"
    assert ask(desk, 1, start)["asItWas"]["assigned"] == 4
    desk.close()
