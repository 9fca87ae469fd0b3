"""How the stand-in delivers updates to a webhook: order, retries, fields, connections."""

import base64
import http.client
import json
import socket
import ssl
import struct
import subprocess
import threading
import time

import pytest

from standin_process import TOKEN, WAIT, StandIn, Webhook, form, multipart

OK = (200, {}, b"")


@pytest.fixture
def standin():
    with StandIn("--time-scale", "0.01") as process:
        yield process


def set_webhook(standin, webhook, **arguments):
    """Sets the webhook; the answer's words."""
    status, answer = standin.call("setWebhook", url=webhook.url, **arguments)
    assert status == 200, answer
    return answer["description"]


def wait_until(standin, condition):
    """Asks for the bot's counters until they satisfy the condition."""
    end = time.monotonic() + WAIT
    while True:
        bot = standin.bot()
        if condition(bot):
            return bot
        assert time.monotonic() < end, bot


def test_fields_and_body_of_a_delivery(standin):
    with Webhook() as webhook:
        url = webhook.url.replace("http://", "http://user:pass@")
        assert standin.call("setWebhook", url=url, secret_token="s-_9")[0] == 200
        sent = standin.send(7, text="né 😀")
        delivery = webhook.next()
        assert delivery.path == "/hook?a=b"
        assert list(delivery.headers.items()) == [
            ("Host", f"127.0.0.1:{webhook.port}"),
            ("Authorization", "Basic " + base64.b64encode(b"user:pass").decode()),
            ("X-Telegram-Bot-Api-Secret-Token", "s-_9"),
            ("Content-Type", "application/json"), ("Content-Length", str(len(delivery.raw))),
            ("Connection", "keep-alive"), ("Accept-Encoding", "gzip, deflate"),
        ]
        assert delivery.raw.startswith(b'{"update_id":%d,\n"message":{' % sent["update_id"])
        message = delivery.update["message"]
        assert (message["text"], message["from"]["id"]) == ("né 😀", 7)


