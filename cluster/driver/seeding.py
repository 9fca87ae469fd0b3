"""Fills an empty cluster through the REST API: a project, its agents, members and links."""

import dataclasses

from .api import Api
from .waiting import wait_until

ALL_PERMISSIONS = ["view", "reply", "transfer", "manage"]
TOKEN = "123456789:AAFakeTokenForTheStandInOfTelegram1"
SECRET = "webhook-secret_0123456789"


@dataclasses.dataclass
class Seeded:
    """What was made."""

    admin: Api
    project: str
    agents: list  # of dicts {id, login, name, password}
    links: list  # of the API's links

    @property
    def webhook_path(self):
        """Where updates go."""
        return f"/telegram/{self.project}"


def administrator(url, password, tls=None):
    """The first administrator, signed in."""
    admin = Api(url, tls)
    admin.sign_in("admin", password)
    return admin


def seed(admin, agents, project=None, links=(), limits=None, permissions=("reply", "transfer")):
    """Makes a project with these agents in this order.

    `agents` are (login, name, password); `project` replaces settings; `limits` are given to every
    agent, for example no limits: {"openLimit": 0, "newPerMinute": 0}.
    """
    made = []
    for agent_login, name, password in agents:
        agent = admin.post("/api/v1/agents", {
            "login": agent_login, "name": name, "password": password, "isAdmin": False})
        if limits:
            admin.put(f"/api/v1/agents/{agent['id']}", limits)
        made.append({
            "id": agent["id"], "login": agent_login, "name": name, "password": password})
    settings = {
        "name": "Support", "botUsername": "acme_support_bot", "token": TOKEN,
        "webhookSecret": SECRET, "mode": "roundRobin", **(project or {})}
    identifier = admin.post("/api/v1/projects", settings)["id"]
    admin.put(f"/api/v1/projects/{identifier}/members", [
        {"agent": agent["id"], "permissions": list(permissions), "inScope": True}
        for agent in made])
    made_links = [
        admin.post("/api/v1/links", {
            "code": code, "name": name, "project": identifier, "enabled": True, "open": "web"})
        for code, name in links]
    return Seeded(admin, identifier, made, made_links)


def sign_in_all(url, seeded, tls=None):
    """One signed-in browser per agent, in list order."""
    apis = []
    for agent in seeded.agents:
        api = Api(url, tls)
        api.sign_in(agent["login"], agent["password"])
        apis.append(api)
    return apis


def wait_receiving(seeded, urls, logins=None):
    """Waits until every node counts the agents (all, or those with these logins) as receiving."""
    wanted = {a["id"] for a in seeded.agents if logins is None or a["login"] in logins}

    def receive(api):
        return wanted <= {
            a["id"] for a in api.get("/api/v1/agents")["items"] if a["presence"] == "receiving"}

    for url in urls:
        api = seeded.admin.at(url)
        wait_until(f"agents receive at {url}", lambda: receive(api))
