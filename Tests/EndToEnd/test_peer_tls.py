"""Mutual TLS between nodes: certificates of cluster/certs, who is refused, renewal."""

import json
import os
import re
import signal
import ssl
import stat
import subprocess
import time
import urllib.request

import pytest
from desk import Desk, new_user
from driver.configuration import make_certificates
from driver.processes import ROOT, Cluster
from driver.waiting import wait_until

CERTS = ROOT / "cluster" / "certs"


def certs(*words):
    """Runs cluster/certs to its end."""
    return subprocess.run([CERTS, *map(str, words)], capture_output=True, text=True, timeout=60)


def log_lines(node):
    """The node's log as objects."""
    return [json.loads(line) for line in node.log.read_text().splitlines() if line[:1] == "{"]


def says(node, text):
    """Whether a line of the node's log contains this."""
    return text in node.log.read_text()


def metric(node, name):
    """One value of /metrics."""
    with urllib.request.urlopen(f"http://{node.operations}/metrics", timeout=5) as answer:
        return int(re.search(rf"^{name} (-?\d+)", answer.read().decode(), re.M)[1])


def expire(folder, number):
    """Signs a node's certificate anew, of a time long ago."""
    (folder / "index").write_text("")
    (folder / "serial").write_text("01")
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=a\n[a]\ndatabase=index\nserial=serial\nnew_certs_dir=.\n"
        "certificate=ca.pem\nprivate_key=ca.key\ndefault_md=sha256\npolicy=p\n"
        "[p]\ncommonName=supplied\n"
        f"[e]\nsubjectAltName=URI:roundhouse://local/node/{number}\n")
    for words in (
            ["req", "-new", "-key", f"node{number}.key", "-out", "request", "-subj", "/CN=n"],
            ["ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "request", "-out",
             f"node{number}.pem", "-extensions", "e", "-startdate", "20200101000000Z",
             "-enddate", "20210101000000Z"]):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def test_certs_makes_what_is_missing_and_overwrites_nothing(tmp_path):
    folder = tmp_path / "c"
    first = certs("--cluster", "demo", "--directory", folder, 1, 2)
    assert first.returncode == 0, first.stderr
    assert [line.split()[0] for line in first.stdout.splitlines()] == ["made"] * 6
    for name in ("ca.key", "node1.key", "node2.key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    again = certs("--cluster", "demo", "--directory", folder, 1, 2)
    assert [line.split()[0] for line in again.stdout.splitlines()] == ["kept"] * 3
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    renewed = certs("--cluster", "demo", "--directory", folder, "--renew", 1)
    assert renewed.returncode == 0
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"node1.pem", "node1.key"}


def test_certificates_count_from_a_day_ago_for_clocks_that_are_behind(tmp_path):
    folder = tmp_path / "c"
    assert certs("--cluster", "demo", "--directory", folder, "--days", 30, 1).returncode == 0
    day = 86400
    for name, days in ("ca.pem", 3650), ("node1.pem", 30):
        begin, end = (
            ssl.cert_time_to_seconds(subprocess.run(
                ["openssl", "x509", "-in", folder / name, "-noout", which], check=True,
                capture_output=True, text=True).stdout.strip().split("=")[1])
            for which in ("-startdate", "-enddate"))
        assert time.time() - 1.1 * day < begin <= time.time() - day
        assert (days - 0.1) * day < end - time.time() <= days * day
    assert subprocess.run(
        ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile",
         folder / "ca.pem", folder / "node1.pem"], capture_output=True).returncode == 0


def test_certs_names_what_is_wrong(tmp_path):
    folder = tmp_path / "c"
    assert certs("--cluster", "demo", "--directory", folder).returncode == 0
    other = certs("--cluster", "other", "--directory", folder, 1)
    assert other.returncode == 1 and "roundhouse://demo/authority" in other.stderr
    (folder / "ca.key").rename(folder / "away")
    gone = certs("--cluster", "demo", "--directory", folder, 1)
    assert gone.returncode == 1 and "ca.key is missing" in gone.stderr
    (folder / "away").rename(folder / "ca.key")
    (folder / "ca.pem").unlink()
    orphan = certs("--cluster", "demo", "--directory", folder, 1)
    assert orphan.returncode == 1 and "not overwritten" in orphan.stderr
    for words in (["0"], ["70000"], ["x"], ["--cluster", "no spaces", "1"]):
        assert certs("--cluster", "demo", "--directory", folder, *words).returncode == 2


@pytest.fixture
def guarded(new_cluster):
    """Three nodes with certificates for each other."""
    return new_cluster(tls=True)