def data_segments_received(connection):
    """TCP segments with data that arrived: `tcpi_data_segs_in` of Linux's `struct tcp_info`."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    return struct.unpack_from("I", info, 152)[0]


def test_head_and_body_come_in_two_writes(standin):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WAIT)
        standin.result("setWebhook", url=f"http://127.0.0.1:{server.getsockname()[1]}/")
        standin.send(7, text="hello")
        connection, _ = server.accept()
        with connection:
            connection.settimeout(WAIT)
            # The kernel counts segments with data; small writes that are sent apart stay apart.
            received = b""
            while b"\r\n\r\n" not in received:
                received += connection.recv(65536)
            head, _, body = received.partition(b"\r\n\r\n")
            length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(65536)
            assert json.loads(body)["message"]["text"] == "hello"
            assert data_segments_received(connection) == 2
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            wait_until(standin, lambda bot: bot["delivered"] == 1)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_success(standin, status):
    with Webhook(lambda delivery: (status, {}, b"" if status == 204 else b"whatever")) as webhook:
        set_webhook(standin, webhook)
        standin.send(7, text="a")
        webhook.next()
        bot = wait_until(standin, lambda bot: bot["pending"] == 0)
        assert (bot["delivered"], bot["failed_attempts"]) == (1, 0)


def test_the_retry_schedule(standin):
    """At once, 2, 4, 8, 16, 32 s, then 60 to 120 s."""
    failures = 9
    seen = []

    def script(delivery):
        seen.append(delivery.id)
        return OK if len(seen) > failures else (500, {}, b"")

    with Webhook(script) as webhook:
        set_webhook(standin, webhook)
        standin.send(7, text="a")
        webhook.take(failures + 1)
        wait_until(standin, lambda bot: bot["pending"] == 0)
        attempts = standin.deliveries()
        assert len(set(seen)) == 1
        # An idle connection is closed after 50 s; until then it is used again.
        assert {attempt["connection"] for attempt in attempts[:7]} == {1}
        assert [attempt["attempt"] for attempt in attempts] == list(range(1, failures + 2))
        assert [attempt["status"] for attempt in attempts] == [500] * failures + [200]
        pauses = [attempt["retry_in"] for attempt in attempts[:-1]]
        assert pauses[:6] == [0, 2, 4, 8, 16, 32]
        assert 60 <= pauses[6] <= 64 and all(60 <= pause <= 120 for pause in pauses[7:])
        for before, after in zip(attempts, attempts[1:]):
            waited = after["at"] - before["ended_at"]
            assert before["retry_in"] <= waited + 1e-6, (before, after)
            assert waited < before["retry_in"] + 60, (before, after)
        info = standin.result("getWebhookInfo")
        assert info["last_error_message"] == (
            "Wrong response from the webhook: 500 Internal Server Error")


@pytest.mark.parametrize("told, used", [("7", 7), ("100000", 3600), ("-5", 0), ("soon", 0)])
def test_retry_after_replaces_the_pause(standin, told, used):
    first = threading.Event()

    def script(delivery):
        if first.is_set():
            return OK
        first.set()
        return (503, {"Retry-After": told}, b"")

    with Webhook(script) as webhook:
        set_webhook(standin, webhook)
        standin.send(7, text="a")
        webhook.next()
        wait_until(standin, lambda bot: bot["failed_attempts"] == 1)
        assert standin.deliveries()[0]["retry_in"] == used
        if used < 100:
            webhook.next()


@pytest.mark.parametrize("answer, message", [
    ((302, {"Location": "/elsewhere"}, b""), "302 Moved Temporarily"),
    ((404, {}, b""), "404 Not Found"), ((410, {}, b""), "410 Gone"),
])
def test_other_statuses_are_failures(standin, answer, message):
    with Webhook(lambda delivery: answer) as webhook:
        set_webhook(standin, webhook)
        standin.send(7, text="a")
        assert webhook.next().path == webhook.next().path == "/hook?a=b"
        info = standin.result("getWebhookInfo")
        assert info["last_error_message"] == f"Wrong response from the webhook: {message}"
        assert info["pending_update_count"] == 1


def raw_webhook(standin, answers):
    """A webhook that answers each request with given bytes; None closes. Serves in a thread."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(WAIT)

    def serve():
        for answer in answers:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(WAIT)
                received = b""
                while b'"text"' not in received:
                    received += connection.recv(65536)
                if answer:
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    standin.result("setWebhook", url=f"http://127.0.0.1:{server.getsockname()[1]}/")
    return server, thread


@pytest.mark.parametrize("bytes_sent, message", [
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     "Wrong response from the webhook: 100"),
    (b"", "Webhook connection closed"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", None),
    (b"SSH-2.0-OpenSSH\r\n\r\n", None),
])
def test_what_is_no_answer_is_a_failure(standin, bytes_sent, message):
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    server, thread = raw_webhook(standin, [bytes_sent, good])
    standin.send(7, text="a")
    wait_until(standin, lambda bot: bot["delivered"] == 1)
    first, second = standin.deliveries()
    assert first["error"] and first["update_id"] == second["update_id"]
    if message:
        assert first["error"] == message
    assert first["connection"] != second["connection"]
    thread.join(WAIT)
    server.close()


def test_no_answer_for_a_minute_is_a_failure(standin):
    waiting = threading.Event()

    def script(delivery):
        if webhook.connections == 1:
            waiting.wait(WAIT)
        return OK

    with Webhook(script) as webhook:
        set_webhook(standin, webhook)
        standin.send(7, text="a")
        first, second = webhook.take(2)
        waiting.set()
        assert first.id == second.id and second.connection == 2
        wait_until(standin, lambda bot: bot["delivered"] == 1)
        attempt = standin.deliveries()[0]
        assert attempt["error"] == "Read timeout expired"
        # The loop counts from the start of its turn.
        assert 59 <= attempt["ended_at"] - attempt["at"] < 100


