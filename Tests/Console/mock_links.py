"""What the mock knows of magic links: settings, pools, reports, clicks and the QR picture."""

from __future__ import annotations

import secrets

from mock_desk import Desk, Refused

DEFAULTS = {"enabled": True, "open": "web", "humanClicks": 0, "starts": 0, "pool": None,
            "prefer": {"agents": [], "tags": []}, "language": "", "addresses": "whole",
            "utm": dict.fromkeys(("source", "medium", "campaign", "term", "content"), ""),
            "rules": [], "expires": None}
QR = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path d="M0 0h1v1H0z"/></svg>"""
FUNNEL = {"clicks": 40, "starts": 20, "assigned": 18, "firstReplies": 15, "completed": 10}
TOUCHES = {"sessions": {"first": 12, "last": 11}, "customers": {"first": 9, "last": 8}}


def read(desk: Desk, agent, parts, body):
    """All links, one of them, its report or its clicks."""
    if len(parts) == 1:
        return 200, {"items": list(desk.links.values())}
    if parts[1] not in desk.links:
        raise Refused(404, "not_found", "No such link")
    return 200, desk.links[parts[1]]


def make(desk: Desk, agent, parts, body):
    return 201, store(desk, desk.next_id(), body)


def change(desk: Desk, agent, parts, body):
    return 200, store(desk, parts[1], body)


def store(desk: Desk, key: str, body: dict) -> dict:
    """A link with these fields; absent ones stay."""
    before = desk.links.get(key, {})
    code = body.get("code") or before.get("code") or secrets.token_hex(4)
    if any(each["code"] == code and each["id"] != key for each in desk.links.values()):
        raise Refused(409, "already_exists", "This code is taken", hint="Choose another code.")
    link = {**DEFAULTS, **before, **body, "code": code, "id": key}
    for name in ("expires", "pool"):
        link[name] = link[name] or None
    desk.links[key] = link
    desk.entry("link", key)
    return link


def pools(desk: Desk, project: str) -> dict:
    """The named pools of a project."""
    return {"index": str(desk.index), "next": None, "items": desk.pools.get(project, [])}


def counts(total: int) -> dict:
    return {"total": total, "human": total, "other": 0, "unique": total, "unidentified": 0}


def report(desk: Desk, key: str, request) -> dict:
    """A report with what was asked for in its words."""
    desk.asked.append(dict(request.query))
    return {"index": str(desk.index), "link": key, "uniqueHours": 24, "whole": True,
            "keptSince": None, "clicks": {**counts(40), "total": 42, "other": 2},
            "funnel": FUNNEL, "attribution": TOUCHES, "by": request.query["by"],
            "items": [{"value": f"a {request.query['by']}", **counts(30)},
                      {"value": "", **counts(10)}]}


def comparison(desk: Desk, project: str, request) -> dict:
    """The links of a project side by side."""
    desk.asked.append(dict(request.query))
    items = [{"link": link["id"], "name": link["name"], "code": link["code"],
              "clicks": counts(40), "funnel": FUNNEL, "attribution": TOUCHES}
             for link in desk.links.values() if link["project"] == project]
    return {"index": str(desk.index), "project": project, "uniqueHours": 24, "whole": True,
            "keptSince": "2026-01-01T00:00:00.000Z", "clicks": counts(40 * len(items)),
            "funnel": FUNNEL, "attribution": TOUCHES, "items": items}


def clicks(desk: Desk, key: str, request) -> dict:
    """Two pages of one click."""
    is_first = "cursor" not in request.query
    click = {"at": "2026-01-02T10:00:00.000Z", "node": "1",
             "kind": "human" if is_first else "bot", "address": "192.0.2.0",
             "browser": "Firefox", "system": "Linux", "device": "desktop",
             "referrer": "https://news.invalid/a", "language": "de",
             "query": "utm_source=mail", "fingerprint": None,
             "utm": {"source": "mail", "medium": "", "campaign": "may", "term": "",
                     "content": ""}}
    return {"index": str(desk.index), "items": [click], "next": "1.1" if is_first else None}
