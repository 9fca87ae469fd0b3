"""The least Bot API that takes replies: answers sendMessage and remembers every call."""

import asyncio
import json
import random

# How long a call takes on average.
ANSWER_SECONDS = 0.08
ANSWER = {"message_id": 0, "date": 0, "chat": {"id": 0, "type": "private", "first_name": "C"}}


class BotAPI:
    """A listener in the workload's event loop; `sent` has (chat, text) of every message taken."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.sent = []
        self._random = random.Random(port)
        self._server = None

    async def start(self):
        """Begins to listen."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)

    async def _serve(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                length = next((
                    int(line.partition(":")[2]) for line in head
                    if line.lower().startswith("content-length:")), 0)
                body = await reader.readexactly(length)
                result = True
                if head[0].split()[1].lower().endswith("/sendmessage"):
                    result = self._take(json.loads(body))
                    # As far as Telegram is: a leader may die between the call and its answer.
                    await asyncio.sleep(self._random.expovariate(1 / ANSWER_SECONDS))
                text = json.dumps({"ok": True, "result": result}).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    + f"Content-Length: {len(text)}\r\n\r\n".encode() + text)
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass  # A node hung up or died, as nodes do here.
        finally:
            writer.close()

    def _take(self, message):
        chat = int(message["chat_id"])
        self.sent.append((chat, message["text"]))
        return {**ANSWER, "message_id": len(self.sent), "chat": {**ANSWER["chat"], "id": chat},
                "text": message["text"]}
