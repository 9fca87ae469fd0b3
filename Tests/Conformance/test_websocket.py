"""WebSocket: ours against wsproto, on the same frames, in both roles, and the handshake."""

import random

import pytest
import wsproto
from wsproto.frame_protocol import FrameProtocol, Opcode, ParseFailed
from wsproto.events import AcceptConnection, Request
from wsproto.utilities import RemoteProtocolError

from http_probe import Probe, feed, mutations, probe  # noqa: F401

LIMIT = 1 << 20

# What we refuse and wsproto takes, by our reason.
STRICTER = {
    "a close code that nobody may send": "wsproto takes reserved codes under 3000",
    "a length not written in its shortest form": "RFC 6455, section 5.2 wants the shortest",
    "a message past 1048576 bytes": "wsproto has no bound",
}


def frame(first, payload=b"", masked=True):
    """A frame with its first byte as given."""
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = bytes([first, bit | len(payload)])
    elif len(payload) < 65536:
        head = bytes([first, bit | 126]) + len(payload).to_bytes(2, "big")
    else:
        head = bytes([first, bit | 127]) + len(payload).to_bytes(8, "big")
    if not masked:
        return head + payload
    mask = b"\x12\x34\xab\xcd"
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def seeds(masked):
    """Streams of frames that are right."""
    return [
        frame(0x81, "grüße".encode(), masked) + frame(0x82, b"\xff" * 200, masked),
        frame(0x01, b"a", masked) + frame(0x89, b"p", masked) + frame(0x80, b"b", masked),
        frame(0x8A, b"", masked) + frame(0x88, b"\x03\xe8bye", masked),
        frame(0x88, b"", masked) + frame(0x81, b"late", masked),
        frame(0x02, b"x" * 126, masked)
        + frame(0x00, b"", masked)
        + frame(0x80, b"y" * 70000, masked),
    ]


SPLICES = [
    bytes([value])
    for value in (0, 1, 2, 8, 9, 0x7E, 0x7F, 0x80, 0x81, 0x88, 0x89, 0xC1, 0xFE, 0xFF)
]
CASES = [
    frame(0x88, code.to_bytes(2, "big"))
    for code in (
        0,
        999,
        1000,
        1003,
        1004,
        1005,
        1006,
        1007,
        1011,
        1012,
        1013,
        1014,
        1015,
        1016,
        2999,
        3000,
        4999,
        5000,
    )
] + [
    frame(0x88, b"\x03"),
    frame(0x88, b"\x03\xe8\xff"),
    frame(0xC1),
    frame(0x83),
    frame(0x09),
    frame(0x80),
    frame(0x89, b"x" * 126),
    frame(0x81, b"\xc0\x80"),
    frame(0x81, b"\xed\xa0\x80"),
    frame(0x81, b"\xe2\x82"),
    frame(0x01, b"\xe2\x82") + frame(0x80, b"\xac"),
    frame(0x01) + frame(0x01),
    b"\x82\xfe\x00\x05abcdhello",
    b"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff____",
    frame(0x81, b"x", masked=False),
]


def of_wsproto(data, role):
    """What wsproto makes of the bytes: events, and a refusal's code or None."""
    protocol = FrameProtocol(client=role == "client", extensions=[])
    protocol.receive_bytes(data)
    events, message = [], None
    try:
        for part in protocol.received_frames():
            if part.opcode in (Opcode.PING, Opcode.PONG):
                events.append((part.opcode.name.lower(), bytes(part.payload)))
            elif part.opcode is Opcode.CLOSE:
                code, reason = part.payload
                code = None if code == 1005 else int(code)
                return events + [("close", code, reason.encode())], None
            else:
                piece = (
                    part.payload.encode() if isinstance(part.payload, str) else bytes(part.payload)
                )
                message = (message or b"") + piece
                if part.message_finished:
                    events.append((part.opcode.name.lower(), message))
                    message = None
    except ParseFailed as failure:
        return events, int(failure.code)
    return events, None


