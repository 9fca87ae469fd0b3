"""Agents' consoles kept open: each agent stays present, whatever happens to the nodes."""

import selectors
import threading
import time

from .websocket import Closed, HandshakeError, WebSocket

_RETRY_SECONDS = 0.2


class Consoles:
    """One visible page per agent, spread over the nodes; one that loses its node opens at the
    next. What the feed says is read and dropped; `bytes` is how much it was."""

    def __init__(self, apis, urls):
        self.apis = list(apis)
        self.urls = list(urls)
        self.bytes = 0
        self.reopened = 0
        self._stopping = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._waiting = []
        self._open = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="consoles", daemon=True)

    def __enter__(self):
        for number in range(len(self.apis)):
            self._waiting.append((0.0, number, number))
        self._thread.start()
        if not self._ready.wait(20):
            raise TimeoutError("the consoles did not open")
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join(10)

    def open_count(self):
        """How many pages are connected now."""
        return len(self._open)

    def _run(self):
        try:
            while not self._stopping.is_set():
                self._open_due()
                if len(self._open) == len(self.apis):
                    self._ready.set()
                for key, _ in self._selector.select(0.05):
                    self._read(key.fileobj, *key.data)
        finally:
            for socket in list(self._open):
                socket.close()

    def _open_due(self):
        now = time.monotonic()
        due = [entry for entry in self._waiting if entry[0] <= now]
        self._waiting = [entry for entry in self._waiting if entry[0] > now]
        for _, number, place in due:
            api = self.apis[number]
            url = self.urls[place % len(self.urls)]
            try:
                socket = WebSocket(
                    url, "/api/v1/live", {"Cookie": api.cookie}, api.tls, timeout=3)
                socket.send_json({
                    "type": "page", "visible": True, "notifications": "granted", "shown": "0"})
            except (OSError, HandshakeError):
                self._waiting.append((now + _RETRY_SECONDS, number, place + 1))
                continue
            self._open.add(socket)
            self._selector.register(socket, selectors.EVENT_READ, (number, place))

    def _read(self, socket, number, place):
        try:
            self.bytes += sum(len(message) for message in socket.read(0))
        except (OSError, Closed):
            self._selector.unregister(socket)
            self._open.discard(socket)
            socket.abort()
            self.reopened += 1
            self._waiting.append((0.0, number, place + 1))
