"""Customers: messages as Telegram delivers them, clicks on magic links, and what follows them."""

import asyncio
import collections
import dataclasses
import random
import time

from driver.telegram import SECRET_HEADER, message_update

from .client import NoAnswer, NotSent

# Each project's customers have ids of their own, so that a message tells its project.
USERS_OF_PROJECT = 1_000_000_000
DOUBLED = 0.15
NEW_USER = 0.12
# Of the clicks, how many come from a machine that only looks, how many lead to /start, and how
# many of those are used by a second customer as well.
HEADS, STARTS, SHARED = 0.15, 0.7, 0.15
LONGEST_WAIT_SECONDS = 8.0


@dataclasses.dataclass
class Bot:
    """One project as its customers know it."""

    project: str
    place: int
    share: float
    links: list  # of {"id", "code"}
    next_update: int = 1
    users: list = dataclasses.field(default_factory=list)
    next_user: int = 0
    pending: collections.deque = dataclasses.field(default_factory=collections.deque)

    def new_user(self):
        """A customer who has not written before."""
        self.next_user += 1
        return USERS_OF_PROJECT * (self.place + 1) + self.next_user


class Customers:
    """Sends updates at a steady rate; each goes on until a node has acknowledged it."""

    def __init__(self, history, clients, secret, bots, rate, click_rate, seed):
        self.history = history
        self.clients = clients
        self.secret = secret
        self.bots = bots
        self.rate = rate
        self.click_rate = click_rate
        self.random = random.Random(f"{seed} customers")
        self.acknowledgements = []  # moments, by time.monotonic()
        self.refusals = collections.Counter()
        self.surprises = []
        self.unacknowledged = 0
        self.stopping = False

    async def run(self):
        """Until `stopping`, and then until every update made is acknowledged."""
        clicks = asyncio.create_task(self._click_stream())
        tasks, loop = set(), asyncio.get_running_loop()
        begun, made = loop.time(), 0
        while not self.stopping:
            await asyncio.sleep(max(0.0, begun + made / self.rate - loop.time()))
            made += 1
            bot = self.random.choices(self.bots, [bot.share for bot in self.bots])[0]
            task = asyncio.create_task(self._deliver(bot, *self._next_message(bot)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await clicks
        while tasks:
            await asyncio.gather(*list(tasks))

    def _next_message(self, bot):
        """(user, text, token or None): a start that is due, a returning or a new customer."""
        if bot.pending and self.random.random() < 0.5:
            user, token = bot.pending.popleft()
            return user, f"/start {token}", token
        if bot.users and self.random.random() >= NEW_USER:
            # Taken out while a message of theirs is under way: Telegram keeps a chat's order.
            place = self.random.randrange(len(bot.users))
            bot.users[place], bot.users[-1] = bot.users[-1], bot.users[place]
            return bot.users.pop(), "Another question", None
        return bot.new_user(), "A question", None

    async def _deliver(self, bot, user, text, token):
        update, bot.next_update = bot.next_update, bot.next_update + 1
        body = message_update(update, user, text)
        call = self.history.invoke(
            "webhook", project=bot.project, update=update, user=user,
            **({"token": token} if token else {}))
        self.unacknowledged += 1
        target = self.random.randrange(len(self.clients))
        tries = [self._until_acknowledged(call, bot, body, target)]
        if self.random.random() < DOUBLED:
            # The other copy's fate is not ours to know; its answer does not count.
            tries.append(self._try(bot, body, target + 1))
        await asyncio.gather(*tries)
        bot.users.append(user)

    async def _until_acknowledged(self, call, bot, body, target):
        wait = 0.0
        while not await self._try(bot, body, target):
            # As Telegram: at once, then after pauses that grow; here they grow less.
            await asyncio.sleep(wait)
            wait = min(LONGEST_WAIT_SECONDS, wait * 2) if wait else 0.25
            target += self.random.randrange(1, max(2, len(self.clients)))
        call.ok()
        self.unacknowledged -= 1
        self.acknowledgements.append(time.monotonic())

    async def _try(self, bot, body, target):
        client = self.clients[target % len(self.clients)]
        headers = [(SECRET_HEADER, self.secret), ("Content-Type", "application/json")]
        try:
            answer = await client.request("POST", f"/telegram/{bot.project}", headers, body)
        except (NotSent, NoAnswer) as error:
            self.refusals[type(error).__name__] += 1
            return False
        if answer.status == 200:
            return True
        self.refusals[answer.status] += 1
        if answer.status != 503:
            self.surprises.append(f"{client.url} answered a webhook with {answer.status}")
        return False

    async def _click_stream(self):
        tasks = set()
        while not self.stopping:
            await asyncio.sleep(self.random.expovariate(self.click_rate))
            bot = self.random.choice([bot for bot in self.bots if bot.links])
            task = asyncio.create_task(self._click(bot, self.random.choice(bot.links)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        if tasks:
            await asyncio.gather(*tasks)

    async def _click(self, bot, link):
        client = self.random.choice(self.clients)
        method = "HEAD" if self.random.random() < HEADS else "GET"
        leads_on = method == "GET" and self.random.random() < STARTS
        call = self.history.invoke("click", link=link["id"], method=method)
        try:
            answer = await client.request(
                method, f"/{link['code']}", [("User-Agent", "Mozilla/5.0 (X11; Linux)")])
        except NotSent:
            return call.fail()
        except NoAnswer:
            return call.unknown()
        if answer.status != 302:
            # A spool that failed may still have kept it.
            return call.unknown(status=answer.status)
        token = answer.headers["location"].rpartition("=")[2]
        call.ok(token=token)
        if not leads_on:
            return None
        bot.pending.append((bot.new_user(), token))
        if self.random.random() < SHARED:
            bot.pending.append((bot.new_user(), token))
        return None
