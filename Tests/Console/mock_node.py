"""A mock node: serves the console's own files and the REST and WebSocket interface over aiohttp.

    python3 Tests/Console/mock_node.py --port 8090 --demo

then sign in as ana / ana-password or admin / admin-password. Tests run it on a thread.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import pathlib
import re
import secrets
import threading

from aiohttp import WSMsgType, web

import mock_actions
import mock_api
import mock_links
from mock_desk import Desk, Refused

ROOM = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "Console"
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


def policy() -> str:
    """The Content-Security-Policy as Asset.swift says it."""
    text = (ROOM / "Asset.swift").read_text()
    found = re.search(r'contentSecurityPolicy = """\n(.*?)"""', text, re.S).group(1)
    return re.sub(r"\s*\\\n\s*", " ", found).strip()


def policy_of(nodes: list[str]) -> str:
    """The policy of a node that knows others."""
    return policy().replace("connect-src 'self'", " ".join(["connect-src 'self'", *nodes]))


class MockNode:
    """One mock node on its own thread, or on that of another node of the same cluster."""

    def __init__(self, port: int = 0, beside: MockNode | None = None):
        self.desk = beside.desk if beside else Desk()
        self.port = port
        self.is_ready = True
        self.is_cut = False
        self.sockets: dict[int, tuple[str, web.WebSocketResponse]] = {}
        self.connects: list[str] = []
        self.hidden: list[str | None] = []
        self.loop = beside.loop if beside else asyncio.new_event_loop()
        self.thread = None
        if not beside:
            self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
            self.thread.start()
        asyncio.run_coroutine_threadsafe(self.open(), self.loop).result(10)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def do(self, work):
        """Runs work(desk) on the node's thread and gives its result."""
        async def call():
            return work(self.desk)
        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(10)

    def cut(self) -> None:
        """Drops every live connection and refuses new ones, like a node that died."""
        self.is_cut = True
        self.drop()

    def drop(self) -> None:
        """Closes every live connection."""
        async def close():
            for _, socket in list(self.sockets.values()):
                await socket.close()
        asyncio.run_coroutine_threadsafe(close(), self.loop).result(10)

    def mend(self) -> None:
        """Ends a cut."""
        self.is_cut = False

    def stop(self) -> None:
        """Ends the node, and its thread with all that runs there."""
        asyncio.run_coroutine_threadsafe(self.close(), self.loop).result(10)
        if self.thread:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join(5)
            self.loop.close()

    async def close(self) -> None:
        await self.runner.cleanup()
        if self.thread:
            rest = asyncio.all_tasks() - {asyncio.current_task()}
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

    async def open(self) -> None:
        app = web.Application(middlewares=[self.outer], client_max_size=32 << 20)
        app.add_routes([
            web.get("/", self.asset), web.get("/assets/{name}", self.asset),
            web.get("/readyz", self.readyz), web.get("/api/v1/live", self.live),
            web.post("/telegram/{project}", self.webhook),
            web.get("/api/v1/sessions/{id}/messages/{ordinal}/file", self.file),
            web.post("/api/v1/sessions/{id}/files", self.upload),
            web.get("/api/v1/links/{id}/qr.svg", self.symbol),
            web.route("*", "/api/v1/{path:.*}", self.api),
        ])
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()
        self.port = self.runner.addresses[0][1]

    @web.middleware
    async def outer(self, request, handler):
        if self.is_cut:
            request.transport.abort()
            raise ConnectionResetError
        try:
            response = await handler(request)
        except Refused as refused:
            response = web.json_response(refused.body, status=refused.status,
                                         content_type="application/problem+json")
        if not response.prepared:
            response.headers["Roundhouse-Index"] = str(self.desk.index)
        return response

    async def asset(self, request):
        name = request.match_info.get("name", "index.html")
        path = ROOM / "Assets" / pathlib.Path(name).name
        if not path.exists():
            raise web.HTTPNotFound
        return web.Response(body=path.read_bytes(), charset="utf-8",
                            content_type=TYPES[path.suffix[1:]], headers={
                                "Content-Security-Policy": policy_of(self.desk.nodes),
                                "Cache-Control": "no-cache",
                                "X-Content-Type-Options": "nosniff"})

    async def readyz(self, request):
        return web.Response(status=200 if self.is_ready else 503,
                            headers={"Access-Control-Allow-Origin": "*"})

    async def webhook(self, request):
        project = self.desk.projects.get(request.match_info["project"])
        if not project:
            raise Refused(404, "not_found", "No such project")
        if request.headers.get("X-Telegram-Bot-Api-Secret-Token") != project["secret"]:
            raise Refused(401, "unauthorized", "Wrong secret")
        update = await request.json()
        key = (project["id"], update["update_id"])
        if "message" in update and key not in self.desk.updates:
            self.desk.updates.add(key)
            message = update["message"]
            sender = message["from"]
            names = [sender["first_name"], sender.get("last_name", "")]
            self.desk.customer_writes(project["id"], sender["id"], " ".join(names).strip(),
                                      message.get("text", ""), sender.get("username", ""),
                                      sender.get("language_code", ""))
        return web.json_response({})

    async def api(self, request):
        body = None
        if request.method != "GET":
            if request.content_type != "application/json":
                raise Refused(415, "json_only", "Only JSON")
            body = json.loads(await request.text() or "null")
            if not self.is_ready and "sign-in" not in request.path:
                raise Refused(503, "no_quorum", "This node has no majority")
        agent = self.desk.cookies.get(request.cookies.get("roundhouse", ""))
        if request.path in ("/api/v1/me/move", "/api/v1/sign-in/move"):
            return self.move(request, body, agent)
        later = self.loop.call_later
        status, answer = mock_api.answer(self.desk, request, agent, body, later)
        if answer is None:
            return web.Response(status=status)
        response = web.json_response(answer, status=status)
        if request.path == "/api/v1/sign-in":
            cookie = secrets.token_urlsafe(16)
            self.desk.cookies[cookie] = answer["agent"]["id"]
            response.set_cookie("roundhouse", cookie, httponly=True, samesite="Strict")
        return response

    def move(self, request, body, agent):
        """Gives a ticket for another node, or takes one."""
        desk = self.desk
        if request.path == "/api/v1/me/move":
            if not agent:
                raise Refused(401, "not_signed_in", "Sign in")
            ticket = secrets.token_urlsafe(16)
            desk.tickets[ticket] = (request.cookies["roundhouse"], request.headers["Origin"])
            return web.json_response({"ticket": ticket, "seconds": 900, "nodes": desk.nodes})
        cookie, origin = desk.tickets.get(body["ticket"], ("", ""))
        owner = desk.cookies.get(cookie)
        if not origin or origin != body["from"] or not (agent or owner):
            raise Refused(401, "not_signed_in", "Sign in")
        response = web.json_response({"agent": desk.brief(agent or owner)})
        if not agent:
            cookie = secrets.token_urlsafe(16)
            desk.cookies[cookie] = owner
            response.set_cookie("roundhouse", cookie, httponly=True, samesite="Strict")
        return response

    async def file(self, request):
        """The file of any message: a picture."""
        self.desk.fetched.append((request.match_info["ordinal"], request.query.get("size")))
        return web.Response(body=mock_actions.PNG, content_type="image/png", headers={
            "Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox"})

    async def upload(self, request):
        """A file that an agent sends."""
        data = await request.read()
        agent = self.desk.cookies.get(request.cookies.get("roundhouse", ""))
        if not agent:
            raise Refused(401, "not_signed_in", "Sign in")
        session = mock_actions.found(self.desk, request.match_info["id"], agent)
        item = mock_actions.send_file(
            self.desk, session, agent, {
                **request.query, "size": len(data), "type": request.content_type,
                "key": request.headers["Idempotency-Key"]}, self.loop.call_later)
        return web.json_response({"outbox": item["outbox"]}, status=201)

    async def symbol(self, request):
        """The QR code of any link: a picture."""
        return web.Response(body=mock_links.QR, content_type="image/svg+xml")

    async def live(self, request):
        agent = self.desk.cookies.get(request.cookies.get("roundhouse", ""))
        if not agent:
            raise Refused(401, "unauthorized", "Sign in")
        desk = self.desk
        socket = web.WebSocketResponse(heartbeat=10)
        await socket.prepare(request)
        key = next(desk.keys)
        self.connects.append(request.query["after"])
        queue: asyncio.Queue = asyncio.Queue()
        after = int(request.query["after"])
        for event in desk.journal:
            if event[0] > after and event[1] != "item":
                queue.put_nowait(event)
        desk.listeners.append(queue.put_nowait)
        self.sockets[key] = (agent, socket)
        desk.pages.setdefault(agent, {})[key] = "hidden" not in request.query
        self.hidden.append(request.query.get("hidden"))
        desk.agents[agent]["signedIn"] = True
        desk.moved(agent)
        await socket.send_json({"type": "hello", "index": str(desk.index), "node": "1"})
        sender = asyncio.create_task(self.pour(queue, socket, agent))
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    self.heard(agent, key, json.loads(message.data))
        finally:
            sender.cancel()
            desk.listeners.remove(queue.put_nowait)
            del self.sockets[key]
            desk.pages[agent].pop(key, None)
            desk.moved(agent)
        return socket

    def heard(self, agent: str, key: int, message: dict) -> None:
        if message["type"] == "page" and self.desk.pages[agent].get(key) != message["visible"]:
            self.desk.pages[agent][key] = message["visible"]
            self.desk.moved(agent)

    async def pour(self, queue, socket, agent):
        """Sends events as this agent sees them. As a node does, it tells that a session is gone
        where this connection told it before, or the agent saw it when it changed hands."""
        desk = self.desk
        shown: set[str] = set()
        while True:
            index, kind, key, extra = await queue.get()
            session = desk.sessions.get(key)
            if kind == "agent":
                brief = desk.brief(key) | {"presence": desk.presence(key)}
                await socket.send_json({"type": "agent", "agent": brief})
            elif kind == "raw":
                await socket.send_json(extra)
            elif kind in ("session", "item") and not desk.sees(agent, session):
                before = extra["before"] if kind == "session" else None
                saw = before == agent or (
                    before == "everyone"
                    and "reply" in desk.permissions(agent, session["project"]))
                if key in shown or saw:
                    shown.discard(key)
                    await socket.send_json(
                        {"type": "gone", "index": str(index), "session": key})
            elif kind == "session":
                shown.add(key)
                await socket.send_json({"type": "session", "index": str(index),
                                        "session": desk.view(session, agent)})
            elif kind == "item":
                await socket.send_json({"type": "item", "index": str(index), "session": key,
                                        "item": desk.item_view(extra, agent)})


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--demo", action="store_true")
    options = parser.parse_args()
    node = MockNode(options.port)
    if options.demo:
        import mock_demo
        node.do(mock_demo.fill)
    print(f"mock node at {node.url}", flush=True)
    node.thread.join()
