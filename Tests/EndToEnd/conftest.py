"""Fixtures of the end-to-end tests: real processes on free ports in temporary directories."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "Tests"))
sys.path.insert(0, str(ROOT / "cluster"))
sys.path.insert(0, str(ROOT / "chaos" / "failover"))
sys.path.append(str(ROOT / "chaos"))

from desk import Desk  # noqa: E402
from driver.configuration import make_cluster  # noqa: E402
from driver.processes import Cluster  # noqa: E402
from driver.standin import StandIn  # noqa: E402
from driver.waiting import free_ports  # noqa: E402


def pytest_configure(config):
    """A test that hangs fails by its name."""
    config.pluginmanager.import_plugin("browsers")
    if config.pluginmanager.hasplugin("timeout"):
        config.option.timeout = config.option.timeout or 180


@pytest.fixture(scope="session")
def standin(tmp_path_factory):
    """One stand-in for all tests that don't disturb it; bots are added per desk."""
    [port] = free_ports(1)
    with StandIn(port, tmp_path_factory.mktemp("standin") / "standin.log") as standin:
        yield standin


def make_clusters(tmp_path_factory):
    """Makes and starts clusters, and kills them in the end."""
    made = []

    def make(nodes=3, start=True, **settings):
        ports = free_ports(3 * nodes)
        directory = tmp_path_factory.mktemp("cluster")
        # Every node keeps a quarter of this as a reserve, and there are many nodes.
        changes = dict(settings.pop("changes", None) or {})
        changes["limits"] = {"diskReserveMiB": 16, **changes.get("limits", {})}
        make_cluster(directory, list(zip(*[iter(ports)] * 3)), changes=changes, **settings)
        cluster = Cluster(directory, bound=True)
        made.append(cluster)
        if start:
            cluster.start()
        return cluster

    yield make
    for cluster in made:
        cluster.kill()


@pytest.fixture
def new_cluster(tmp_path_factory):
    """Makes clusters for one test."""
    yield from make_clusters(tmp_path_factory)


@pytest.fixture(scope="module")
def module_cluster(tmp_path_factory):
    """Makes clusters for a module."""
    yield from make_clusters(tmp_path_factory)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory, standin):
    """Three nodes that every test may use and none may hurt."""
    for make in make_clusters(tmp_path_factory):
        shared = make(telegram=standin.url)
        yield shared
        # Whatever the tests did: every node still runs, and all agree.
        assert len(shared.running()) == 3
        assert len({status["digest"] for status in shared.wait_level()}) == 1


def make_desks(cluster, standin):
    """Makes desks on the shared cluster, and closes their consoles in the end."""
    desks = []

    def make(*names, **settings):
        desk = Desk(cluster, standin, names, **settings)
        desks.append(desk)
        return desk

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def new_desk(cluster, standin):
    """Makes desks (a project of its own, with agents) for one test."""
    yield from make_desks(cluster, standin)


@pytest.fixture(scope="module")
def shared_desk(cluster, standin):
    """Makes desks for a module whose tests differ by their customers alone: passwords take time."""
    yield from make_desks(cluster, standin)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """An authority with a certificate for 127.0.0.1 and one for another host."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], cwd=folder, check=True,
                       capture_output=True)

    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
            "-subj", "/CN=Test authority")
    for name, alternative in [("good", "IP:127.0.0.1,DNS:localhost"), ("other", "DNS:example.org")]:
        (folder / f"{name}.ext").write_text(f"subjectAltName={alternative}\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "30", "-out", f"{name}.pem",
                "-extfile", f"{name}.ext")
    return folder
