"""A cluster that makes no mistakes, small enough to be read: gives the evidence of a few calls,
for tests to falsify."""

import copy

from storm.checks import Evidence
from storm.history import Operation

PROJECT = "10"
AGENTS = ["1", "2", "3"]


class LittleCluster:
    """One project in round robin. Each call takes 10 ms and one log index."""

    def __init__(self):
        self.index = 100
        self.clock = 0.0
        self.cursor = None
        self.roster, self.roster_version = list(AGENTS), 2
        self.away = set()
        self.sessions = {}
        self.operations = []
        self.links = [{"id": "50", "code": "spring", "humanClicks": 0, "otherClicks": 0,
                       "starts": 0}]
        self.sent = []
        self.updates = 0

    def call(self, op, answer, result="ok", **what):
        """Notes a call that took the last index."""
        floor = self.index - 1
        self.operations.append(Operation(
            len(self.operations) + 1, op, what, self.clock, floor, self.clock + 10, result,
            {"index": self.index, **answer}))
        self.clock += 20

    def decide(self, session, cause):
        """Round robin's answer, recorded with the session's next event."""
        candidates = [agent for agent in self.roster if agent not in self.away]
        start = self.roster.index(self.cursor) + 1 if self.cursor in self.roster else 0
        order = self.roster[start:] + self.roster[:start]
        chosen = next((agent for agent in order if agent in candidates), None)
        session["decisions"].append({
            "index": self.index, "event": len(session["events"]), "cause": cause,
            "way": "mode" if chosen else "none", "chosen": chosen, "cursorBefore": self.cursor,
            "cursorAfter": chosen or self.cursor, "candidates": candidates,
            "roster": list(self.roster), "rosterVersion": self.roster_version})
        self.cursor = chosen or self.cursor
        return chosen

    def change(self, session, state, owner):
        """A new version."""
        session["state"], session["owner"] = state, owner
        session["version"] += 1

    def write(self, user, token=None):
        """A customer's message; gives its session."""
        self.index += 1
        self.updates += 1
        session = next((each for each in self.sessions.values()
                        if each["user"] == str(user) and each["state"] != "completed"), None)
        event = {"index": self.index, "kind": "message", "from": "customer",
                 "message": self.updates}
        if session is None:
            session = {"id": str(self.index), "project": PROJECT, "user": str(user),
                       "state": "unassigned", "version": 1, "owner": None, "messages": [],
                       "events": [], "decisions": []}
            self.sessions[session["id"]] = session
            event["opening"] = "opened"
            chosen = self.decide(session, "new")
            if chosen:
                event["to"] = chosen
                self.change(session, "assigned", chosen)
        session["messages"].append(self.updates)
        session["events"].append(event)
        self.call("webhook", {}, project=PROJECT, update=self.updates, user=user,
                  **({"token": token} if token else {}))
        if token:
            self.links[0]["starts"] += 1
        return session["id"]

    def act(self, op, identifier, agent, to=None):
        """An agent's change of a session."""
        self.index += 1
        session = self.sessions[identifier]
        kind = {"claim": "claimed", "transfer": "transferred", "complete": "completed"}[op]
        event = {"index": self.index, "kind": kind, "from": "system", "agent": agent}
        version = session["version"]
        if op == "transfer":
            event["to"] = to
        self.change(session, "completed" if op == "complete" else "assigned",
                    None if op == "complete" else to or agent)
        session["events"].append(event)
        self.call(op, {"version": session["version"]}, session=identifier, agent=agent,
                  version=version, **({"to": to} if to else {}))

    def conflict(self, op, identifier, agent, version):
        """The same, too late."""
        session = self.sessions[identifier]
        self.call(op, {"code": "version_conflict", "version": session["version"],
                       "owner": session["owner"]}, "fail",
                  session=identifier, agent=agent, version=version)

    def reply(self, identifier, text):
        """The owner's answer, which reaches Telegram."""
        self.index += 1
        session = self.sessions[identifier]
        session["events"].append({
            "index": self.index, "kind": "message", "from": "agent", "agent": session["owner"],
            "text": text, "delivery": "sent"})
        self.sent.append((int(session["user"]), text))
        self.call("reply", {}, session=identifier, agent=session["owner"], text=text)

    def set_away(self, agent, away):
        """Presence on or off."""
        self.index += 1
        (self.away.add if away else self.away.discard)(agent)
        self.call("away", {}, agent=agent, away=away)

    def click(self, token):
        """A click on the link."""
        self.links[0]["humanClicks"] += 1
        self.call("click", {"token": token}, link="50", method="GET")

    def show(self, agent):
        """A list of all sessions as they are."""
        self.call("list", {"items": [
            [each["id"], each["version"], each["state"], each["owner"]]
            for each in self.sessions.values()]}, agent=agent, which="mine")

    def evidence(self):
        """What the checks look at, in copies that may be falsified."""
        return Evidence(
            copy.deepcopy(self.operations),
            [copy.deepcopy(list(self.sessions.values())) for _ in range(3)],
            copy.deepcopy(self.links), [PROJECT], {PROJECT: list(AGENTS)},
            [(self.index, "abc")] * 3, list(self.sent))


def a_day():
    """A bit of everything: sessions in turn, a waiting one that two agents claim, a transfer."""
    cluster = LittleCluster()
    first, second, third = (cluster.write(user) for user in (7001, 7002, 7003))
    cluster.write(7001)
    cluster.reply(first, "Answer 1")
    cluster.act("transfer", second, "2", to="3")
    for agent in AGENTS:
        cluster.set_away(agent, True)
    waiting = cluster.write(7004)
    cluster.show("1")
    cluster.act("claim", waiting, "1")
    cluster.conflict("claim", waiting, "2", 1)
    cluster.set_away("2", False)
    cluster.set_away("3", False)
    cluster.click("token-1")
    cluster.write(7005, token="token-1")
    cluster.act("complete", third, "3")
    cluster.write(7006)
    cluster.show("2")
    return cluster
