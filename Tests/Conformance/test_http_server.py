"""Requests: our server's side against h11's, on the same bytes.

Both must give the same requests in the same order. Where only one refuses, the reason must be one
of those below: each is a choice of ours, and each is on the safe side of RFC 9112.
"""

import h11
import pytest

from http_probe import Probe, feed, fields, mutations, probe  # noqa: F401

# What we refuse and h11 takes, by our reason.
STRICTER = {
    "a bare CR or LF or a control byte in the head": "h11 ends lines at a bare LF too, and takes "
    "control bytes in values",
    "a field line without a proper name and colon": "h11 joins folded lines",
    "a framing field more than once": "h11 joins equal lengths",
    "a Content-Length with other than digits": "h11 joins equal lengths in a list",
    "an empty Content-Length": "h11 joins folded lines, where the length may follow",
    "a Content-Length past all bounds": "h11 has no bound for a body that it hands on in parts",
    "the body is too large": "h11 has no bound for a body that it hands on in parts",
    "both Content-Length and Transfer-Encoding": "h11 lets the coding win",
    "a Transfer-Encoding in HTTP/1.0": "h11 frames such a body all the same",
    "the Host field is not a host": "h11 does not look into Host",
    "not exactly one Host field": "h11 does not count Hosts in HTTP/1.0",
    "a request line without a proper target": "h11 takes a # in a target",
    "a target that is neither a path nor a URL": "h11 does not look at a target's form",
    "an expectation that is not 100-continue": "h11 ignores other expectations",
    "a version other than HTTP/1.x": "h11 reads any version as if it were 1.1",
    "a chunk's size with other than hexadecimal digits": "h11 takes blanks and an empty "
    "extension behind the size",
    "a bare CR or LF or a control byte in a chunk's line": "h11 takes control bytes in extensions",
    "a Transfer-Encoding that does not end the message": "h11 asks later",
    "too many fields": "h11 counts bytes only",
    "the target is too long": "h11 bounds the whole head only",
}

# What we take and h11 refuses.
LOOSER = {
    "no request line received": "RFC 9112, section 2.2: an empty line before a request is skipped",
    "illegal request line": "the same, where the line that h11 sees first is empty",
}

