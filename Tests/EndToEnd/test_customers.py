"""What is kept of a customer, for the customer who asks for it."""

import pytest
from desk import new_user
from driver.api import request
from driver.waiting import wait_until


@pytest.fixture
def desk(new_desk):
    """Ana answers what customers write."""
    made = new_desk("Ana", permissions=("view", "reply"), links=("poster",))
    made.open_console("Ana")
    return made


def data(desk, user, node=1):
    """Everything about a customer, at a node."""
    api = desk.admin.at(desk.cluster[node].url)
    return api.get(f"/api/v1/projects/{desk.id}/customers/{user}", fresh=1)


def test_a_customers_data_is_had_at_every_node_with_clicks_and_without_others(desk):
    user, other = new_user(), new_user()
    answer = request(desk.cluster[1].url, "GET", f"/{desk.links['poster']}?utm_source=mail", {
        "User-Agent": "Firefox/140.0"})
    token = answer.headers["Location"].partition("start=")[2]
    desk.write(user, f"/start {token}")
    desk.write(other, "not mine")
    session = desk.session_of(user)
    ana = desk.browser("Ana")
    ana.post(f"/api/v1/sessions/{session['id']}/reply", {"text": "hello there"})
    ana.post(f"/api/v1/sessions/{session['id']}/notes", {"text": "a private note"})
    session = desk.session_of(user)
    ana.post(f"/api/v1/sessions/{session['id']}/complete", {"version": session["version"]})
    wait_until(
        "the click has arrived", lambda: data(desk, user)["sessions"][0]["links"][0]["click"])
    for node in (1, 2, 3):
        found = data(desk, user, node)
        assert found["user"] == str(user) and found["whole"] is True
        [only] = found["sessions"]
        assert only["state"] == "completed" and only["completedAt"]
        texts = [item.get("text") for item in only["items"]]
        assert "/start" in texts and "hello there" in texts
        assert "a private note" not in str(found) and "not mine" not in str(found)
        [led] = only["links"]
        assert led["link"]["name"] == "poster" and led["click"]["utm"]["source"] == "mail"
        assert led["click"]["browser"] == "Firefox"
        assert all("decision" not in item for item in only["items"])


def test_a_customers_data_is_for_managers(desk):
    user = new_user()
    desk.write(user, "hello")
    path = f"/api/v1/projects/{desk.id}/customers"
    assert desk.browser("Ana").attempt("GET", f"{path}/{user}").status == 403
    assert desk.admin.attempt("GET", f"{path}/{new_user()}").status == 404
    assert desk.admin.attempt("GET", f"{path}/nobody").status == 404
