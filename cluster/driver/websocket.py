"""A WebSocket client for the live feed: enough of RFC 6455, with the standard library."""

import base64
import hashlib
import json
import os
import select
import socket
import struct
import time
import urllib.parse

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_RECEIVE_BYTES = 1 << 18


class HandshakeError(Exception):
    """The server did not switch protocols."""

    def __init__(self, status, text):
        self.status = status
        super().__init__(text)


class Closed(Exception):
    """The other side ended the connection."""


class WebSocket:
    """One connection. Pings are answered while reading."""

    def __init__(self, url, target, headers=None, tls=None, timeout=10):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout)
        try:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if parts.scheme == "https":
                self.socket = tls.wrap_socket(self.socket, server_hostname=parts.hostname)
            self.buffer = bytearray()
            self.pings = 0
            self.ending = None
            self._shake_hands(parts, target, headers or {})
        except BaseException:
            self.socket.close()
            raise

    def _shake_hands(self, parts, target, headers):
        key = base64.b64encode(os.urandom(16)).decode()
        fields = {
            "Host": parts.netloc, "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13",
            "Origin": f"{parts.scheme}://{parts.netloc}", **headers,
        }
        lines = [f"GET {target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        while b"\r\n\r\n" not in self.buffer:
            data = self.socket.recv(_RECEIVE_BYTES)
            if not data:
                raise HandshakeError(0, "closed during the handshake")
            self.buffer += data
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        self.buffer = bytearray(rest)
        status = int(head.split(b" ", 2)[1])
        if status != 101:
            raise HandshakeError(status, head.decode(errors="replace"))
        accept = base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()
        if f"sec-websocket-accept: {accept}".lower() not in head.decode().lower():
            raise HandshakeError(status, "wrong Sec-WebSocket-Accept")

    def fileno(self):
        """For select."""
        return self.socket.fileno()

    def close(self):
        """Says goodbye and closes."""
        try:
            self._send(CLOSE, struct.pack(">H", 1000))
        except OSError:
            pass  # It is gone already, which is what we want.
        self.socket.close()

    def abort(self):
        """Closes without a word."""
        self.socket.close()

    def send_json(self, value):
        """Sends one text message."""
        self._send(TEXT, json.dumps(value).encode())

    def _send(self, opcode, payload):
        mask = os.urandom(4)
        length = len(payload)
        if length < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | length)
        elif length < 65536:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0x80 | 127, length)
        masked = bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
        self.socket.sendall(head + mask + masked)

    def read(self, timeout=None):
        """Messages as they are here or arrive within the timeout; answers pings."""
        messages = self._take()
        if not messages and self.ending:
            raise Closed(self.ending)
        if not messages:
            pending = hasattr(self.socket, "pending") and self.socket.pending()
            if pending or select.select([self.socket], [], [], timeout)[0]:
                data = self.socket.recv(_RECEIVE_BYTES)
                if not data:
                    raise Closed("closed without a close frame")
                self.buffer += data
                messages = self._take()
                if not messages and self.ending:
                    raise Closed(self.ending)
        return messages

    def _take(self):
        """The payloads of complete text messages in the buffer; notes a close in `ending`."""
        messages, start, buffer = [], 0, self.buffer
        while len(buffer) - start >= 2:
            opcode, length, place = buffer[start] & 15, buffer[start + 1] & 127, start + 2
            if length == 126:
                if len(buffer) < place + 2:
                    break
                length, place = int.from_bytes(buffer[place:place + 2], "big"), place + 2
            elif length == 127:
                if len(buffer) < place + 8:
                    break
                length, place = int.from_bytes(buffer[place:place + 8], "big"), place + 8
            if len(buffer) < place + length:
                break
            payload = bytes(buffer[place:place + length])
            start = place + length
            if opcode == TEXT:
                messages.append(payload)
            elif opcode == PING:
                self.pings += 1
                self._send(PONG, payload)
            elif opcode == CLOSE:
                code = int.from_bytes(payload[:2], "big") if payload else 1005
                self.ending = f"closed with {code} {payload[2:].decode(errors='replace')}"
        del buffer[:start]
        return messages


class LiveFeed:
    """A console's feed as a list of events that grows."""

    def __init__(self, api, after=None, visible=True, hidden=None):
        """`hidden`: seconds for which the page says at once that it has been hidden."""
        query = {"after": after, "hidden": hidden}
        text = urllib.parse.urlencode({k: v for k, v in query.items() if v is not None})
        target = "/api/v1/live" + (f"?{text}" if text else "")
        self.socket = WebSocket(api.url, target, {"Cookie": api.cookie}, api.tls)
        self.events = []
        if visible is not None:
            self.show(visible)

    def show(self, visible):
        """Tells whether the page is visible."""
        self.socket.send_json({
            "type": "page", "visible": visible, "notifications": "granted", "shown": "0"})

    def wait_for(self, what, condition, seconds=10):
        """Reads until an event satisfies the condition, and gives it."""
        seen, deadline = 0, time.monotonic() + seconds
        while True:
            for event in self.events[seen:]:
                if condition(event):
                    return event
            seen = len(self.events)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{what}: not among {self.events[-5:]}")
            self.events += [json.loads(message) for message in self.socket.read(left)]

    def close(self):
        """Closes the connection."""
        self.socket.close()
