"""TLS on both sides: HTTPS on the public listener, verified calls to the Bot API."""

import socket
import ssl
import warnings

import pytest
from desk import Desk, new_user
from driver.standin import StandIn
from driver.waiting import free_ports, wait_until

ALL = ("view", "reply", "transfer")


@pytest.fixture
def trusting(certificates):
    """A client context that trusts the test's authority."""
    return ssl.create_default_context(cafile=certificates / "ca.pem")


def start(new_cluster, certificates, tmp_path, certificate, ca_file):
    """A stand-in over TLS with that certificate, and a single node that calls it."""
    [port] = free_ports(1)
    pair = (certificates / f"{certificate}.pem", certificates / f"{certificate}.key")
    ca = certificates / "ca.pem"
    plain = free_ports(1)[0]
    standin = StandIn(plain, tmp_path / "standin.log", secure=(port, *pair))
    cluster = new_cluster(
        nodes=1, telegram=f"https://127.0.0.1:{port}", ca_file=ca if ca_file else None)
    return standin, cluster


def begin(desk, standin):
    """A customer writes and the agent answers; gives (user, session)."""
    desk.open_console("Ana")
    user = new_user()
    standin.post(f"/standin/customers/{user}/send", {"bot": desk.bot, "text": "/start"})
    desk.write(user, "Hello")
    session = desk.session_of(user)
    desk.browser("Ana").post(f"/api/v1/sessions/{session['id']}/reply", {"text": "Sealed"})
    return user, session


def answers(desk, session):
    """The agent's messages in a session's history."""
    return [
        item for item in desk.browser("Ana").history(session["id"])
        if item["kind"] == "message" and item["from"] == "agent"]


def test_answers_go_out_over_tls_to_a_verified_host(new_cluster, certificates, tmp_path):
    standin, cluster = start(new_cluster, certificates, tmp_path, "good", True)
    with standin:
        desk = Desk(cluster, standin, ["Ana"], permissions=ALL)
        user, session = begin(desk, standin)
        wait_until("sent", lambda: answers(desk, session)[0]["delivery"] == "sent")
        assert [m["text"] for m in standin.chat(desk.bot, user) if m["from"] == "bot"] == ["Sealed"]
        desk.close()


@pytest.mark.parametrize("certificate, trusted", [("good", False), ("other", True)])
def test_nothing_goes_to_a_host_that_is_not_verified(
        new_cluster, certificates, tmp_path, certificate, trusted):
    """An authority that is not trusted; a certificate of another host."""
    standin, cluster = start(new_cluster, certificates, tmp_path, certificate, trusted)
    with standin:
        desk = Desk(cluster, standin, ["Ana"], permissions=ALL)
        user, session = begin(desk, standin)
        wait_until("said in the log", lambda: "certificate" in cluster[1].log.read_text().lower())
        assert answers(desk, session)[0]["delivery"] != "sent"
        assert [m for m in standin.chat(desk.bot, user) if m["from"] == "bot"] == []
        # The token is a secret: it was not spoken to a stranger.
        assert desk.token.split(":")[1] not in standin.log.read_text()
        desk.close()


def test_the_public_listener_speaks_https(new_cluster, certificates, trusting):
    pair = (certificates / "good.pem", certificates / "good.key")
    cluster = new_cluster(certificate=pair)
    desk = Desk(cluster, None, ["Ana"], permissions=ALL, tls=trusting, links=["spring"])
    cookie = desk.browsers["Ana"].cookie
    assert cookie.startswith("__Host-roundhouse=")
    answer = desk.browsers["Ana"].attempt("GET", "/api/v1/me")
    assert "max-age=" in answer.headers["Strict-Transport-Security"]
    desk.open_console("Ana", node=2)
    user = new_user()
    desk.write(user, "Hello", node=3)
    wait_until("assigned", lambda: desk.session_of(user, node=2)["owner"])
    desk.close()


def test_old_protocols_and_plain_text_are_refused(new_cluster, certificates):
    pair = (certificates / "good.pem", certificates / "good.key")
    node = new_cluster(nodes=1, certificate=pair)[1]
    host, port = node.public.split(":")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection((host, int(port)), 5) as raw:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(raw)
    with socket.create_connection((host, int(port)), 5) as raw:
        raw.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not raw.recv(4096).startswith(b"HTTP/1.1 2")
