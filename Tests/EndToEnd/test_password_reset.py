"""`roundhouse reset-password`: an operator with the cluster's key, when nobody can sign in."""

import json
import subprocess

import pytest
from driver.api import Api, ApiError, request
from driver.processes import binary
from driver.waiting import wait_until

EX_USAGE, EX_NOINPUT, EX_UNAVAILABLE, EX_NOPERM = 64, 66, 69, 77


def reset(*words, code=0):
    """Runs the command; gives what it printed."""
    done = subprocess.run(
        [binary("roundhouse"), "reset-password", *map(str, words)], capture_output=True, text=True,
        timeout=60)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done.stdout if code == 0 else done.stderr


@pytest.fixture(scope="module")
def cluster(module_cluster):
    """Three nodes whose administrator forgets the password."""
    return module_cluster(nodes=3)


def test_an_operator_sets_a_password_that_counts_at_every_node(cluster):
    old = Api(cluster[2].url)
    old.sign_in("admin", cluster.admin_password)
    told = reset("admin", "--config", cluster[1].path).splitlines()
    assert told[0] == "the password of the administrator admin is changed; they are signed out"
    password = told[1].removeprefix("it is ")
    for node in cluster.nodes:
        admin = Api(node.url)
        wait_until("the new password counts", lambda admin=admin: (
            admin.attempt("POST", "/api/v1/sign-in", {"login": "admin", "password": password})
            .status == 200))
    wait_until("the old sign-in ended", lambda: old.attempt("GET", "/api/v1/me").status == 401)
    with pytest.raises(ApiError) as refused:
        Api(cluster[3].url).sign_in("admin", cluster.admin_password)
    assert refused.value.status == 401
    admin = Api(cluster[1].url)
    admin.sign_in("admin", password)
    line = admin.get("/api/v1/audit", limit=1, fresh=1)["items"][0]
    assert line["act"] == "changedAgent" and line["actor"] is None
    assert [each["field"] for each in line["changes"]][0] == "password"
    assert all(password not in json.dumps(each) for each in [line])
    for node in cluster.nodes:
        assert password not in node.log.read_text(errors="replace")


def test_a_password_from_a_file_is_not_told(cluster, tmp_path):
    file = tmp_path / "password"
    file.write_text("a password from a file\n")
    told = reset(
        "admin", "--config", cluster[1].path, "--new-password-file", file, "--operations",
        cluster[3].operations)
    assert "a password from a file" not in told
    Api(cluster[2].url).sign_in("admin", "a password from a file")


def test_who_does_not_have_the_key_changes_nothing(cluster, tmp_path):
    configuration = json.loads(cluster[1].path.read_text())
    key = tmp_path / "other.key"
    key.write_text("ab" * 32 + "\n")
    key.chmod(0o600)
    configuration["clusterKeyFile"] = str(key)
    stranger = tmp_path / "stranger.json"
    stranger.write_text(json.dumps(configuration))
    assert "does not prove the cluster's key" in reset(
        "admin", "--config", stranger, code=EX_NOPERM)
    bare = request(
        f"http://{cluster[1].operations}", "POST", "/password",
        {"Content-Type": "application/json"}, b'{"login": "admin", "passwordHash": "x"}')
    assert bare.status == 401


def test_what_makes_no_sense_is_said(cluster, tmp_path):
    config = ("--config", cluster[1].path)
    assert "No account has this login" in reset("nobody", *config, code=EX_NOINPUT)
    short = tmp_path / "short"
    short.write_text("short\n")
    assert "8 to" in reset("admin", *config, "--new-password-file", short, code=EX_USAGE)
    assert "--config FILE is needed" in reset("admin", code=EX_USAGE)
    assert "say `reset-password LOGIN" in reset(*config, code=EX_USAGE)
