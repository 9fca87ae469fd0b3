"""What must be true after a storm: each check reads the clients' histories and what the nodes
export at the end, knows nothing of the nodes' own reasoning, and gives a sentence per violation."""

import collections
import dataclasses
import json
import math
import pathlib

from . import claims, turn, wgl
from .timeline import COMPLETED, Impossible, replay

# Ways in which nobody named the agent.
AUTOMATIC = {"mode", "lastOwner"}


@dataclasses.dataclass
class Evidence:
    """All that the checks look at."""

    operations: list
    """`history.Operation`s."""
    exports: list
    """Per node the exported sessions."""
    links: list
    """The links at the end, as one node shows them."""
    round_robin: list
    """Projects whose automatic assignments go in turn."""
    lists: dict
    """Project -> its list at first."""
    digests: list
    """Per node (applied index, digest) once all were level."""
    sent: list
    """(chat, text) of every message that the Bot API took."""
    exits: list = dataclasses.field(default_factory=list)
    """Sentences about processes that ended and should not have."""
    surprises: list = dataclasses.field(default_factory=list)
    """Answers that no client should get."""
    lost_clicks: int = 0
    """Clicks that went for good with the disks of nodes that were removed, at most."""

    def __post_init__(self):
        self.sessions = self.exports[0]
        self.timelines, self.broken = {}, []
        for session in self.sessions:
            try:
                self.timelines[session["id"]] = replay(session)
            except Impossible as error:
                self.broken.append(f"session {session['id']}: {error}")

    def save(self, path):
        """Keeps everything but the operations, which have a file of their own."""
        rest = {name: getattr(self, name) for name in self.__dataclass_fields__
                if name != "operations"}
        pathlib.Path(path).write_text(json.dumps(rest))

    @classmethod
    def load(cls, path, operations):
        """What was saved, with the operations."""
        rest = json.loads(pathlib.Path(path).read_text())
        for name in ("digests", "sent"):
            rest[name] = [tuple(each) for each in rest[name]]
        return cls(operations, **rest)

    def of(self, *ops):
        """The operations of these kinds."""
        return [each for each in self.operations if each.op in ops]


def nodes_agree(evidence):
    """Equal digests at one index, and the same sessions on every node."""
    if len(set(evidence.digests)) != 1:
        yield f"the nodes ended at different states: {evidence.digests}"
    first = {session["id"]: session for session in evidence.sessions}
    for number, export in enumerate(evidence.exports[1:], 2):
        other = {session["id"]: session for session in export}
        for identifier in first.keys() | other.keys():
            if first.get(identifier) != other.get(identifier):
                yield f"session {identifier} differs between node 1 and node {number}"


def processes_stay(evidence):
    """No node ended by itself but where a fault made it, and none by a divergence."""
    yield from evidence.exits


def answers_expected(evidence):
    """No client was told what it should never be told."""
    yield from evidence.surprises


def updates_once(evidence):
    """Each acknowledged update in exactly one session, its user's, once; no other twice; none
    that nobody sent."""
    made = {(each.what["project"], each.what["update"]): each for each in evidence.of("webhook")}
    places = collections.defaultdict(list)
    for session in evidence.sessions:
        for message in session["messages"]:
            places[session["project"], message].append(session)
    for key, call in made.items():
        found = places.get(key, [])
        if call.is_ok and not found:
            yield f"update {key} was acknowledged and is in no session"
        if len(found) > 1:
            yield f"update {key} is in sessions {[each['id'] for each in found]}"
        if any(int(session["user"]) != call.what["user"] for session in found):
            yield f"update {key} is in another customer's session"
    for key in places.keys() - made.keys():
        yield f"update {key} was never sent"


def one_open_session(evidence):
    """A customer has at most one open session in a project."""
    count = collections.Counter(
        (session["project"], session["user"]) for session in evidence.sessions
        if session["state"] != COMPLETED)
    for (project, user), number in count.items():
        if number > 1:
            yield f"customer {user} of project {project} has {number} open sessions"


