"""A receiver of hooks: a real HTTP server that notes what comes and answers as it is told."""

import hashlib
import hmac
import http.server
import json
import threading
import time

from driver.waiting import pause as wait


class Receiver:
    """Listens on a free port of this machine until it is closed."""

    def __init__(self, pause=0):
        self.pause = pause
        # Statuses of the next answers; afterwards 204.
        self.answers = []
        self.calls = []
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.take(self.path, dict(self.headers), body)
                wait(receiver.pause)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks?of=roundhouse"

    def take(self, path, headers, body):
        """Notes a call; gives the status of its answer."""
        with self.lock:
            status = self.answers.pop(0) if self.answers else 204
            self.calls.append(Call(path, headers, body, status))
            return status

    def taken(self):
        """The calls that were answered well, each delivery once, in order."""
        with self.lock:
            calls = [call for call in self.calls if call.status < 300]
        return list({call.delivery: call for call in reversed(calls)}.values())[::-1]

    def events(self):
        """The kinds of events that were taken, in order."""
        return [call.event for call in self.taken()]

    def close(self):
        """Listens no more."""
        self.server.shutdown()
        self.server.server_close()


class Call:
    """What came with one request."""

    def __init__(self, path, headers, body, status):
        self.path, self.headers, self.body, self.status = path, headers, body, status
        self.at = time.monotonic()

    @property
    def delivery(self):
        """What the delivery is called, however often it comes."""
        return self.headers["Roundhouse-Delivery"]

    @property
    def event(self):
        """The kind of event."""
        return self.headers["Roundhouse-Event"]

    @property
    def document(self):
        """The body."""
        return json.loads(self.body)

    def is_signed(self, secret):
        """Whether the signature is right, and not old."""
        parts = dict(part.split("=", 1) for part in self.headers["Roundhouse-Signature"].split(","))
        code = hmac.new(secret.encode(), parts["t"].encode() + b"." + self.body, hashlib.sha256)
        return (hmac.compare_digest(code.hexdigest(), parts["v1"])
                and abs(time.time() - int(parts["t"])) < 60)
