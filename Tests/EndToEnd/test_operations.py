"""Logs, health, metrics, status, the configuration's errors, and what files must not contain."""

import json
import re
import subprocess
import urllib.request

import pytest
from desk import new_user
from driver.api import Api
from driver.processes import ROOT, binary, get_json, get_status
from driver.seeding import SECRET
from driver.waiting import free_ports, wait_until

EXAMPLE = ROOT / "cluster" / "node1.example.json"


def roundhouse(*words, **options):
    """Runs the program to its end."""
    return subprocess.run(
        [binary("roundhouse"), *map(str, words)], capture_output=True, text=True, timeout=60,
        **options)


def fetch(node, path):
    """The text of an operations page."""
    with urllib.request.urlopen(f"http://{node.operations}{path}", timeout=5) as answer:
        return answer.headers, answer.read().decode()


def test_health_and_readiness(cluster):
    for node in cluster.nodes:
        for path in ("/healthz", "/readyz"):
            assert get_status(node.operations, path) == 200
        assert get_status(node.operations, "/nothing") == 404


def test_status_tells_roles_and_indexes(cluster):
    statuses = [get_json(node.operations, "/status") for node in cluster.nodes]
    assert sorted(s["node"] for s in statuses) == [1, 2, 3]
    assert sorted(s["role"] for s in statuses) == ["follower", "follower", "leader"]
    assert len({s["leader"] for s in statuses}) == 1
    for status in statuses:
        assert status["applied"] <= status["commit"] <= status["last"]


def test_the_status_command_shows_a_table(cluster):
    addresses = ",".join(node.operations for node in cluster.nodes)
    shown = roundhouse("status", "--operations", addresses)
    assert shown.returncode == 0, shown.stderr
    head, *lines = shown.stdout.splitlines()
    assert head.split()[:3] == ["NODE", "ROLE", "TERM"]
    # Other tests may have had somebody erased, which is told below the table.
    rows = [line for line in lines if not line.startswith("node ")]
    assert [row.split()[0] for row in rows] == ["1", "2", "3"]
    assert sum("leader" in row for row in rows) == 1
    as_json = roundhouse("status", "--operations", addresses, "--json")
    assert [json.loads(line)["node"] for line in as_json.stdout.splitlines()] == [1, 2, 3]
    [port] = free_ports(1)
    missing = roundhouse("status", "--operations", f"{addresses},127.0.0.1:{port}")
    assert missing.returncode == 69


def test_metrics_are_prometheus_text(cluster, new_desk):
    desk = new_desk("Ana")
    desk.write(new_user(), "Counted", node=2)
    headers, text = fetch(cluster[2], "/metrics")
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    sample = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+]+(inf)?')
    typed = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert name not in typed and kind in ("counter", "gauge", "histogram")
            typed.add(name)
        else:
            assert sample.fullmatch(line), line
    assert {"roundhouse_raft_term", "roundhouse_webhook_seconds"} <= typed
    accepted = re.search(r"^roundhouse_updates_accepted_total (\d+)", text, re.M)
    assert int(accepted[1]) >= 1


def test_every_log_line_is_a_json_object(cluster):
    for node in cluster.nodes:
        lines = node.log.read_text().splitlines()
        assert lines
        for line in lines:
            entry = json.loads(line)
            assert {"time", "level", "node", "message"} <= entry.keys(), line
            assert entry["level"] in ("debug", "info", "warning", "error")
            assert entry["node"] == node.number
        assert not [line for line in lines if json.loads(line)["level"] == "error"]


def test_secrets_are_in_no_file_in_clear(new_desk):
    desk = new_desk("Ana", project={"webhookSecret": "a-secret-of-its-own-0123456789"})
    answer = desk.post_update(b'{"update_id":1}', secret="a-secret-of-its-own-0123456789")
    assert answer.status == 200
    for node in desk.cluster.nodes:
        wait_until("state.db is written", lambda: node.status()["statePendingRows"] == 0)
    cookie = desk.browsers["Ana"].cookie.split("=", 1)[1]
    key = (desk.cluster.directory / "cluster.key").read_text().strip()
    hidden = {
        "bot token": desk.token.split(":")[1].encode(),
        "webhook secret": b"a-secret-of-its-own-0123456789",
        "password": b"password of Ana", "cookie": cookie.encode(), "cluster key": key.encode(),
        "cluster key's bytes": bytes.fromhex(key),
        "first password": desk.cluster.admin_password.encode()}
    for node in desk.cluster.nodes:
        files = [node.log, *(path for path in node.data.rglob("*") if path.is_file())]
        assert len(files) >= 4
        for path in files:
            content = path.read_bytes()
            for what, secret in hidden.items():
                assert secret not in content, f"the {what} is in {path.name}"
    # What is kept of a customer's words is there, so the search above would have found others.
    assert any(
        desk.bot.encode() in path.read_bytes() for path in desk.cluster[1].data.rglob("*.db*"))


def test_data_is_for_its_owner_alone(cluster):
    for node in cluster.nodes:
        assert node.data.stat().st_mode & 0o077 == 0


def changed(tmp_path, change):
    """The example configuration with a change, as a file."""
    configuration = json.loads(EXAMPLE.read_text())
    change(configuration)
    path = tmp_path / "node.json"
    path.write_text(json.dumps(configuration))
    return path


def test_the_example_configuration_is_good():
    checked = roundhouse("config", "check", EXAMPLE)
    assert checked.returncode == 0, checked.stderr


