"""An agent's day, through the page, against a mock or a real node."""

from playwright.sync_api import expect

CHOSEN = ".session[aria-current]"


def send(page, text):
    page.get_by_role("textbox", name="Answer").fill(text)
    page.get_by_role("textbox", name="Answer").press("Enter")


def open_session(page, name):
    page.locator(".session", has_text=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_wrong_password_is_said_and_the_right_one_opens_the_desk(office):
    office.add_agent("Ana")
    page = office.page()
    office.sign_in(page, office.agents["Ana"], "not this one")
    expect(page.get_by_role("alert").filter(has_text="do not match")).to_be_visible()
    office.sign_in(page, office.agents["Ana"], f"{office.agents['Ana']}-password")
    expect(page.get_by_text("No open sessions")).to_be_visible()
    expect(page.locator(".belief")).to_have_text("Receiving")


def test_a_new_session_appears_by_itself_with_its_reasons(office):
    office.add_agent("Ana")
    office.add_agent("Wei")
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "My brake squeals")
    open_session(page, "Marta Kowalska")
    expect(page.locator(".message.theirs")).to_contain_text("My brake squeals")
    panel = page.get_by_label("Details and reasons").locator(".decision")
    expect(panel.locator(".chosen")).to_contain_text("Ana (you)")
    expect(panel.locator(".refused", has_text="Wei")).to_contain_text("Never signed in")
    expect(page).to_have_title("(1) Roundhouse")


def test_sessions_go_in_turn_and_only_to_their_agent(office):
    office.add_agent("Ana")
    office.add_agent("Wei")
    ana, wei = office.desk_of("Ana"), office.desk_of("Wei")
    for name in ("First One", "Second One", "Third One"):
        office.customer_writes(name, f"I am the {name}")
    expect(ana.locator(".session")).to_have_count(2)
    expect(wei.locator(".session")).to_have_count(1)
    expect(wei.locator(".session")).to_contain_text("Second One")


