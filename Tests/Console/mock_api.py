"""The REST interface of the mock: paths to answers."""

from __future__ import annotations

import datetime

import mock_actions
import mock_checkup
import mock_hooks
import mock_links
import mock_settings
from mock_desk import Desk, Refused

PAGE = 50


def answer(desk: Desk, request, agent: str | None, body, later):
    """Status and JSON of one call."""
    parts = request.match_info["path"].split("/")
    method = request.method
    if parts == ["sign-in"]:
        return 200, {"agent": sign_in(desk, body)}
    if not agent or not desk.agents[agent]["isActive"]:
        raise Refused(401, "unauthorized", "Sign in")
    route = (method, parts[0])
    if parts == ["me"]:
        return 200, desk.me(agent)
    if parts == ["sign-out"]:
        desk.cookies.pop(request.cookies["roundhouse"], None)
        return 204, None
    if parts == ["me", "presence"]:
        desk.agents[agent]["away"] = body["away"]
        desk.moved(agent)
        return 200, desk.me(agent)
    if parts[0] == "sessions":
        return sessions(desk, request, agent, body, parts, later)
    if parts[0] == "outbox":
        mock_actions.resend(desk, parts[1], later)
        return 204, None
    if parts[0] == "search":
        return 200, search(desk, request, agent)
    if parts[0] == "cluster":
        return 200, cluster(desk)
    if parts == ["audit"] and request.query.get("limit") == "1":
        return 200, mock_settings.audit_line(desk, int(request.query["cursor"]) - 1)
    if parts == ["audit"]:
        return 200, audit(desk, request)
    if parts[0] == "links" and parts[2:] == ["report"]:
        return 200, mock_links.report(desk, parts[1], request)
    if parts[0] == "links" and parts[2:] == ["clicks"]:
        return 200, mock_links.clicks(desk, parts[1], request)
    if parts[2:] == ["links", "report"]:
        return 200, mock_links.comparison(desk, parts[1], request)
    if parts[2:] == ["pools"]:
        return 200, mock_links.pools(desk, parts[1])
    if parts[2:] == ["numbers"]:
        return 200, numbers(desk, parts[1], request)
    if parts[2:] == ["what-if"]:
        return 200, mock_settings.what_if(desk, parts[1], body)
    if route in ADMIN:
        mock_settings.check(desk, request, parts)
        status, data = ADMIN[route](desk, agent, parts, body)
        if method == "PUT":
            mock_settings.note(desk, agent, parts)
        return status, mock_settings.tagged(desk, parts, data)
    raise Refused(404, "not_found", "No such thing")


def sign_in(desk: Desk, body: dict) -> dict:
    for agent in desk.agents.values():
        if agent["login"] == body["login"] and agent["password"] == body["password"]:
            if agent["isActive"]:
                return desk.agent_view(agent["id"])
    raise Refused(401, "bad_credentials", "Login or password is wrong")


def sessions(desk: Desk, request, agent: str, body, parts: list[str], later):
    if len(parts) == 1:
        return 200, listed(desk, request, agent)
    session = mock_actions.found(desk, parts[1], agent)
    if len(parts) == 2:
        return 200, desk.detail(session, agent)
    if parts[2] == "canned":
        return 200, {"items": mock_actions.canned(desk, session, agent)}
    if parts[2] == "history":
        items = [desk.item_view(item, agent) for item in desk.history[session["id"]]]
        before = int(request.query.get("before", len(items)))
        start = max(0, before - int(request.query.get("limit", PAGE)))
        return 200, {"items": items[start:before], "next": str(start) if start else None}
    if parts[2] == "reply":
        item = mock_actions.reply(desk, session, agent, body, later)
        return 201, {"outbox": item["outbox"]}
    if parts[2] == "typing":
        desk.typed += 1
        return 204, None
    if parts[2] == "messages":
        wanted = None if request.method == "DELETE" else body
        item = mock_actions.revise(desk, session, agent, parts[3], wanted, later)
        return 202, {"outbox": item["outbox"]}
    if parts[2] in mock_actions.WRITINGS:
        mock_actions.WRITINGS[parts[2]](desk, session, agent, body)
        return 201, {"index": str(desk.index)}
    mock_actions.ACTIONS[parts[2]](desk, session, agent, body)
    if not desk.sees(agent, session):
        return 204, None
    return 200, desk.view(session, agent)


