"""Speaks to `http-probe`, which runs our HTTP and WebSocket code on bytes given to it."""

import json
import pathlib
import random
import subprocess
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build" / "debug" / "http-probe"


class Probe:
    """A running probe. See Tests/Probes/http-probe/Probe.swift for the commands."""

    def __init__(self):
        self.process = subprocess.Popen(
            [PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self):
        """Ends the probe and expects that it was still well."""
        self.process.stdin.close()
        assert self.process.wait(timeout=10) == 0

    def run(self, *commands):
        """Runs commands and gives the events that they led to."""
        # Written beside the reading, or two full pipes would wait for each other.
        writer = threading.Thread(target=self._write, args=(commands,))
        writer.start()
        events = []
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == "sync":
                writer.join()
                return events
            events.append(event)
        raise AssertionError("the probe died")

    def _write(self, commands):
        self.process.stdin.write("".join(command + "\n" for command in commands) + "sync\n")
        self.process.stdin.flush()

    def written(self, command):
        """Runs a command that gives bytes."""
        [event] = self.run(command)
        return bytes.fromhex(event["bytes"])


def feed(data):
    """The command that feeds these bytes."""
    return "feed " + data.hex()


def fields(pairs):
    """Field pairs as arguments of a command."""
    return "".join(f" {name.hex()} {value.hex()}" for name, value in pairs)


def mutations(seeds, splices, count, seed):
    """Variations of the seeds: bytes dropped, doubled, swapped for or joined by odd ones."""
    source = random.Random(seed)
    for _ in range(count):
        data = bytearray(source.choice(seeds))
        for _ in range(source.choice([1, 1, 1, 2, 3])):
            place = source.randrange(len(data) + 1)
            kind = source.randrange(5)
            if kind == 0:
                del data[place : place + source.choice([1, 1, 2, 5])]
            elif kind == 1:
                data[place:place] = source.choice(splices)
            elif kind == 2:
                data[place : place + 1] = source.choice(splices)
            elif kind == 3:
                data[place:place] = data[place : place + source.randrange(1, 30)]
            else:
                data[place : place + 1] = bytes([source.randrange(256)])
        yield bytes(data)


@pytest.fixture(scope="session")
def probe():
    """One probe for all tests of a session."""
    probe = Probe()
    yield probe
    probe.close()
