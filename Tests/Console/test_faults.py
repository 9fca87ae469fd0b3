"""What the page does when the node, the network or Telegram does not do what one hopes."""

import pytest
from playwright.sync_api import expect
from test_desk import open_session, send

pytestmark = pytest.mark.mock


@pytest.fixture
def desk(office, node):
    """Ana's page with one open session."""
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello")
    open_session(page, "Marta Kowalska")
    return page


def test_a_failed_message_says_why_and_can_be_sent_again(desk, node):
    node.do(lambda state: state.fates.append(("failed", "Forbidden: bot was blocked by the user")))
    send(desk, "Are you there?")
    bubble = desk.locator(".message.ours")
    expect(bubble).to_contain_text("Not delivered: Forbidden: bot was blocked by the user")
    bubble.get_by_role("button", name="Send again").click()
    expect(bubble.locator(".delivery")).to_have_text("Sent")
    assert len(node.desk.resent) == 1


def test_a_bad_token_says_on_the_message_who_repairs_it(desk, node):
    node.do(lambda state: state.fates.append(("failed", "Unauthorized")))
    send(desk, "Are you there?")
    bubble = desk.locator(".message.ours")
    expect(bubble).to_contain_text("Not delivered: Unauthorized. A manager must set a new bot")
    bubble.get_by_role("button", name="Send again").click()
    expect(bubble.locator(".delivery")).to_have_text("Sent")
    expect(bubble).not_to_contain_text("A manager must")


@pytest.mark.parametrize("code,fact,told,says,is_open", [
    ("blockedBot", "Has blocked the bot", "The customer blocked the bot",
     "they come back by writing", False),
    ("deactivated", "The account is gone", "account is gone", "nothing reaches them", False),
    ("chatNotFound", "Has not started the bot", "no chat of the customer", "must press Start",
     True),
    ("notAllowed", "The bot may not write to them", "does not let the bot write",
     "A manager looks", True),
])
def test_who_is_out_of_reach_is_told_apart(desk, node, code, fact, told, says, is_open):
    def mark(state):
        session = [each for each in state.sessions.values()
                   if each["customer"]["name"] == "Marta Kowalska"][-1]
        session["customer"]["unreachable"] = code
        state.entry("session", session["id"])
        state.item(session["id"], "unreachable", "system", text=code)

    node.do(mark)
    expect(desk.get_by_role("complementary", name="Details and reasons")).to_contain_text(fact)
    expect(desk.locator(".event", has_text=told)).to_be_visible()
    expect(desk.locator(".composer .closed")).to_contain_text(says)
    answer = desk.get_by_role("textbox", name="Answer")
    if is_open:
        expect(answer).to_be_visible()
    else:
        expect(answer).to_be_hidden()


def test_an_uncertain_message_is_repeated_only_by_a_person(desk, node):
    node.do(lambda state: state.fates.append(("uncertain", "")))
    send(desk, "Your order is ready")
    bubble = desk.locator(".message.ours")
    expect(bubble).to_contain_text("It may or may not have arrived")
    assert node.desk.resent == []
    bubble.get_by_role("button", name="Send again").click()
    expect(bubble.locator(".delivery")).to_have_text("Sent")
    expect(bubble.get_by_role("button", name="Send again")).to_have_count(0)


def test_a_lost_connection_is_said_and_everything_missed_arrives_once(desk, node, office):
    desk.get_by_role("textbox", name="Answer").fill("a draft")
    before = node.desk.index
    node.cut()
    expect(desk.locator(".banner")).to_contain_text("Connection lost, read-only.")
    expect(desk.locator(".banner")).not_to_contain_text("null")
    expect(desk.get_by_role("button", name="Send")).to_be_disabled()
    expect(desk.get_by_role("button", name="Complete")).to_be_disabled()
    expect(desk.locator(".belief")).to_have_text("Not connected")
    project = office.project
    session = next(iter(node.desk.sessions.values()))
    user = int(session["customer"]["id"])
    node.do(lambda state: state.customer_writes(project, user, "", "Said meanwhile"))
    node.do(lambda state: state.customer_writes(project, user, "", "And this"))
    node.mend()
    desk.evaluate("dispatchEvent(new Event('online'))")
    expect(desk.locator(".banner")).to_be_hidden()
    expect(desk.get_by_text("Said meanwhile", exact=True)).to_have_count(1)
    expect(desk.locator(".message.theirs")).to_have_count(3)
    expect(desk.get_by_role("textbox", name="Answer")).to_have_value("a draft")
    assert int(node.connects[-1]) <= before + 1
    assert int(node.connects[-1]) > int(node.connects[0])


def test_an_answer_whose_fate_is_unknown_is_looked_for_not_repeated(desk, node):
    def lose_answer(route):
        route.fetch()
        route.abort()
    desk.route("**/reply", lose_answer)
    send(desk, "Said exactly once")
    expect(desk.locator(".message.ours:not(.pending)")).to_have_count(1)
    expect(desk.locator(".message.pending")).to_have_count(0)
    texts = [item["text"] for items in node.desk.history.values() for item in items
             if item.get("text") == "Said exactly once"]
    assert len(texts) == 1


