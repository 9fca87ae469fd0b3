"""The network of proxies: what is cut does not pass, and passes once it is healed."""

import contextlib
import socket
import time

import pytest
from storm.proxies import Proxies


@pytest.fixture
def pair():
    """(proxies, socket of node 2 that dialled, socket of node 1 that was dialled)"""
    proxies = Proxies(2)
    host, port = proxies.peer_address(2, 1).split(":")
    with contextlib.ExitStack() as stack:
        stack.callback(proxies.close)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", proxies.ports(1)[2])))
        dialler = stack.enter_context(socket.create_connection((host, int(port)), 5))
        listener.settimeout(5)
        dialled, _ = listener.accept()
        stack.enter_context(dialled)
        dialler.settimeout(5)
        dialled.settimeout(5)
        yield proxies, dialler, dialled


def arrives(receiver):
    """What has come within a moment; None when nothing has."""
    receiver.settimeout(0.2)
    try:
        return receiver.recv(100)
    except TimeoutError:
        return None
    finally:
        receiver.settimeout(5)


def test_passes_both_ways(pair):
    _, dialler, dialled = pair
    dialler.sendall(b"there")
    assert dialled.recv(100) == b"there"
    dialled.sendall(b"back")
    assert dialler.recv(100) == b"back"


@pytest.mark.parametrize("cut, open_way", [((2, 1), (1, 2)), ((1, 2), (2, 1))])
def test_one_way_cut(pair, cut, open_way):
    proxies, dialler, dialled = pair
    ends = {2: dialler, 1: dialled}
    heal = proxies.lose(*cut, 1.0)
    ends[cut[0]].sendall(b"cut")
    assert arrives(ends[cut[1]]) is None
    ends[open_way[0]].sendall(b"open")
    assert ends[open_way[1]].recv(100) == b"open"
    heal()
    assert ends[cut[1]].recv(100) == b"cut"


def test_two_cuts_end_with_the_later(pair):
    proxies, dialler, dialled = pair
    first, second = proxies.lose(2, 1, 1.0), proxies.lose(2, 1, 1.0)
    dialler.sendall(b"held")
    first()
    assert arrives(dialled) is None
    second()
    assert dialled.recv(100) == b"held"


def test_delay(pair):
    proxies, dialler, dialled = pair
    heal = proxies.delay(1, 0.1)
    begun = time.monotonic()
    dialler.sendall(b"late")
    assert dialled.recv(100) == b"late"
    assert time.monotonic() - begun >= 0.1
    heal()


def test_the_end_of_one_side_is_told_to_the_other(pair):
    _, dialler, dialled = pair
    dialler.close()
    with contextlib.suppress(ConnectionResetError):
        assert dialled.recv(100) == b""
