"""Responses: our client's side against h11's, on the same bytes."""

import h11
import pytest

from http_probe import Probe, feed, fields, mutations, probe  # noqa: F401

# What we refuse and h11 takes, by our reason. See test_http_server.py for those of fields.
STRICTER = {
    "a bare CR or LF or a control byte in the head",
    "a field line without a proper name and colon",
    "a Content-Length with other than digits",
    "a Content-Length past all bounds",
    "the body is too large",
    "more than one field that frames the body",
    "a Transfer-Encoding in HTTP/1.0",
    "the Host field is not a host",
    "an expectation that is not 100-continue",
    "a version other than HTTP/1.x",
    "a chunk's size with other than hexadecimal digits",
    "a bare CR or LF or a control byte in a chunk's line",
    "a Transfer-Encoding besides chunked",
    "a Transfer-Encoding that does not end the message",
    "an empty Content-Length",
    "bytes that nobody asked for",
}

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SEEDS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 404\r\nContent-Length: 0\r\nX: \t a \r\n\r\n",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",
    b"HTTP/1.0 200 OK\r\n\r\nold",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
    CHUNKED + b"5\r\nhello\r\n3;a=b\r\nabc\r\n0\r\nT: u\r\n\r\n",
    CHUNKED + b"0\r\n\r\n",
]
SPLICES = [
    b" ",
    b"\t",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\0",
    b"\x7f",
    b"\x80",
    b":",
    b";",
    b",",
    b"0",
    b"1",
    b"9",
    b"-",
    b"\r\n ",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"HTTP/1.0",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"0\r\n\r\n",
]


def of_h11(data, method):
    """What h11 makes of the bytes: the final response, and the reason of a refusal or None."""
    client = h11.Connection(h11.CLIENT, max_incomplete_event_size=16 << 10)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    client.receive_data(b"")
    response, body = None, b""
    try:
        while True:
            event = client.next_event()
            if isinstance(event, h11.Response):
                response = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                headers = [
                    (n, v.lower() if n == b"transfer-encoding" else v) for n, v in response.headers
                ]
                return (response.status_code, body, headers), None
            elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                return None, "nothing"
    except h11.RemoteProtocolError as error:
        return None, str(error)


def of_ours(probe, parts, method):
    """What we make of the bytes, in the same form."""
    for event in probe.run("client " + method, *(feed(part) for part in parts), "eof"):
        if event["event"] == "error":
            return None, event["reason"]
        if event["event"] == "response":
            headers = []
            for name, value in event["headers"]:
                name, value = bytes.fromhex(name).lower(), bytes.fromhex(value)
                headers.append((name, value.lower() if name == b"transfer-encoding" else value))
            return (event["status"], bytes.fromhex(event["body"]), headers), None
    return None, "nothing"


def check(probe, data, method="GET"):
    """Compares both on the bytes, and ours with ours when they come one at a time."""
    theirs, their_reason = of_h11(data, method)
    ours, our_reason = of_ours(probe, [data], method)
    single = [data[i : i + 1] for i in range(len(data))]
    assert of_ours(probe, single, method) == (ours, our_reason), data
    if ours is not None and theirs is not None:
        assert ours == theirs, data
    elif theirs is not None:
        assert our_reason in STRICTER, (data, our_reason)
    elif ours is not None and ours[0] != 101:
        raise AssertionError((data, ours, their_reason))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "data", SEEDS + [b"", b"HTTP/1.1 099 X\r\n\r\n", b"HTTP/1.1 1000 X\r\n\r\n"]
)
def test_same_verdict(probe, data, method):
    check(probe, data, method)


@pytest.mark.parametrize("seed", range(10))
def test_same_verdict_on_mutations(probe, seed):
    for data in mutations(SEEDS, SPLICES, 150, seed):
        check(probe, data)


@pytest.mark.parametrize(
    "method,target,body,headers",
    [
        ("GET", b"/", b"", [(b"Host", b"a")]),
        (
            "POST",
            b"/bot1:x/sendMessage",
            b'{"chat_id":1}',
            [(b"Host", b"a"), (b"Content-Type", b"application/json")],
        ),
        ("POST", b"/empty", b"", [(b"Host", b"a:80")]),
        ("DELETE", b"/d", b"body", [(b"Host", b"a")]),
    ],
)
def test_h11_reads_our_requests(probe, method, target, body, headers):
    data = probe.written(f"request {method} {target.hex()} {body.hex()}{fields(headers)}")
    server = h11.Connection(h11.SERVER)
    server.receive_data(data)
    request = server.next_event()
    assert (request.method, request.target) == (method.encode(), target)
    for name, value in headers:
        assert (name.lower(), value) in list(request.headers)
    read = b""
    while isinstance(event := server.next_event(), h11.Data):
        read += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    assert read == body
    assert server.trailing_data == (b"", False)


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_we_read_h11_responses(probe, framing):
    server = h11.Connection(h11.SERVER)
    server.receive_data(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    while not isinstance(server.next_event(), h11.EndOfMessage):
        pass
    body = b"0123456789" * 500
    headers = {
        "length": [("Content-Length", str(len(body)))],
        "chunked": [],
        "close": [("Connection", "close")],
    }
    data = server.send(h11.Response(status_code=200, headers=headers[framing]))
    for start in range(0, len(body), 900):
        data += server.send(h11.Data(data=body[start : start + 900]))
    data += server.send(h11.EndOfMessage())
    (status, read, _), reason = of_ours(probe, [data], "GET")
    assert (status, read, reason) == (200, body, None)
