"""What agents do to sessions in the mock, and what becomes of their messages."""

from __future__ import annotations

import base64
import json

from mock_desk import Desk, Refused, now

# The smallest whole picture: one grey pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")


def found(desk: Desk, key: str, agent: str) -> dict:
    """A session that the agent may see."""
    session = desk.sessions.get(key)
    if not session or not desk.sees(agent, session):
        raise Refused(404, "not_found", "No such session")
    return session


def checked(desk: Desk, session: dict, body: dict) -> None:
    """Compare-and-set on the version."""
    if body.get("version") != session["version"]:
        raise Refused(409, "version_conflict", "The session changed meanwhile",
                      owner=desk.brief(session["owner"]), version=session["version"])


def reply(desk: Desk, session: dict, agent: str, body: dict, later) -> dict:
    """An answer: claims a waiting session, queues the message."""
    if session["state"] == "completed":
        raise Refused(409, "wrong_state", "The session is completed", hint="Reopen it first.")
    if session["state"] == "unassigned":
        claim(desk, session, agent, {"version": session["version"]})
    manages = "manage" in desk.permissions(agent, session["project"])
    if session["owner"] != agent and not manages:
        raise Refused(403, "owned", "Another agent has this session",
                      owner=desk.brief(session["owner"]))
    rule = spoken_of(desk, session["project"], body["text"], "out")
    if rule and rule["action"] == "confirm" and not body.get("confirm"):
        raise Refused(422, "confirm_text", "The message needs your confirmation",
                      detail=f"A rule of the project speaks of it: \"{rule['text']}\".")
    if rule and rule["action"] == "block":
        mark(desk, session, rule, agent)
        raise Refused(422, "text_blocked", "The message was not sent",
                      detail=f"A rule of the project forbids it: \"{rule['text']}\".")
    more = {key: body[key] for key in ("entities", "replyTo") if body.get(key)}
    item = desk.item(session["id"], "message", "agent", agent=desk.brief(agent),
                     text=body["text"], messageKind="text", delivery="queued",
                     outbox=desk.next_id(), **more)
    if rule:
        mark(desk, session, rule, agent)
    session["lastMessage"] = {"text": body["text"], "kind": "text", "at": item["at"],
                              "from": "agent"}
    session["unread"] = 0
    desk.entry("session", session["id"])
    deliver(desk, session, item, later)
    return item


def send_file(desk: Desk, session: dict, agent: str, wanted: dict, later) -> dict:
    """A photo or document: claims as an answer does; a name with "refuse" in it is refused."""
    desk.uploads.append(wanted)
    if "refuse" in wanted["name"]:
        raise Refused(503, "overloaded", "Too many files at once",
                      detail="This node has as many files as it takes.", hint="Try again.")
    text = wanted.get("caption", "")
    rule = spoken_of(desk, session["project"], text, "out") if text else None
    if rule and rule["action"] == "confirm" and wanted.get("confirm") != "true":
        raise Refused(422, "confirm_text", "The message needs your confirmation",
                      detail=f"A rule of the project speaks of it: \"{rule['text']}\".")
    if session["state"] == "unassigned":
        claim(desk, session, agent, {"version": session["version"]})
    more = {"entities": json.loads(wanted["entities"])} if wanted.get("entities") else {}
    file = {"name": wanted["name"], "mimeType": wanted["type"], "size": wanted["size"],
            "hasThumbnail": wanted["kind"] == "photo"}
    item = desk.item(session["id"], "message", "agent", agent=desk.brief(agent), text=text,
                     messageKind=wanted["kind"], delivery="queued", outbox=desk.next_id(),
                     file=file, **more)
    session["lastMessage"] = {"text": text, "kind": wanted["kind"], "at": item["at"],
                              "from": "agent"}
    session["unread"] = 0
    desk.entry("session", session["id"])
    deliver(desk, session, item, later)
    return item


def spoken_of(desk: Desk, project: str, text: str, way: str) -> dict | None:
    """The first rule with a word of the text."""
    for rule in desk.rules[project]["rules"]:
        if rule["text"].lower() in text.lower() and rule["direction"] in (way, "both"):
            return rule
    return None


def mark(desk: Desk, session: dict, rule: dict, agent: str | None) -> None:
    """Tells in the history what a rule says."""
    who = {"agent": desk.brief(agent)} if agent else {}
    moderation = {"action": rule["action"], "rule": rule["text"],
                  "version": desk.rules[session["project"]]["version"]}
    desk.item(session["id"], "moderated", "system", moderation=moderation, **who)


ADVICE = {"Unauthorized": (
    "badToken",
    "A manager must set a new bot token in the project's settings; then send again.")}


def deliver(desk: Desk, session: dict, item: dict, later) -> None:
    """Walks a message through its states; `later(seconds, callback)` is the clock."""
    def step(state: str, failure: str | None = None) -> None:
        item["delivery"] = state
        for field in ("failure", "failureCode", "advice"):
            item.pop(field, None)
        if failure:
            item["failure"] = failure
        if failure in ADVICE:
            item["failureCode"], item["advice"] = ADVICE[failure]
        desk.entry("item", session["id"], item)

    fate, reason = desk.fates.pop(0) if desk.fates else ("sent", "")
    later(0.03, lambda: step("sending"))
    if fate != "sending":
        later(0.08, lambda: step(fate, reason or None))