def of_ours(probe, parts, role):
    """What we make of the bytes, in the same form, and our reason."""
    events = []
    for event in probe.run(f"websocket {role} {LIMIT}", *(feed(part) for part in parts)):
        if event["event"] == "error":
            return events, event["code"], event["reason"]
        if event["event"] == "close":
            events.append(("close", event["code"], bytes.fromhex(event["bytes"])))
        else:
            events.append((event["event"], bytes.fromhex(event["bytes"])))
    return events, None, None


def check(probe, data, role):
    """Compares both on the bytes, and ours with ours when they are cut."""
    theirs, their_code = of_wsproto(data, role)
    ours, our_code, reason = of_ours(probe, [data], role)
    cut = len(data) // 3
    for parts in (
        [data[:cut], data[cut:]],
        [data[i : i + 7] for i in range(0, min(len(data), 2000), 7)] + [data[2002:]],
    ):
        if b"".join(parts) == data:
            assert of_ours(probe, parts, role) == (ours, our_code, reason), data
    if ours and ours[-1][:2] == ("close", 1014):
        return  # IANA has registered 1014 (bad gateway); wsproto does not know it.
    assert ours == theirs[: len(ours)], data
    if our_code is None:
        # wsproto tells of a text that breaks in the middle of a frame that is not complete yet.
        assert their_code in (None, 1007), (data, their_code)
        assert their_code is None or len(ours) == len(theirs), data
    elif their_code is None and of_wsproto(data + bytes(14), role)[1] != our_code:
        # wsproto looks at a head when it is whole, we tell of a byte when we see it.
        assert reason in STRICTER, (data, reason)
    if our_code is None and their_code is None:
        assert ours == theirs, data


@pytest.mark.parametrize("data", seeds(True) + CASES)
def test_same_verdict_as_server(probe, data):
    check(probe, data, "server")


@pytest.mark.parametrize("data", seeds(False) + [frame(0x81, b"x")])
def test_same_verdict_as_client(probe, data):
    check(probe, data, "client")


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("role", ["server", "client"])
def test_same_verdict_on_mutations(probe, role, seed):
    # The long stream would make the mutations miss the heads.
    for data in mutations(seeds(role == "server")[:-1], SPLICES, 100, seed):
        check(probe, data, role)


@pytest.mark.parametrize("role", ["server", "client"])
def test_wsproto_reads_our_frames(probe, role):
    source = random.Random(role)
    messages = [
        ("text", "grüße".encode()),
        ("binary", b""),
        ("ping", b"p" * 125),
        ("pong", b""),
        ("text", b"x" * 70000),
    ]
    messages += [("binary", source.randbytes(size)) for size in (1, 7, 8, 125, 126, 65535, 65536)]
    messages += [("close", b"\x03\xe9going")]
    commands = []
    for kind, payload in messages:
        mask = f" {source.getrandbits(32)}" if role == "client" else ""
        commands.append(f"send {kind} {payload.hex()}{mask}")
    written = probe.run(f"websocket {role}", *commands)
    data = b"".join(bytes.fromhex(event["bytes"]) for event in written)
    events, code = of_wsproto(data, "client" if role == "server" else "server")
    assert code is None
    assert events == messages[:-1] + [("close", 1001, b"going")]


def test_wsproto_accepts_our_handshake(probe):
    client = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    data = client.send(Request(host="a", target="/live"))
    client.receive_data(probe.written("handshake " + data.hex()))
    [event] = list(client.events())
    assert isinstance(event, AcceptConnection)


@pytest.mark.parametrize(
    "change",
    [
        (b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Version: 12"),
        (b"Upgrade: WebSocket", b"Upgrade: h2c"),
        (b"Sec-WebSocket-Key: ", b"Sec-WebSocket-Key: x"),
        (b"GET ", b"POST "),
        (b"HTTP/1.1", b"HTTP/1.0"),
    ],
)
def test_neither_accepts_a_handshake_that_is_not_one(probe, change):
    client = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
    data = client.send(Request(host="a", target="/live"))
    assert change[0].lower() in data.lower()
    start = data.lower().index(change[0].lower())
    data = data[:start] + change[1] + data[start + len(change[0]) :]
    answer = probe.written("handshake " + data.hex())
    assert answer.startswith(b"HTTP/1.1 4"), answer