def test_a_chat_is_served_in_order_through_failures(standin):
    """Random failures: each customer's messages still arrive in order, and none is lost."""
    customers, count = 5, 12
    taken = {customer: [] for customer in range(1, customers + 1)}
    tries = {}
    lock = threading.Lock()

    def script(delivery):
        with lock:
            tries[delivery.id] = tries.get(delivery.id, 0) + 1
            if tries[delivery.id] <= delivery.id % 3:
                return (500, {}, b"") if delivery.id % 2 else None
            taken[delivery.update["message"]["from"]["id"]].append(delivery.text)
        return OK

    with Webhook(script) as webhook:
        set_webhook(standin, webhook, max_connections=3)
        ids = []
        for number in range(count):
            for customer in taken:
                ids.append(standin.send(customer, text=str(number))["update_id"])
        wait_until(standin, lambda bot: bot["pending"] == 0)
        assert ids == list(range(ids[0], ids[0] + len(ids)))
        assert all(texts == [str(n) for n in range(count)] for texts in taken.values())
        assert webhook.most_at_once <= 3


def test_queues_of_one_user_are_independent(standin):
    """While a message is refused, the same user's button and block arrive."""
    def script(delivery):
        return (500, {}, b"") if delivery.text == "stuck" else OK

    with Webhook(script) as webhook:
        set_webhook(standin, webhook)
        standin.send(7, text="hello")
        webhook.next()
        question = standin.result("sendMessage", chat_id=7, text="?")
        standin.send(7, text="stuck")
        standin.send(7, text="behind")
        standin.control("POST", "customers/7/press", {"message_id": question["message_id"],
                                                      "data": "d"})
        standin.control("POST", "customers/7/block", {})
        kinds = set()
        while kinds != {"callback_query", "my_chat_member"}:
            delivery = webhook.next()
            assert delivery.text != "behind"
            kinds |= delivery.update.keys() & {"callback_query", "my_chat_member"}


def test_updates_that_are_always_refused_stall_everything(standin):
    """With one connection two updates are loaded: when both are refused, a third never comes."""
    with Webhook(lambda delivery: (500, {}, b"")) as webhook:
        set_webhook(standin, webhook, max_connections=1)
        first = standin.send(1, text="poison")["update_id"]
        second = standin.send(2, text="poison too")["update_id"]
        standin.send(3, text="innocent")
        seen = {delivery.id for delivery in webhook.take(14)}
        assert seen == {first, second}
        assert standin.bot()["pending"] == 3


def test_connections_are_kept_and_bounded(standin):
    gate = threading.Event()

    def script(delivery):
        if delivery.text == "held":
            gate.wait(WAIT)
        return OK

    with Webhook(script) as webhook:
        set_webhook(standin, webhook, max_connections=4)
        for number in range(20):
            standin.send(1, text=str(number))
        assert [d.text for d in webhook.take(20)] == [str(number) for number in range(20)]
        assert webhook.connections == 1
        for customer in range(10, 22):
            standin.send(customer, text="held")
        webhook.take(4)
        assert standin.bot()["connections"] == 4
        assert webhook.arrived.empty() and webhook.most_at_once == 4
        gate.set()
        webhook.take(8)
        wait_until(standin, lambda bot: bot["pending"] == 0)
        assert webhook.most_at_once == 4


def test_a_method_in_the_answer_is_called(standin):
    answers = [
        (200, {"Content-Type": "application/json"},
         b'{"method":"SendMessage","chat_id":7,"text":"by JSON"}'),
        (200, {"Content-Type": "application/x-www-form-urlencoded"},
         form(method="sendMessage", chat_id=7, text="by form").encode()),
        (200, {"Content-Type": "application/json"}, b'{"method":"deleteWebhook"}'),
        (500, {"Content-Type": "application/json"},
         b'{"method":"sendMessage","chat_id":7,"text":"never"}'),
    ]
    with Webhook(lambda delivery: answers[int(delivery.text)]) as webhook:
        set_webhook(standin, webhook)
        for number in range(4):
            standin.send(7, text=str(number))
        wait_until(standin, lambda bot: bot["failed_attempts"] >= 2)
        messages = standin.chat(7)["messages"]
        assert [m["text"] for m in messages if m["from"] == "bot"] == ["by JSON", "by form"]
        assert standin.bot()["webhook"] == webhook.url


