"""Waiting for conditions, and ports to listen on."""

import contextlib
import http.client
import socket
import threading
import time

# Polls without being a sleep that hopes: the condition ends the wait.
_POLL_SECONDS = 0.02
_never = threading.Event()


def pause(seconds):
    """Lets time pass where time itself is the point (a paced load, a period of calm)."""
    _never.wait(max(0.0, seconds))


def wait_until(what, condition, seconds=20.0, every=_POLL_SECONDS):
    """Polls until the condition gives something true, and gives it. Connection errors and answers
    that can't be read mean not yet; past the deadline a TimeoutError says what was awaited."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
            last = repr(error)
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{what}: not within {seconds} s (last: {last})")
        _never.wait(every)


# Below the range that the kernel gives to outgoing connections, so that none of those takes a
# port between our asking and the listener's start.
_first_port = 20_000
_last_port = 32_000
_given = set()


def free_ports(count):
    """Ports of 127.0.0.1 that nobody listens on now, never the same twice in one process."""
    found = []
    start = _first_port + (hash((time.monotonic_ns(), id(found))) % (_last_port - _first_port))
    for offset in range(_last_port - _first_port):
        port = _first_port + (start - _first_port + offset) % (_last_port - _first_port)
        if port in _given or not _is_free(port):
            continue
        _given.add(port)
        found.append(port)
        if len(found) == count:
            return found
    raise OSError("no free ports on 127.0.0.1")


def _is_free(port):
    with contextlib.closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
