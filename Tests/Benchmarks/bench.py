"""`make bench`: Roundhouse beside etcd, nginx and a small bot, in one run on this machine.

Each system runs alone with its load, under the same conditions, from the same generator. Prints a
table and `ratio NAME VALUE` lines, ours divided by theirs, and rewrites docs/BENCHMARKS.md.
"""

import argparse
import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "cluster"))

import load  # noqa: E402
import machine  # noqa: E402
import peers  # noqa: E402
from driver.configuration import make_cluster  # noqa: E402
from driver.consoles import Consoles  # noqa: E402
from driver.processes import Cluster  # noqa: E402
from driver.seeding import (  # noqa: E402
    SECRET, administrator, seed, sign_in_all, wait_receiving)
from driver.waiting import free_ports, pause, wait_until  # noqa: E402

CONNECTIONS = [1, 64, 256]
REDIRECT_CONNECTIONS = 64
BOT_CONNECTIONS = 64
LINK = "bench"
AGENTS = [("ana", "Ana"), ("wei", "Wei"), ("lena", "Lena"), ("omar", "Omar"), ("ines", "Ines")]
NO_LIMITS = {"openLimit": 0, "newPerMinute": 0}
# How far state.db may be behind when the load ends.
STATE_DATABASE_SECONDS = 1.0
# name: (floor in words, whether the ratio holds it)
FLOORS = {
    "webhook_rps_256": ("at least 2.0", lambda ratio: ratio >= 2.0),
    "webhook_p99_256": ("at most 1.0", lambda ratio: ratio <= 1.0),
    "webhook_p50_1": ("at most 1.0", lambda ratio: ratio <= 1.0),
    "redirect_rps": ("at least 0.5", lambda ratio: ratio >= 0.5),
    "bot_rps": ("at least 20", lambda ratio: ratio >= 20),
}
# Microseconds that one decision of the pure core may take, by how many agents.
DECISION_FLOORS = {5: 2.0, 500: 60.0}
DECISION_COST = ROOT / ".build" / "release" / "decision-cost"
SYSTEMS = ["decisions", "etcd", "webhooks", "nginx", "redirects", "bot"]