def listed(desk: Desk, request, agent: str) -> dict:
    name = request.query["list"]
    wanted = {
        "mine": lambda each: each["state"] == "assigned" and each["owner"] == agent,
        "waiting": lambda each: each["state"] == "unassigned",
        "completed": lambda each: each["state"] == "completed",
        "all": lambda each: True,
    }[name]
    project = request.query.get("project")
    found = [each for each in desk.sessions.values() if wanted(each) and desk.sees(agent, each)
             and (not project or each["project"] == project)]
    found.sort(key=lambda each: each["waitingSince"] or "" if name == "waiting"
               else (each["lastMessage"] or {}).get("at", ""), reverse=name != "waiting")
    start = int(request.query.get("cursor", 0))
    page = found[start:start + PAGE]
    more = start + PAGE < len(found)
    return {"index": str(desk.index), "items": [desk.view(each, agent) for each in page],
            "next": str(start + PAGE) if more else None}


def search(desk: Desk, request, agent: str) -> dict:
    """What contains the words, newest first; a page has two."""
    words = request.query.get("text", "").lower()
    hits = []
    for session in desk.sessions.values():
        isWanted = desk.sees(agent, session) and all(
            request.query.get(name, value) == value for name, value in
            [("status", session["state"]), ("project", session["project"]),
             ("agent", session["owner"]), ("link", (session["source"] or {}).get("link"))])
        opened = moment(session["openedAt"])
        isWanted = isWanted and all(
            name not in request.query or isIn(moment(request.query[name]))
            for name, isIn in [("from", opened.__ge__), ("to", opened.__lt__)])
        if not isWanted or request.query.get("tag", "") not in ["", *session["tags"]]:
            continue
        view = desk.view(session, agent)
        if not words:
            hits.append({"session": view})
        hits += [{"session": view, "item": item} for item in desk.history[session["id"]]
                 if words and item["kind"] != "noted" and words in item.get("text", "").lower()]
    hits.reverse()
    start = int(request.query.get("cursor", 0))
    more = start + 2 < len(hits)
    return {"index": str(desk.index), "items": hits[start:start + 2],
            "next": str(start + 2) if more else None}


def projects(desk: Desk, agent, parts, body):
    if parts[2:] == ["hooks"]:
        return 200, mock_hooks.listed(desk, parts[1])
    if parts[2:] == ["checkup"]:
        return 200, mock_checkup.checkup(desk, parts[1])
    if parts[2:] == ["webhook"]:
        return 200, {"url": "https://b.example" + desk.project_view(parts[1])["webhookPath"],
                     "nodes": [2], "pending": 3, "lastError": None, "lastErrorAt": None,
                     "problem": None, "entrances": [], "pointed": {
                         "url": "", "node": 2, "gone": 1, "by": None, "confirmed": True,
                         "at": "2026-01-01T00:00:00.000Z"}}
    if len(parts) == 3:
        kept = desk.rules if parts[2] == "moderation" else desk.books
        return 200, kept[parts[1]]
    if len(parts) == 2:
        return 200, desk.project_view(parts[1])
    return 200, {"items": [desk.project_view(key) for key in desk.projects]}


def put_project(desk: Desk, agent, parts, body):
    if parts[2:] == ["desk"]:
        desk.books[parts[1]].update(body)
        return 200, desk.books[parts[1]]
    if parts[2:] == ["moderation"]:
        desk.rules[parts[1]] = {"version": str(desk.index), "rules": body["rules"]}
        return 200, desk.rules[parts[1]]
    if len(parts) == 3:
        desk.projects[parts[1]]["members"] = body
        for member in body:
            desk.moved(member["agent"])
        return 200, desk.project_view(parts[1])
    return 200, desk.set_project(parts[1], body)


def post_project(desk: Desk, agent, parts, body):
    if parts[2:] == ["hooks"]:
        return 201, mock_hooks.made(desk, parts[1], body)
    if len(parts) == 3:
        if not body["url"].startswith("https://"):
            raise Refused(422, "webhook_refused", "Telegram refused the address",
                          detail="Bad Request: bad webhook: An HTTPS URL must be provided.",
                          hint="Use the public HTTPS address.")
        return 200, {"url": body["url"]}
    return 201, desk.set_project(None, body)


