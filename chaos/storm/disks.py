"""Each node's data on a small filesystem of its own, which can be filled up."""

import os
import pathlib
import subprocess
import tempfile

# Sparse: what a run writes is what it takes.
IMAGE_BYTES = 4 << 30
BALLAST = "ballast"
_TRIAL_BYTES = 8 << 20


def can_mount():
    """Whether a file can be made a filesystem and mounted here."""
    with tempfile.TemporaryDirectory() as directory:
        image = pathlib.Path(directory) / "image"
        with open(image, "wb") as file:
            file.truncate(_TRIAL_BYTES)
        tried = subprocess.run(
            ["unshare", "--mount", "sh", "-ec",
             'mkfs.ext4 -q "$0" && mkdir "$0.d" && mount -o loop "$0" "$0.d"', str(image)],
            capture_output=True)
        return tried.returncode == 0


class Disks:
    """Loop-mounted filesystems, in the mounts of this run alone."""

    def __init__(self, directory, numbers, image_bytes=IMAGE_BYTES):
        self._places = {}
        for number in numbers:
            image = pathlib.Path(directory) / f"disk{number}.img"
            place = pathlib.Path(directory) / f"disk{number}"
            place.mkdir()
            with open(image, "wb") as file:
                file.truncate(image_bytes)
            subprocess.run(
                ["mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=1", str(image)], check=True)
            subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
            self._places[number] = place

    def data(self, number):
        """The data directory of a node on the disk of its place."""
        return self._disk(number) / f"data{number}"

    def _disk(self, number):
        return self._places[(number - 1) % len(self._places) + 1]

    def fill(self, number, leave=0):
        """Takes all room but so many bytes; gives what returns it."""
        place = self._disk(number)
        path = place / BALLAST

        def room():
            status = os.statvfs(place)
            return status.f_bavail * status.f_frsize - leave

        with open(path, "wb") as ballast:
            size = room()
            while size >= os.statvfs(place).f_frsize:
                try:
                    os.posix_fallocate(ballast.fileno(), os.fstat(ballast.fileno()).st_size, size)
                    size = room()
                except OSError:
                    size //= 2
        return path.unlink

    def close(self):
        """Takes the filesystems away."""
        for place in self._places.values():
            subprocess.run(["umount", "--lazy", str(place)], check=False)