class Bench:
    """One run over all systems; `results` maps (system, what, connections) to figures."""

    def __init__(self, seconds, warm_up):
        self.seconds = seconds
        self.warm_up = warm_up
        self.results = {}
        self.decision_us = {}
        self.remarks = []

    def measure(self, system, what, source, connections):
        """Runs one load and keeps its figures; an answer that is no success ends the bench."""
        figures = source.run(connections, self.seconds, self.warm_up)
        if figures["bad_status"] or figures["broken"]:
            raise RuntimeError(f"{system}, {what}: {figures}")
        self.results[system, what, connections] = figures
        print(row(system, what, figures), flush=True)
        return figures

    def decisions(self, directory):
        """What one decision costs in the pure core, nothing around it."""
        done = subprocess.run([DECISION_COST], capture_output=True, text=True, check=False)
        (directory / "decisions.log").write_text(done.stderr)
        if done.returncode != 0:
            raise RuntimeError(f"{DECISION_COST} ended with {done.returncode}")
        for line in done.stdout.splitlines():
            figures = json.loads(line)
            self.decision_us[figures["agents"]] = figures["us"]
            print(f"decision    {figures['agents']:>3} agents {figures['us']:.2f} us", flush=True)
        if set(self.decision_us) != set(DECISION_FLOORS):
            raise RuntimeError(f"decisions of {list(self.decision_us)} agents were measured")

    def etcd(self, directory):
        """Puts over HTTP JSON at a follower of three nodes."""
        with peers.etcd(directory) as follower:
            source = load.Load(follower, "put.lua")
            for connections in CONNECTIONS:
                self.measure("etcd", "put", source, connections)

    def nginx(self, directory):
        """A redirect for every request, with the access log."""
        with peers.nginx(directory) as address:
            source = load.Load(address, "redirect.lua", [f"/{LINK}"], numbered=False)
            self.measure("nginx", "redirect", source, REDIRECT_CONNECTIONS)

    def bot(self, directory):
        """Webhooks into one process with Redis."""
        with peers.bot(directory) as address:
            source = load.Load(address, "webhook.lua", ["/webhook", "bench-secret"])
            self.measure("bot", "webhook", source, BOT_CONNECTIONS)

    def webhooks(self, directory):
        """Webhooks into a follower of three nodes, five agents' consoles open."""
        with running_cluster(directory) as (cluster, seeded):
            follower = next(n for n in cluster.nodes if n is not cluster.wait_leader())
            source = load.Load(follower.public, "webhook.lua", [seeded.webhook_path, SECRET])
            urls = [node.url for node in cluster.nodes]
            with Consoles(sign_in_all(follower.url, seeded), urls) as consoles:
                wait_receiving(seeded, urls)
                for connections in CONNECTIONS:
                    self.measure("roundhouse", "webhook", source, connections)
                    self._check_state_database(cluster, connections)
                if consoles.reopened:
                    self.remarks.append(f"{consoles.reopened} consoles had to reconnect.")
            digests = {status["digest"] for status in cluster.wait_level()}
            if len(digests) != 1:
                raise RuntimeError(f"the nodes' digests differ: {digests}")

    def _check_state_database(self, cluster, connections):
        applied = {node.number: int(node.status()["applied"]) for node in cluster.nodes}
        begun = time.monotonic()
        wait_until("state.db follows", lambda: all(
            int(node.status()["stateWritten"]) >= applied[node.number]
            for node in cluster.nodes))
        behind = time.monotonic() - begun
        verdict = "" if behind < STATE_DATABASE_SECONDS else ", MORE THAN ALLOWED"
        self.remarks.append(
            f"After the webhooks with {connections} connections state.db was complete on all"
            f" nodes {behind * 1000:.0f} ms later{verdict}.")

    def redirects(self, directory):
        """Clicks at one node of three, and how long their spool takes to drain."""
        with running_cluster(directory) as (cluster, _):
            follower = next(n for n in cluster.nodes if n is not cluster.wait_leader())
            source = load.Load(follower.public, "redirect.lua", [f"/{LINK}"], numbered=False)
            figures = self.measure("roundhouse", "redirect", source, REDIRECT_CONNECTIONS)
            left = spooled(follower)
            begun = time.monotonic()
            wait_until("the spool drains", lambda: spooled(follower) == 0, 600, every=0.2)
            took = time.monotonic() - begun
            self.remarks.append(
                f"When the redirects ended ({figures['requests']} measured), {left} clicks"
                f" were in the node's spool; they were replicated {took:.1f} s later.")

    def ratios(self):
        """Ours divided by theirs."""
        def of(system, what, connections, figure):
            return self.results[system, what, connections][figure]

        def ratio(figure, connections):
            return of("roundhouse", "webhook", connections, figure) / of(
                "etcd", "put", connections, figure)

        return {
            "webhook_rps_256": ratio("rps", 256),
            "webhook_p99_256": ratio("p99_us", 256),
            "webhook_p50_1": ratio("p50_us", 1),
            "redirect_rps": of("roundhouse", "redirect", REDIRECT_CONNECTIONS, "rps") / of(
                "nginx", "redirect", REDIRECT_CONNECTIONS, "rps"),
            "bot_rps": of("roundhouse", "webhook", BOT_CONNECTIONS, "rps") / of(
                "bot", "webhook", BOT_CONNECTIONS, "rps"),
        }


def row(system, what, figures):
    """One line of the table on the terminal."""
    return (
        f"{system:<11} {what:<9} {figures['connections']:>4} connections"
        f" {figures['rps']:>9,.0f}/s   p50 {figures['p50_us'] / 1000:>7.2f} ms"
        f"   p99 {figures['p99_us'] / 1000:>7.2f} ms")