def test_an_answer_is_shown_at_once_and_then_as_sent(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    user = office.customer_writes("Marta Kowalska", "Hello?")
    open_session(page, "Marta Kowalska")
    send(page, "Good morning <b>Marta</b>")
    bubble = page.locator(".message.ours")
    expect(bubble).to_contain_text("Good morning <b>Marta</b>")
    expect(bubble).to_have_count(1)
    expect(bubble.locator(".delivery")).to_be_visible()
    expect(page.get_by_role("heading", name="Answered")).to_be_visible()
    expect(page).to_have_title("Roundhouse")
    office.customer_writes("Marta Kowalska", "Thank you", user)
    expect(page.locator(".message.theirs").last).to_contain_text("Thank you")
    expect(page).to_have_title("(1) Roundhouse")


def test_the_same_words_twice_are_two_messages(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello?")
    open_session(page, "Marta Kowalska")
    send(page, "ok")
    send(page, "ok")
    expect(page.locator(".message.ours:not(.pending)")).to_have_count(2)
    expect(page.locator(".message.pending")).to_have_count(0)


def test_away_makes_it_wait_and_says_why_then_available_drains(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    page.get_by_role("switch", name="Available").click()
    expect(page.locator(".belief")).to_have_text("Away")
    office.customer_writes("Tom Okafor", "Is anybody there?")
    page.get_by_role("link", name="Waiting").click()
    open_session(page, "Tom Okafor")
    blockers = page.locator(".panel .card", has_text="Why it waits")
    expect(blockers.locator(".refused", has_text="Ana")).to_contain_text("Away")
    page.get_by_role("switch", name="Available").click()
    expect(page.locator(".head")).to_contain_text("Yours")
    expect(page.locator(".log")).to_contain_text("Given to you")


def test_claiming_a_waiting_session_and_losing_the_race(office):
    office.add_agent("Ana")
    office.add_agent("Wei")
    ana, wei = office.desk_of("Ana"), office.desk_of("Wei")
    for page in (ana, wei):
        page.get_by_role("switch", name="Available").click()
        expect(page.locator(".belief")).to_have_text("Away")
    office.customer_writes("Tom Okafor", "Hello?")
    for page in (ana, wei):
        page.get_by_role("link", name="Waiting").click()
        open_session(page, "Tom Okafor")
    ana.get_by_role("button", name="Claim", exact=True).click()
    expect(ana.locator(".head")).to_contain_text("Yours")
    expect(ana).to_have_url(f"{office.url}/#/mine/{ana.url.split('/')[-1]}")
    expect(wei.get_by_text("No longer yours to see")).to_be_visible()


def test_a_waiting_session_goes_from_a_page_that_was_loaded_after_it_came(office):
    office.add_agent("Ana")
    office.add_agent("Wei")
    ana, wei = office.desk_of("Ana"), office.desk_of("Wei")
    for page in (ana, wei):
        page.get_by_role("switch", name="Available").click()
        expect(page.locator(".belief")).to_have_text("Away")
    office.customer_writes("Tom Okafor", "Hello?")
    wei.reload()
    for page in (ana, wei):
        page.get_by_role("link", name="Waiting").click()
    row = wei.locator(".session", has_text="Tom Okafor")
    expect(row).to_be_visible()
    open_session(ana, "Tom Okafor")
    ana.get_by_role("button", name="Claim", exact=True).click()
    expect(ana.locator(".head")).to_contain_text("Yours")
    expect(row).to_have_count(0)


def test_answering_a_waiting_session_claims_it(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    page.get_by_role("switch", name="Available").click()
    expect(page.locator(".belief")).to_have_text("Away")
    office.customer_writes("Tom Okafor", "Hello?")
    page.get_by_role("link", name="Waiting").click()
    open_session(page, "Tom Okafor")
    send(page, "I am here now")
    expect(page.locator(".message.ours")).to_contain_text("I am here now")
    expect(page.locator(".head")).to_contain_text("Yours")
    expect(page.get_by_role("link", name="Mine")).to_have_attribute("aria-current", "page")


def test_transfer_with_a_remark(office):
    office.add_agent("Ana")
    office.add_agent("Wei")
    ana = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "A question about an invoice")
    open_session(ana, "Marta Kowalska")
    wei = office.desk_of("Wei")
    ana.get_by_role("button", name="Transfer").click()
    dialog = ana.get_by_role("dialog")
    dialog.get_by_role("radio", name="Wei").check()
    dialog.get_by_label("Remark").fill("Knows invoices")
    dialog.get_by_role("button", name="Transfer").click()
    expect(dialog).to_have_count(0)
    expect(ana.get_by_text("No longer yours to see")).to_be_visible()
    open_session(wei, "Marta Kowalska")
    expect(wei.locator(".remark")).to_contain_text("Knows invoices")
    expect(wei.locator(".log")).to_contain_text("Transferred by Ana to you")


def test_transfer_to_an_absent_agent_asks_first(office):
    office.add_agent("Ana")
    office.add_agent("Wei")
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello")
    open_session(page, "Marta Kowalska")
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Wei").check()
    dialog.get_by_role("button", name="Transfer").click()
    expect(dialog.locator(".confirm")).to_contain_text("Wei would not be given")
    expect(dialog.locator(".confirm li")).not_to_have_count(0)
    dialog.get_by_role("button", name="Transfer anyway").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".session")).to_have_count(0)


def test_transfer_to_anyone_without_a_candidate_stays(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello")
    open_session(page, "Marta Kowalska")
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Transfer").click()
    expect(dialog.locator(".said")).not_to_be_empty()
    page.keyboard.press("Escape")
    expect(page.locator(".head")).to_contain_text("Yours")


def test_giving_back_returns_it_to_the_queue_not_to_the_giver(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello")
    open_session(page, "Marta Kowalska")
    page.get_by_role("button", name="Give back").click()
    expect(page.locator(".head")).to_contain_text("Waiting")
    blockers = page.locator(".panel .card", has_text="Why it waits")
    expect(blockers.locator(".refused", has_text="Ana")).to_contain_text("Gave it back")


def test_completing_undoing_and_a_customer_who_comes_back(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    user = office.customer_writes("Marta Kowalska", "Hello")
    open_session(page, "Marta Kowalska")
    page.get_by_role("button", name="Complete", exact=True).click()
    expect(page.locator(".composer")).to_contain_text("This session is completed")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".head")).to_contain_text("Yours")
    page.get_by_role("button", name="Complete", exact=True).click()
    expect(page.locator(".session")).to_have_count(0)
    page.get_by_role("link", name="Completed").click()
    expect(page.locator(".session")).to_contain_text("Marta Kowalska")
    office.customer_writes("Marta Kowalska", "One more thing", user)
    page.get_by_role("link", name="Mine").click()
    expect(page.locator(".session")).to_contain_text("One more thing")


def test_a_manager_erases_a_customer_after_a_question(office):
    office.add_agent("Ana")
    office.add_agent("Mia", permissions=("view", "reply", "manage"))
    office.desk_of("Ana")
    page = office.desk_of("Mia")
    user = office.customer_writes("Marta Kowalska", "Forget me")
    page.get_by_role("link", name="All").click()
    open_session(page, "Marta Kowalska")
    asked = []

    def answer(route):
        asked.append((route.request.method, route.request.url))
        route.fulfill(status=202, json={"id": "9"})

    page.route(f"**/customers/{user}", answer)
    page.get_by_role("button", name="Erase customer").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Erase Marta Kowalska")
    assert not asked
    dialog.get_by_role("button", name="Erase", exact=True).click()
    expect(page.get_by_text("The customer is being erased")).to_be_visible()
    assert asked == [("DELETE", f"{office.url}/api/v1/projects/{office.project}/customers/{user}")]


def test_a_manager_sees_all_and_steps_in_knowingly(office):
    office.add_agent("Ana")
    office.add_agent("Mia", permissions=("view", "reply", "manage"))
    ana = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello")
    open_session(ana, "Marta Kowalska")
    mia = office.desk_of("Mia")
    mia.get_by_role("link", name="All").click()
    open_session(mia, "Marta Kowalska")
    expect(mia.locator(".composer .closed")).to_contain_text("Ana answers here")
    mia.get_by_role("button", name="Step in").click()
    send(mia, "Let me add something")
    expect(ana.locator(".message.ours")).to_contain_text("Mia")


def test_a_draft_survives_switching_sessions(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    office.customer_writes("First One", "Hello")
    office.customer_writes("Second One", "Hello")
    open_session(page, "First One")
    page.get_by_role("textbox", name="Answer").fill("half a thought")
    open_session(page, "Second One")
    expect(page.get_by_role("textbox", name="Answer")).to_have_value("")
    open_session(page, "First One")
    expect(page.get_by_role("textbox", name="Answer")).to_have_value("half a thought")


def test_long_histories_load_in_pages_without_jumping(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    user = office.customer_writes("Marta Kowalska", "message 1")
    for number in range(2, 121):
        office.customer_writes("Marta Kowalska", f"message {number}", user)
    open_session(page, "Marta Kowalska")
    expect(page.locator(".log").get_by_text("message 120", exact=True)).to_be_in_viewport()
    expect(page.get_by_text("message 1", exact=True)).to_have_count(0)
    shown = page.locator(".message.theirs")
    while (count := shown.count()) < 120:
        first = shown.first.locator(".text").inner_text()
        page.locator(".middle > .scroll").evaluate("node => { node.scrollTop = 0; }")
        expect(shown).not_to_have_count(count)
        expect(page.locator(".log").get_by_text(first, exact=True)).to_be_in_viewport()
    page.locator(".middle > .scroll").evaluate("node => { node.scrollTop = 0; }")
    expect(page.get_by_text("message 1", exact=True)).to_be_in_viewport()
    expect(shown).to_have_count(120)
    page.get_by_role("button", name="Newest").click()
    expect(page.locator(".log").get_by_text("message 120", exact=True)).to_be_in_viewport()


def test_signing_out_ends_it(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    page.get_by_role("button", name="settings and sign-out").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Roundhouse")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in to Roundhouse")).to_be_visible()


def test_what_customers_write_stays_text(office):
    office.add_agent("Ana")
    page = office.desk_of("Ana")
    name = "<img src=x onerror=document.title='broken'>"
    office.customer_writes(name, "<script>document.title = 'broken'</script>")
    page.locator(".session").click()
    expect(page.locator(".head h1")).to_have_text(name)
    expect(page.locator(".message.theirs")).to_contain_text("<script>")
    expect(page.locator("img[src=x]")).to_have_count(0)
    expect(page).to_have_title("(1) Roundhouse")


def test_the_project_switch_narrows_the_lists(office):
    agent = office.add_agent("Ana")
    other = office.add_project(f"Other {office.run}")
    office.admin.call("PUT", f"/api/v1/projects/{other}/members", [
        {"agent": agent, "permissions": ["reply"], "inScope": True}])
    page = office.desk_of("Ana")
    office.customer_writes("Marta Kowalska", "Hello")
    expect(page.locator(".session")).to_contain_text(f"Desk {office.run}")
    page.get_by_label("Project").select_option(f"Other {office.run}")
    expect(page.get_by_text("No open sessions")).to_be_visible()
    expect(page).to_have_title("(1) Roundhouse")
    page.get_by_label("Project").select_option("All projects")
    expect(page.locator(".session")).to_have_count(1)
