"""The shim in a process of its own: what it is told, that process meets."""

import os
import subprocess
import sys
import time

import pytest
from storm.shim import Shim, build


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return build("shim.c", tmp_path_factory.mktemp("shim"))


@pytest.fixture
def shim(library, tmp_path):
    return Shim(library, tmp_path / "control")


def run(shim, program, tmp_path):
    """What a Python program prints under the shim."""
    return subprocess.run(
        [sys.executable, "-c", f"import os, time\n{program}"], cwd=tmp_path, check=True,
        env=dict(os.environ, **shim.environment), capture_output=True, text=True).stdout.split()


SYNC = """
file = os.open("data", os.O_CREAT | os.O_WRONLY)
for sync in (os.fsync, os.fdatasync):
    begun = time.monotonic()
    try:
        sync(file)
        print("done")
    except OSError as error:
        print(error.errno)
    print(time.monotonic() - begun)
"""


def test_syncs_are_counted_and_left_alone(shim, tmp_path):
    said = run(shim, SYNC, tmp_path)
    assert said[::2] == ["done", "done"]
    assert shim.syncs == 2


def test_so_many_syncs_fail_as_were_asked_for(shim, tmp_path):
    shim.fail_syncs(1)
    assert run(shim, SYNC, tmp_path)[::2] == ["5", "done"]
    shim.fail_syncs(1000)
    assert run(shim, SYNC, tmp_path)[::2] == ["5", "5"]
    shim.fail_syncs(0)
    assert run(shim, SYNC, tmp_path)[::2] == ["done", "done"]


def test_slow_syncs_take_longer(shim, tmp_path):
    shim.slow_syncs(0.15)
    assert all(float(took) >= 0.15 for took in run(shim, SYNC, tmp_path)[1::2])


@pytest.mark.parametrize("offset", [86_400, -86_400, 0.75, -0.75])
def test_the_wall_clock_alone_jumps(shim, tmp_path, offset):
    shim.set_clock(offset)
    before = time.time(), time.monotonic()
    wall, monotonic = map(float, run(
        shim, "print(time.time(), time.monotonic())", tmp_path))
    after = time.time(), time.monotonic()
    assert before[0] - 0.01 <= wall - offset <= after[0] + 0.01
    assert before[1] <= monotonic <= after[1]
