"""The stand-in's Bot API as bytes: forms of arguments, error texts, rates, faults, the demo."""

import http.server
import json
import queue
import subprocess
import threading
import time
import urllib.parse

import pytest

from standin_process import (
    BINARY, OTHER_TOKEN, TOKEN, WAIT, StandIn, Webhook, form, multipart)

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def standin():
    bots = ((TOKEN, "test_bot"), (OTHER_TOKEN, "Other_Bot"))
    with StandIn("--time-scale", "0.01", bots=bots) as process:
        process.send(7, text="hello")
        yield process


def error(code, description, **parameters):
    """The answer that tells an error."""
    answer = {"ok": False, "error_code": code, "description": description}
    return {**answer, "parameters": parameters} if parameters else answer


def test_every_form_of_arguments(standin):
    path = f"/bot{TOKEN}/sendMessage"
    body, kind = multipart({"chat_id": "7", "text": "5 né"}, {})
    quoted = kind.replace("the-boundary", '"the-boundary"')
    for method, target, content, headers in [
        ("GET", path + "?" + form(chat_id=7, text="1 né +&="), None, {}),
        ("POST", path + "?chat_id=7&text=2", None, {}),
        ("POST", path, form(chat_id=7, text="3 né"), FORM),
        ("POST", path, json.dumps({"chat_id": 7, "text": "4 né"}), JSON),
        ("POST", path, body, {"Content-Type": kind}),
        ("POST", path, body, {"Content-Type": quoted}),
        ("POST", path + "?chat_id=7", json.dumps({"text": "6"}),
         {"Content-Type": "Application/JSON; charset=utf-8"}),
        ("POST", path.replace("sendMessage", "SENDmessage"), form(chat_id=7, text="7"), FORM),
    ]:
        status, headers, answer = standin.request(method, target, content, headers)
        answer = json.loads(answer)
        assert status == 200 and answer["ok"] is True, (target, content, answer)
        assert headers["Content-Type"] == "application/json"
    texts = [message["text"] for message in standin.chat(7)["messages"]]
    assert texts[-8:] == ["1 né +&=", "2", "3 né", "4 né", "5 né", "5 né", "6", "7"]


def test_the_first_occurrence_counts_and_the_query_comes_first(standin):
    path = f"/bot{TOKEN}/sendMessage?chat_id=7&text=query&text=second"
    _, _, answer = standin.request("POST", path, json.dumps({"text": "body"}), JSON)
    assert json.loads(answer)["result"]["text"] == "query"


def test_malformed_bodies_are_ignored(standin):
    for body, headers in [
        (b'{"chat_id":7,"text":"x"', JSON), (b"[1]", JSON), (b"\xff", JSON),
        (b"--wrong", {"Content-Type": "multipart/form-data; boundary=b"}),
        (b"--b\r\nno end", {"Content-Type": "multipart/form-data; boundary=b"}),
        (b'{"chat_id":7}', {"Content-Type": "text/plain"}),
    ]:
        status, _, answer = standin.request("POST", f"/bot{TOKEN}/sendChatAction", body, headers)
        assert (status, json.loads(answer)) == (
            400, error(400, "Bad Request: wrong parameter action in request"))


@pytest.mark.parametrize("path, code, text", [
    ("/", 404, "Not Found"), ("/botany", 404, "Not Found"), (f"/bot{TOKEN}", 404, "Not Found"),
    (f"/bot{TOKEN}/fly", 404, "Not Found: method not found"),
    (f"/bot{TOKEN}/", 404, "Not Found: method not found"),
    ("/bot123456:wrong/getMe", 401, "Unauthorized"),
    ("/bot1234/getMe", 401, "Unauthorized: invalid token specified"),
    ("/bot0123:a/getMe", 401, "Unauthorized: invalid token specified"),
    (f"/file/bot{TOKEN}/photos/none.jpg", 404, "Not Found"),
])
def test_paths_that_lead_nowhere(standin, path, code, text):
    status, headers, body = standin.request("GET", path)
    assert (status, json.loads(body)) == (code, error(code, text))
    assert headers["Content-Type"] == "application/json"
    assert "Access-Control-Allow-Origin" not in headers


