"""Puts deliberate bugs into the protocol, one at a time, and lets the simulation find them.

Each file here named *.mutation is one bug: a sentence that says what is broken, `storms:` and
`seeds:` that say which storms must find it and within how many seeds from 0 on, and changes. A
change is the `file:` it belongs to and lines as a diff shows them, with a blank, minus or plus
before each; what is to be replaced must be there exactly once.

The bugs are put into copies of the sources under .build/mutations; the tree itself is not touched.
The last line is JSON: {"mutations":n,"found":n}.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCRATCH = ROOT / ".build" / "mutations"
ROOMS = ["CChecksum", "Wire", "Raft", "Routing", "Replica"]
SIMULATED_SECONDS = 8

# What a copy's manifest adds to the project's: only these targets, and warnings are no errors.
NARROWED = """
let kept: Set<String> = [
    "CChecksum", "Wire", "Raft", "Routing", "Replica", "Simulation", "roundhouse-sim",
]
package.targets.removeAll { !kept.contains($0.name) }
package.products = []
"""


class Broken(Exception):
    """A mutation that can't be used, in words."""


class Mutation:
    """One deliberate bug, as its file tells it."""

    def __init__(self, path):
        self.name = path.stem
        self.storms = "swarm"
        self.seeds = None
        self.changes = []  # (file, old text, new text)
        self._read(path.read_text().splitlines())

    def _read(self, lines):
        self.title = lines[0].rstrip(".")
        file, old, new = None, [], []

        def finish():
            if old:
                self.changes.append((file, "\n".join(old) + "\n", "\n".join(new) + "\n"))
            old.clear()
            new.clear()

        for line in lines[1:]:
            if line.startswith("file: "):
                finish()
                file = line[6:].strip()
            elif line.startswith("storms: "):
                self.storms = line[8:].strip()
            elif line.startswith("seeds: "):
                self.seeds = int(line[7:])
            elif line.startswith(("-", " ")) and file:
                if new and len(new) > len(old) and line.startswith("-"):
                    raise Broken(f"{self.name}: minus lines come before plus lines in a change")
                old.append(line[1:])
                if line.startswith(" "):
                    new.append(line[1:])
            elif line.startswith("+") and file:
                new.append(line[1:])
            elif line.startswith("@@"):
                finish()
            elif line.strip():
                raise Broken(f"{self.name}: can't read the line {line!r}")
        finish()
        if not self.changes or self.seeds is None:
            raise Broken(f"{self.name}: needs changes and a number of seeds")

    def texts(self):
        """The changed files: path and whole new text."""
        texts = {}
        for file, old, new in self.changes:
            text = texts.get(file) or (ROOT / file).read_text()
            if text.count(old) != 1:
                raise Broken(
                    f"{self.name}: the lines to be replaced are {text.count(old)} times in {file}; "
                    "bring the mutation up to date with the code:\n" + old)
            texts[file] = text.replace(old, new)
        return texts


def mutations(names):
    """All mutations, or those whose names contain one of the given texts."""
    found = [Mutation(path) for path in sorted(HERE.glob("*.mutation"))]
    return [m for m in found if not names or any(name in m.name for name in names)]


class Tree:
    """A copy of the sources that is built again and again."""

    def __init__(self, number):
        self.path = SCRATCH / f"tree{number}"
        self.path.mkdir(parents=True, exist_ok=True)
        manifest = (ROOT / "Package.swift").read_text()
        strict = "    .treatAllWarnings(as: .error),\n"
        if strict not in manifest:
            raise Broken("Package.swift has changed: say here how warnings are allowed")
        _write(self.path / "Package.swift", manifest.replace(strict, "") + NARROWED)
        folders = [f"Sources/{room}" for room in ROOMS]
        for folder in folders + ["chaos/simulation", "chaos/roundhouse-sim"]:
            self._mirror(folder)

    def _mirror(self, folder):
        source = ROOT / folder
        target = self.path / folder
        wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
        for path in wanted:
            _write(target / path, (source / path).read_text())
        for path in list(target.rglob("*")):
            if path.is_file() and path.relative_to(target) not in wanted:
                path.unlink()

    def build(self):
        """Builds the simulation; the compiler's words when it fails."""
        done = subprocess.run(
            ["swift", "build", "-c", "release", "--product", "roundhouse-sim", "-j", "2"],
            cwd=self.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode == 0:
            return None
        errors = [line for line in done.stdout.splitlines() if " error: " in line]
        return "\n".join(errors[:5]) or done.stdout[-2_000:]

    def check(self, mutation):
        """Builds with the bug and runs seeds until one finds it."""
        for file, text in mutation.texts().items():
            _write(self.path / file, text)
        try:
            begun = time.monotonic()
            complaint = self.build()
            if complaint:
                raise Broken(f"{mutation.name} does not compile:\n{complaint}")
            built = time.monotonic()
            done = subprocess.run(
                [
                    self.path / ".build/release/roundhouse-sim", "--seeds", str(mutation.seeds),
                    "--seconds", str(SIMULATED_SECONDS), "--storms", mutation.storms, "--jobs", "1",
                    "--until-found", "--no-shrink",
                ], stdout=subprocess.PIPE, text=True, check=False)
            lines = done.stdout.splitlines()
            result = json.loads(lines[-1]) if lines else {}
            what = next((line for line in lines if line.startswith("seed ")), "")
            return {
                "seed": result.get("first"), "what": what.split(": ", 1)[-1],
                "build_s": built - begun, "run_s": time.monotonic() - built}
        finally:
            for file in mutation.texts():
                _write(self.path / file, (ROOT / file).read_text())


def _write(path, text):
    """Writes a file unless it has this text: what did not change is not compiled again."""
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def main():
    parser = argparse.ArgumentParser(description="Lets the simulation find deliberate bugs.")
    parser.add_argument("names", nargs="*", help="only mutations whose names contain this")
    parser.add_argument("--jobs", type=int, default=2, help="mutations at a time (2)")
    parser.add_argument("--check", action="store_true", help="only see whether all apply")
    parser.add_argument("--clean", action="store_true", help="begin with fresh copies")
    options = parser.parse_args()
    try:
        chosen = mutations(options.names)
        for mutation in chosen:
            mutation.texts()
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1
    if options.check:
        print(f"{len(chosen)} mutations apply")
        return 0
    if options.clean:
        shutil.rmtree(SCRATCH, ignore_errors=True)
    trees = queue.SimpleQueue()
    try:
        for number in range(options.jobs):
            trees.put(Tree(number))
    except Broken as broken:
        print(broken, file=sys.stderr)
        return 1

    def check(mutation):
        tree = trees.get()
        try:
            return mutation, tree.check(mutation)
        except Broken as broken:
            return mutation, {"seed": None, "what": str(broken), "build_s": 0, "run_s": 0}
        finally:
            trees.put(tree)

    found = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for mutation, result in pool.map(check, chosen):
            seed = result["seed"]
            found += seed is not None
            verdict = f"found by seed {seed}" if seed is not None else "NOT FOUND"
            print(
                f"{mutation.title}\n    {mutation.name}: {verdict} of {mutation.seeds} "
                f"({mutation.storms}; built in {result['build_s']:.0f} s, ran "
                f"{result['run_s']:.1f} s): {result['what'][:400]}", flush=True)
    print(json.dumps({"mutations": len(chosen), "found": found}, separators=(",", ":")))
    return 0 if found == len(chosen) else 1


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
