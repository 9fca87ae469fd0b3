"""Who asks, behind reverse proxies: what clients say of themselves is not believed."""

import http.client
import json

import pytest
from driver.waiting import wait_until

PROXY = "127.0.0.1"
OTHER_PROXY = "10.0.0.2"


@pytest.fixture(scope="module")
def behind(module_cluster):
    """A node that trusts this machine as a proxy, and another one."""
    return module_cluster(nodes=1, changes={"trustedProxies": [PROXY, OTHER_PROXY]})[1]


@pytest.fixture(scope="module")
def open_node(module_cluster):
    """A node that trusts nobody."""
    return module_cluster(nodes=1)[1]


def address_seen(node, lines, login):
    """The address that a node sees a request come from, as its log tells of a refused sign-in."""
    host, port = node.public.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    body = json.dumps({"login": login, "password": "wrong"}).encode()
    connection.putrequest("POST", "/api/v1/sign-in")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Origin", node.url)
    connection.putheader("Content-Length", str(len(body)))
    for line in lines:
        connection.putheader("X-Forwarded-For", line)
    connection.endheaders(body)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 401

    def logged():
        for line in node.log.read_text().splitlines():
            fields = json.loads(line) if line.startswith("{") else {}
            if fields.get("login") == login and "address" in fields:
                return fields["address"]
        return None

    return wait_until("the refused sign-in is logged", logged)


@pytest.mark.parametrize("number, lines, address", [
    (1, [], PROXY),
    (2, ["203.0.113.7"], "203.0.113.7"),
    # HAProxy adds a line of its own to the client's, nginx lengthens the client's.
    (3, ["6.6.6.6", "203.0.113.8"], "203.0.113.8"),
    (4, ["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
    (5, ["6.6.6.6", f"203.0.113.10, {OTHER_PROXY}"], "203.0.113.10"),
    (6, ["6.6.6.6", "[2001:db8::5]:4711"], "2001:db8::5"),
    (7, ["6.6.6.6", "unknown"], PROXY),
])
def test_the_address_is_what_the_nearest_trusted_proxy_saw(behind, number, lines, address):
    assert address_seen(behind, lines, f"nobody{number}") == address


def test_nobody_is_believed_who_is_no_trusted_proxy(open_node):
    assert address_seen(open_node, ["6.6.6.6"], "nobody") == PROXY
