"""A mock of what a node knows and decides, just enough to develop and test the console.

It is not the router: one queue, round robin, no leases, no durability. The real rules live in
Sources/Routing; here they are only so far imitated that every answer has the agreed shape.
"""

from __future__ import annotations

import datetime
import itertools

LIMIT = 20
DEFAULTS = {
    "name": "", "botUsername": "", "mode": "roundRobin", "balance": "roundRobin",
    "assignOffline": None, "scope": "allAgents", "seats": None, "claim": "any",
    "claimOnly": False, "openLimit": 0, "newPerMinute": 0, "hiddenGraceSeconds": 60,
    "reopenSeconds": 86_400, "firstReplySeconds": None, "firstReplyMoves": 2, "goneSeconds": 900,
    "autoCompleteSeconds": 86_400, "messagesPerMinute": 0, "hours": None,
    "clickRetentionDays": 0,
}


class Refused(Exception):
    """An answer that is a problem."""

    def __init__(self, status: int, code: str, title: str, **more):
        super().__init__(title)
        self.status = status
        self.body = {"type": "about:blank", "title": title, "status": status, "code": code, **more}


def now(shift: float = 0) -> str:
    """The time as the interface writes it, some seconds ago."""
    at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=shift)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Desk:
    """All state of the mock; used from one thread."""

    def __init__(self):
        self.index = 100
        self.shift = 0.0  # Seconds by which the demo writes things into the past.
        self.agents: dict[str, dict] = {}
        self.projects: dict[str, dict] = {}
        self.links: dict[str, dict] = {}
        self.pools: dict[str, list[dict]] = {}
        self.asked: list[dict] = []
        self.sessions: dict[str, dict] = {}
        self.history: dict[str, list[dict]] = {}
        self.decisions: dict[str, dict] = {}
        self.cursor: dict[str, str] = {}
        self.books: dict[str, dict] = {}
        self.rules: dict[str, dict] = {}
        self.hooks: dict[str, dict] = {}
        self.versions: dict[str, tuple[int, str]] = {}
        self.tokens: dict[str, dict] = {}
        self.nodes: list[str] = []
        self.tickets: dict[str, tuple[str, str]] = {}
        self.questions: list[dict] = []
        self.pages: dict[str, dict[int, bool]] = {}
        self.cookies: dict[str, str] = {}
        self.journal: list[tuple[int, str, str, dict | None]] = []
        self.listeners: list = []
        self.audiences: dict[str, str | None] = {}
        self.fates: list[tuple[str, str]] = []
        self.resent: list[str] = []
        self.typed = 0
        self.uploads: list[dict] = []
        self.fetched: list[tuple[str, str | None]] = []
        self.updates: set[tuple[str, int]] = set()
        self.keys = itertools.count(1)
        self.add_agent("admin", "Administrator", "admin-password", True)

    # Entries

    def entry(self, kind: str, key: str, extra: dict | None = None) -> int:
        """One more log entry and its event."""
        self.index += 1
        if kind == "session":
            extra = {"before": self.saw(key)}
        self.journal.append((self.index, kind, key, extra))
        for listener in list(self.listeners):
            listener(self.journal[-1])
        return self.index

    def saw(self, key: str) -> str | None:
        """Who saw a session before it changed hands: `everyone` where it waited, an agent, or
        nobody where it is for whom it was."""
        session = self.sessions[key]
        now = "everyone" if session["state"] == "unassigned" else session["owner"]
        before, self.audiences[key] = self.audiences.get(key, now), now
        return before if before != now else None

    def next_id(self) -> str:
        """The index that the next entry will have."""
        return str(self.index + 1)

    def item(self, session: str, kind: str, who: str, **more) -> dict:
        """Adds to a session's history."""
        item = {"ordinal": str(len(self.history[session])), "at": now(self.shift), "kind": kind,
                "from": who, **more}
        self.history[session].append(item)
        self.entry("item", session, item)
        return item

    def item_view(self, item: dict, agent: str) -> dict:
        """An item as an agent sees it: a private note has words for its author alone."""
        if item["kind"] != "noted" or item["agent"]["id"] == agent:
            return item
        return {key: each for key, each in item.items() if key != "text"}

    # Accounts and projects

    def add_agent(self, login, name, password, is_admin=False) -> dict:
        if any(each["login"] == login for each in self.agents.values()):
            raise Refused(409, "already_exists", "This login is taken",
                          hint="Choose another login.")
        agent = {"id": self.next_id(), "login": login, "name": name, "isAdmin": is_admin,
                 "isActive": True, "away": False, "openLimit": LIMIT, "newPerMinute": 6}
        self.agents[agent["id"]] = agent | {"password": password, "signedIn": False}
        self.entry("agent", agent["id"])
        return self.agent_view(agent["id"])

    def presence(self, agent: str) -> str:
        pages = self.pages.get(agent, {})
        if not pages:
            return "offline"
        if self.agents[agent]["away"]:
            return "away"
        return "receiving" if any(pages.values()) else "hidden"

    def agent_view(self, agent: str) -> dict:
        hidden = ("password", "signedIn")
        view = {key: each for key, each in self.agents[agent].items() if key not in hidden}
        return view | {"presence": self.presence(agent)}

    def brief(self, agent: str | None) -> dict | None:
        return agent and {"id": agent, "name": self.agents[agent]["name"]}

    def permissions(self, agent: str, project: str) -> list[str]:
        for member in self.projects[project]["members"]:
            if member["agent"] == agent:
                return member["permissions"]
        return []

    def set_project(self, key: str | None, body: dict) -> dict:
        if not key and not body.get("token"):
            raise Refused(422, "invalid", "The bot token is missing", hint="BotFather has it.")
        known = self.projects.get(key or "", {"members": []})
        key = key or self.next_id()
        self.books.setdefault(key, {
            "tags": [], "cannedReplies": [], "welcome": "", "privacyNotice": "",
            "nobodyAvailable": "", "outOfHours": "", "expectedWaitSeconds": None})
        self.rules.setdefault(key, {"version": "0", "rules": []})
        kept = {name: known.get(name, fallback) if body.get(name) is None else body[name]
                for name, fallback in DEFAULTS.items()}
        self.projects[key] = {**kept, "id": key, "members": known["members"],
                              "secret": body.get("webhookSecret", known.get("secret"))}
        self.entry("project", key)
        return self.project_view(key)

    def project_view(self, key: str) -> dict:
        project = {name: each for name, each in self.projects[key].items() if name != "secret"}
        members = [each | {"agent": self.brief(each["agent"])}
                   for each in project["members"]]
        return project | {"members": members, "hasToken": True, "seats": project["seats"] or None,
                          "webhookPath": f"/telegram/{key}"}

    def me(self, agent: str) -> dict:
        projects = []
        for key, each in self.projects.items():
            own = self.permissions(agent, key)
            if not own and not self.agents[agent]["isAdmin"]:
                continue
            members = [self.brief(member["agent"]) | {"presence": self.presence(member["agent"])}
                       for member in each["members"]]
            projects.append({"id": key, "name": each["name"], "mode": each["mode"],
                             "botUsername": each["botUsername"], "permissions": own,
                             "members": members, "tags": self.books[key]["tags"]})
        return {"agent": self.agent_view(agent), "projects": projects, "node": "1",
                "index": str(self.index)}

    # Routing, imitated

    def reasons(self, agent: str, session: dict) -> list[dict]:
        """All that keeps an agent from being given a session."""
        found = []
        each = self.agents[agent]
        if not each["isActive"]:
            found.append(("deactivated", ""))
        if "reply" not in self.permissions(agent, session["project"]):
            found.append(("cannotReply", ""))
        open_now = self.open_count(agent)
        if each["openLimit"] and open_now >= each["openLimit"]:
            found.append(("atCapacity", f"{open_now} of {each['openLimit']} open"))
        if agent in session["excluded"]:
            found.append(("excluded", f"gave it back, until {now(-900)}"))
        presence = self.presence(agent)
        if presence == "away":
            found.append(("away", ""))
        elif presence == "hidden":
            found.append(("notReceiving", ""))
        elif presence == "offline":
            found.append(("offline", "") if each["signedIn"] else ("neverSignedIn", ""))
        return [{"code": code, "text": text or "in general words"} for code, text in found]

    def open_count(self, agent: str) -> int:
        return sum(1 for each in self.sessions.values()
                   if each["owner"] == agent and each["state"] == "assigned")

    def candidates(self, session: dict, but: str | None = None) -> list[dict]:
        rows = []
        for member in self.projects[session["project"]]["members"]:
            reasons = self.reasons(member["agent"], session)
            if member["agent"] == but:
                reasons = [{"code": "excluded", "text": "gives it away"}] + reasons
            rows.append({"agent": self.brief(member["agent"]), "reasons": reasons,
                         "chosen": False})
        return rows

    def decide(self, session: dict, cause: str, but: str | None = None) -> str | None:
        """The next candidate after the cursor, with the record of it."""
        rows = self.candidates(session, but)
        order = [row["agent"]["id"] for row in rows]
        cursor = self.cursor.get(session["project"])
        start = order.index(cursor) + 1 if cursor in order else 0
        chosen = next((row for row in rows[start:] + rows[:start] if not row["reasons"]), None)
        if chosen:
            chosen["chosen"] = True
            self.cursor[session["project"]] = chosen["agent"]["id"]
        self.decisions[session["id"]] = {
            "index": self.next_id(), "at": now(self.shift), "cause": cause,
            "mode": self.projects[session["project"]]["mode"],
            "chosen": chosen and chosen["agent"], "candidates": rows}
        return chosen and chosen["agent"]["id"]

    def give(self, session: dict, cause: str, but: str | None = None) -> bool:
        agent = self.decide(session, cause, but)
        if not agent:
            return False
        self.own(session, agent)
        self.item(session["id"], "assigned", "system", agent=self.brief(agent),
                  decision=self.decisions[session["id"]])
        return True

    def own(self, session: dict, agent: str) -> None:
        session.update(owner=agent, state="assigned", version=session["version"] + 1,
                       waitingSince=None)
        self.entry("session", session["id"])

    def drain(self) -> None:
        """Gives waiting sessions to whom they can be given, oldest first."""
        waiting = [each for each in self.sessions.values() if each["state"] == "unassigned"]
        for each in sorted(waiting, key=lambda one: one["waitingSince"]):
            if any(not row["reasons"] for row in self.candidates(each)):
                self.give(each, "drain")

    def moved(self, agent: str) -> None:
        """An agent's presence or account changed."""
        self.entry("agent", agent)
        self.drain()

    # Customers

    def customer_writes(self, project: str, user: int, name: str, text: str,
                        username="", language="en", link: str | None = None,
                        kind="text", is_late=False, **more) -> dict:
        """A message from Telegram; opens or reopens a session. A late one opens a new one."""
        found = [each for each in self.sessions.values()
                 if each["project"] == project and each["customer"]["id"] == str(user)]
        session = found[-1] if found and not is_late else None
        cause = None
        if session is None:
            key = self.next_id()
            session = {"id": key, "project": project, "state": "unassigned", "version": 1,
                       "owner": None, "source": link and {"link": link, "name":
                                                          self.links[link]["name"]},
                       "customer": {"id": str(user), "name": name, "username": username,
                                    "language": language},
                       "openedAt": now(self.shift), "waitingSince": now(self.shift),
                       "lastMessage": None, "unread": 0, "tags": [], "excluded": set(),
                       "isAlerted": False, "previous": found[-1]["id"] if found else None}
            self.sessions[key] = session
            self.history[key] = []
            self.item(key, "opened", "system")
            cause = "new"
        elif session["state"] == "completed":
            session.update(state="unassigned", owner=None, version=session["version"] + 1,
                           waitingSince=now(self.shift))
            self.item(session["id"], "reopened", "system")
            cause = "reopen"
        item = self.item(session["id"], "message", "customer", text=text, messageKind=kind,
                         **more)
        session["lastMessage"] = {"text": text, "kind": kind, "at": item["at"],
                                  "from": "customer"}
        session["unread"] += 1
        for rule in self.rules[project]["rules"]:
            if rule["text"] in text and rule["direction"] != "out":
                self.item(session["id"], "moderated", "system", moderation={
                    "action": rule["action"], "rule": rule["text"], "version": "1"})
        self.entry("session", session["id"])
        if cause:
            self.give(session, cause)
        return session

    def alert(self, key: str) -> None:
        """Nobody answered the session in time."""
        session = self.sessions[key]
        session["isAlerted"] = True
        self.item(key, "alerted", "system", agent=self.brief(session["owner"]))
        self.entry("session", key)

    # What a session looks like to an agent

    def sees(self, agent: str, session: dict) -> bool:
        own = self.permissions(agent, session["project"])
        if "view" in own or "manage" in own:
            return True
        if session["state"] == "unassigned":
            return "reply" in own
        return session["owner"] == agent

    def view(self, session: dict, agent: str) -> dict:
        hidden = ("excluded",)
        view = {key: each for key, each in session.items() if key not in hidden}
        ignored = ("away", "notReceiving", "offline", "neverSignedIn", "excluded")
        blocked = [each for each in self.reasons(agent, session) if each["code"] not in ignored]
        return view | {"owner": self.brief(session["owner"]),
                       "canClaim": session["state"] == "unassigned" and not blocked}

    def detail(self, session: dict, agent: str) -> dict:
        view = self.view(session, agent) | {"decision": self.decisions.get(session["id"])}
        if session["state"] == "unassigned":
            view["blockers"] = self.candidates(session)
        return view