@contextlib.contextmanager
def running_cluster(directory):
    """Three nodes with a project, five agents without limits and a link."""
    ports = free_ports(9)
    make_cluster(directory, list(zip(ports[:3], ports[3:6], ports[6:])), "bench")
    cluster = Cluster(directory, bound=True)
    try:
        cluster.start()
        agents = [(login, name, f"password of {login}") for login, name in AGENTS]
        admin = administrator(cluster.wait_leader().url, cluster.admin_password)
        yield cluster, seed(admin, agents, links=[(LINK, "Bench")], limits=NO_LIMITS)
    finally:
        cluster.kill()


def spooled(node):
    """Clicks acknowledged and not yet replicated."""
    return node.status()["spooledClicks"]


def log_tails(directory, lines=5):
    """The last words of every log of a system that failed."""
    tails = []
    for log in sorted(directory.glob("*.log")):
        if log.name != "nginx-access.log":
            tails += [f"{log.name}: {line}" for line in log.read_text().splitlines()[-lines:]]
    return "\n".join(tails)


def report(bench, facts):
    """docs/BENCHMARKS.md from this run."""
    text = [(HERE / "BENCHMARKS.head.md").read_text().rstrip(), "", "## The last run", ""]
    text += [f"- {fact}" for fact in facts] + [""]
    text += ["| system | load | connections | per second | p50 ms | p90 ms | p99 ms | p99.9 ms |",
             "|---|---|--:|--:|--:|--:|--:|--:|"]
    for (system, what, connections), f in bench.results.items():
        text.append(
            f"| {system} | {what} | {connections} | {f['rps']:,.0f} | {f['p50_us'] / 1000:.2f} |"
            f" {f['p90_us'] / 1000:.2f} | {f['p99_us'] / 1000:.2f} | {f['p999_us'] / 1000:.2f} |")
    text += ["", "| ratio, ours divided by theirs | value | floor | |", "|---|--:|---|---|"]
    for name, value in bench.ratios().items():
        words, holds = FLOORS[name]
        verdict = "holds" if holds(value) else "MISSED"
        text.append(f"| `{name}` | {value:.2f} | {words} | {verdict} |")
    text += ["", "| one decision among | microseconds | floor | |", "|---|--:|---|---|"]
    for agents, value in bench.decision_us.items():
        most = DECISION_FLOORS[agents]
        verdict = "holds" if value <= most else "MISSED"
        text.append(f"| {agents} agents | {value:.2f} | at most {most:g} | {verdict} |")
    text += [""] + [f"- {remark}" for remark in bench.remarks] + [""]
    (ROOT / "docs" / "BENCHMARKS.md").write_text("\n".join(text))


def main():
    """Runs the systems one after the other; below a floor is news, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=load.MEASURE_SECONDS)
    parser.add_argument("--warm-up", type=int, default=load.WARM_UP_SECONDS)
    parser.add_argument(
        "--only", nargs="+", choices=SYSTEMS,
        help="only these systems; no ratios, no report")
    arguments = parser.parse_args()
    base = ROOT / ".build" / "bench"
    shutil.rmtree(base, ignore_errors=True)
    base.mkdir(parents=True)
    (ROOT / "docs").mkdir(exist_ok=True)
    facts = machine.facts(base)
    print("\n".join(facts), flush=True)
    bench = Bench(arguments.seconds, arguments.warm_up)
    for name in arguments.only or SYSTEMS:
        with tempfile.TemporaryDirectory(dir=base, prefix=name) as directory:
            try:
                getattr(bench, name)(pathlib.Path(directory))
            except (RuntimeError, TimeoutError) as error:
                sys.exit(f"bench: {name}: {error}\n{log_tails(pathlib.Path(directory))}")
        # Writes still under way in the kernel belong to the system that made them.
        machine.settle()
        pause(2)
    print("\n".join(bench.remarks))
    if arguments.only:
        return
    report(bench, facts)
    for name, value in bench.ratios().items():
        print(f"ratio {name} {value:.2f}", flush=True)
    for agents, value in bench.decision_us.items():
        verdict = "" if value <= DECISION_FLOORS[agents] else ", MORE THAN ALLOWED"
        print(f"decision_us_{agents} {value:.2f}{verdict}", flush=True)


main()
