"""Each node in a network namespace of its own, joined by a bridge, inside a namespace that is
this run's alone: all of it is gone when the run's processes are. iptables drops packets; what
netem would delay, where the kernel has none, goes through a program of ours.
"""

import os
import shutil
import subprocess
import sys

NET = "10.77.0"
HUB = f"{NET}.254"
HUB_MAC = "02:00:00:00:00:fe"
INSIDE = "ROUNDHOUSE_STORM_INSIDE"
PORTS = (8080, 9080, 7080)
_UNSHARE = [
    "unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
# All that a run will need of the kernel.
_TRIAL = """
ip link add bridge0 type bridge
ip link add end1 type veth peer name end2
iptables -w -A INPUT -m statistic --mode random --probability 0.5 -j DROP
"""
_TOOLS = ("ip", "iptables", "nsenter", "unshare", "mount", "sysctl")


def why_not():
    """Why namespaces can't be had here; None when they can."""
    if os.geteuid() != 0:
        return "not root"
    missing = [tool for tool in _TOOLS if not shutil.which(tool)]
    if missing:
        return f"without {', '.join(missing)}"
    tried = subprocess.run([*_UNSHARE, "sh", "-ec", _TRIAL], capture_output=True)
    return tried.stderr.decode().strip() or "refused" if tried.returncode else None


def enter():
    """Runs this program again with network, mounts and processes of its own, unless it does
    already; gives the way back only inside."""
    if os.environ.get(INSIDE):
        return
    os.environ[INSIDE] = "1"
    os.execvp("unshare", [*_UNSHARE, sys.executable, *sys.argv])


def _run(*command):
    subprocess.run(command, check=True, capture_output=True)


class Namespaces:
    """The network of a run: node n has the address 10.77.0.n."""

    name = "namespaces"
    has_tls = True
    """Whether nodes need certificates for each other: these addresses are not loopback."""

    def __init__(self, count, wire=None):
        """`wire` is the program that delays frames, where delays are wanted."""
        self._count = count
        self._holders = {}
        self._wire = wire
        _run("ip", "link", "set", "lo", "up")
        # Interfaces on the way answer for no address but their own.
        _run("sysctl", "-qw", "net.ipv4.conf.all.arp_ignore=1")
        _run("ip", "link", "add", "bridge0", "address", HUB_MAC, "type", "bridge")
        _run("ip", "address", "add", f"{HUB}/24", "dev", "bridge0")
        _run("ip", "link", "set", "bridge0", "up")
        for number in range(1, count + 1):
            self._add(number)

    def _add(self, number):
        holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self._holders[number] = holder
        while os.readlink(f"/proc/{holder.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            os.sched_yield()
        _run("ip", "link", "add", f"port{number}", "type", "veth",
             "peer", "name", "eth0", "netns", str(holder.pid))
        _run("ip", "link", "set", f"port{number}", "master", "bridge0", "up")
        # A way around, for frames that are delayed: port -> wire program -> tail -> way -> bridge.
        _run("ip", "link", "add", f"way{number}", "type", "veth", "peer", "name", f"tail{number}")
        _run("ip", "link", "set", f"way{number}", "master", "bridge0", "up")
        _run("ip", "link", "set", f"tail{number}", "up")
        inside = self.prefix(number)
        _run(*inside, "ip", "link", "set", "lo", "up")
        _run(*inside, "ip", "address", "add", f"{self.host(number)}/24", "dev", "eth0")
        _run(*inside, "ip", "link", "set", "eth0", "up")

    @property
    def hub(self):
        """Where the clients and the Bot API are."""
        return HUB

    def place(self, number):
        """Where a node lives: numbers that differ by the count of places share one."""
        return (number - 1) % self._count + 1

    def host(self, number):
        """A node's address."""
        return f"{NET}.{self.place(number)}"

    def ports(self, _number):
        """A node's (public, operations, peer) ports."""
        return PORTS

    def peer_address(self, _of, number):
        """Where a node finds another."""
        return f"{self.host(number)}:{PORTS[2]}"

    def prefix(self, number):
        """What a command begins with to run in a node's namespace."""
        return ["nsenter", f"--net=/proc/{self._holders[self.place(number)].pid}/ns/net", "--"]

    def lose(self, sender, receiver, share):
        """Drops this share of what one node sends to another, 1 for all; gives what ends it."""
        rule = ["INPUT", "-s", self.host(sender)]
        if share < 1:
            rule += ["-m", "statistic", "--mode", "random", "--probability", f"{share:.4f}"]
        rule += ["-j", "DROP"]
        tables = [*self.prefix(receiver), "iptables", "-w"]
        _run(*tables, "-A", *rule)
        return lambda: _run(*tables, "-D", *rule)

    def delay(self, number, seconds):
        """Delays what a node sends and gets; gives what ends it."""
        place = self.place(number)
        port = f"port{place}"
        _run("ip", "link", "set", port, "nomaster")
        wire = subprocess.Popen(
            [str(self._wire), port, f"tail{place}", str(int(seconds * 1e6))],
            stdout=subprocess.PIPE)
        if wire.stdout.readline() != b"ready\n":
            raise RuntimeError(f"{self._wire} did not start")

        def end():
            wire.kill()
            wire.wait()
            wire.stdout.close()
            _run("ip", "link", "set", port, "master", "bridge0")
        return end

    def close(self):
        """Ends the namespaces' holders; the kernel removes the rest."""
        for holder in self._holders.values():
            holder.kill()
            holder.wait()
