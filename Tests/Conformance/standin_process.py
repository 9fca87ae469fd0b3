"""The stand-in as a process, and a webhook that does what a test tells it."""

import contextlib
import http.client
import http.server
import json
import os
import pathlib
import queue
import subprocess
import threading
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(
    os.environ.get("STANDIN_BINARY", ROOT / ".build" / "debug" / "telegram-standin"))
TOKEN = "123456:AAAA-the_secret_of_the_test_bot_0000"
OTHER_TOKEN = "654321:BBBB-the_secret_of_another_bot_000"
WAIT = 20


class StandIn:
    """One running stand-in with its bots; ends with the `with` block."""

    def __init__(
            self, *arguments, bots=((TOKEN, "test_bot"),), unlimited=True, strict=False,
            listeners=1):
        command = [str(BINARY), "--listen", "127.0.0.1:0"]
        if not strict:
            command.append("--allow-http-webhooks")
        for token, username in bots:
            command += ["--bot", f"{token}:{username}"]
        if unlimited:
            command += ["--chat-rate", "0", "--bot-rate", "0"]
        self.process = subprocess.Popen(
            command + [str(argument) for argument in arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.urls = []
        for _ in range(listeners):
            line = self.process.stdout.readline()
            if not line.startswith("listening on "):
                self.process.kill()
                raise RuntimeError(f"no listener: {line}{self.process.stderr.read()}")
            self.urls.append(line.split()[-1])
        self.url = self.urls[-1]
        self.host, port = self.url.split("://")[1].rsplit(":", 1)
        self.port = int(port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=WAIT)
        finally:
            self.process.kill()
            self.process.stdout.close()
            self.process.stderr.close()
        assert self.process.returncode == 0, "the stand-in ended badly"

    def connection(self):
        """A fresh connection for HTTP."""
        return http.client.HTTPConnection(self.host, self.port, timeout=WAIT)

    def request(self, method, path, body=None, headers=None):
        """One request on its own connection: status, headers, body."""
        connection = self.connection()
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def control(self, method, path, value=None):
        """A control call that must succeed; its result."""
        body = None if value is None else json.dumps(value)
        status, _, answer = self.request(method, "/standin/" + path, body)
        assert status == 200, f"{path}: {status} {answer!r}"
        return json.loads(answer)

    def call(self, name, token=TOKEN, **arguments):
        """A call of the Bot API with JSON arguments: status and answer."""
        status, _, body = self.request(
            "POST", f"/bot{token}/{name}", json.dumps(arguments),
            {"Content-Type": "application/json"})
        return status, json.loads(body)

    def result(self, name, token=TOKEN, **arguments):
        """The result of a call that must succeed."""
        status, answer = self.call(name, token, **arguments)
        assert status == 200 and answer["ok"] is True, answer
        return answer["result"]

    def send(self, customer, **message):
        """A customer's message to the test bot (or `bot`)."""
        message.setdefault("bot", "test_bot")
        return self.control("POST", f"customers/{customer}/send", message)

    def deliveries(self, bot="test_bot"):
        """All attempts at the webhook."""
        return self.control("GET", f"bots/{bot}/deliveries?limit=100000")

    def chat(self, customer, bot="test_bot"):
        """The chat as the customer sees it."""
        return self.control("GET", f"chats/{bot}/{customer}")

    def bot(self, username="test_bot"):
        """The bot's counters."""
        return next(
            bot for bot in self.control("GET", "bots") if bot["username"] == username)


class Delivery:
    """One request that reached the webhook."""

    def __init__(self, handler, body):
        self.path = handler.path
        self.headers = handler.headers
        self.raw = body
        self.update = json.loads(body)
        self.connection = handler.connection_number

    @property
    def id(self):
        return self.update["update_id"]

    @property
    def text(self):
        return self.update.get("message", {}).get("text")


class Webhook:
    """A webhook on a port of its own; `script(delivery)` gives (status, headers, body), or None to
    close without an answer. Every delivery also goes into `arrived`."""

    def __init__(self, script=None, tls=None):
        webhook = self
        self.arrived = queue.Queue()
        self.script = script or (lambda delivery: (200, {}, b""))
        self.connections = 0
        self.at_once = 0
        self.most_at_once = 0
        lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                with lock:
                    webhook.connections += 1
                    self.connection_number = webhook.connections

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                delivery = Delivery(self, body)
                with lock:
                    webhook.at_once += 1
                    webhook.most_at_once = max(webhook.most_at_once, webhook.at_once)
                webhook.arrived.put(delivery)
                answer = webhook.script(delivery)
                with lock:
                    webhook.at_once -= 1
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, content = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # A peer that closes early is part of the tests.

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}/hook?a=b"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def next(self):
        """The next delivery."""
        return self.arrived.get(timeout=WAIT)

    def take(self, count):
        """The next deliveries."""
        return [self.next() for _ in range(count)]


def form(**arguments):
    """Arguments as an urlencoded body."""
    return urllib.parse.urlencode(arguments)


def multipart(fields, files, boundary="the-boundary"):
    """A multipart body and its content type."""
    parts = []
    for name, value in fields.items():
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
            + value.encode())
    for name, (file_name, kind, content) in files.items():
        parts.append(
            (f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; '
             f'filename="{file_name}"\r\nContent-Type: {kind}\r\n\r\n').encode() + content)
    body = b"\r\n".join(parts) + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"
