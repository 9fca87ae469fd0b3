"""What the clients did and were told: one JSON line when a call begins, one when it ends.

A call ends `ok`, `fail` (the cluster said that it did not and will not take effect) or `unknown`
(it may have taken effect, or still may). A call that never ended is unknown, too.
"""

import dataclasses
import json
import math
import threading
import time


class History:
    """The file that all clients write to."""

    def __init__(self, path):
        self._file = open(path, "w", encoding="utf-8")
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._next = 1
        self.seen_index = 0
        """The highest log index that any client was told to be applied somewhere."""

    def now(self):
        """Milliseconds since the history began."""
        return round((time.monotonic() - self._begun) * 1000, 3)

    def moment(self, monotonic):
        """A time of the monotonic clock in milliseconds since the history began."""
        return (monotonic - self._begun) * 1000

    def invoke(self, op, **what):
        """Notes that a call begins; whoever makes it ends it with ok, fail or unknown."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._write({"n": number, "e": "invoke", "t": self.now(), "op": op,
                         "floor": self.seen_index, **what})
        return Call(self, number)

    def end(self, number, result, answer):
        """Notes how a call ended."""
        with self._lock:
            self.seen_index = max(self.seen_index, answer.get("index", 0))
            self._write({"n": number, "e": result, "t": self.now(), **answer})

    def _write(self, line):
        if not self._file.closed:
            self._file.write(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n")

    def close(self):
        """Writes what is left; no call ends after it."""
        with self._lock:
            self._file.close()


class Call:
    """A call under way."""

    def __init__(self, history, number):
        self._history = history
        self._number = number

    def ok(self, **answer):
        """It took effect."""
        self._history.end(self._number, "ok", answer)

    def fail(self, **answer):
        """It did not and will not take effect."""
        self._history.end(self._number, "fail", answer)

    def unknown(self, **answer):
        """Nobody knows."""
        self._history.end(self._number, "unknown", answer)


@dataclasses.dataclass
class Operation:
    """One call as the checks see it. Times are milliseconds since the history began."""

    number: int
    op: str
    what: dict
    begin: float
    floor: int = 0
    end: float = math.inf
    result: str = "unknown"
    answer: dict = dataclasses.field(default_factory=dict)

    @property
    def is_ok(self):
        """Whether it is known to have taken effect."""
        return self.result == "ok"


def read_history(path):
    """The calls of a file in the order in which they began. The end of a call whose outcome is
    unknown is never: it may take effect at any later time."""
    calls = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            number, event, at = entry.pop("n"), entry.pop("e"), entry.pop("t")
            if event == "invoke":
                calls[number] = Operation(
                    number, entry.pop("op"), entry, at, entry.pop("floor"))
                continue
            call = calls[number]
            call.result, call.answer = event, entry
            call.end = math.inf if event == "unknown" else at
    return list(calls.values())