def test_only_wanted_kinds_are_queued(standin):
    with Webhook() as webhook:
        set_webhook(standin, webhook, allowed_updates=["message", "poll"])
        standin.send(7, text="a")
        assert standin.control("POST", "customers/7/block", {})["update_id"] is None
        pushed = standin.control("POST", "bots/test_bot/updates", {"poll": {"id": "9"}})
        assert webhook.next().text == "a"
        poll = webhook.next()
        assert poll.id == pushed["update_id"] and poll.update["poll"] == {"id": "9"}
        # An omitted list keeps what was, an empty one means the usual kinds.
        standin.result("deleteWebhook")
        assert standin.result("getWebhookInfo")["allowed_updates"] == ["message", "poll"]
        standin.result("getUpdates", allowed_updates=[])
        assert "allowed_updates" not in standin.result("getWebhookInfo")


def test_updates_wait_for_a_webhook_and_can_be_dropped(standin):
    standin.send(7, text="early")
    with Webhook() as webhook:
        set_webhook(standin, webhook)
        assert webhook.next().text == "early"
        wait_until(standin, lambda bot: bot["pending"] == 0)
        standin.result("deleteWebhook")
        standin.send(7, text="dropped")
        while True:
            status, _ = standin.call("setWebhook", url=webhook.url, drop_pending_updates=True)
            if status == 200:
                break
            assert status == 429
        standin.send(7, text="late")
        assert webhook.next().text == "late"


def test_old_updates_are_given_up():
    with StandIn("--time-scale", "0.00001") as standin, \
            Webhook(lambda delivery: (500, {}, b"")) as webhook:
        set_webhook(standin, webhook)
        standin.send(7, text="a")
        bot = wait_until(standin, lambda bot: bot["dropped"] == 1)
        assert (bot["pending"], bot["delivered"]) == (0, 0)


def test_a_webhook_that_is_gone_for_a_day_is_deleted():
    with StandIn("--time-scale", "0.00005") as standin, \
            Webhook(lambda delivery: (410, {}, b"")) as webhook:
        set_webhook(standin, webhook)

        def is_deleted(bot):
            if bot["pending"] == 0 and bot["webhook"]:
                standin.send(7, text="an update lives for a day")
            return bot["webhook"] == ""

        wait_until(standin, is_deleted)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that signs itself."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder, context


def test_tls_with_an_uploaded_certificate(standin, certificate):
    folder, context = certificate
    with Webhook(tls=context) as webhook:
        body, kind = multipart(
            {"url": webhook.url},
            {"certificate": ("cert.pem", "application/x-pem-file",
                             (folder / "cert.pem").read_bytes())})
        status, _, answer = standin.request(
            "POST", f"/bot{TOKEN}/setWebhook", body, {"Content-Type": kind})
        assert (status, json.loads(answer)["description"]) == (200, "Webhook was set")
        assert standin.result("getWebhookInfo")["has_custom_certificate"] is True
        standin.send(7, text="a")
        assert webhook.next().text == "a"


def test_tls_with_an_unknown_certificate_fails(standin, certificate):
    with Webhook(tls=certificate[1]) as webhook:
        set_webhook(standin, webhook)
        standin.send(7, text="a")
        wait_until(standin, lambda bot: bot["failed_attempts"] > 0)
        message = standin.result("getWebhookInfo")["last_error_message"]
        assert "certificate verify failed" in message
        assert webhook.arrived.empty()


def test_tls_with_a_trusted_authority_and_tls_served(certificate):
    folder, context = certificate
    with StandIn(
            "--webhook-ca", folder / "cert.pem", "--tls-cert", folder / "cert.pem",
            "--tls-key", folder / "key.pem", "--listen-plain", "127.0.0.1:0", listeners=2,
    ) as standin, Webhook(tls=context) as webhook:
        set_webhook(standin, webhook)
        standin.send(7, text="a")
        assert webhook.next().text == "a"
        # The Bot API itself over TLS.
        trust = ssl.create_default_context(cafile=folder / "cert.pem")
        port = int(standin.urls[0].rsplit(":", 1)[1])
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, context=trust, timeout=WAIT)
        connection.request("GET", f"/bot{TOKEN}/getMe")
        assert json.loads(connection.getresponse().read())["result"]["username"] == "test_bot"
        connection.close()
