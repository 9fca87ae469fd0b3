"""Telegram's side of a webhook: updates as it writes them, and delivery as it delivers."""

import asyncio
import collections
import json
import random
import threading
import time
import urllib.parse

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
# setWebhook's default max_connections.
CONNECTIONS_PER_TARGET = 40
ANSWER_SECONDS = 60
FIRST_USER = 1_000_000_000


def message_update(update_id, user, text, message_id=None, name="Customer", language="en"):
    """An update with a private text message, as the Bot API's server lays it out."""
    message = {
        "message_id": message_id or update_id,
        "from": {"id": user, "is_bot": False, "first_name": name, "language_code": language},
        "chat": {"id": user, "first_name": name, "type": "private"},
        "date": int(time.time()),
        "text": text,
    }
    if text.startswith("/"):
        length = len(text.split()[0])
        message["entities"] = [{"offset": 0, "length": length, "type": "bot_command"}]
    return update(update_id, "message", message)


def update(update_id, kind, content):
    """An update of any kind."""
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return f'{{"update_id":{update_id},\n"{kind}":{body}}}'.encode()


class Update:
    """One update on its way: who sent it and what became of it."""

    __slots__ = ("id", "user", "body", "attempts", "acknowledged_at")

    def __init__(self, update_id, user, body):
        self.id = update_id
        self.user = user
        self.body = body
        self.attempts = 0
        self.acknowledged_at = None


class WebhookStream:
    """A steady stream of updates to whichever nodes are its targets, in a thread of its own.

    Like Telegram: at most 40 connections to each, one update in flight on a connection, a new
    try after a failure at once, then after 2, 4, 8 ... seconds or what Retry-After says. Unlike it
    some updates go to two nodes at the same moment, as happens when an answer is lost.
    """

    def __init__(self, path, secret, targets, rate, returning=0.2, doubled=0.05, seed=1):
        self.path = path
        self.secret = secret
        self.targets = list(targets)
        self.rate = rate
        self.returning = returning
        self.doubled = doubled
        self.random = random.Random(seed)
        self.updates = []
        self.acknowledgements = []  # moments, by time.monotonic()
        self.refusals = collections.Counter()
        self._known_users = []
        self._next_id = self.random.randrange(1, 1 << 30)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._error = None

    def start(self):
        """Begins to send."""
        self._thread.start()

    def stop(self, seconds=120):
        """Makes no new updates and waits until every one made is acknowledged."""
        self._stopping.set()
        self._thread.join(seconds)
        if self._error:
            raise self._error
        if self._thread.is_alive():
            open_ids = [each.id for each in self.updates if each.acknowledged_at is None]
            raise TimeoutError(f"{len(open_ids)} updates never acknowledged: {open_ids[:5]}")

    def check(self):
        """Raises what ended the thread early, if anything did."""
        if self._error:
            raise self._error

    def _run(self):
        try:
            asyncio.run(self._stream())
        except BaseException as error:
            self._error = error

    async def _stream(self):
        self._idle = {}
        self._gates = collections.defaultdict(
            lambda: asyncio.Semaphore(CONNECTIONS_PER_TARGET))
        tasks, started, made = set(), time.monotonic(), 0
        while not self._stopping.is_set():
            due = started + made / self.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            made += 1
            task = asyncio.create_task(self._deliver(self._make()))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        while tasks:
            await asyncio.gather(*list(tasks))
        for connections in self._idle.values():
            for _, writer in connections:
                writer.close()

    def _make(self):
        identifier, self._next_id = self._next_id, self._next_id + 1
        # A returning user's earlier update is acknowledged: Telegram keeps a chat's order.
        if self._known_users and self.random.random() < self.returning:
            user = self.random.choice(self._known_users)
        else:
            user = FIRST_USER + identifier
        body = message_update(identifier, user, f"Question {identifier}")
        made = Update(identifier, user, body)
        self.updates.append(made)
        return made

    async def _deliver(self, each):
        target = self.random.randrange(1 << 16)
        if self.random.random() < self.doubled:
            # The other copy's fate is not ours to know; its answer does not count.
            await asyncio.gather(
                self._until_acknowledged(each, target), self._try(each, target + 1))
        else:
            await self._until_acknowledged(each, target)

    async def _until_acknowledged(self, each, target):
        delay = 0
        while True:
            each.attempts += 1
            retry_after = await self._try(each, target)
            if retry_after is None:
                each.acknowledged_at = time.monotonic()
                self.acknowledgements.append(each.acknowledged_at)
                self._known_users.append(each.user)
                return
            await asyncio.sleep(retry_after or delay)
            delay = min(60, delay * 2) if delay else 2
            target += 1

    async def _try(self, each, number):
        """None when acknowledged, else the seconds that the answer asked to wait, 0 for none."""
        target = self.targets[number % len(self.targets)]
        async with self._gates[target]:
            try:
                status, retry_after = await asyncio.wait_for(
                    self._exchange(target, each.body), ANSWER_SECONDS)
            except (OSError, EOFError, asyncio.TimeoutError) as error:
                self.refusals[type(error).__name__] += 1
                return 0
        if 200 <= status <= 299:
            return None
        self.refusals[status] += 1
        if status != 503:
            raise AssertionError(f"update {each.id}: unexpected status {status}")
        return retry_after

    async def _exchange(self, target, body):
        idle = self._idle.setdefault(target, [])
        if idle:
            reader, writer = idle.pop()
        else:
            host, port = urllib.parse.urlsplit(target).netloc.split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(
                f"POST {self.path} HTTP/1.1\r\nHost: {urllib.parse.urlsplit(target).netloc}\r\n"
                f"{SECRET_HEADER}: {self.secret}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: keep-alive\r\n\r\n".encode())
            writer.write(body)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            fields = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)}
            await reader.readexactly(int(fields.get("content-length", 0)))
        except BaseException:
            writer.close()
            raise
        if fields.get("connection", "").lower() == "close":
            writer.close()
        else:
            idle.append((reader, writer))
        return int(head[0].split()[1]), int(fields.get("retry-after", 0))
