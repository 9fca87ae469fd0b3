"""Runs every test of the project, one stage after the other, and counts them at the end.

`run.py` runs all, `run.py lint` only what needs no build. Full output goes to .build/test-logs;
the terminal shows one line per stage and, for a stage that failed, its reasons.
"""

import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / ".build" / "test-logs"
SWIFT_PATHS = ["Package.swift", "Sources", "Tests", "chaos"]
PYTEST_FOLDERS = ["Tests/Conformance", "Tests/Console", "Tests/EndToEnd", "Tests/Chaos"]
SHOWN_FAILURE_LINES = 60
CHAOS_SEED, CHAOS_MINUTES = 1, 2
# What is fair on a busy machine with a debug build; safety knows no such bound.
CHAOS_RESUME_SECONDS = 45


class Stage:
    """One command, its log, and the tests that it counted."""

    def __init__(self, name, command, report=None):
        self.name = name
        self.command = command
        self.report = report
        self.passed = 0
        self.failed = 0
        self.failures = []
        self.output = ""

    def run(self):
        """Runs the command; true when it and all its tests succeeded."""
        begun = time.monotonic()
        if self.report:
            self.report.unlink(missing_ok=True)
        log = LOGS / (self.name.replace(" ", "-") + ".log")
        # What was just built is what is tested, also beside an older release build.
        environment = dict(
            os.environ, PYTHONDONTWRITEBYTECODE="1", ROUNDHOUSE_BIN=str(ROOT / ".build/debug"))
        with open(log, "wb") as sink:
            status = subprocess.run(
                self.command, cwd=ROOT, stdout=sink, stderr=subprocess.STDOUT, env=environment,
            ).returncode
        self.output = log.read_text(errors="replace")
        if self.report:
            self._count()
        if status != 0 and self.failed == 0:
            # The command itself failed: it counts as one failed test.
            self.failed = 1
        self._print(time.monotonic() - begun, status, log)
        return status == 0 and self.failed == 0

    def _count(self):
        if not self.report.exists():
            return
        for case in ElementTree.parse(self.report).iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed += 1
                self.failures.append(f"{case.get('classname')}: {case.get('name')}")
            elif case.find("skipped") is not None:
                # There are no skipped tests here: one that did not run did not pass.
                self.failed += 1
                self.failures.append(f"{case.get('classname')}: {case.get('name')} (skipped)")
            else:
                self.passed += 1

    def _print(self, seconds, status, log):
        verdict = "ok" if status == 0 and self.failed == 0 else "FAILED"
        counts = f"{self.passed} passed, {self.failed} failed" if self.report else verdict
        print(f"{self.name:<22} {counts:<28} {seconds:6.1f} s", flush=True)
        if verdict == "ok":
            return
        for failure in self.failures:
            print(f"  failed: {failure}")
        for line in self._reasons()[-SHOWN_FAILURE_LINES:]:
            print(f"  | {line}")
        print(f"  full output: {log.relative_to(ROOT)}", flush=True)

    def _reasons(self):
        lines = self.output.splitlines()
        telling = re.compile(r"error:|warning:|✘|^E  |^FAILED|^ERROR|Fatal error")
        return [line for line in lines if telling.search(line)] or lines


def lint_stages():
    """Formatting and style: no build is needed."""
    lint = ["swift", "format", "lint", "--strict", "--recursive", "--parallel", *SWIFT_PATHS]
    return [Stage("format", lint)]


def test_stages():
    """Everything that needs a build, in order; the first is the build."""
    swift_report = LOGS / "swift.xml"
    python_report = LOGS / "pytest.xml"
    chaos_report = LOGS / "chaos.xml"
    folders = [folder for folder in PYTEST_FOLDERS if (ROOT / folder).exists()]
    return [
        Stage("build", ["swift", "build", "--build-tests"]),
        Stage(
            "swift test",
            ["swift", "test", "--skip-build", "--disable-xctest",
             "--xunit-output", str(swift_report)],
            swift_report),
        Stage(
            "pytest",
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             "--junitxml", str(python_report), *folders],
            python_report),
        Stage(
            "chaos",
            [sys.executable, "chaos/run", "--seed", str(CHAOS_SEED),
             "--minutes", str(CHAOS_MINUTES), "--resume", str(CHAOS_RESUME_SECONDS),
             "--junit", str(chaos_report)],
            chaos_report),
    ]


def main():
    """Runs the stages asked for and gives the exit status."""
    LOGS.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    done = lint_stages()
    for stage in done:
        stage.run()
    if sys.argv[1:] != ["lint"]:
        for stage in test_stages():
            done.append(stage)
            if not stage.run() and stage.name == "build":
                break
    passed = sum(stage.passed for stage in done)
    failed = sum(stage.failed for stage in done)
    minutes, seconds = divmod(int(time.monotonic() - begun), 60)
    print(f"took {minutes} min {seconds} s")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