def test_other_methods_and_oversized_bodies(standin):
    assert standin.request("DELETE", f"/bot{TOKEN}/getMe")[0] == 405
    connection = standin.connection()
    connection.putrequest("POST", f"/bot{TOKEN}/sendDocument")
    connection.putheader("Content-Length", str(60 << 20))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read()) == error(413, "Request Entity Too Large")
    connection.close()


@pytest.mark.parametrize("name, arguments, code, text", [
    ("sendMessage", {"text": "x"}, 400, "Bad Request: chat_id is empty"),
    ("sendMessage", {"chat_id": "@channel", "text": "x"}, 400, "Bad Request: chat not found"),
    ("sendMessage", {"chat_id": 8, "text": "x"}, 400, "Bad Request: chat not found"),
    ("sendMessage", {"chat_id": 7}, 400, "Bad Request: message text is empty"),
    ("sendMessage", {"chat_id": 7, "text": "a" * 4097}, 400, "Bad Request: message is too long"),
    ("sendMessage", {"chat_id": 7, "text": "x", "reply_parameters": {"message_id": 999999}}, 400,
     "Bad Request: message to be replied not found"),
    ("sendMessage", {"chat_id": 7, "text": "x", "parse_mode": "HTML"}, 400,
     "Bad Request: unsupported parse_mode"),
    ("editMessageText", {"chat_id": 7, "message_id": 999999, "text": "x"}, 400,
     "Bad Request: message to edit not found"),
    ("editMessageText", {"chat_id": 7, "message_id": 1, "text": "x"}, 400,
     "Bad Request: message can't be edited"),
    ("deleteMessage", {"chat_id": 7, "message_id": 999999}, 400,
     "Bad Request: message to delete not found"),
    ("sendPhoto", {"chat_id": 7}, 400, "Bad Request: there is no photo in the request"),
    ("sendPhoto", {"chat_id": 7, "photo": "none"}, 400,
     "Bad Request: wrong file identifier/HTTP URL specified"),
    ("sendDocument", {"chat_id": 7, "document": "none", "caption": "c" * 1025}, 400,
     "Bad Request: message caption is too long"),
    ("getFile", {}, 400, "Bad Request: file_id not specified"),
    ("getFile", {"file_id": "none"}, 400, "Bad Request: invalid file_id"),
    ("answerCallbackQuery", {"callback_query_id": "1"}, 400,
     "Bad Request: query is too old and response timeout expired or query ID is invalid"),
])
def test_refusals(standin, name, arguments, code, text):
    assert standin.call(name, **arguments) == (code, error(code, text))


def test_a_reply_to_nothing_may_be_allowed(standin):
    parameters = {"message_id": 999999, "allow_sending_without_reply": True}
    sent = standin.result("sendMessage", chat_id=7, text="x", reply_parameters=parameters)
    assert "reply_to_message" not in sent


def test_an_unchanged_edit_is_refused(standin):
    sent = standin.result("sendMessage", chat_id=7, text="same")
    status, answer = standin.call(
        "editMessageText", chat_id=7, message_id=sent["message_id"], text=" same ")
    assert status == 400
    assert answer["description"].startswith("Bad Request: message is not modified: ")


def test_bots_know_nothing_of_each_other(standin):
    photo = standin.send(7, kind="photo")["message"]["file_id"]
    assert standin.call("getFile", file_id=photo)[0] == 200
    assert standin.call("getFile", OTHER_TOKEN, file_id=photo)[0] == 400
    assert standin.call("sendMessage", OTHER_TOKEN, chat_id=7, text="x")[0] == 400


def test_a_file_link_is_valid_for_an_hour():
    with StandIn("--time-scale", "0.0001") as standin:
        sent = standin.send(7, kind="document", bytes="AAEC", file_name="a.bin")
        file = standin.result("getFile", file_id=sent["message"]["file_id"])
        path = f"/file/bot{TOKEN}/{file['file_path']}"
        begun = time.monotonic()
        status, headers, body = standin.request("GET", path)
        if status == 200:
            assert body == bytes([0, 1, 2]) and headers["Content-Length"] == "3"
        else:
            assert time.monotonic() - begun > 0.3
        end = time.monotonic() + WAIT
        while standin.request("GET", path)[0] == 200:
            assert time.monotonic() < end
        assert standin.request("GET", path)[0] == 404


