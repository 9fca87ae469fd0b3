"""Fixtures for the console's tests: a node (mock or real), agents, customers, browser pages.

Against a real node: CONSOLE_URL, CONSOLE_LOGIN and CONSOLE_PASSWORD (an administrator's). Tests
marked `mock` steer faults that only the mock offers; they are then left out of the run.
"""

from __future__ import annotations

import itertools
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from mock_node import MockNode  # noqa: E402
from office import Client, Office  # noqa: E402

REAL = os.environ.get("CONSOLE_URL")


def pytest_configure(config):
    config.pluginmanager.import_plugin("browsers")
    config.addinivalue_line("markers", "mock: needs faults that only the mock node can make")


def pytest_collection_modifyitems(config, items):
    """Against a real node the tests of the mock's faults don't apply."""
    if REAL:
        dropped = [item for item in items if item.get_closest_marker("mock")]
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


@pytest.fixture
def node():
    """The mock node, started for this test; None against a real one."""
    if REAL:
        yield None
        return
    mock = MockNode()
    yield mock
    mock.stop()


RUNS = itertools.count(1)
LOGIN = os.environ.get("CONSOLE_LOGIN", "admin")
PASSWORD = os.environ.get("CONSOLE_PASSWORD", "admin-password")


@pytest.fixture(scope="session")
def real_admin():
    """One sign-in for the whole run: a real node throttles them. None with the mock."""
    return Client(REAL, LOGIN, PASSWORD) if REAL else None


@pytest.fixture
def office(node, chromium, real_admin):
    """A project with its own bot, and the means to be its agents and customers."""
    url = REAL or node.url
    made = Office(
        url=url, login=LOGIN, password=PASSWORD,
        admin=real_admin or Client(url, LOGIN, PASSWORD),
        chromium=chromium, run=f"{os.getpid()}{next(RUNS)}")
    yield made
    made.close()
