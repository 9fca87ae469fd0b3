"""The desk: agents who claim, hand on, answer and complete, and a manager who edits the list."""

import asyncio
import random

from .client import NoAnswer, NotSent

# What an agent does with a session of theirs, and with one that waits; the numbers are weights.
WITH_OWN = {"reply": 30, "complete": 40, "any": 8, "named": 8, "giveBack": 6}
WITH_WAITING = {"claim": 80, "reply": 10, "complete": 3, "named": 4}
STALE = 0.15
TOGGLE_AWAY, COME_BACK = 0.02, 0.25
REOPEN = 0.03
# With so many sessions an agent completes some first, so that there is room to claim.
FULL_DESK = 8
SECONDS_BETWEEN_ACTIONS = 0.2
SECONDS_BETWEEN_EDITS = 2.0
# Answers that say that nothing was changed and nothing will be.
DEFINITE = {"no_quorum", "overloaded", "joining", "not_ready", "disk_full", "disks_full"}


async def attempt(call, request, **more):
    """Waits for an API request's answer and notes in the history how the call ended; gives the
    answer's body when it took effect, else None."""
    try:
        answer = await request
    except NotSent:
        return call.fail(code="not_sent", **more)
    except NoAnswer:
        return call.unknown(code="no_answer", **more)
    body = answer.json()
    more["index"] = answer.index
    if answer.status < 300:
        call.ok(status=answer.status, **{
            key: body[key] for key in ("version", "state", "outbox") if key in body}, **more)
        return body
    told = {"code": body.get("code", f"status {answer.status}"), **more}
    if "version" in body:
        told["version"] = body["version"]
    if body.get("owner"):
        told["owner"] = body["owner"]["id"]
    if answer.status < 500 or told["code"] in DEFINITE:
        call.fail(**told)
    else:
        call.unknown(**told)
    return None


class Agent:
    """One agent at work: looks at a list, does something with what it showed, looks again."""

    def __init__(self, history, browser, identifier, colleagues, seed):
        self.history = history
        self.browser = browser
        self.id = identifier
        self.colleagues = colleagues
        self.random = random.Random(f"{seed} agent {identifier}")
        self.is_away = False
        self.seen = []  # sessions as some list showed them, to be acted on too late
        self.completed = []
        self.replies = 0
        self.stopping = False

    async def run(self):
        """Until `stopping`; then away, so that nothing more is given."""
        while not self.stopping:
            await asyncio.sleep(self.random.expovariate(1 / SECONDS_BETWEEN_ACTIONS))
            await self._act()
        for node in range(len(self.browser.clients) * 20):
            if await self._set_away(True, node % len(self.browser.clients)):
                return
            await asyncio.sleep(0.25)

    async def _act(self):
        node = self.random.randrange(len(self.browser.clients))
        if self.random.random() < (COME_BACK if self.is_away else TOGGLE_AWAY):
            await self._set_away(not self.is_away, node)
            return
        which = "mine" if self.random.random() < 0.6 else "waiting"
        items = await self._list(node, which)
        if items is None:
            return
        if self.completed and self.random.random() < REOPEN:
            session, version = self.completed.pop()
            await self._change("reopen", session, version, node)
        if self.seen and self.random.random() < STALE:
            item = self.random.choice(self.seen)
        elif items:
            # The first ones are what everybody looks at: that makes them race.
            item = items[min(len(items) - 1, int(self.random.expovariate(0.7)))]
        else:
            return
        self.seen = [*self.seen[-20:], item]
        if which == "mine" and len(items) >= FULL_DESK:
            weights = {"complete": 1}
        else:
            weights = WITH_OWN if item["state"] == "assigned" else WITH_WAITING
        other = self.random.randrange(len(self.browser.clients))
        node = other if self.random.random() < 0.2 else node
        await self._do(self.random.choices(*zip(*weights.items()))[0], item, node)

    async def _do(self, verb, item, node):
        session, version = item["id"], item["version"]
        if verb == "reply":
            await self._reply(session, node)
        elif verb == "any":
            await self._change("transfer", session, version, node, to="any")
        elif verb == "named":
            to = self.random.choice([each for each in self.colleagues if each != self.id])
            await self._change("transfer", session, version, node, to=to, confirm=True)
        else:
            done = await self._change(
                "give-back" if verb == "giveBack" else verb, session, version, node)
            if verb == "complete" and done:
                self.completed.append((session, done["version"]))

    async def _list(self, node, which):
        call = self.history.invoke("list", agent=self.id, node=node, which=which)
        try:
            answer = await self.browser.call(
                node, "GET", f"/api/v1/sessions?list={which}&limit=20")
        except (NotSent, NoAnswer):
            return call.fail(code="no_answer")
        if answer.status != 200:
            return call.fail(code=f"status {answer.status}")
        page = answer.json()
        call.ok(index=int(page["index"]), items=[
            [item["id"], item["version"], item["state"], (item["owner"] or {}).get("id")]
            for item in page["items"]])
        return page["items"]

    async def _change(self, verb, session, version, node, **body):
        call = self.history.invoke(
            verb, agent=self.id, session=session, version=version, node=node,
            **({"to": body["to"]} if "to" in body else {}))
        done = await attempt(call, self.browser.call(
            node, "POST", f"/api/v1/sessions/{session}/{verb}", {"version": version, **body}))
        return done if done and "version" in done else None

    async def _reply(self, session, node):
        self.replies += 1
        text = f"Answer {self.id}-{self.replies}"
        call = self.history.invoke(
            "reply", agent=self.id, session=session, text=text, node=node)
        await attempt(call, self.browser.call(
            node, "POST", f"/api/v1/sessions/{session}/reply", {"text": text}))

    async def _set_away(self, away, node):
        call = self.history.invoke("away", agent=self.id, away=away, node=node)
        done = await attempt(
            call, self.browser.call(node, "PUT", "/api/v1/me/presence", {"away": away}))
        if done is not None:
            self.is_away = away
        return done is not None


class Manager:
    """Edits a project's list again and again: somebody leaves it, joins it, or moves in it."""

    def __init__(self, history, browser, project, lists, seed):
        self.history = history
        self.browser = browser
        self.project = project
        self.lists = lists
        self.random = random.Random(f"{seed} manager")
        self.stopping = False

    async def run(self):
        """Until `stopping`."""
        while not self.stopping:
            await asyncio.sleep(self.random.expovariate(1 / SECONDS_BETWEEN_EDITS))
            members = self.random.choice(self.lists)
            node = self.random.randrange(len(self.browser.clients))
            call = self.history.invoke(
                "members", project=self.project, list=members, node=node)
            await attempt(call, self.browser.call(
                node, "PUT", f"/api/v1/projects/{self.project}/members", [
                    {"agent": agent, "permissions": ["view", "reply", "transfer"],
                     "inScope": True} for agent in members]))
