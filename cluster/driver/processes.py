"""Nodes as processes: start, stop, kill -9, restart, and what they say of themselves."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

from .configuration import make_joiner
from .waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
START_SECONDS = 30
STOP_SECONDS = 15


def binary(name):
    """The path of a built program: of ROUNDHOUSE_BIN, else release, else debug."""
    folders = [os.environ.get("ROUNDHOUSE_BIN"), ROOT / ".build/release", ROOT / ".build/debug"]
    for folder in folders:
        if folder and (pathlib.Path(folder) / name).exists():
            return str(pathlib.Path(folder) / name)
    raise FileNotFoundError(f"{name} is not built; make build does it")


def bound_to_parent(command):
    """The same command, ended by the kernel when the process that started it is gone."""
    setpriv = shutil.which("setpriv")
    if not setpriv:
        return command
    # The parent may die before the kernel is told to watch it: then it is another one already.
    check = f'[ "$PPID" = {os.getpid()} ] || exit 1; exec "$@"'
    return [setpriv, "--pdeathsig", "KILL", "sh", "-c", check, "sh", *command]


def get_json(address, path, timeout=2):
    """GETs JSON of an operations listener."""
    with urllib.request.urlopen(f"http://{address}{path}", timeout=timeout) as answer:
        return json.load(answer)


def get_status(address, path, timeout=2):
    """The status code of a GET."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=timeout) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class Node:
    """One node of a local cluster, named by its configuration file."""

    def __init__(self, path, bound=False):
        self.path = pathlib.Path(path).resolve()
        self.configuration = json.loads(self.path.read_text())
        self.number = self.configuration["node"]
        self.public = self.configuration["public"]["listen"]
        self.url = self.configuration["public"]["url"]
        self.operations = self.configuration["operations"]["listen"]
        self.data = pathlib.Path(self.configuration["dataDirectory"])
        self.log = self.path.with_suffix(".log")
        self.pid_file = self.path.with_suffix(".pid")
        self.bound = bound
        self.child = None

    def start(self, environment=None, prefix=()):
        """Starts the process; does not wait until it is ready."""
        if self.pid():
            return
        command = [*prefix, binary("roundhouse"), "serve", "--config", str(self.path)]
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                bound_to_parent(command) if self.bound else command,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=dict(os.environ, **(environment or {})))
        self.pid_file.write_text(f"{self.child.pid}\n")

    def pid(self):
        """The process's id while it runs, else None."""
        if self.child is not None and self.child.poll() is None:
            return self.child.pid
        try:
            # Another process may have started it since.
            pid = int(self.pid_file.read_text())
            command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        # Process ids are reused: it is ours only when it runs our configuration.
        return pid if str(self.path).encode() in command else None

    def signal(self, number):
        """Sends a signal if the process runs."""
        pid = self.pid()
        if pid:
            os.kill(pid, number)

    def kill(self):
        """Ends the process with -9 and waits until it is gone."""
        self.signal(signal.SIGKILL)
        self._wait_gone()

    def stop(self):
        """Ends the process in order; -9 when it takes too long, which is an error."""
        self.signal(signal.SIGTERM)
        try:
            self._wait_gone()
        except TimeoutError:
            self.kill()
            raise

    def _wait_gone(self):
        if self.child is not None and self.child.pid == self.pid():
            try:
                self.child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired as error:
                raise TimeoutError(f"node {self.number} did not end") from error
        else:
            wait_until(f"node {self.number} ends", lambda: self.pid() is None, STOP_SECONDS)
        self.pid_file.unlink(missing_ok=True)

    def status(self):
        """What /status of the operations listener says."""
        return get_json(self.operations, "/status")

    def is_ready(self):
        """Whether the node has a leader and is caught up. A dead one is an error at once."""
        if self.child is not None and not self.pid():
            raise RuntimeError(
                f"node {self.number} ended with {self.child.returncode}: {self.log_tail()}")
        return get_status(self.operations, "/readyz") == 200

    def wait_ready(self, seconds=START_SECONDS):
        """Waits for readiness; the error carries the end of the log."""
        try:
            wait_until(f"node {self.number} is ready", self.is_ready, seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.log_tail()}") from None

    def log_tail(self, lines=12):
        """The last lines of the node's log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(no log)"


class Cluster:
    """The nodes of one directory."""

    def __init__(self, directory, bound=False):
        self.directory = pathlib.Path(directory).resolve()
        paths = sorted(self.directory.glob("node*.json"))
        if not paths:
            raise FileNotFoundError(
                f"no cluster in {self.directory}; cluster/cluster make-config makes one")
        self.nodes = [Node(path, bound) for path in paths]

    def __getitem__(self, number):
        for node in self.nodes:
            if node.number == number:
                return node
        raise KeyError(f"there is no node {number} in {self.directory}")

    def join(self, number, ports):
        """Makes and starts a node that asks the present ones for the members; gives it."""
        through = [node.configuration["peer"]["listen"] for node in self.running()]
        node = Node(make_joiner(self.directory, number, ports, through), self.nodes[0].bound)
        self.nodes.append(node)
        node.start()
        return node

    @property
    def admin_password(self):
        """The first administrator's password."""
        return (self.directory / "admin.password").read_text().strip()

    def start(self):
        """Starts every node and waits until all are ready."""
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.wait_ready()

    def stop(self):
        """Ends every node in order."""
        late = []
        for node in self.nodes:
            node.signal(signal.SIGTERM)
        for node in self.nodes:
            try:
                node.stop()
            except TimeoutError as error:
                late.append(str(error))
        if late:
            raise TimeoutError("; ".join(late))

    def kill(self):
        """Ends every node with -9."""
        for node in self.nodes:
            node.kill()

    def running(self):
        """The nodes whose process runs."""
        return [node for node in self.nodes if node.pid()]

    def leader(self):
        """The running node that says it leads in the highest term, or None."""
        leaders = []
        for node in self.running():
            try:
                status = node.status()
            except OSError:
                continue
            if status["role"] == "leader":
                leaders.append((int(status["term"]), node.number))
        return self[max(leaders)[1]] if leaders else None

    def wait_leader(self, seconds=START_SECONDS):
        """Waits until a node leads, and gives it."""
        return wait_until("a leader", self.leader, seconds)

    def wait_level(self, seconds=60):
        """Waits until all running nodes have applied the same index; gives their status."""
        def level():
            all_status = [node.status() for node in self.running()]
            return all_status if len({int(s["applied"]) for s in all_status}) == 1 else None
        return wait_until("all nodes at one index", level, seconds)
