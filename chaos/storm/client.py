"""HTTP as the workload's clients speak it: many requests at a time over kept connections, and
clear news of whether a request that failed may have been taken."""

import asyncio
import json
import urllib.parse

CONNECTIONS_PER_NODE = 64
CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 7.0


class NotSent(Exception):
    """No connection: the node has not seen the request."""


class NoAnswer(Exception):
    """The request was sent and no answer came: it may have taken effect."""


class Answer:
    """Status, headers (lower-case names) and body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        """The parsed body; an empty object when there is none, or one that is not JSON."""
        is_json = "json" in self.headers.get("content-type", "")
        return json.loads(self.body) if self.body and is_json else {}

    @property
    def index(self):
        """The log index that the answering node had applied; 0 when it does not say."""
        return int(self.headers.get("roundhouse-index", 0))


class NodeClient:
    """Requests to one node."""

    def __init__(self, url):
        self.url = url
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port
        self.netloc = parts.netloc
        self._idle = []
        self._gate = None

    async def request(self, method, target, headers=(), body=b""):
        """One request; any status is an answer. Raises NotSent or NoAnswer."""
        self._gate = self._gate or asyncio.Semaphore(CONNECTIONS_PER_NODE)
        async with self._gate:
            reader, writer = await self._connection()
            try:
                answer = await asyncio.wait_for(
                    self._exchange(reader, writer, method, target, headers, body),
                    ANSWER_SECONDS)
            except (OSError, EOFError, ValueError, asyncio.TimeoutError) as error:
                writer.close()
                raise NoAnswer(type(error).__name__) from error
            except BaseException:
                writer.close()
                raise
            if answer.headers.get("connection", "").lower() == "close":
                writer.close()
            else:
                self._idle.append((reader, writer))
            return answer

    async def _connection(self):
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        try:
            return await asyncio.wait_for(
                asyncio.open_connection(self.host, self.port), CONNECT_SECONDS)
        except (OSError, asyncio.TimeoutError) as error:
            raise NotSent(type(error).__name__) from error

    async def _exchange(self, reader, writer, method, target, headers, body):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body or method not in ("GET", "HEAD"):
            lines.append(f"Content-Length: {len(body)}")
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        fields = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)}
        length = 0 if method == "HEAD" else int(fields.get("content-length", 0))
        content = await reader.readexactly(length)
        return Answer(int(head[0].split()[1]), fields, content)

    def close(self):
        """Closes the kept connections."""
        for _, writer in self._idle:
            writer.close()
        self._idle = []


class Browser:
    """An agent's browser: one cookie, any node."""

    def __init__(self, clients, cookie):
        self.clients = clients
        self.cookie = cookie

    async def call(self, node, method, path, body=None):
        """One call of the API at the node with this place in the list."""
        client = self.clients[node]
        headers = [("Cookie", self.cookie), ("Origin", client.url),
                   ("Accept", "application/json")]
        data = b""
        if method != "GET":
            headers.append(("Content-Type", "application/json"))
            data = json.dumps(body if body is not None else {}).encode()
        return await client.request(method, path, headers, data)