HOST = b"Host: a\r\n"
CHUNKED = b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
SEEDS = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /a?b=c HTTP/1.1\r\nHost: a.b:80\r\nAccept: */*\r\nX: \t v w \r\n\r\n",
    b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    b"GET /n HTTP/1.1\r\nHost: a\r\n\r\n",
    CHUNKED
    + b"5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nT: 1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    CHUNKED + b"0\r\n\r\n" + CHUNKED + b"01\r\nx\r\n000\r\n\r\n",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    b"GET /2 HTTP/1.0\r\n\r\nGET /3 HTTP/1.0\r\n\r\n",
    b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
    b"HEAD / HTTP/1.1\r\nHOST: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nhost:a\r\nConnection: x, keep-alive , y\r\n\r\n",
    b"GET http://h/p HTTP/1.1\r\nHost: h\r\nUpgrade: w\r\nConnection: Upgrade\r\n\r\n",
]
SPLICES = [
    b" ",
    b"\t",
    b"\r",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"\0",
    b"\x0b",
    b"\x7f",
    b"\x80",
    b"\xff",
    b":",
    b";",
    b",",
    b"0",
    b"1",
    b"f",
    b"-",
    b"+",
    b"x",
    b"#",
    b"\r\n ",
    b"\r\n\t",
    b" :",
    b"Content-Length: 5\r\n",
    b"Content-Length: 6\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip\r\n",
    b"Host: b\r\n",
    b"Connection: close\r\n",
    b"chunked",
    b"HTTP/1.0",
    b"HTTP/1.1",
    b"5, 5",
    b"0x5",
    b"0\r\n\r\n",
    b"1\r\nz\r\n",
    b"Expect: 100-continue\r\n",
]
CASES = [
    CHUNKED + b"0 \r\n\r\n",
    CHUNKED + b"5\r\nhelloXX0\r\n\r\n",
    CHUNKED + b"5\r\nhello\r\n0\r\nA : b\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    b"GET /\r\n\r\n",
    b"\r\n\r\n" + SEEDS[0],
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\nHost: a\n\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 05\r\n\r\nhello",
    b"GE T / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"",
]


def of_h11(data):
    """What h11 makes of the bytes: requests, and the reason of a refusal or None."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=16 << 10)
    connection.receive_data(data)
    connection.receive_data(b"")
    requests = []
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                request = event
                body = b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                # 200 to CONNECT would make h11 a tunnel.
                status = 405 if request.method == b"CONNECT" else 200
                connection.send(h11.Response(status_code=status, headers=[("Content-Length", "0")]))
                connection.send(h11.EndOfMessage())
                keeps = connection.our_state is h11.DONE
                requests.append(requested(request, body, keeps))
                if not keeps:
                    return requests, None
                connection.start_next_cycle()
            elif isinstance(event, h11.ConnectionClosed):
                return requests, None
            else:
                raise AssertionError(event)
    except h11.RemoteProtocolError as error:
        return requests, str(error)


def requested(request, body, keeps):
    """A request of h11 in the form in which we compare."""
    return {
        "method": request.method,
        "target": request.target,
        "body": body,
        "keep": keeps,
        "minor": int(request.http_version[2:]),
        "headers": [normal(name, value) for name, value in request.headers],
    }


def normal(name, value):
    """A field as h11 keeps it: names, and the coding, in small letters."""
    name = name.lower()
    return name, value.lower() if name == b"transfer-encoding" else value


def of_ours(probe, parts):
    """What we make of the bytes, in the same form."""
    events = probe.run("server", *(feed(part) for part in parts), "eof")
    requests = []
    for event in events:
        if event["event"] == "request":
            requests.append(
                {
                    "method": bytes.fromhex(event["method"]),
                    "target": bytes.fromhex(event["target"]),
                    "body": bytes.fromhex(event["body"]),
                    "keep": event["keep"],
                    "minor": event["minor"],
                    "headers": [
                        normal(bytes.fromhex(name), bytes.fromhex(value))
                        for name, value in event["headers"]
                    ],
                }
            )
        elif event["event"] == "error":
            return requests, event["reason"]
    return requests, None


def check(probe, data):
    """Compares both on the bytes, and ours with ours when they come one at a time."""
    theirs, their_reason = of_h11(data)
    ours, our_reason = of_ours(probe, [data])
    assert of_ours(probe, [data[i : i + 1] for i in range(len(data))]) == (ours, our_reason), data
    shared = min(len(theirs), len(ours))
    for mine, other in zip(ours, theirs):
        if mine["minor"] == 0 and mine["keep"]:
            # h11 closes after every request of HTTP/1.0, also where keep-alive is asked for.
            assert dict(mine, keep=False) == other, data
            return
        assert mine == other, data
    if our_reason is None and their_reason is not None:
        assert any(reason in their_reason for reason in LOOSER), (data, their_reason)
    elif our_reason is not None and (their_reason is None or len(theirs) > shared):
        assert our_reason in STRICTER, (data, our_reason)
    elif our_reason is None:
        assert len(ours) == len(theirs), data


@pytest.mark.parametrize("data", SEEDS + CASES)
def test_same_verdict(probe, data):
    check(probe, data)


@pytest.mark.parametrize("seed", range(20))
def test_same_verdict_on_mutations(probe, seed):
    for data in mutations(SEEDS, SPLICES, 150, seed):
        check(probe, data)


@pytest.mark.parametrize(
    "status,keep,head,body,headers",
    [
        (200, "true", "false", b"hello", [(b"Content-Type", b"text/plain"), (b"X", b"y z")]),
        (200, "false", "false", b"", []),
        (404, "true", "true", b"gone", []),
        (204, "true", "false", b"x", []),
        (304, "true", "false", b"", [(b"ETag", b'"1"')]),
        (302, "true", "false", b"", [(b"Location", b"/a\r\nb: c")]),
        (
            200,
            "true",
            "false",
            b"x" * 100_000,
            [(b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"1")],
        ),
    ],
)
def test_h11_reads_our_responses(probe, status, keep, head, body, headers):
    data = probe.written(f"response {status} {keep} {head} {body.hex()}{fields(headers)}")
    client = h11.Connection(h11.CLIENT)
    client.send(
        h11.Request(method="HEAD" if head == "true" else "GET", target="/", headers=[("Host", "a")])
    )
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    response = client.next_event()
    assert response.status_code == status
    expected = b"" if head == "true" or status in (204, 304) else body
    read = b""
    while isinstance(event := client.next_event(), h11.Data):
        read += bytes(event.data)
    assert isinstance(event, h11.EndOfMessage)
    assert read == expected
    assert (client.their_state is h11.DONE) == (keep == "true")
    assert client.trailing_data == (b"", False)
    sent = {name.lower(): value for name, value in headers}
    for name, value in response.headers:
        if name not in (b"content-length", b"connection"):
            assert value == sent[name].replace(b"\r", b" ").replace(b"\n", b" ")


@pytest.mark.parametrize(
    "method,body,chunked",
    [
        ("GET", b"", False),
        ("POST", b"hello", False),
        ("POST", b"hello" * 1000, True),
        ("PURGE", b"", False),
    ],
)
def test_we_read_h11_requests(probe, method, body, chunked):
    client = h11.Connection(h11.CLIENT)
    headers = [("Host", "a"), ("X-Y", "z")]
    if chunked:
        headers.append(("Transfer-Encoding", "chunked"))
    elif body:
        headers.append(("Content-Length", str(len(body))))
    data = client.send(h11.Request(method=method, target="/p?q", headers=headers))
    for start in range(0, len(body), 1500):
        data += client.send(h11.Data(data=body[start : start + 1500]))
    data += client.send(h11.EndOfMessage())
    [request], reason = of_ours(probe, [data])
    assert reason is None
    assert request["body"] == body
    assert request["method"] == method.encode()
    assert (b"x-y", b"z") in request["headers"]
