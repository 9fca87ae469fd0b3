"""Calls on one session against its life: the model for the search in `wgl`.

The state is the session's version. The log says what made each version; here it is asked whether
the calls, with their answers and times, can have made it so.
"""

import math

from . import wgl
from .timeline import ASSIGNED, COMPLETED, UNASSIGNED

# The call that makes a version of this kind; other kinds are the router's own doing.
MADE_BY = {
    "claimed": ("claim", "reply"), "transferred": ("transfer",), "gaveBack": ("give-back",),
    "completed": ("complete",), "reopened": ("reopen",),
}
OPERATIONS = ("claim", "transfer", "give-back", "complete", "reopen", "reply")


class Session:
    """The model of one session: `life` are its versions, from 1 on."""

    def __init__(self, life):
        self.life = {each.version: each for each in life}
        self.last = life[-1].version

    def drift(self, version):
        """The router's own doing."""
        after = self.life.get(version + 1)
        return [version + 1] if after and after.kind not in MADE_BY else []

    def step(self, version, call):
        """The versions that may follow when the call takes effect now; for a refusal the same
        version, if it could be refused so."""
        now = self.life[version]
        if call.result == "fail":
            return [version] if self._may_refuse(version, now, call) else []
        if call.op == "reply":
            following = [version] if now.state == ASSIGNED else []
        elif call.what["version"] != version:
            return []
        else:
            following = []
        after = self.life.get(version + 1)
        if after and call.op in MADE_BY.get(after.kind, ()) and self._fits(after, call):
            following.append(version + 1)
        return following

    def _fits(self, after, call):
        if after.agent != call.what["agent"]:
            return False
        return after.kind != "transferred" or call.what["to"] in ("any", after.owner)

    def _may_refuse(self, version, now, call):
        answer, seen = call.answer, call.what.get("version")
        code = answer.get("code")
        if code == "version_conflict":
            return (version == answer["version"] != seen and now.owner == answer.get("owner"))
        if code == "owned":
            return now.state == ASSIGNED and now.owner == answer.get("owner")
        if code == "wrong_state" and call.op == "claim":
            return now.state == COMPLETED
        if code == "not_head" or code == "refused" and call.op == "claim":
            return now.state == UNASSIGNED
        return True


def check(life, calls):
    """The search's verdict over the calls on one session."""
    model = Session(life)
    entries = [
        wgl.Entry(
            call.begin, call.end, call, optional=call.result == "unknown",
            hint=call.answer.get("index", math.inf))
        for call in calls]
    return wgl.check(
        entries, 1, model.step, model.drift, accept=lambda version: version == model.last)