def test_the_page_describes_every_setting_of_the_example():
    page = (ROOT / "cluster" / "README.md").read_text()
    example = json.loads(EXAMPLE.read_text())
    for name, value in example.items():
        nested = isinstance(value, dict) and name != "limits"
        for setting in [f"{name}.{key}" for key in value] if nested else [name]:
            assert f"`{setting}`" in page, setting
    for limit in example["limits"]:
        assert f"| `{limit}` |" in page, limit


def set_at(path, value):
    """A change that sets what a path such as public.listen or members[0].peer names."""
    def change(configuration):
        target = configuration
        parts = re.findall(r"[A-Za-z]+|\d+", path)
        for part in parts[:-1]:
            target = target[int(part) if part.isdigit() else part]
        target[parts[-1]] = value
    return change


@pytest.mark.parametrize("path, value", [
    ("nonsense", 1), ("public.lisen", "127.0.0.1:1"), ("limits.conections", 5),
    ("members[1].port", 7), ("node", 0), ("node", "1"), ("node", 7), ("cluster", "two words"),
    ("public.listen", "localhost"), ("public.listen", 8080), ("public.url", "ftp://x"),
    ("operations.listen", "127.0.0.1:99999"), ("logLevel", "loud"), ("limits.connections", 0),
    ("limits.connections", 1.5), ("trustedProxies", "127.0.0.1"), ("telegram.apiURL", "telegram"),
    ("peer.listen", "here:7081"), ("peer.insecure", True), ("peer.tls", None),
    ("peer.tls.ca", "ca.pem"), ("peer.tls.keyFile", ""), ("join", ["there"]),
    ("bootstrap.password", "secret"), ("dataDirectory", ""),
    ("public.certificateFile", "only-one.pem"),
])
def test_a_wrong_setting_is_named_with_its_path(tmp_path, path, value):
    checked = roundhouse("config", "check", changed(tmp_path, set_at(path, value)))
    assert checked.returncode == 78
    named = "$.public.keyFile" if value == "only-one.pem" else f"$.{path}"
    if (path, value) == ("node", 7):
        named = "$.members"
    assert named in checked.stderr, checked.stderr
    assert len(checked.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "nothing", '{"node":1,"node":2}'])
def test_a_file_that_is_no_configuration_is_refused(tmp_path, text):
    path = tmp_path / "node.json"
    path.write_text(text)
    checked = roundhouse("config", "check", path)
    assert checked.returncode == 78 and "node.json" in checked.stderr


def test_a_missing_key_or_a_short_one_stops_the_start(tmp_path):
    path = changed(tmp_path, lambda configuration: None)
    started = roundhouse("serve", "--config", path, cwd=tmp_path)
    assert started.returncode in (74, 78) and "cluster.key" in started.stderr
    (tmp_path / "cluster.key").write_text("abc\n")
    started = roundhouse("serve", "--config", path, cwd=tmp_path)
    assert started.returncode in (74, 78) and "cluster.key" in started.stderr


def test_words_that_are_no_command_are_explained():
    for words in ([], ["dance"], ["serve", "--nonsense"], ["status", "--operations"]):
        done = roundhouse(*words)
        assert done.returncode == 64 and "roundhouse" in done.stderr
    key = roundhouse("key", "new").stdout.strip()
    assert re.fullmatch(r"[0-9a-f]{64}", key) and key != roundhouse("key", "new").stdout.strip()
    assert roundhouse("version").stdout.startswith("roundhouse ")


def test_a_second_process_on_the_same_data_is_refused(new_cluster):
    cluster = new_cluster(nodes=1)
    second = roundhouse("serve", "--config", cluster[1].path)
    assert second.returncode in (69, 74)
    assert str(cluster[1].data) in second.stderr or "in use" in second.stderr
    assert get_status(cluster[1].operations, "/readyz") == 200


def test_a_damaged_log_stops_the_start_and_is_named(new_cluster):
    cluster = new_cluster(nodes=1)
    node = cluster[1]
    node.stop()
    log = next(path for path in node.data.iterdir() if path.name == "log.db")
    content = bytearray(log.read_bytes())
    # Somewhere in the pages that hold entries: any flipped byte there breaks the chain.
    place = content.rindex(b"admin")
    content[place] ^= 1
    log.write_bytes(content)
    started = roundhouse("serve", "--config", node.path)
    assert started.returncode == 74, started.stderr
    assert "log.db" in started.stderr


def test_serve_alone_needs_nothing(tmp_path):
    child = subprocess.Popen(
        [binary("roundhouse"), "serve"], cwd=tmp_path, stdin=subprocess.DEVNULL,
        stdout=open(tmp_path / "out", "wb"), stderr=open(tmp_path / "err", "wb"))
    try:
        wait_until("ready", lambda: child.poll() is not None
                   or get_status("127.0.0.1:9080", "/readyz") == 200, 30)
        output = (tmp_path / "out").read_text() + (tmp_path / "err").read_text()
        assert child.poll() is None, output
        password = re.search(r"password[^\n]*?[:\s\"]+([A-Za-z0-9_-]{10,})", output)
        assert password, output
        agent = Api("http://127.0.0.1:8080").sign_in("admin", password[1])
        assert agent["name"]
        assert roundhouse("status").returncode == 0
        data = tmp_path / "roundhouse-data"
        assert {"log.db", "state.db", "spool.db", "cluster.key"} <= {
            path.name for path in data.iterdir()}
    finally:
        child.terminate()
        assert child.wait(15) == 0