def test_set_webhook_words():
    with StandIn("--time-scale", "0.0001") as standin, Webhook() as webhook:
        def words(name, **arguments):
            end = time.monotonic() + WAIT
            while True:
                status, answer = standin.call(name, **arguments)
                if status != 429 or time.monotonic() > end:
                    return status, answer["description"]

        assert words("deleteWebhook") == (200, "Webhook is already deleted")
        assert words("setWebhook", url="") == (200, "Webhook is already deleted")
        assert words("setWebhook", url=webhook.url) == (200, "Webhook was set")
        assert words("setWebhook", url=webhook.url) == (200, "Webhook is already set")
        other = {"url": webhook.url, "secret_token": "new"}
        assert words("setWebhook", **other) == (200, "Webhook was set")
        assert words("setWebhook", url="") == (200, "Webhook was deleted")
        assert words("setWebhook", url="ftp://x/") == (
            400, "Bad Request: invalid webhook URL specified")
        assert words("setWebhook", url=webhook.url, secret_token="a b") == (
            400, "Bad Request: secret token contains unallowed characters")
        assert words("setWebhook", url=webhook.url, secret_token="a" * 257) == (
            400, "Bad Request: secret token is too long")
        assert words("setWebhook", url="https://no-such-host.invalid/") == (
            400, "Bad Request: bad webhook: Failed to resolve host: Name or service not known")
        assert words("deleteWebhook") == (200, "Webhook is already deleted")


def test_set_webhook_is_limited():
    with StandIn() as standin, Webhook() as webhook:
        assert standin.call("setWebhook", url=webhook.url)[0] == 200
        path = f"/bot{TOKEN}/setWebhook?url={urllib.parse.quote(webhook.url)}"
        status, headers, body = standin.request("GET", path)
        assert (status, headers["Retry-After"]) == (429, "1")
        assert json.loads(body) == error(
            429, "Too Many Requests: retry after 1", retry_after=1)


@pytest.mark.parametrize("url, words", [
    ("http://127.0.0.1:8443/", "An HTTPS URL must be provided for webhook"),
    ("https://127.0.0.1:444/", "Webhook can be set up only on ports 80, 88, 443 or 8443"),
])
def test_a_webhook_must_be_https_on_four_ports(url, words):
    with StandIn(strict=True) as standin:
        assert standin.call("setWebhook", url=url) == (
            400, error(400, f"Bad Request: bad webhook: {words}"))


def test_rates():
    with StandIn("--chat-rate", "1/3", "--bot-rate", "30/5", unlimited=False) as standin:
        for customer in (7, 8, 9):
            standin.send(customer, text="hello")
        for _ in range(3):
            standin.result("sendMessage", chat_id=7, text="x")
        path = f"/bot{TOKEN}/sendMessage?chat_id=7&text=x"
        status, headers, body = standin.request("GET", path)
        assert (status, headers["Retry-After"]) == (429, "1")
        assert json.loads(body) == error(
            429, "Too Many Requests: retry after 1", retry_after=1)
        # Another chat is not concerned; then the bot's own limit holds for all.
        standin.result("sendMessage", chat_id=8, text="x")
        answers = [
            standin.call("sendMessage", chat_id=chat, text="x")[0]
            for chat in (8, 9, 8, 9, 9, 8, 9)]
        assert 429 in answers
        assert len([m for m in standin.chat(7)["messages"] if m["from"] == "bot"]) == 3


def test_faults(standin):
    def fault(**value):
        standin.control("POST", "bots/test_bot/faults", value)

    def count():
        return len(standin.chat(7)["messages"])

    before = count()
    fault(method="sendMessage", effect="fail", count=2)
    for _ in range(2):
        assert standin.call("sendMessage", chat_id=7, text="x") == (
            500, error(500, "Internal Server Error"))
    fault(effect="fail", code=403, description="Forbidden: bot was blocked by the user")
    assert standin.call("getMe")[0] == 403
    fault(method="sendMessage", effect="drop")
    with pytest.raises(OSError):
        standin.call("sendMessage", chat_id=7, text="x")
    assert count() == before
    fault(method="sendMessage", effect="drop_afterwards")
    with pytest.raises(OSError):
        standin.call("sendMessage", chat_id=7, text="done")
    assert count() == before + 1
    for effect in ("delay", "delay_answer"):
        fault(method="getMe", effect=effect, milliseconds=150)
        begun = time.monotonic()
        assert standin.call("getMe")[0] == 200
        assert time.monotonic() - begun >= 0.149
    fault(effect="fail", count=100)
    standin.control("DELETE", "bots/test_bot/faults")
    assert standin.call("getMe")[0] == 200