def revise(desk: Desk, session: dict, agent: str, ordinal: str, body: dict | None,
           later) -> dict:
    """Changes a message of the agent's (None deletes it): an item of its own, or in its place while
    it is queued."""
    item = desk.history[session["id"]][int(ordinal)]
    if item.get("agent") != desk.brief(agent) or item["kind"] != "message":
        raise Refused(403, "forbidden", "Not your message")
    if item["delivery"] in ("queued", "failed"):
        if body is None:
            item["delivery"] = "withdrawn"
        else:
            item.update(text=body["text"], changed=True)
        desk.entry("item", session["id"], item)
        return item
    more = {} if body is None else {
        key: body[key] for key in ("text", "entities") if body.get(key)}
    change = desk.item(session["id"], "deleted" if body is None else "revised", "agent",
                       agent=desk.brief(agent), of=ordinal, delivery="queued",
                       outbox=desk.next_id(), **more)
    deliver(desk, session, change, later)
    return change


def resend(desk: Desk, outbox: str, later) -> dict:
    """Queues a failed or uncertain message again."""
    for key, items in desk.history.items():
        for item in items:
            if item.get("outbox") == outbox:
                item["delivery"] = "queued"
                item.pop("failure", None)
                desk.resent.append(outbox)
                desk.entry("item", key, item)
                deliver(desk, desk.sessions[key], item, later)
                return item
    raise Refused(404, "not_found", "No such message")


def claim(desk: Desk, session: dict, agent: str, body: dict) -> None:
    """Takes a waiting session."""
    checked(desk, session, body)
    if session["state"] != "unassigned":
        raise Refused(409, "owned", "Another agent has this session",
                      owner=desk.brief(session["owner"]))
    if not desk.view(session, agent)["canClaim"]:
        raise Refused(409, "refused", "You cannot be given this session",
                      reasons=desk.reasons(agent, session))
    desk.own(session, agent)
    desk.item(session["id"], "claimed", "agent", agent=desk.brief(agent))


def transfer(desk: Desk, session: dict, agent: str, body: dict) -> None:
    """Hands a session to somebody, or to whom the mode decides."""
    checked(desk, session, body)
    to = body["to"]
    remark = {"remark": body["remark"]} if body.get("remark") else {}
    if to == "any":
        if not desk.decide(session, "transfer", but=session["owner"]):
            raise Refused(409, "no_candidate", "Nobody can take it now",
                          detail="It stays where it is.", hint="Name an agent, or give it back.")
        to = desk.decisions[session["id"]]["chosen"]["id"]
        remark["decision"] = desk.decisions[session["id"]]
    else:
        reasons = [each for each in desk.reasons(to, session) if each["code"] != "excluded"]
        if reasons and not body.get("confirm"):
            raise Refused(422, "needs_confirmation", "Confirm this transfer", reasons=reasons)
    desk.own(session, to)
    desk.item(session["id"], "transferred", "agent", agent=desk.brief(agent), to=desk.brief(to),
              **remark)


def give_back(desk: Desk, session: dict, agent: str, body: dict) -> None:
    """Puts a session back into the queue, not for the giver."""
    checked(desk, session, body)
    session["excluded"].add(agent)
    session.update(owner=None, state="unassigned", version=session["version"] + 1,
                   waitingSince=now(desk.shift))
    desk.item(session["id"], "gaveBack", "agent", agent=desk.brief(agent))
    if not desk.give(session, "giveBack"):
        desk.entry("session", session["id"])


def complete(desk: Desk, session: dict, agent: str, body: dict) -> None:
    """Ends a session."""
    checked(desk, session, body)
    session.update(state="completed", version=session["version"] + 1, unread=0,
                   waitingSince=None)
    desk.entry("session", session["id"])
    desk.item(session["id"], "completed", "agent", agent=desk.brief(agent))
    desk.drain()


def reopen(desk: Desk, session: dict, agent: str, body: dict) -> None:
    """Opens a completed session for who asks."""
    checked(desk, session, body)
    if session["state"] != "completed":
        raise Refused(409, "wrong_state", "The session is open already")
    desk.own(session, agent)
    desk.item(session["id"], "reopened", "agent", agent=desk.brief(agent))


def note(desk: Desk, session: dict, agent: str, body: dict) -> None:
    """Writes what its author alone may read."""
    desk.item(session["id"], "noted", "system", agent=desk.brief(agent), text=body["text"])


def remark(desk: Desk, session: dict, agent: str, body: dict) -> None:
    """Writes what all who see the session may read."""
    desk.item(session["id"], "remarked", "system", agent=desk.brief(agent), text=body["text"])


def tag(desk: Desk, session: dict, agent: str, body: dict) -> None:
    """Sets and removes tags."""
    add, remove = body.get("add", []), body.get("remove", [])
    if not set(add) <= set(desk.books[session["project"]]["tags"]):
        raise Refused(422, "invalid", "The project does not have this tag")
    session["tags"] = [each for each in session["tags"] + add if each not in remove]
    desk.entry("session", session["id"])
    desk.item(session["id"], "tagged", "system", agent=desk.brief(agent), added=add,
              removed=remove)


def canned(desk: Desk, session: dict, agent: str) -> list[dict]:
    """The project's canned replies, filled in."""
    names = {"{customer}": session["customer"]["name"], "{agent}": desk.agents[agent]["name"],
             "{project}": desk.projects[session["project"]]["name"]}
    found = []
    for reply_ in desk.books[session["project"]]["cannedReplies"]:
        text = reply_["text"]
        for name, value in names.items():
            text = text.replace(name, value)
        found.append({"name": reply_["name"], "text": text})
    return found


WRITINGS = {"notes": note, "remarks": remark}
ACTIONS = {
    "claim": claim, "transfer": transfer, "give-back": give_back, "complete": complete,
    "reopen": reopen, "tags": tag,
}
