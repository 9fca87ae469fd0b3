"""Hooks of the mock: nothing is posted, and every try is refused."""

from __future__ import annotations

import secrets

from mock_desk import Desk


def listed(desk: Desk, project: str) -> dict:
    items = [each for each in desk.hooks.values() if each["project"] == project]
    return {"index": str(desk.index), "items": items, "next": None}


def made(desk: Desk, project: str, body: dict) -> dict:
    key = desk.next_id()
    desk.hooks[key] = {
        "enabled": True, **body, "id": key, "project": project, "waiting": 0, "delivered": 0,
        "givenUp": 0, "dropped": 0, "failures": 0, "nextTry": None, "lastDelivered": None,
        "lastFailed": None, "lastError": None, "createdAt": "2026-01-01T00:00:00.000Z"}
    desk.entry("hook", key)
    return {**desk.hooks[key], "secret": secret()}


def secret() -> str:
    return "rhs_" + secrets.token_urlsafe(32)


def change(desk: Desk, agent, parts, body):
    desk.hooks[parts[1]].update(body)
    return 200, desk.hooks[parts[1]]


def act(desk: Desk, agent, parts, body):
    hook = desk.hooks[parts[1]]
    if parts[2] == "secret":
        return 200, {**hook, "secret": secret()}
    hook.update(waiting=hook["waiting"] + 1, failures=1, lastError="the receiver answered 500",
                lastFailed="2026-01-01T00:00:00.000Z", nextTry="2026-01-01T00:00:05.000Z")
    return 202, {"delivery": f"{hook['id']}-1"}


def remove(desk: Desk, agent, parts, body):
    del desk.hooks[parts[1]]
    return 204, None
