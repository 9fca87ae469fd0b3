"""What the mock adds to administration: versions of settings, API tokens, and a what-if."""

from __future__ import annotations

from mock_desk import Desk, Refused, now


def path_of(parts: list[str]) -> str:
    return "/".join(parts)


def check(desk: Desk, request, parts: list[str]) -> None:
    """Refuses a change that saw another version."""
    seen = request.headers.get("If-Match")
    path = path_of(parts)
    version, who = desk.versions.get(path, (1, None))
    if request.method == "PUT" and seen not in (None, f'"{version}"'):
        name = desk.agents[who]["name"] if who else "Somebody"
        raise Refused(412, "version_conflict", "Changed by somebody else meanwhile",
                      detail=f"{name} changed this since you read it.",
                      hint="Read it again and decide anew.", version=version,
                      changedBy=desk.brief(who), changedAt=now())


def note(desk: Desk, agent: str, parts: list[str]) -> None:
    """A setting was changed."""
    path = path_of(parts)
    desk.versions[path] = (desk.entry("setting", path), agent)


def tagged(desk: Desk, parts: list[str], data):
    """An answer, with the versions of what is in it."""
    def version(path: str) -> str:
        return str(desk.versions.get(path, (1, None))[0])

    def view(one: dict, path: str) -> dict:
        if path.startswith("projects/") and path.count("/") == 1:
            one = one | {"membersETag": version(f"{path}/members")}
        return one | {"etag": version(path)}

    if isinstance(data, dict) and "items" in data:
        return data | {"items": [view(each, f"{parts[0]}/{each['id']}")
                                 for each in data["items"]]}
    path = f"projects/{parts[1]}" if parts[2:] == ["members"] else path_of(parts)
    return view(data, path) if isinstance(data, dict) and len(parts) > 1 else data


def audit_line(desk: Desk, index: int) -> dict:
    """The one line of a change, as the page asks for it after a conflict."""
    return {"index": str(desk.index), "next": None, "items": [{
        "index": str(index), "at": now(), "actor": None, "token": None,
        "act": "changedProject", "subject": {"kind": "project", "id": "5", "name": "Desk"},
        "project": None, "more": 0, "changes": [
            {"field": "seats", "before": "0", "after": "4", "secret": False}]}]}


def list_tokens(desk: Desk, agent, parts, body):
    return 200, {"items": [{key: each for key, each in token.items() if key != "token"}
                           for token in desk.tokens.values()]}


def make_token(desk: Desk, agent, parts, body):
    key = desk.next_id()
    desk.tokens[key] = {"id": key, "name": body["name"], "agent": desk.brief(body["agent"]),
                        "scopes": body["scopes"], "createdAt": now(),
                        "expiresAt": body.get("expiresAt"), "token": f"rh_{key}secret"}
    desk.entry("token", key)
    return 201, desk.tokens[key]


def revoke_token(desk: Desk, agent, parts, body):
    if not desk.tokens.pop(parts[1], None):
        raise Refused(404, "not_found", "No such token")
    return 204, None


def what_if(desk: Desk, project: str, body: dict) -> dict:
    """Half the waiting with other rules; the same without."""
    desk.questions.append(body)
    members = [desk.brief(each["agent"]) for each in desk.projects[project]["members"]]
    is_other = bool(body["changes"])

    def figures(wait: float) -> dict:
        return {"assigned": 12, "handedOn": 1, "medianWaitSeconds": wait, "p95WaitSeconds": 80.0,
                "longestWaitSeconds": 120.0, "unassignedSeconds": wait * 12, "waiting": 0,
                "agents": [{"agent": each, "assigned": 12} for each in members[:1]]}

    difference = {"session": "40", "asItWas": members[:1], "asAsked": []}
    return {"index": str(desk.index), "from": body["from"], "to": body.get("to", now()),
            "asItWas": figures(40.0), "asAsked": figures(20.0 if is_other else 40.0),
            "changed": int(is_other), "differences": [difference] if is_other else [],
            "notRepeated": 0, "unknown": 0, "record": {"compared": 12, "different": 0},
            "journal": {"since": now(3600), "index": str(desk.index), "entries": 80}}


ROUTES = {
    ("GET", "tokens"): list_tokens,
    ("POST", "tokens"): make_token,
    ("DELETE", "tokens"): revoke_token,
}
