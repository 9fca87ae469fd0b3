"""The shim's control file of one node, and the storm's small C programs, compiled when needed."""

import mmap
import pathlib
import shutil
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
_OFFSET, _DELAY, _ERRORS, _SYNCS = 0, 8, 16, 24
_BYTES = 32


def compiler():
    """A C compiler, or None: the Swift toolchain brings clang."""
    return next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)


def build(source, directory):
    """Compiles one of the C files here, a library when it is the shim; gives the result's path."""
    made = pathlib.Path(directory) / pathlib.Path(source).stem
    shared = ["-shared", "-fPIC", "-ldl"] if source == "shim.c" else []
    subprocess.run(
        [compiler(), "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(made), str(HERE / source),
         *shared], check=True)
    return made


class Shim:
    """What one node's shim is told; it holds over the node's restarts."""

    def __init__(self, library, path):
        pathlib.Path(path).write_bytes(bytes(_BYTES))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), _BYTES)
        self.environment = {"LD_PRELOAD": str(library), "STORM_CONTROL": str(path)}

    def _set(self, place, value):
        self._map[place:place + 8] = struct.pack("<q", value)

    def _get(self, place):
        return struct.unpack("<q", self._map[place:place + 8])[0]

    @property
    def syncs(self):
        """How many syncs the node has asked for."""
        return self._get(_SYNCS)

    def set_clock(self, seconds):
        """Puts the wall clock off by this much."""
        self._set(_OFFSET, int(seconds * 1e9))

    def slow_syncs(self, seconds):
        """Makes each sync take this much longer; 0 heals."""
        self._set(_DELAY, int(seconds * 1e6))

    def fail_syncs(self, count):
        """Lets so many of the next syncs fail; 0 heals."""
        self._set(_ERRORS, count)