def test_control_refuses_what_it_does_not_know(standin):
    for method, path, body, status in [
        ("GET", "nothing", None, 404), ("GET", "bots/none/deliveries", None, 404),
        ("GET", "chats/test_bot/404404", None, 404), ("POST", "customers/x/send", "{}", 400),
        ("POST", "customers/7/send", "{", 400), ("POST", "customers/7/fly", "{}", 404),
        ("POST", "customers/7/send", '{"bot":"test_bot"}', 400),
        ("POST", "bots", '{"token":"1","username":"x"}', 409),
        ("POST", "bots/test_bot/faults", '{"effect":"fire"}', 400),
    ]:
        answer = standin.request(method, "/standin/" + path, body)
        assert answer[0] == status and "error" in json.loads(answer[2]), path


def test_bots_and_customers_are_made_by_control(standin):
    token = "777:CCCC-made_by_control"
    standin.control("POST", "bots", {"token": token, "username": "made_bot", "name": "Made"})
    assert standin.result("getMe", token)["first_name"] == "Made"
    standin.control("PUT", "customers/55", {"first_name": "Åsa", "last_name": "", "username": ""})
    standin.control("POST", "customers/55/send", {"bot": "made_bot", "text": "x"})
    message = standin.result("getUpdates", token)[0]["message"]
    assert message["from"] == {
        "id": 55, "is_bot": False, "first_name": "Åsa",
        "language_code": message["from"]["language_code"]}
    standin.control("POST", "bots/made_bot/revoke", {"token": "777:DDDD-the_new_one"})
    assert standin.call("getMe", token)[0] == 401
    assert standin.call("getMe", "777:DDDD-the_new_one")[0] == 200


class LinkServer:
    """Redirects as a magic link does and notes who came."""

    def __init__(self, location):
        self.clicks = queue.Queue()
        links = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                links.clicks.put((self.path, self.headers["User-Agent"]))
                self.send_response(302)
                self.send_header("Location", location(links.clicks.qsize()))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.parametrize("location", [
    "https://t.me/test_bot?start=tok-_1", "tg://resolve?domain=test_bot&start=tok-_1"])
def test_a_customer_clicks_a_link(standin, location):
    with LinkServer(lambda number: location) as links:
        clicked = standin.control("POST", "customers/66/click", {"url": links.url + "/sale?x=1"})
        assert clicked["payload"] == "tok-_1" and clicked["bot"] == "test_bot"
        assert clicked["message"]["text"] == "/start tok-_1"
        path, agent = links.clicks.get(timeout=WAIT)
        assert path == "/sale?x=1" and agent.startswith("Mozilla/5.0")


def test_demo_customers_come_click_start_and_write():
    with LinkServer(lambda number: f"https://t.me/Test_Bot?start=t{number}") as links:
        demo = f"customers=50,rate=1200,link={links.url}/a,link={links.url}/b"
        with StandIn("--demo", demo) as standin, Webhook() as webhook:
            assert standin.call("setWebhook", url=webhook.url)[0] == 200
            starts, questions = set(), 0
            while len(starts) < 5 or questions < 1:
                # A photo has no text but a caption.
                text = webhook.next().text or ""
                if text.startswith("/start t"):
                    starts.add(text)
                else:
                    questions += 1
            assert {links.clicks.get(timeout=WAIT)[0] for _ in range(4)} == {"/a", "/b"}


@pytest.mark.parametrize("arguments", [
    ["--listen"], ["--listen", "nowhere"], ["--fly", "1"], ["--bot", "1:a"], ["--time-scale", "0"],
    ["--tls-cert", "x"], ["--demo", "customers=0"], ["--demo", "x"], ["--chat-rate", "1/2/3"]])
def test_bad_options_are_told(arguments):
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=WAIT)
    assert done.returncode == 64 and done.stderr.startswith("telegram-standin: ")
