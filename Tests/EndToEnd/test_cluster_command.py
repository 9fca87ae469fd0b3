"""cluster/cluster and cluster/demo as people use them."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest
from driver.api import Api
from driver.processes import ROOT, get_status
from driver.waiting import free_ports, wait_until


def base_port():
    """A base from which the nodes' ports are free."""
    return free_ports(1)[0]


def processes_naming(text):
    """Ids of running processes with this text in their command line."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if text.encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
    return found


@pytest.fixture
def command(tmp_path):
    """Runs cluster/cluster in a directory of its own; everything ends with the test."""
    def run(*words, expect=0):
        done = subprocess.run(
            [ROOT / "cluster" / "cluster", "--directory", tmp_path / "c", *map(str, words)],
            capture_output=True, text=True, timeout=120)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    yield run
    run("stop", "--quiet")
    assert processes_naming(str(tmp_path)) == []


def test_a_cluster_from_configuration_to_stop(command, tmp_path):
    assert "make-config" in command("status", expect=1)
    base = base_port()
    command("make-config", "--ports", base)
    mode = (tmp_path / "c" / "cluster.key").stat().st_mode
    assert mode & 0o077 == 0
    key = (tmp_path / "c" / "cluster.key").read_text()
    command("make-config", "--ports", base)
    assert (tmp_path / "c" / "cluster.key").read_text() == key
    assert command("status").count("not running") == 3
    started = command("start")
    assert started.count("is ready") == 3
    table = command("status")
    assert "leader" in table and table.count("follower") == 2

    assert "node 2 has ended" in command("kill", 2, "-9")
    assert "not running" in command("kill", 2, "-9", expect=1)
    assert "not running" in command("status", expect=0)
    assert "node 2 is ready" in command("restart", 2)
    assert "node 1 has ended" in command("kill", 1)
    assert "node 1 is ready" in command("start", 1)
    assert "there is no node 9" in command("restart", 9, expect=1)
    assert json.loads(command("logs", 3, "-n", 1).splitlines()[-1])["node"] == 3
    assert command("stop").count("has ended") == 3


def test_the_demo_runs_and_ctrl_c_leaves_nothing(tmp_path):
    directory, base = tmp_path / "demo", base_port()
    output = tmp_path / "output"
    with open(output, "wb") as sink:
        demo = subprocess.Popen(
            [ROOT / "cluster" / "demo", "--directory", directory, "--ports", str(base)],
            stdout=sink, stderr=sink, start_new_session=True)
    try:
        wait_until("announced", lambda: demo.poll() is not None
                   or "Ctrl-C" in output.read_text(), 60)
        text = output.read_text()
        assert demo.poll() is None, text
        urls = re.findall(r"^  (http://\S+)$", text, re.M)
        assert len(urls) == 3
        login, password = re.search(r"Sign in as (\S+) with the password: (.+)", text).groups()
        for url in urls:
            assert get_status(url.removeprefix("http://"), "/") == 200
        api = Api(urls[2])
        api.sign_in(login, password)
        # The simulated customers write, and the simulated colleagues answer.
        wait_until("conversations", lambda: [
            s for s in api.sessions("all") if s["lastMessage"]
            and s["lastMessage"]["from"] == "agent"], 60)
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(40) == 0, output.read_text()
    finally:
        if demo.poll() is None:
            demo.kill()
            demo.wait()
    wait_until("no process is left", lambda: processes_naming(str(directory)) == [], 10)


def test_a_demo_that_is_killed_leaves_nothing_either(tmp_path):
    directory, base = tmp_path / "demo", base_port()
    demo = subprocess.Popen(
        [ROOT / "cluster" / "demo", "--directory", directory, "--ports", str(base)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until("nodes run", lambda: len(processes_naming(str(directory))) >= 4, 60)
    finally:
        demo.kill()
        demo.wait()
    wait_until("no process is left", lambda: processes_naming(str(directory)) == [], 10)


def test_a_taken_port_is_named(tmp_path):
    with socket.socket() as taken:
        port = base_port()
        taken.bind(("127.0.0.1", port + 2))
        taken.listen()
        done = subprocess.run(
            [ROOT / "cluster" / "demo", "--directory", tmp_path / "demo", "--ports", str(port)],
            capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and f"port {port + 2}" in done.stderr
