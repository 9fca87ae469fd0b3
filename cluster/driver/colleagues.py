"""Simulated agents of the demo: a console kept open, and an answer to whoever writes."""

import http.client
import random
import threading

from .api import Api, ApiError
from .consoles import Consoles

ANSWERS = [
    "Hello! Let me have a look.",
    "Could you tell me the order number?",
    "Thank you, I see it. It left our store this morning.",
    "It should reach you tomorrow. Anything else?",
]
SECONDS_BETWEEN_ROUNDS = 4
GOODBYE_AFTER = 6


class Colleague:
    """One agent who answers what waits for an answer and completes long conversations."""

    def __init__(self, agent, urls, first):
        self.apis = [Api(urls[(first + n) % len(urls)]) for n in range(len(urls))]
        self.apis[0].sign_in(agent["login"], agent["password"])
        for api in self.apis:
            api.cookie = self.apis[0].cookie
        self.random = random.Random(agent["login"])
        self.answered = {}
        self._stopping = threading.Event()
        self._consoles = Consoles([self.apis[0]], [api.url for api in self.apis])
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._consoles.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._consoles.__exit__()

    def _run(self):
        while not self._stopping.wait(SECONDS_BETWEEN_ROUNDS):
            try:
                for session in self.apis[0].sessions("mine"):
                    self._look_at(session)
            except (OSError, http.client.HTTPException, ApiError):
                # The node is gone or has no quorum: the next round asks another.
                self.apis.append(self.apis.pop(0))

    def _look_at(self, session):
        last = session.get("lastMessage")
        if session["state"] != "assigned" or not last or last["from"] != "customer":
            return
        if self.random.random() < 0.4:
            return  # People are not always quick.
        count = self.answered.get(session["id"], 0)
        path = f"/api/v1/sessions/{session['id']}"
        self.apis[0].post(f"{path}/reply", {"text": ANSWERS[count % len(ANSWERS)]})
        self.answered[session["id"]] = count + 1
        if count + 1 >= GOODBYE_AFTER:
            self.answered.pop(session["id"])
            self.apis[0].post(f"{path}/complete", {"version": session["version"]})
