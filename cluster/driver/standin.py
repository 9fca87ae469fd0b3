"""The Bot API stand-in as a process, and its control interface."""

import json
import pathlib
import ssl
import subprocess
import urllib.parse
import urllib.request

from .processes import binary, bound_to_parent
from .waiting import wait_until


class StandIn:
    """telegram-standin on one port; ends with the block."""

    def __init__(self, port, log, bots=(), demo=None, certificate=None, ca_file=None, extra=()):
        self.log = pathlib.Path(log)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
        self.tls = ssl.create_default_context(cafile=ca_file) if ca_file else None
        self.command = [
            binary("telegram-standin"), "--listen", f"127.0.0.1:{port}", "--allow-http-webhooks"]
        for token, username in bots:
            self.command += ["--bot", f"{token}:{username}"]
        if certificate:
            self.command += ["--tls-cert", str(certificate[0]), "--tls-key", str(certificate[1])]
        if demo:
            self.command += ["--demo", demo]
        self.command += extra
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
        with urllib.request.urlopen(self.url + path, timeout=10, context=self.tls) as answer:
            return json.load(answer)

    def post(self, path, body):
        """POSTs JSON to the control interface or the Bot API."""
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10, context=self.tls) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def customer_writes(self, bot, customer, text):
        """A simulated customer sends a text to the bot."""
        return self.post(f"/standin/customers/{customer}/send", {"bot": bot, "text": text})

    def chat(self, bot, customer):
        """The messages of a chat as its customer sees them."""
        answer = self.get(f"/standin/chats/{urllib.parse.quote(bot)}/{customer}")
        return answer["messages"] if isinstance(answer, dict) else answer