def one_owner(evidence):
    """Every session's life is possible, with one owner at a time, and ends as the session is."""
    yield from evidence.broken
    members = {agent for each in evidence.lists.values() for agent in each}
    for session in evidence.sessions:
        life = evidence.timelines.get(session["id"])
        if not life:
            continue
        last = life[-1]
        if (last.state, last.owner, last.version) != (
                session["state"], session["owner"], session["version"]):
            yield (f"session {session['id']} ends as {session['state']} of {session['owner']}"
                   f" at version {session['version']}; its events say {last}")
        for each in life:
            if each.owner is not None and each.owner not in members:
                yield f"session {session['id']} was given to {each.owner}, who is no member"


def exact_turn(evidence):
    """Round robin's turn, through every list and every leader."""
    for project in evidence.round_robin:
        decisions = [
            {**decision, "session": session["id"]}
            for session in evidence.sessions if session["project"] == project
            for decision in session["decisions"]]
        lists = [evidence.lists[project]]
        for call in evidence.of("members"):
            if call.what["project"] == project and call.what["list"] not in lists:
                lists.append(call.what["list"])
        yield from turn.judge(decisions, lists)


def nobody_absent(evidence):
    """Nobody is given a session in turn between the answer that they are away and the moment at
    which they first said that they are back."""
    calls = collections.defaultdict(list)
    for call in evidence.of("away"):
        calls[call.what["agent"]].append(call)
    given = collections.defaultdict(list)
    for session in evidence.sessions:
        for decision in session["decisions"]:
            if decision["chosen"] and decision["way"] in AUTOMATIC:
                given[decision["chosen"]].append(int(decision["index"]))
    for agent, theirs in calls.items():
        for number, call in enumerate(theirs):
            if not (call.what["away"] and call.is_ok):
                continue
            if any(not each.what["away"] and each.result == "unknown" for each in theirs[:number]):
                continue  # That one may have come later.
            back = next(
                (each.floor for each in theirs[number + 1:] if not each.what["away"]), math.inf)
            for index in given[agent]:
                if call.answer["index"] < index <= back:
                    yield (f"agent {agent} was given a session at index {index}, away from"
                           f" {call.answer['index']} to {back}")


def claims_linearizable(evidence):
    """Per session: claims, transfers, completions and what else changes it, with their answers,
    fit one order that respects real time."""
    calls = collections.defaultdict(list)
    for call in evidence.of(*claims.OPERATIONS):
        calls[call.what["session"]].append(call)
    for identifier, life in evidence.timelines.items():
        verdict = claims.check(life, calls.get(identifier, []))
        if not verdict.is_linearizable:
            yield (f"session {identifier}: no order explains its calls beyond version"
                   f" {verdict.state}; next would be one of"
                   f" {[(each.number, each.op, each.what, each.result) for each in verdict.stuck]}")


def cursor_linearizable(evidence):
    """Per project: the turn as a register that each assignment moves, and customers' messages as
    the operations that move it."""
    calls = {(each.what["project"], each.what["update"]): each for each in evidence.of("webhook")}
    for project in evidence.round_robin:
        entries = []
        for session in evidence.sessions:
            if session["project"] != project:
                continue
            for decision in session["decisions"]:
                message = session["events"][decision["event"]].get("message")
                call = calls.get((project, message))
                if call is None:
                    continue  # The router's own doing: any time will do.
                entries.append(wgl.Entry(
                    call.begin, call.end, (int(decision["index"]), session["id"], message),
                    not call.is_ok, hint=int(decision["index"])))
        # The log's order is the only witness there can be: indexes never go back.
        verdict = wgl.check(
            entries, 0, lambda index, move: [move[0]] if move[0] >= index else [])
        if not verdict.is_linearizable:
            yield (f"project {project}: assignments (index, session, update) {verdict.stuck} came"
                   f" too late for real time, after index {verdict.state}")


