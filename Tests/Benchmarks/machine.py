"""What the machine is, as far as it explains the figures."""

import os
import pathlib
import platform
import re
import statistics
import subprocess
import time

SYNCS = 200


def facts(directory):
    """Sentences about processor, disk and versions."""
    return brief_facts(directory) + [
        "; ".join([
            version("swift", "Swift", "--version"), version("etcd", "etcd", "--version"),
            version("nginx", "nginx", "-v"), version("redis-server", "Redis", "--version"),
            version("wrk", "wrk", "-v"), f"Python {platform.python_version()}"]),
    ]


def brief_facts(directory):
    """Sentences about processor and disk alone."""
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return [
        f"{os.cpu_count()} cores, {processor[1] if processor else platform.machine()},"
        f" Linux {platform.release().split('-')[0]}",
        f"fdatasync of 600 new bytes: {sync_microseconds(directory):.0f} microseconds (median)",
    ]


def version(command, name, argument):
    """A program's name and version."""
    done = subprocess.run([command, argument], capture_output=True, text=True)
    found = re.search(r"\d+\.\d+[\w.]*", done.stdout + done.stderr)
    return f"{name} {found[0] if found else '?'}"


def sync_microseconds(directory):
    """How long an appended record takes to be durable."""
    path = directory / "sync"
    times = []
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        for _ in range(SYNCS):
            os.write(descriptor, b"x" * 600)
            begun = time.perf_counter()
            os.fdatasync(descriptor)
            times.append(time.perf_counter() - begun)
    finally:
        os.close(descriptor)
        path.unlink()
    return statistics.median(times) * 1e6


def settle():
    """Waits until the kernel has written what it holds back."""
    os.sync()
