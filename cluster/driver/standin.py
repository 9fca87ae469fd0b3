"""The Bot API stand-in as a process, and its control interface."""

import json
import pathlib
import subprocess
import urllib.parse
import urllib.request

from .processes import binary, bound_to_parent
from .waiting import wait_until


class StandIn:
    """telegram-standin on one port; ends with the block."""

    def __init__(self, port, log, bots=(), demo=None, secure=None):
        """`secure` is (port, certificate file, key file) of a second listener, over TLS."""
        self.log = pathlib.Path(log)
        self.url = f"http://127.0.0.1:{port}"
        self.command = [binary("telegram-standin"), "--allow-http-webhooks"]
        if secure:
            self.command += [
                "--listen-plain", f"127.0.0.1:{port}", "--listen", f"127.0.0.1:{secure[0]}",
                "--tls-cert", str(secure[1]), "--tls-key", str(secure[2])]
        else:
            self.command += ["--listen", f"127.0.0.1:{port}"]
        for token, username in bots:
            self.command += ["--bot", f"{token}:{username}"]
        if demo:
            self.command += ["--demo", demo]
        self.process = None

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                bound_to_parent(self.command), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        try:
            wait_until("the stand-in answers", self._answers)
        except TimeoutError:
            self.__exit__()
            raise TimeoutError(f"the stand-in does not answer: {self.log.read_text()[-800:]}")
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the stand-in ended: {self.log.read_text()[-800:]}")
        return self.get("/standin/stats") is not None

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def get(self, path):
        """GETs JSON of the control interface."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def post(self, path, body):
        """POSTs JSON to the control interface or the Bot API."""
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def customer_writes(self, bot, customer, text):
        """A simulated customer sends a text to the bot."""
        return self.post(f"/standin/customers/{customer}/send", {"bot": bot, "text": text})

    def chat(self, bot, customer):
        """The messages of a chat as its customer sees them."""
        answer = self.get(f"/standin/chats/{urllib.parse.quote(bot)}/{customer}")
        return answer["messages"] if isinstance(answer, dict) else answer