def test_an_answer_that_never_arrived_is_offered_again(desk, node):
    desk.route("**/reply", lambda route: route.abort())
    send(desk, "Lost on the way")
    pending = desk.locator(".message.pending")
    expect(pending).to_contain_text("It did not arrive at the cluster.")
    desk.unroute("**/reply")
    pending.get_by_role("button", name="Send again").click()
    expect(desk.locator(".message.ours:not(.pending)")).to_contain_text("Lost on the way")
    expect(pending).to_have_count(0)


def test_without_a_majority_the_page_is_read_only(desk, node):
    node.is_ready = False
    desk.evaluate("dispatchEvent(new Event('online'))")
    expect(desk.locator(".banner")).to_contain_text("This node has no majority")
    expect(desk.get_by_role("button", name="Send")).to_be_disabled()
    node.is_ready = True
    desk.evaluate("dispatchEvent(new Event('online'))")
    expect(desk.locator(".banner")).to_be_hidden()
    expect(desk.get_by_role("button", name="Send")).to_be_enabled()


def test_too_old_an_index_makes_the_page_read_everything_anew(desk, node, office):
    project = office.project
    node.do(lambda state: state.listeners.clear())
    node.do(lambda state: state.customer_writes(project, 99, "Missed One", "You did not see me"))
    expect(desk.locator(".session")).to_have_count(1)
    socket = next(iter(node.sockets.values()))[1]

    async def tell():
        await socket.send_json({"type": "refresh"})
    import asyncio
    asyncio.run_coroutine_threadsafe(tell(), node.loop).result(5)
    expect(desk.locator(".session")).to_have_count(2)


def test_a_conflict_names_the_owner(desk, node):
    key = next(iter(node.desk.sessions))
    other = node.do(lambda state: state.add_agent("wei", "Wei", "wei-password"))["id"]
    project = node.desk.sessions[key]["project"]
    node.do(lambda state: state.projects[project]["members"][0]["permissions"].append("view"))
    node.do(lambda state: state.sessions[key].update(owner=other, version=9))
    desk.get_by_role("button", name="Complete").click()
    expect(desk.locator(".notice")).to_contain_text("Wei has this session now.")


def test_an_ended_sign_in_leads_to_the_form(desk, node):
    node.do(lambda state: state.cookies.clear())
    desk.get_by_role("button", name="Give back").click()
    expect(desk.get_by_role("heading", name="Sign in to Roundhouse")).to_be_visible()
    expect(desk.get_by_role("alert").filter(has_text="Your sign-in has ended")).to_be_visible()


def test_a_refused_handshake_after_an_ended_sign_in_leads_there_too(desk, node):
    node.do(lambda state: state.cookies.clear())
    node.drop()
    expect(desk.get_by_role("heading", name="Sign in to Roundhouse")).to_be_visible()


def test_a_node_that_is_down_at_the_start_can_be_tried_again(office, node):
    page = office.page()
    page.route("**/api/v1/me", lambda route: route.abort())
    page.reload()
    expect(page.get_by_text("The node did not answer.")).to_be_visible()
    page.unroute("**/api/v1/me")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Sign in to Roundhouse")).to_be_visible()


def test_a_hidden_page_is_reported_and_the_belief_shown(desk, node):
    show = """hidden => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    desk.evaluate(show, True)
    expect(desk.locator(".belief")).to_have_text("Page hidden")
    desk.evaluate(show, False)
    expect(desk.locator(".belief")).to_have_text("Receiving")


def test_other_nodes_are_offered_when_this_one_is_gone(office, node):
    office.add_agent("Ana")
    page = office.page()
    page.route("**/api/v1/me", lambda route: route.fulfill(json={
        **node.desk.me(next(reversed(node.desk.agents))),
        "nodes": [{"node": "2", "url": "http://127.0.0.1:9"}]}) if node.desk.cookies
        else route.continue_())
    login = office.agents["Ana"]
    office.sign_in(page, login, f"{login}-password")
    expect(page.locator(".belief")).to_have_text("Receiving")
    node.cut()
    link = page.locator(".banner").get_by_role("link", name="127.0.0.1:9")
    expect(link).to_have_attribute("href", "http://127.0.0.1:9/")


def test_a_hidden_page_that_reconnects_says_for_how_long_and_is_given_nothing(desk, node, office):
    desk.evaluate("""() => {
        Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }""")
    expect(desk.locator(".belief")).to_have_text("Page hidden")
    desk.wait_for_timeout(1_100)
    node.drop()
    for _ in range(100):
        if len(node.hidden) > 1:
            break
        desk.wait_for_timeout(100)
    expect(desk.locator(".belief")).to_have_text("Page hidden")
    assert node.hidden[0] is None and int(node.hidden[-1]) >= 1
    office.customer_writes("Tom Okafor", "Is anybody there?")
    waiting = [each for each in node.desk.sessions.values() if each["state"] == "unassigned"]
    assert [each["customer"]["name"] for each in waiting] == ["Tom Okafor"]
