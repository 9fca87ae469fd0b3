"""Writes the data directory of the present release's newest feature level to Tests/Fixtures.

    make build && python3 Tests/EndToEnd/make_fixture.py

To be run once, with the last build before a level is released; test_levels.py opens what is there.
"""

import json
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "cluster")]

from desk import Desk  # noqa: E402
from driver import telegram  # noqa: E402
from driver.configuration import make_cluster, write_secret  # noqa: E402
from driver.processes import Cluster  # noqa: E402
from driver.waiting import free_ports, wait_until  # noqa: E402

# The cluster's key of every fixture.
KEY = "6c6576656c2d312d666978747572652d6f662d74686520726f757465722121ab"
FILES = ["log.db", "members", "spool.db", "state.db"]
ALL = ("view", "reply", "transfer", "manage")


def facts_of(admin, project):
    """What a later release must find: whose each session is and what was decided, and settings."""
    sessions = {}
    for each in admin.export_sessions():
        if each["project"] == project:
            sessions[each["id"]] = {
                name: each[name] for name in ("user", "state", "owner", "version", "decisions")}
    path = f"/api/v1/projects/{project}"
    return {
        "sessions": sessions,
        "members": admin.get(path)["members"],
        "pools": [each["only"] for each in admin.get(f"{path}/pools")["items"]],
        "texts": admin.get(f"{path}/desk"),
        "rules": admin.get(f"{path}/moderation"),
        "agents": [[each["name"], each["away"]] for each in admin.get("/api/v1/agents")["items"]],
    }


def settle(desk):
    """Settings that the first level does not know."""
    path = f"/api/v1/projects/{desk.id}"
    members = [
        {"agent": desk.ids[name], "permissions": list(ALL), "inScope": True, "tags": tags}
        for name, tags in [("Ana", ["lang:de", "vip"]), ("Wei", [])]]
    desk.admin.put(f"{path}/members", members)
    # Nothing that happens by itself: the files are opened months later.
    desk.admin.put(path, {
        "autoCompleteSeconds": 0, "firstReplySeconds": 600, "reopenSeconds": 0})
    desk.admin.post(f"{path}/pools", {"name": "vip", "only": {"tags": ["vip"]}})
    desk.admin.put(f"{path}/desk", {"tags": ["refund"], "welcome": "Hello {customer}"})
    desk.admin.put(f"{path}/moderation", {"rules": [
        {"text": "casino", "match": "word", "direction": "both", "action": "flag"}]})


def work(desk):
    """Sessions in every state, with what agents write of them."""
    users = [telegram.FIRST_USER + number for number in range(1, 7)]
    desk.open_consoles()
    for user in users:
        desk.write(user, "Hello from the casino")
    ana = desk.browser("Ana")

    def act(user, verb, **body):
        session = desk.session_of(user)
        path = f"/api/v1/sessions/{session['id']}/{verb}"
        agent = desk.browser(session["owner"]["name"])
        agent.post(path, {"version": session["version"], **body})

    first = f"/api/v1/sessions/{desk.session_of(users[0])['id']}"
    for verb, body in [
            ("reply", {"text": "Good day"}), ("notes", {"text": "A note"}),
            ("remarks", {"text": "A remark"}), ("tags", {"add": ["refund"]})]:
        ana.post(f"{first}/{verb}", body)
    act(users[1], "complete")
    desk.write(users[1], "Once more")
    act(users[2], "transfer", to="any")
    act(users[3], "give-back")
    desk.admin.post(
        f"/api/v1/projects/{desk.id}/customers/{users[4]}/block", {"blocked": True})
    desk.browser("Wei").put("/api/v1/me/presence", {"away": True})
    desk.close()
    wait_until("nobody is there", lambda: desk.presence("Ana") == "offline")
    desk.write(users[5] + 1, "Anybody?")


def make(base):
    """Runs one node, lets people work, and keeps its files in a directory named by its level."""
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        write_secret(directory / "cluster.key", KEY)
        write_secret(directory / "admin.password", "password of admin")
        make_cluster(directory, [tuple(free_ports(3))], name="fixture")
        cluster = Cluster(directory, bound=True)
        try:
            cluster.start()
            desk = Desk(cluster, None, ["Ana", "Wei"], permissions=ALL)
            settle(desk)
            work(desk)
            node = cluster.nodes[0]
            level = node.status()["level"]
            kept = {"level": level, "project": desk.id, "facts": facts_of(desk.admin, desk.id)}
            node.stop()
            target = base / f"level-{level}"
            if target.exists():
                sys.exit(f"{target} is there already; what is released is never made anew")
            target.mkdir()
            for file in FILES:
                left = node.data / f"{file}-wal"
                if left.exists() and left.stat().st_size:
                    sys.exit(f"{left} is not empty after the node's end")
                shutil.copy(node.data / file, target / file)
            (target / "expected.json").write_text(json.dumps(kept, indent=1) + "\n")
            return target
        finally:
            cluster.kill()


if __name__ == "__main__":
    print(make(HERE.parent / "Fixtures"))