def test_a_cluster_over_tls_serves_and_fails_over(guarded, standin):
    desk = Desk(guarded, standin, ["Ana"], permissions=("view", "reply"))
    leader = guarded.wait_leader()
    others = [node for node in guarded.nodes if node.number != leader.number]
    for node in guarded.nodes:
        connected = [line for line in log_lines(node) if line["message"] == "peer connected"]
        assert connected and all(line["encrypted"] for line in connected)
        assert metric(node, "roundhouse_peer_certificate_days_left") in (823, 824, 825)
        assert metric(node, "roundhouse_peer_authority_days_left") > 3600
    desk.write(new_user(), "Sealed", node=others[0].number)
    leader.kill()
    wait_until("a new leader", lambda: guarded.leader() is not None)
    desk.write(new_user(), "Sealed again", node=others[1].number)
    leader.start()
    leader.wait_ready()
    guarded.wait_level()
    desk.close()


def test_a_renewed_certificate_serves_without_a_restart(guarded):
    guarded.wait_leader()
    node = guarded[3]
    pid = node.pid()
    folder = guarded.directory / "certs"
    expire(folder, 3)
    node.signal(signal.SIGHUP)
    wait_until("said", lambda: says(node, "a certificate between nodes has expired"))
    assert metric(node, "roundhouse_peer_certificate_days_left") < 0
    assert set(node.status()["reachablePeers"]) == {1, 2}, "open connections stay"
    # Node 1 comes anew, so node 3 must dial it with what has expired.
    guarded[1].kill()
    guarded[1].start()
    wait_until("refused by name", lambda: says(
        guarded[1], "roundhouse://local/node/3, (or one above it) has expired"))
    assert 1 not in node.status()["reachablePeers"]
    make_certificates(guarded.directory, "local", [3], "--renew")
    # No signal: the node notices by itself.
    wait_until("noticed", lambda: says(node, "certificate between nodes loaded"))
    wait_until("connected", lambda: 1 in node.status()["reachablePeers"])
    assert node.pid() == pid
    assert metric(node, "roundhouse_peer_certificate_days_left") > 800


def change(node, **changes):
    """Changes the `peer` section of a node that does not run."""
    node.configuration["peer"] = {**node.configuration["peer"], **changes}
    node.path.write_text(json.dumps(node.configuration))


def files_of(folder, number):
    """Settings with the certificate of one node."""
    return {"caFile": str(folder / "ca.pem"), "certificateFile": str(folder / f"node{number}.pem"),
            "keyFile": str(folder / f"node{number}.key")}


def test_strangers_are_refused_by_name_and_the_others_go_on(guarded, tmp_path):
    guarded.wait_leader()
    one, three = guarded[1], guarded[3]
    three.stop()
    good = dict(three.configuration["peer"])

    # Another authority with the same names.
    folder = make_certificates(tmp_path, "local", [3])
    change(three, tls=files_of(folder, 3))
    three.start()
    wait_until("refused", lambda: says(
        three, "no trusted authority stands behind the certificate of node 1"))
    three.kill()

    # In clear against TLS.
    three.configuration["peer"] = {"listen": good["listen"], "insecure": True}
    three.path.write_text(json.dumps(three.configuration))
    three.start()
    wait_until("said here", lambda: says(three, "check that both nodes have `peer.tls`"))
    wait_until("said there", lambda: says(one, "check that the other node has `peer.tls`"))
    three.kill()

    # The certificate of another node does not even start.
    three.configuration["peer"] = {**good, "tls": files_of(guarded.directory / "certs", 2)}
    three.path.write_text(json.dumps(three.configuration))
    three.start()
    assert three.child.wait(20) == 78
    assert says(three, "is of node 2 of cluster") and says(three, "$.peer.tls.certificateFile")

    # All the while the two others were a cluster; with its own files back, node 3 joins.
    three.configuration["peer"] = good
    three.path.write_text(json.dumps(three.configuration))
    three.start()
    three.wait_ready()
    guarded.wait_level()


def test_nobody_without_a_certificate_gets_in(guarded):
    guarded.wait_leader()
    one = guarded[1]
    done = subprocess.run(
        ["openssl", "s_client", "-connect", one.configuration["peer"]["listen"]],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
        env=dict(os.environ))
    assert "TLSv1.3" in done.stdout
    wait_until("said", lambda: says(one, "peer did not return a certificate"))
    older = subprocess.run(
        ["openssl", "s_client", "-tls1_2", "-connect", one.configuration["peer"]["listen"]],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert older.returncode != 0


def test_make_config_with_certificates(tmp_path):
    made = subprocess.run(
        [ROOT / "cluster" / "cluster", "--directory", tmp_path / "c", "make-config", "--tls"],
        capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr
    for node in Cluster(tmp_path / "c").nodes:
        assert node.configuration["peer"]["tls"]["keyFile"].endswith(f"node{node.number}.key")
        assert "insecure" not in node.configuration["peer"]
