"""A project with its agents on a running cluster, as the tests speak of it."""

import itertools
import secrets

from driver import telegram
from driver.api import Api, request
from driver.seeding import SECRET, administrator, seed, sign_in_all, wait_receiving
from driver.waiting import wait_until
from driver.websocket import LiveFeed

_numbers = itertools.count(1)


class Desk:
    """A project, its agents' browsers and consoles, and customers who write to it."""

    def __init__(self, cluster, standin, names, project=None, permissions=("reply", "transfer"),
                 limits=None, links=(), tls=None):
        self.cluster = cluster
        self.standin = standin
        self.tls = tls
        number = next(_numbers)
        self.bot = f"desk{number}_{secrets.token_hex(3)}_bot"
        self.token = f"{700_000_000 + number}:AA{secrets.token_hex(16)}"
        self.links = {name: f"{name}-{secrets.token_hex(4)}" for name in links}
        agents = [
            (f"{name.lower()}-{secrets.token_hex(4)}", name, f"password of {name}")
            for name in names]
        if not hasattr(cluster, "admin"):
            cluster.admin = administrator(cluster.nodes[0].url, cluster.admin_password, tls)
        self.seeded = seed(
            cluster.admin, agents,
            project={"botUsername": self.bot, "token": self.token, **(project or {})},
            links=[(code, name) for name, code in self.links.items()], limits=limits,
            permissions=permissions)
        self.id = self.seeded.project
        self.admin = self.seeded.admin
        self.path = self.seeded.webhook_path
        self.browsers = dict(zip(names, sign_in_all(cluster.nodes[0].url, self.seeded, tls)))
        self.ids = {name: agent["id"] for name, agent in zip(names, self.seeded.agents)}
        self.feeds = {}
        if standin:
            standin.post("/standin/bots", {"token": self.token, "username": self.bot})

    def add_link(self):
        """A fresh link; gives its name."""
        name = f"link{next(_numbers)}"
        self.links[name] = f"{name}-{secrets.token_hex(4)}"
        self.admin.post(
            "/api/v1/links", {"code": self.links[name], "name": name, "project": self.id})
        return name

    def close(self):
        """Closes every console."""
        for feed in self.feeds.values():
            feed.close()

    def browser(self, name, node=1):
        """An agent's browser at a node."""
        return self.browsers[name].at(self.cluster[node].url)

    def open_console(self, name, node=1, visible=True):
        """Opens an agent's console and waits until every node knows."""
        self.feeds[name] = LiveFeed(self.browser(name, node), visible=visible)
        if visible:
            wait_receiving(
                self.seeded, [each.url for each in self.cluster.running()],
                [agent["login"] for agent in self.seeded.agents if agent["name"] == name])
        return self.feeds[name]

    def open_consoles(self):
        """Every agent's console, spread over the nodes."""
        for place, name in enumerate(self.browsers):
            self.open_console(name, place % len(self.cluster.nodes) + 1)

    def close_console(self, name):
        """Closes an agent's console and waits until the cluster has noticed."""
        self.feeds.pop(name).close()
        wait_until(f"{name} is offline", lambda: self.presence(name) == "offline")

    def presence(self, name):
        """What the cluster says of an agent."""
        items = self.admin.get("/api/v1/agents")["items"]
        return next(a["presence"] for a in items if a["id"] == self.ids[name])

    def post_update(self, body, node=1, secret=SECRET, path=None, headers=None):
        """Sends a webhook to a node; any status is an answer."""
        fields = {"Content-Type": "application/json", **(headers or {})}
        if secret is not None:
            fields[telegram.SECRET_HEADER] = secret
        return request(
            self.cluster[node].url, "POST", path or self.path, fields, body, self.tls)

    def write(self, user, text, node=1, update_id=None):
        """A customer writes; gives the update's id once it is acknowledged."""
        update_id = update_id or new_update_id()
        answer = self.post_update(telegram.message_update(update_id, user, text), node)
        assert answer.status == 200, (answer.status, answer.body)
        return update_id

    def session_of(self, user, node=1, name=None, now=True):
        """The newest session of a customer, as a watching agent sees it; None without one."""
        sessions = [s for s in self.all_sessions(node, name, now)
                    if s["customer"]["id"] == str(user)]
        return max(sessions, key=lambda s: int(s["id"])) if sessions else None

    def all_sessions(self, node=1, name=None, now=True):
        """Every session of the project that an agent (the first by default) may see. What other
        nodes have acknowledged is in it, unless `now` is false: then it is what the node knows."""
        api = self.browser(name or next(iter(self.browsers)), node)
        query = {"fresh": 1} if now else {}
        found = {}
        for which in ("mine", "waiting", "completed", "all"):
            for session in api.sessions(which, project=self.id, **query):
                found[session["id"]] = session
        return list(found.values())

    def exported(self):
        """What the administrator's export has of this project."""
        return [s for s in self.admin.export_sessions() if s["project"] == self.id]


def new_update_id():
    """An update id that no other call gives."""
    return 1000 + next(_numbers)


def new_user():
    """A Telegram user whom no other test knows."""
    return telegram.FIRST_USER + next(_numbers)
