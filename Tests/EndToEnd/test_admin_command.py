"""The administrator's command line: the real binary against real nodes."""

import datetime
import json
import os
import stat
import subprocess

import pytest
from desk import Desk, new_user
from driver.api import Api
from driver.processes import Cluster, binary
from driver.waiting import free_ports, wait_until

EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE = 64, 65, 66, 69
EX_IOERR, EX_TEMPFAIL, EX_NOPERM = 74, 75, 77


def run(*words, code=0, **environment):
    """Runs the command; gives its standard output, or its standard error when it must fail."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ROUNDHOUSE_")}
    done = subprocess.run(
        [binary("roundhouse"), *map(str, words)], env={**clean, **environment},
        capture_output=True, text=True, timeout=90)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout if code == 0 else done.stderr


class Admin:
    """The command, for an administrator of a cluster."""

    def __init__(self, cluster, node=1):
        self.environment = {
            "ROUNDHOUSE_URL": cluster[node].url, "ROUNDHOUSE_LOGIN": "admin",
            "ROUNDHOUSE_PASSWORD": cluster.admin_password}

    def __call__(self, *words, code=0):
        return run(*words, code=code, **self.environment)

    def json(self, *words):
        return json.loads(self(*words, "--json"))


@pytest.fixture(scope="module")
def desk(shared_desk):
    """A project with an agent and a link; nobody is there."""
    return shared_desk("Ana", permissions=("view", "reply", "transfer"), links=("ad",))


@pytest.fixture(scope="module")
def admin(cluster):
    return Admin(cluster)


def login(desk):
    return desk.seeded.agents[0]["login"]


def test_things_are_listed_as_a_table_and_as_json(admin, desk):
    lines = admin("project", "list").splitlines()
    assert lines[0].split() == ["ID", "NAME", "BOT", "MODE", "SCOPE", "SEATS", "TOKEN"]
    [row] = [line for line in lines if desk.bot in line]
    assert row.split()[0] == desk.id and row.split()[-1] == "yes"
    found = next(p for p in admin.json("project", "list") if p["id"] == desk.id)
    assert found["botUsername"] == desk.bot
    shown = admin.json("project", "show", "@" + desk.bot)
    assert shown["id"] == desk.id and "token" not in shown
    [member] = admin.json("project", "members", desk.id)
    assert member["agent"]["id"] == desk.ids["Ana"]
    assert any(a["login"] == login(desk) for a in admin.json("agent", "list"))
    assert admin.json("agent", "show", login(desk))["id"] == desk.ids["Ana"]
    assert admin.json("link", "show", desk.links["ad"])["project"] == desk.id


def test_things_are_made_and_changed(admin, desk, tmp_path):
    made = admin.json("agent", "create", f"wei-{desk.id}", "Wei")
    signed_in = Api(desk.cluster[2].url)
    signed_in.sign_in(f"wei-{desk.id}", made["password"])
    assert admin.json("agent", "set", made["id"], "openLimit:=3", "name=小威")["openLimit"] == 3
    token = tmp_path / "token"
    token.write_text("987654321:AA" + "x" * 30 + "\n")
    project = admin.json(
        "project", "create", "Made", f"made_{desk.id}_bot", "--bot-token-file", token)
    assert project["hasToken"] and project["name"] == "Made"
    changed = admin.json("project", "set", project["id"], "seats:=2", "mode=onlineFirst")
    assert (changed["seats"], changed["mode"]) == (2, "onlineFirst")
    members = admin.json("project", "members", project["id"], f"wei-{desk.id}:reply,manage")
    assert members["members"][0]["permissions"] == ["reply", "manage"]
    link = admin.json("link", "create", project["id"], "Flyer", "--code", f"flyer-{desk.id}")
    assert admin.json("link", "set", link["code"], "enabled:=false")["enabled"] is False
    report = admin.json("link", "report", project["id"], "--from", "24h")
    assert [item["code"] for item in report["items"]] == [link["code"]]
    assert report["clicks"]["total"] == 0
    assert "小威" in admin("project", "members", project["id"])


def test_a_session_is_shown_with_why_it_waits_and_is_changed(admin, desk):
    user = new_user()
    desk.write(user, "Hello \x1b[31m")
    session = desk.session_of(user)["id"]
    listed = admin.json("session", "list", "--list", "waiting", "--project", desk.id)
    assert session in [each["id"] for each in listed]
    assert "\x1b" not in admin("session", "list", "--project", desk.id)
    why = admin("decision", "why", session)
    assert "waits since" in why and "Ana: " in why and "would release it" in why
    assert admin.json("decision", "why", session)["releases"]
    assert admin.json("decision", "list", session)[0]["cause"] == "new"
    assert "Ana: " in admin("decision", "list", session)
    moved = admin.json("session", "transfer", session, login(desk), "--confirm")
    assert moved["owner"]["id"] == desk.ids["Ana"]
    kinds = [item["kind"] for item in admin.json("session", "history", session)]
    assert "message" in kinds and "transferred" in kinds


def test_hooks_are_made_changed_renewed_and_removed(admin, desk):
    url = "https://crm.invalid/h?of=roundhouse"
    made = admin.json("hook", "create", desk.id, url, "session.assigned", "link.clicked")
    told = admin("hook", "secret", made["id"]).strip()
    assert made["secret"].startswith("rhs_") and "; its secret: rhs_" in told
    assert not told.endswith(made["secret"])
    [listed] = admin.json("hook", "list", "@" + desk.bot)
    assert listed["url"] == url and "secret" not in listed
    assert "WAITING" in admin("hook", "list", desk.id)
    changed = admin.json("hook", "set", made["id"], 'events:=["session.completed"]')
    assert changed["events"] == ["session.completed"]
    assert admin.json("hook", "set", made["id"], "enabled:=false")["enabled"] is False
    assert "[hook_off]" in admin("hook", "ping", made["id"], code=EX_TEMPFAIL)
    assert admin.json("hook", "waiting", made["id"]) == []
    assert admin.json("hook", "show", made["id"])["delivered"] == 0
    assert "is no hook's id" in admin("hook", "show", url, code=EX_USAGE)
    assert "is removed" in admin("hook", "remove", made["id"])
    assert "[not_found]" in admin("hook", "show", made["id"], code=EX_NOINPUT)


def test_a_checkup_names_every_check_with_its_verdict(admin, desk):
    found = admin.json("checkup", desk.id)
    lines = admin("checkup", "@" + desk.bot).splitlines()
    assert lines[0].split() == ["VERDICT", "CHECK", "FOUND"]
    for check in found["checks"]:
        assert any(line.startswith(check["verdict"]) and check["title"] in line for line in lines)
    assert len(found["checks"]) == 10


def test_a_what_if_is_a_table_with_both_sides(admin, desk):
    start = datetime.datetime.now(datetime.UTC).isoformat(
        timespec="milliseconds").replace("+00:00", "Z")
    desk.write(new_user(), "Hello")
    lines = admin(
        "whatif", "@" + desk.bot, "--from", start, "mode=onlineFirst", "assignOffline=never",
    ).splitlines()
    assert lines[0].split() == ["AS", "IT", "WAS", "AS", "ASKED"]
    assert any(line.startswith("given to agents") for line in lines)
    assert any(line.startswith("sessions that come to other agents: ") for line in lines)
    report = admin.json("whatif", desk.id, "--from", start)
    assert report["asItWas"] == report["asAsked"] and report["changed"] == 0
    assert "no time" in admin("whatif", desk.id, "--from", "yesterday", code=EX_USAGE)
    assert "whatif P --from TIME" in admin("whatif", desk.id, code=EX_USAGE)
    assert "[invalid]" in admin("whatif", desk.id, "--from", start, "mode=none", code=EX_DATAERR)
    assert "[journal_begins_later]" in admin("whatif", desk.id, "--from", "900d", code=EX_TEMPFAIL)


def test_a_password_is_reset_and_told_once(admin, desk):
    changed = admin.json("password", "reset", login(desk))
    again = Api(desk.cluster[3].url)
    again.sign_in(login(desk), changed["password"])
    told = admin("password", "reset", login(desk)).strip()
    assert told.startswith(f"the password of {login(desk)} is changed: ")
    again.sign_in(login(desk), told.split(": ")[1])


def test_exit_codes_say_what_went_wrong(admin, desk, cluster):
    url = cluster[1].url
    assert "say `project list" in admin("project", "dance", code=EX_USAGE)
    assert "who asks?" in run("agent", "list", "--url", url, code=EX_USAGE)
    words = ("agent", "list", "--url", url, "--token", "rh_secret")
    assert "would show the secret" in run(*words, code=EX_USAGE)
    assert "would be seen" in admin("project", "set", desk.id, "token=1:x", code=EX_USAGE)
    assert "[invalid]" in admin("project", "set", desk.id, "mode=none", code=EX_DATAERR)
    assert "there is no nobody" in admin("agent", "show", "nobody", code=EX_NOINPUT)
    assert "[not_found]" in admin("session", "show", "999999", code=EX_NOINPUT)
    taken = ("project", "create", "Again", desk.bot)
    assert "[already_exists]" in admin(*taken, code=EX_TEMPFAIL)
    wrong = {"ROUNDHOUSE_LOGIN": "admin", "ROUNDHOUSE_PASSWORD": "wrong wrong"}
    assert "[wrong_password]" in run("agent", "list", "--url", url, code=EX_NOPERM, **wrong)
    bad = {"ROUNDHOUSE_TOKEN": "rh_" + "A" * 43}
    assert "[not_signed_in]" in run("agent", "list", "--url", url, code=EX_NOPERM, **bad)
    [port] = free_ports(1)
    nowhere = ("agent", "list", "--url", f"http://127.0.0.1:{port}")
    assert "can't be reached" in run(*nowhere, code=EX_UNAVAILABLE, ROUNDHOUSE_TOKEN="rh_x")


def test_an_api_token_serves_as_well_and_no_sign_in_stays(admin, desk, tmp_path):
    made = desk.admin.post("/api/v1/tokens", {"name": "tool", "scopes": ["read"]})
    file = tmp_path / "token"
    file.write_text(made["token"] + "\n")
    words = ("--url", desk.cluster[2].url, "--token-file", file, "--json")
    assert json.loads(run("project", "list", *words))
    assert "[needs_scope]" in run("agent", "offline", "1", *words, code=EX_NOPERM)


def test_a_configuration_goes_to_another_cluster_and_comes_twice_for_nothing(
        admin, desk, new_cluster, tmp_path):
    desk.admin.post(f"/api/v1/projects/{desk.id}/pools", {
        "name": "vips", "only": {"agents": [desk.ids["Ana"]], "tags": []}})
    texts = desk.admin.put(f"/api/v1/projects/{desk.id}/desk", {
        "welcome": "Hi", "tags": ["vip"], "outOfHours": "Closed"})
    rules = [{"text": "casino", "match": "word", "direction": "both", "action": "flag"}]
    desk.admin.put(f"/api/v1/projects/{desk.id}/moderation", {"rules": rules})
    hook = {"url": "https://crm.invalid/h", "events": ["link.clicked"], "enabled": False}
    desk.admin.post(f"/api/v1/projects/{desk.id}/hooks", hook)
    link = desk.admin.get("/api/v1/links")["items"]
    link = next(each for each in link if each["code"] == desk.links["ad"])
    desk.admin.put(f"/api/v1/links/{link['id']}", {
        "utm": {"source": "mail"}, "prefer": {"agents": [desk.ids["Ana"]], "tags": []}})
    file = tmp_path / "configuration.json"
    assert "no secret is in it" in admin("export", "--to", file)
    document = json.loads(file.read_text())
    text = file.read_text()
    assert desk.token not in text and "password" not in text and "Secret" not in text
    project = next(p for p in document["projects"] if p["botUsername"] == desk.bot)
    assert project["members"][0]["login"] == login(desk)
    assert project["pools"] == [
        {"name": "vips", "only": {"logins": [login(desk)], "tags": []}, "untilSeconds": -1}]
    # Whatever the desk says goes along; how long people wait is not said but counted.
    hidden = ("expectedWaitSeconds", "etag")
    assert project["desk"] == {k: v for k, v in texts.items() if k not in hidden}
    assert project["moderation"] == {"rules": rules}
    assert project["hooks"] == [hook], "without its secret"

    other = Admin(new_cluster(nodes=1))
    told = other("import", file, "--dry-run")
    assert f"project {desk.bot}: made" in told and "nothing was changed" in told
    assert other.json("project", "list") == []
    other("import", file)
    assert other.json("export") == document
    report = other.json("import", file)["report"]
    assert report and all(line.endswith(": as it is") for line in report)
    document["projects"] = [{"botUsername": desk.bot, "seats": 4}]
    file.write_text(json.dumps(document))
    assert f"project {desk.bot}: changed" in other("import", file)
    assert other.json("project", "show", desk.bot)["seats"] == 4
    file.write_text("{}")
    assert "does not begin with" in other("import", file, code=EX_DATAERR)


def test_a_backup_is_made_of_a_running_node_and_becomes_a_new_cluster(new_cluster, tmp_path):
    cluster = new_cluster()
    desk = Desk(cluster, None, ["Ana"], permissions=("view", "reply", "transfer"))
    users = [new_user() for _ in range(20)]
    for user in users:
        desk.write(user, f"I am {user}", node=user % 3 + 1)
    follower = cluster.leader().number % 3 + 1
    file = tmp_path / "state.backup"
    written = cluster.leader().status()["applied"]

    def backed_up():
        file.unlink(missing_ok=True)
        told = json.loads(run(
            "backup", "--config", cluster[follower].path, "--to", file, "--json"))
        return told if told["index"] >= written else None

    told = wait_until("a copy with everything", backed_up)
    assert file.stat().st_size == told["bytes"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    subprocess.run(["sha256sum", "-c", file.name + ".sha256"], cwd=tmp_path, check=True)
    again = ("backup", "--config", cluster[follower].path, "--to", file)
    assert "is there already" in run(*again, code=EX_IOERR)
    assert cluster[follower].status()["ready"]
    desk.write(new_user(), "after the backup")
    cluster.kill()

    # A directory with data is never overwritten; an empty one only when forced.
    config = json.loads(cluster[1].path.read_text())
    restore = ("restore", file, "--config")
    assert "empty directory" in run(*restore, cluster[1].path, code=EX_IOERR)
    config["dataDirectory"] = str(tmp_path / "restored")
    config.pop("members")
    path = tmp_path / "node1.json"
    path.write_text(json.dumps(config))
    told = subprocess.run(
        [binary("roundhouse"), *map(str, restore), path], capture_output=True, text=True)
    assert told.returncode == EX_TEMPFAIL and "customers\n    may get them twice" in told.stdout
    assert not (tmp_path / "restored").exists()
    assert "is the only member" in run(*restore, path, "--force-new-cluster")
    restored = Cluster(tmp_path, bound=True)
    try:
        restored.start()
        api = desk.browsers["Ana"].at(restored[1].url)
        customers = {s["customer"]["id"] for s in api.sessions("all", project=desk.id)}
        assert customers == {str(user) for user in users}
        assert [m["node"] for m in restored[1].status()["membership"]] == [1]
    finally:
        restored.kill()


def test_a_damaged_backup_is_refused(new_cluster, tmp_path):
    cluster = new_cluster(nodes=1)
    file = tmp_path / "state.backup"
    run("backup", "--config", cluster[1].path, "--to", file)
    cluster.kill()
    config = json.loads(cluster[1].path.read_text())
    config["dataDirectory"] = str(tmp_path / "restored")
    path = tmp_path / "node1.json"
    path.write_text(json.dumps(config))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    words = ("restore", file, "--config", path, "--force-new-cluster")
    assert "is not what was backed up" in run(*words, code=EX_IOERR)
    assert not (tmp_path / "restored").exists()


def test_a_customer_is_shown_and_erased(admin, desk):
    user = new_user()
    desk.write(user, "please forget me")
    assert "please forget me" in str(admin.json("customer", "show", f"@{desk.bot}", user))
    begun = admin("customer", "erase", desk.bot, user)
    assert begun.startswith("erasure ") and "has begun" in begun
    wait_until("the rows say nothing of them", lambda: admin.json(
        "customer", "erasures", desk.bot)[0]["finishedAt"])
    [erased] = admin.json("customer", "erasures", desk.bot)
    assert erased["sessions"] == 1 and int(erased["customer"]) < 0
    admin("customer", "show", desk.bot, user, code=EX_NOINPUT)
    admin("customer", "erase", desk.bot, "Zoe", code=EX_USAGE)
