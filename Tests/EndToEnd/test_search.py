"""Search over what was said and what sessions are, through the API of real nodes."""

from desk import new_user
from driver.waiting import wait_until

ALL = ("view", "reply", "transfer")


def found(api, **query):
    """Every page of a search, as (session, text)."""
    cursor, result = None, []
    while True:
        page = api.get("/api/v1/search", **query, **({"cursor": cursor} if cursor else {}))
        result += [(each["session"]["id"], each.get("item", {}).get("text"))
                   for each in page["items"]]
        cursor = page["next"]
        if not cursor:
            return result


def wait_read(desk):
    """Waits until every node's search has read what is applied now."""
    index = int(desk.admin.get("/api/v1/me")["index"])
    for node in (1, 2, 3):
        wait_until("read", lambda: int(desk.admin.at(desk.cluster[node].url).get(
            "/api/v1/search", text="a")["searchIndex"]) >= index, 20)


def test_two_chinese_characters_find_their_messages_at_every_node(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    users = [new_user() for _ in range(3)]
    for user, text in zip(users, ("我想申请退款", "你好", "退款还没有到")):
        desk.write(user, text)
    sessions = [desk.session_of(user)["id"] for user in users]
    wait_read(desk)
    for node in (1, 2, 3):
        assert found(desk.browser("Ana", node), text="退款", project=desk.id) == [
            (sessions[2], "退款还没有到"), (sessions[0], "我想申请退款")]
        assert found(desk.browser("Ana", node), text="退款", project=desk.id, limit=1) == [
            (sessions[2], "退款还没有到"), (sessions[0], "我想申请退款")]


def test_who_does_not_see_a_session_does_not_find_it(new_desk):
    desk = new_desk("Ana", "Wei")
    user = new_user()
    desk.write(user, "zanzibar please")
    session = desk.session_of(user)
    path = f"/api/v1/sessions/{session['id']}"
    version = desk.browser("Ana").post(f"{path}/claim", {"version": session["version"]})["version"]
    desk.browser("Ana").post(f"{path}/notes", {"text": "zanzibar is an island"})
    desk.browser("Ana").post(f"{path}/remarks", {"text": "zanzibar, again"})
    wait_read(desk)
    seen = [(session["id"], "zanzibar, again"), (session["id"], "zanzibar please")]
    assert found(desk.browser("Ana", 2), text="zanzibar") == seen
    assert found(desk.admin, text="zanzibar", project=desk.id) == seen
    assert found(desk.browser("Wei", 2), text="zanzibar") == []
    assert found(desk.browser("Wei", 2), status="assigned") == []
    desk.browser("Ana").post(f"{path}/transfer", {
        "version": version, "to": desk.ids["Wei"], "confirm": True})
    assert found(desk.browser("Ana"), text="zanzibar") == []
    assert found(desk.browser("Wei"), text="zanzibar") == seen


def test_tag_status_agent_link_and_date_narrow_a_search(new_desk):
    desk = new_desk("Ana", "Wei", permissions=ALL)
    desk.admin.put(f"/api/v1/projects/{desk.id}/desk", {"tags": ["vip"]})
    api = desk.browser("Ana")
    sessions = []
    for name in ("Ana", "Wei", None):
        user = new_user()
        desk.write(user, "quebec")
        session = desk.session_of(user)
        sessions.append(session["id"])
        if name:
            desk.browser(name).post(
                f"/api/v1/sessions/{session['id']}/claim", {"version": session["version"]})
    api.post(f"/api/v1/sessions/{sessions[1]}/tags", {"add": ["vip"]})
    wait_read(desk)
    for query, places in [
            ({"tag": "vip"}, [1]), ({"status": "unassigned"}, [2]),
            ({"agent": desk.ids["Ana"]}, [0]), ({"link": "1"}, []),
            ({"from": "2999-01-01T00:00:00Z"}, []), ({"to": "2999-01-01T00:00:00Z"}, [2, 1, 0]),
            ({"status": "assigned", "agent": desk.ids["Wei"]}, [1])]:
        expected = [sessions[place] for place in places]
        for text in ({"text": "quebec"}, {}):
            hits = found(api, project=desk.id, **query, **text)
            assert [session for session, _ in hits] == expected, (query, text)
    assert api.attempt("GET", "/api/v1/search?status=lost").status == 422
    assert api.attempt("GET", "/api/v1/search?text=%3F").status == 422


def test_an_index_that_is_rebuilt_finds_the_same(new_desk):
    desk = new_desk("Ana", permissions=ALL)
    user = new_user()
    desk.write(user, "xylophone")
    wait_read(desk)
    assert desk.browser("Ana").attempt("POST", "/api/v1/search/rebuild").status == 403
    admin = desk.admin.at(desk.cluster[2].url)
    admin.post("/api/v1/search/rebuild")
    wait_until("found again", lambda: [text for _, text in found(
        admin, text="xylophone", project=desk.id)] == ["xylophone"], 20)


def test_a_node_that_lost_its_index_makes_it_anew(new_cluster):
    from desk import Desk
    cluster = new_cluster(nodes=1)
    desk = Desk(cluster, None, ["Ana"], permissions=ALL)
    desk.write(new_user(), "xylophone")
    node = cluster.nodes[0]
    wait_until("found", lambda: found(desk.admin, text="xylophone") != [], 20)
    node.stop()
    (node.data / "search.db").write_bytes(b"no database at all" * 1000)
    node.start()
    node.wait_ready()
    wait_until("found again", lambda: [text for _, text in found(
        desk.admin, text="xylophone")] == ["xylophone"], 20)
