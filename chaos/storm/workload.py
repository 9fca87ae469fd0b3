"""Everybody who uses the cluster during a storm, in a thread of their own."""

import asyncio
import threading

from driver.seeding import SECRET, seed, sign_in_all

from .client import Browser, NodeClient
from .customers import Bot, Customers
from .desk import Agent, Manager
from .telegram import BotAPI

AGENTS = [("ana", "Ana"), ("wei", "Wei"), ("lena", "Lena"), ("omar", "Omar"), ("ines", "Ines"),
          ("juri", "Juri")]
OPEN_LIMIT = 15
PERMISSIONS = ("view", "reply", "transfer")
LINKS = 2
TURN, CLAIM = 0, 1
"""The projects: sessions given in turn, and sessions that wait to be claimed."""


class Workload:
    """Two projects, six agents, a manager, customers."""

    def __init__(self, history, seed_number, rate, click_rate):
        self.history = history
        self.seed = seed_number
        self.rate = rate
        self.click_rate = click_rate
        self.admin = None
        self.seeded = []
        self.bots = []
        self.agents = []
        self.customers = None
        self.bot_api = None
        self._error = None
        self._thread = threading.Thread(target=self._run, name="workload", daemon=True)
        self._done = threading.Event()

    def prepare(self, admin, urls, hub, bot_port):
        """Fills the empty cluster; gives the agents' signed-in browsers."""
        self.admin = admin
        people = [(login, name, f"password of {login}") for login, name in AGENTS]
        limits = {"openLimit": OPEN_LIMIT, "newPerMinute": 0}
        first = seed(
            admin, people, {"name": "Turn", "botUsername": "turn_bot"}, _links("turn"), limits,
            PERMISSIONS)
        second = seed(
            admin, [], {"name": "Claim", "botUsername": "claim_bot", "claimOnly": True},
            _links("claim"))
        admin.put(f"/api/v1/projects/{second.project}/members", [
            {"agent": agent["id"], "permissions": list(PERMISSIONS), "inScope": True}
            for agent in first.agents])
        self.seeded = [first, second]
        browsers = sign_in_all(admin.url, first)
        clients = [NodeClient(url) for url in urls]
        self.bots = [
            Bot(each.project, place, share, each.links)
            for place, (each, share) in enumerate(zip(self.seeded, (0.75, 0.25)))]
        self.customers = Customers(
            self.history, clients, SECRET, self.bots, self.rate, self.click_rate, self.seed)
        everybody = [agent["id"] for agent in first.agents]
        self.agents = [
            Agent(self.history, Browser(clients, api.cookie), agent["id"], everybody, self.seed)
            for agent, api in zip(first.agents, browsers)]
        self.manager = Manager(
            self.history, Browser(clients, admin.cookie), first.project, lists_of(everybody),
            self.seed)
        self.lists = {each.project: everybody for each in self.seeded}
        self.bot_api = BotAPI(hub, bot_port)
        return browsers

    def start(self):
        """Begins."""
        self._thread.start()

    def check(self):
        """Raises what ended the workload early, if anything did."""
        if self._error:
            raise self._error

    def finish(self, seconds):
        """Makes nothing new, and waits until every webhook is acknowledged and every agent is
        away. False when that takes longer."""
        for each in (self.customers, self.manager, *self.agents):
            each.stopping = True
        self._done.wait(seconds)
        self.check()
        return self._done.is_set()

    def _run(self):
        try:
            asyncio.run(self._everybody())
        except BaseException as error:
            self._error = error
            self._done.set()

    async def _everybody(self):
        await self.bot_api.start()
        await asyncio.gather(
            self.customers.run(), self.manager.run(), *(agent.run() for agent in self.agents))
        self._done.set()
        # The Bot API stays for what the outbox still holds; the process ends it.
        await asyncio.Event().wait()


def _links(name):
    return [(f"{name}{number}", f"{name} {number}") for number in range(1, LINKS + 1)]


def lists_of(everybody):
    """The lists that the manager chooses among: all in some order, and all but one."""
    return [list(everybody), list(reversed(everybody)), everybody[3:] + everybody[:3],
            *(everybody[:n] + everybody[n + 1:] for n in range(len(everybody)))]