def replies_once(evidence):
    """A reply that was taken is in its session once, one that was refused is in none; what counts
    as sent reached Telegram, and Telegram got nothing twice."""
    found = collections.Counter()
    states = {}
    users = {}
    for session in evidence.sessions:
        for event in session["events"]:
            if event["kind"] == "message" and event["from"] == "agent":
                key = (session["id"], event["agent"], event["text"])
                found[key] += 1
                states[event["text"]] = event["delivery"]
                users[event["text"]] = int(session["user"])
    asked = set()
    for call in evidence.of("reply"):
        key = (call.what["session"], call.what["agent"], call.what["text"])
        asked.add(key)
        if found[key] > 1:
            yield f"reply {key} is there {found[key]} times"
        if call.is_ok and not found[key]:
            yield f"reply {key} was taken and is not there"
        if call.result == "fail" and found[key]:
            yield f"reply {key} was refused ({call.answer.get('code')}) and is there"
    for key in +found:
        if key not in asked:
            yield f"reply {key} was never written"
    arrived = collections.Counter(text for _, text in evidence.sent)
    for chat, text in set(evidence.sent):
        if users.get(text) != chat:
            yield f"reply {text!r} went to {chat}, not to {users.get(text)}"
    for text, state in states.items():
        if arrived[text] > 1:
            yield f"reply {text!r} reached Telegram {arrived[text]} times"
        if state == "sent" and not arrived[text]:
            yield f"reply {text!r} counts as sent and never reached Telegram"


def clicks_once(evidence):
    """Every answered click is counted once, but for those that went with a removed node's disk;
    every token that came back counts one start."""
    missing = 0
    for link in evidence.links:
        for method, field in (("GET", "humanClicks"), ("HEAD", "otherClicks")):
            results = collections.Counter(
                call.result for call in evidence.of("click")
                if call.what["link"] == link["id"] and call.what["method"] == method)
            most = results["ok"] + results["unknown"]
            missing += max(0, results["ok"] - link[field])
            if link[field] > most:
                yield f"link {link['code']}: {field} is {link[field]}, and not {most} at most"
        tokens = {
            call.answer["token"] for call in evidence.of("click")
            if call.is_ok and call.what["link"] == link["id"]}
        used = {
            call.what["token"]: call.is_ok for call in sorted(
                evidence.of("webhook"), key=lambda each: each.is_ok)
            if call.what.get("token") in tokens}
        least = sum(used.values())
        if not least <= link["starts"] <= len(used):
            yield (f"link {link['code']}: starts is {link['starts']}, not from {least} to"
                   f" {len(used)}")
    if missing > evidence.lost_clicks:
        yield (f"{missing} answered clicks are not counted; {evidence.lost_clicks} went with the"
               " disks of removed nodes")


def reads_agree(evidence):
    """What a list showed at an index is what the log had made of the session by then; and after
    an answer no node that is asked freshly shows less."""
    for call in evidence.of("list"):
        if not call.is_ok:
            continue
        index = call.answer["index"]
        if call.what.get("fresh") and index < call.floor:
            yield f"a fresh list at index {index} was asked for after index {call.floor} was told"
        for identifier, version, state, owner in call.answer["items"]:
            life = evidence.timelines.get(identifier)
            if life is None:
                if identifier not in {session["id"] for session in evidence.sessions}:
                    yield f"a list at index {index} has session {identifier}, which is not there"
                continue
            now = [each for each in life if each.index <= index]
            if not now or (now[-1].version, now[-1].state, now[-1].owner) != (
                    version, state, owner):
                yield (f"a list at index {index} shows session {identifier} as {state} of"
                       f" {owner} at version {version}; then it was {now[-1:]}")


CHECKS = [
    nodes_agree, processes_stay, answers_expected, updates_once, one_open_session, one_owner,
    exact_turn, nobody_absent, claims_linearizable, cursor_linearizable, replies_once,
    clicks_once, reads_agree]


def judge(evidence):
    """Every check's sentences, by its name."""
    return {check.__name__: list(check(evidence)) for check in CHECKS}