def put_agent(desk: Desk, agent, parts, body):
    desk.agents[parts[1]].update(body)
    desk.moved(parts[1])
    return 200, desk.agent_view(parts[1])


def audit(desk: Desk, request) -> dict:
    """Two pages of one line: a project that was changed, then an account by a token."""
    person = {"id": "1", "name": "Admin"}
    newest = {"index": "90", "at": "2026-01-02T10:00:00Z", "actor": person, "token": None,
              "act": "changedProject", "subject": {"kind": "project", "id": "5", "name": "Shop"},
              "project": {"id": "5", "name": "Shop"}, "more": 2, "changes": [
                  {"field": "mode", "before": "roundRobin", "after": "onlineFirst",
                   "secret": False},
                  {"field": "token", "before": None, "after": None, "secret": True}]}
    older = {**newest, "index": "80", "token": {"id": "7", "name": "CRM"}, "more": 0,
             "act": "changedAgent", "subject": {"kind": "agent", "id": "2", "name": "Ana"},
             "project": None, "changes": [
                 {"field": "openLimit", "before": "20", "after": "4", "secret": False}]}
    isFirst = "cursor" not in request.query
    items = [] if request.query.get("project") else [newest if isFirst else older]
    return {"index": str(desk.index), "items": items, "next": "90" if isFirst and items else None}


def figures(sessions: int, in_time: int) -> dict:
    lengths = {"count": sessions, "median": 12.5 if sessions else None,
               "p90": 90 if sessions else None}
    return {"sessions": sessions, "inTime": in_time, "judged": sessions,
            "successRate": in_time / sessions if sessions else None, "offline": 0,
            "assignment": lengths, "firstReply": lengths, "resolution": lengths, "openNow": 0,
            "meanOpen": 0.25, "handedOn": 1, "received": 0, "bounces": 0}


def numbers(desk: Desk, project: str, request) -> dict:
    """Every session given in time in a day, half of them in any longer time, after a better one."""
    days = round(
        (moment(request.query["to"]) - moment(request.query["from"])).total_seconds() / 86_400)
    agents = [{"agent": {"id": each["agent"], "name": desk.agents[each["agent"]]["name"]},
               "isMember": True, "figures": figures(40, 40 if days == 1 else 20),
               "onlineSeconds": 5400 * days, "lastSignIn": None, "isInactive": True}
              for each in desk.projects[project]["members"]]
    alert = {"code": "successRateFell", "text": "50 % of the sessions were given in time."}
    return {"index": str(desk.index), "project": {"id": project, "name": "Desk"},
            "from": request.query["from"], "to": request.query["to"], "whole": True,
            "unassignedNow": 3, "all": figures(40, 40 if days == 1 else 20),
            "before": {"inTime": 40, "judged": 40, "successRate": 1},
            "alert": None if days == 1 else alert, "agents": agents}


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def cluster(desk: Desk) -> dict:
    return {"node": "1", "role": "leader", "leader": "1", "term": 4, "commit": desk.index,
            "applied": desk.index, "durable": desk.index, "digest": "9f02c41be77a5d13",
            "lastIndex": desk.index, "statedbApplied": desk.index - 3,
            "members": [{"id": "1", "match": desk.index, "lag": 0},
                        {"id": "2", "match": desk.index, "lag": 0},
                        {"id": "3", "match": desk.index - 1, "lag": 1}],
            "spool": {"pending": 0}, "connections": {"public": 9, "consoles": 4, "peers": 2}}


ADMIN = {
    ("GET", "projects"): projects,
    ("PUT", "projects"): put_project,
    ("POST", "projects"): post_project,
    ("PUT", "hooks"): mock_hooks.change,
    ("POST", "hooks"): mock_hooks.act,
    ("DELETE", "hooks"): mock_hooks.remove,
    ("GET", "agents"): lambda desk, agent, parts, body: (
        200, {"items": [desk.agent_view(key) for key in desk.agents]}),
    ("POST", "agents"): lambda desk, agent, parts, body: (
        201, desk.add_agent(body["login"], body["name"], body["password"], body["isAdmin"])),
    ("PUT", "agents"): put_agent,
    ("GET", "links"): mock_links.read,
    ("POST", "links"): mock_links.make,
    ("PUT", "links"): mock_links.change,
    **mock_settings.ROUTES,
}
