"""Bounds and edges of the public listener: one node with tight limits, and rude clients."""

import contextlib
import re
import signal
import socket
import time

import pytest
from desk import Desk, new_update_id, new_user
from driver import telegram
from driver.api import request
from driver.processes import get_status
from driver.waiting import wait_until

LIMITS = {
    "connections": 24, "headBytes": 4096, "bodyBytes": 8192, "requestSeconds": 1,
    "idleSeconds": 2, "writeSeconds": 1}


@pytest.fixture(scope="module")
def node(module_cluster):
    """A cluster of one with tight limits."""
    return module_cluster(nodes=1, changes={"limits": LIMITS})[1]


@pytest.fixture
def connect(node):
    """Opens connections to the public listener; all are closed in the end."""
    with contextlib.ExitStack() as stack:
        def open_one():
            host, port = node.public.split(":")
            connection = stack.enter_context(socket.create_connection((host, int(port)), 10))
            connection.settimeout(10)
            return connection
        yield open_one
    wait_until("connections are gone", lambda: node.status()["connections"] == 0)


def is_closed(connection):
    """Whether the other side has ended the connection, now or within the socket's timeout."""
    try:
        return connection.recv(65536) == b""
    except ConnectionResetError:
        return True


def first_line(connection):
    """The status line of an answer."""
    return connection.recv(65536).split(b"\r\n")[0]


def still_serves(node):
    """Whether a fresh connection gets its answer."""
    return request(node.url, "GET", "/healthz", timeout=5).status == 200


def test_connections_beyond_the_limit_are_closed_and_others_go_on(node, connect):
    held = [connect() for _ in range(LIMITS["connections"])]
    wait_until("all held", lambda: node.status()["connections"] == LIMITS["connections"])
    assert is_closed(connect())
    held[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert first_line(held[0]) == b"HTTP/1.1 200 OK"
    for connection in held[1:]:
        connection.close()
    wait_until("room again", lambda: still_serves(node))


@pytest.mark.parametrize("head, status", [
    (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 5000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(
        b"X-%d: y\r\n" % n for n in range(300)) + b"\r\n", 431),
    (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    (b"POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n", 413),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
    (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
])
def test_a_bad_head_gets_its_status_and_the_connection_ends(node, connect, head, status):
    connection = connect()
    connection.sendall(head)
    assert first_line(connection).split()[1] == str(status).encode()
    assert is_closed(connection)


@pytest.mark.parametrize("begun", [
    b"G", b"GET / HTTP/1.1\r\nHost: x\r\n",
    b"POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
])
def test_a_request_that_never_ends_is_ended(node, connect, begun):
    connection = connect()
    connection.sendall(begun)
    began = time.monotonic()
    answer = connection.recv(65536)
    assert answer == b"" or answer.split()[1] == b"408"
    assert answer == b"" or is_closed(connection)
    assert time.monotonic() - began < 5


def test_drops_of_bytes_do_not_extend_the_time_of_a_request(node, connect):
    connection = connect()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    connection.settimeout(0.2)
    began = time.monotonic()
    while time.monotonic() - began < 8:
        try:
            connection.sendall(b"a")
            answer = connection.recv(65536)
            break
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
            break
    assert time.monotonic() - began < 5, "the deadline moved with every byte"
    assert answer == b"" or answer.split()[1] == b"408"


def test_an_idle_connection_is_closed(node, connect):
    connection = connect()
    connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert first_line(connection) == b"HTTP/1.1 200 OK"
    began = time.monotonic()
    assert is_closed(connection)
    assert 1 < time.monotonic() - began < 8


def test_a_client_that_does_not_read_is_closed(node, connect):
    connection = connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(0.2)
    asked = b"GET /assets/app.js HTTP/1.1\r\nHost: x\r\n\r\n" * 50
    with contextlib.suppress(TimeoutError, ConnectionResetError, BrokenPipeError):
        for _ in range(2000):
            connection.sendall(asked)
    wait_until("the slow client is gone", lambda: node.status()["connections"] == 0, 10)
    assert still_serves(node)


def test_pipelined_requests_are_answered_in_order(node, connect):
    connection = connect()
    connection.sendall(
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        b"GET /no-such-page-at-all HTTP/1.1\r\nHost: x\r\n\r\n"
        b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = b""
    while data := connection.recv(65536):
        answer += data
    statuses = re.findall(rb"HTTP/1\.1 (\d+) ", answer)
    assert statuses == [b"200", b"404", b"200"]


def test_an_update_that_no_entry_can_hold_is_acknowledged_and_told(new_cluster):
    # Longer than an entry of the log (1 MiB), within what a webhook's body may be made.
    cluster = new_cluster(nodes=1, changes={"limits": {"webhookBodyBytes": 4 << 20}})
    desk = Desk(cluster, None, ["Ana"], permissions=("view", "reply", "transfer"))
    user, update = new_user(), new_update_id()
    poison = telegram.message_update(update, user, "x" * (3 << 19))
    # 503 would be answered for ever: Telegram repeats an update until it is taken.
    for _ in range(2):
        assert desk.post_update(poison).status == 200
    assert desk.session_of(user) is None
    metrics = request(f"http://{cluster[1].operations}", "GET", "/metrics").body.decode()
    assert "\nroundhouse_updates_too_large_total 2\n" in metrics
    assert f'"update":{update}' in cluster[1].log.read_text()
    # Those behind it are taken, and so is one as long as bodies are by default.
    desk.write(user, "Hello")
    desk.write(user, "y" * 1_000_000)
    assert desk.session_of(user)["unread"] == 2
    desk.close()


def test_running_out_of_file_descriptors_is_survived(new_cluster):
    cluster = new_cluster(nodes=1, start=False)
    node = cluster[1]
    node.start(prefix=["prlimit", "--nofile=96:96"])
    node.wait_ready()
    host, port = node.public.split(":")
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(socket.create_connection((host, int(port)), 5))
    wait_until("serves again", lambda: still_serves(node), 15)
    assert node.pid(), node.log_tail()
    assert get_status(node.operations, "/readyz") == 200
    node.signal(signal.SIGTERM)
    node.child.wait(15)
    assert node.child.returncode == 0
