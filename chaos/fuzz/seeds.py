"""Writes the fuzzers' first inputs: for each machine, messages that are right.

The first byte of an input chooses the machine, the second how the input is cut (Harness.swift).
"""

import pathlib
import sys

CHUNKED = b"POST /t/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
UPGRADE = (
    b"GET /live?after=1 HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x80abcd"
)
REQUESTS = [
    b"GET /a?b=c%20d HTTP/1.1\r\nHost: a:80\r\nCookie: a=b; c=d\r\n\r\nHEAD / HTTP/1.0\r\n\r\n",
    b"POST /t/1 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
    CHUNKED
    + b"5;x=y\r\nhello\r\n0A\r\n0123456789\r\n0\r\nT: u\r\n\r\n"
    + b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    UPGRADE,
    b"GET http://h:1/p HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
]
RESPONSES = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 100 Continue\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    b"HTTP/1.0 404 Not Found\r\nX: y\r\n\r\nuntil the close",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbytes",
]


def frame(first, payload=b"", masked=True):
    """A short frame."""
    if not masked:
        return bytes([first, len(payload)]) + payload
    mask = b"\x12\x34\xab\xcd"
    return (
        bytes([first, 0x80 | len(payload)])
        + mask
        + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    )


def frames(masked):
    """Streams of frames."""
    return [
        frame(0x81, "grüße".encode(), masked) + frame(0x82, b"\xff" * 20, masked),
        frame(0x01, b"\xe2\x82", masked) + frame(0x89, b"p", masked) + frame(0x80, b"\xac", masked),
        frame(0x8A, b"", masked) + frame(0x88, b"\x03\xe8bye", masked),
    ]


def main(folder):
    """Writes one file for each input."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    inputs = [REQUESTS, RESPONSES, RESPONSES, frames(True), frames(False), ["grüße %41+".encode()]]
    for machine, messages in enumerate(inputs):
        for number, message in enumerate(messages):
            for seed in (3, 200):
                name = f"{machine}-{number}-{seed}"
                (folder / name).write_bytes(bytes([machine, seed]) + message)


if __name__ == "__main__":
    main(sys.argv[1])
