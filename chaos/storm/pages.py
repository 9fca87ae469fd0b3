"""The agents' consoles, which are hidden, shown, closed and opened as people do."""

import random
import time

from driver.consoles import Consoles

SECONDS_BETWEEN_CHANGES = 3.0
# Of the changes, how many close the page; the others hide or show it.
CLOSED = 0.4
CLOSED_SECONDS = (0.5, 6.0)


class Pages(Consoles):
    """Consoles that do not stand still while there is a storm."""

    def __init__(self, apis, urls, seed):
        super().__init__(apis, urls)
        self.changes = 0
        self._random = random.Random(f"{seed} pages")
        self._next_change = time.monotonic() + SECONDS_BETWEEN_CHANGES

    def _open_due(self):
        super()._open_due()
        now = time.monotonic()
        if now < self._next_change or not self._open:
            return
        self._next_change = now + self._random.expovariate(1 / SECONDS_BETWEEN_CHANGES)
        self.changes += 1
        keys = sorted(self._selector.get_map().values(), key=lambda key: key.data)
        key = self._random.choice(keys)
        socket, (number, place) = key.fileobj, key.data
        if self._random.random() < CLOSED:
            self._selector.unregister(socket)
            self._open.discard(socket)
            socket.close()
            self._waiting.append((now + self._random.uniform(*CLOSED_SECONDS), number, place + 1))
            return
        try:
            socket.send_json({
                "type": "page", "visible": self._random.random() < 0.7,
                "notifications": "granted", "shown": "0"})
        except OSError:
            pass  # The node is gone; reading says so next, and opens the page elsewhere.
