"""One run from the empty directory to the verdict."""

import argparse
import collections
import contextlib
import json
import os
import pathlib
import resource
import shutil
import statistics
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree as ElementTree

from driver.configuration import make_cluster
from driver.processes import Cluster, binary
from driver.seeding import administrator, wait_receiving
from driver.waiting import free_ports, pause, wait_until

from . import checks, namespaces
from .disks import Disks, can_mount
from .faults import KINDS, plan
from .history import History, read_history
from .membership import Members
from .pages import Pages
from .proxies import Proxies
from .shim import Shim, build, compiler
from .storm import Storm, gaps_after_kills, longest_gap, slow_recoveries
from .supervisor import Supervisor
from .workload import Workload

WARM_UP_SECONDS, COOL_DOWN_SECONDS = 2.0, 2.0
# After the last fault: until every update is acknowledged, and until all nodes are level.
FINISH_SECONDS, LEVEL_SECONDS = 90.0, 60.0
SHOWN_PROBLEMS = 20
# So little is kept of the log that a node that was away for some seconds needs a snapshot.
LIMITS = {"trailingEntries": 300, "diskReserveMiB": 16}
JUDGING_BYTES = 8 << 30


class Run:
    """A cluster, its network, its users and its faults."""

    def __init__(self, arguments, directory, say):
        self.arguments = arguments
        self.numbers = range(1, arguments.nodes + 1)
        self.directory = pathlib.Path(directory)
        self.say = say
        self.problems = []
        self.workload = None
        self.began = self.ended = None

    def run(self):
        """Everything; gives (summary, problems by check)."""
        with contextlib.ExitStack() as stack:
            self.network = self._network()
            stack.callback(self.network.close)
            self.disks = None
            if "disks" in self.arguments.able:
                self.disks = Disks(self.directory, self.numbers)
                stack.callback(self.disks.close)
            self.shims = self._shims()
            self._keep_program()
            self._configure()
            self.cluster = Cluster(self.directory, bound=True)
            self.supervisor = Supervisor(self.cluster, self.network, {
                number: shim.environment for number, shim in self.shims.items()})
            stack.callback(self.supervisor.close)
            self.history = History(self.directory / "history.jsonl")
            members = Members(self.cluster, self.network, self.supervisor, self._place)
            self.storm = Storm(
                self.cluster, self.network, self.supervisor, self.disks, self.shims, members,
                self.say)
            evidence = None
            try:
                self._serve_and_storm()
                evidence = self._evidence()
            except Exception as error:
                # Whatever it is: a run that can't come to its end has not shown that all is well.
                traceback.print_exc(file=sys.stdout)
                self.problems.append(f"{type(error).__name__}: {error}")
            self.history.close()
            exits = list(self.supervisor.exits)
        # The nodes have ended: what follows is this process alone, and may not eat the machine.
        resource.setrlimit(resource.RLIMIT_AS, (JUDGING_BYTES, JUDGING_BYTES))
        problems = {}
        if evidence:
            evidence.save(self.directory / "evidence.json")
            problems = checks.judge(evidence)
        return self._sum_up(problems, exits)

    def _network(self):
        if self.arguments.network == "proxies":
            return Proxies(len(self.numbers))
        wire = build("wire.c", self.directory) if "delay" in self.arguments.able else None
        return namespaces.Namespaces(len(self.numbers), wire)

    def _keep_program(self):
        """Runs a copy of the program: a build during a long run changes nothing."""
        kept = self.directory / "bin"
        kept.mkdir(exist_ok=True)
        shutil.copy2(binary("roundhouse"), kept)
        os.environ["ROUNDHOUSE_BIN"] = str(kept)

    def _shims(self):
        """A shim for each node, where it can be had."""
        if "shim" not in self.arguments.able:
            return {}
        library = build("shim.c", self.directory)
        return {
            number: Shim(library, self.directory / f"control{number}") for number in self.numbers}

    def _configure(self):
        network = self.network
        self.bot_port = free_ports(1)[0]
        paths = make_cluster(
            self.directory, [network.ports(number) for number in self.numbers], name="storm",
            telegram=f"http://{network.hub}:{self.bot_port}", tls=network.has_tls)
        for number, path in zip(self.numbers, paths):
            configuration = json.loads(path.read_text())
            configuration["members"] = [
                {"node": other, "peer": network.peer_address(number, other)}
                for other in self.numbers]
            configuration["limits"] = LIMITS
            self._place(configuration, number)
            path.write_text(json.dumps(configuration, indent=2) + "\n")

    def _place(self, configuration, number):
        """Writes where a node lives into its configuration."""
        public, operations, peer = self.network.ports(number)
        host = self.network.host(number)
        if self.disks:
            configuration["dataDirectory"] = str(self.disks.data(number))
        configuration["public"] = {
            "listen": f"{host}:{public}", "url": f"http://{host}:{public}"}
        configuration["operations"] = {"listen": f"{host}:{operations}"}
        configuration["peer"]["listen"] = f"{host}:{peer}"

    def _serve_and_storm(self):
        arguments = self.arguments
        for node in self.cluster.nodes:
            wait_until(f"node {node.number} starts", lambda: node.child, 10)
        for node in self.cluster.nodes:
            node.wait_ready()
        urls = [node.url for node in self.cluster.nodes]
        self.workload = Workload(self.history, arguments.seed, arguments.rate, arguments.clicks)
        browsers = self.workload.prepare(
            administrator(urls[0], self.cluster.admin_password), urls, self.network.hub,
            self.bot_port)
        planned = plan(arguments.seed, arguments.faults, arguments.minutes)
        self.say(f"seed {arguments.seed}: {len(planned)} faults planned, {self.network.name}")
        with Pages(browsers, urls, arguments.seed):
            wait_receiving(self.workload.seeded[0], urls)
            self.workload.start()
            pause(WARM_UP_SECONDS)
            self.began = time.monotonic()
            self.storm.run(planned, self.workload.check)
            self._wait_for_the_end()
            pause(COOL_DOWN_SECONDS)
            self.ended = time.monotonic()
            self.say("the storm is over")
            if not self.workload.finish(FINISH_SECONDS):
                self.problems.append(
                    f"{self.workload.customers.unacknowledged} updates were not acknowledged"
                    f" within {FINISH_SECONDS:.0f} s after the last fault")

    def _wait_for_the_end(self):
        left = self.began + self.arguments.minutes * 60 - time.monotonic()
        pause(left)
        self.workload.check()

    def _evidence(self):
        """What the nodes have at the end, once they are level and their spools empty."""
        nodes, admin = self.cluster.nodes, self.workload.admin
        for node in nodes:
            node.wait_ready()
        wait_until("the spools are empty", lambda: all(
            node.status()["spooledClicks"] == 0 for node in nodes), LEVEL_SECONDS)
        level = self.cluster.wait_level(LEVEL_SECONDS)
        exports = wait_until(
            "equal exports", lambda: self._exports(nodes, admin), LEVEL_SECONDS, every=1.0)
        links = admin.at(nodes[0].url).get("/api/v1/links")["items"]
        self.history.close()
        workload = self.workload
        return checks.Evidence(
            read_history(self.directory / "history.jsonl"), exports, links,
            [workload.seeded[0].project], workload.lists,
            [(int(each["applied"]), each["digest"]) for each in level],
            list(workload.bot_api.sent), self.supervisor.unexcused(),
            sorted(set(workload.customers.surprises)), self.storm.members.lost_clicks)

    def _exports(self, nodes, admin):
        """Every node's sessions; again when a deadline changed some meanwhile, in which case the
        nodes differ only because they were asked at different times."""
        before = [node.status() for node in nodes]
        exports = [admin.at(node.url).export_sessions() for node in nodes]
        self._exports_tried = getattr(self, "_exports_tried", 0) + 1
        are_equal = all(export == exports[0] for export in exports)
        quiet = {each["applied"] for each in before} == {
            node.status()["applied"] for node in nodes}
        return exports if are_equal or quiet or self._exports_tried > 20 else None

    def _snapshots(self):
        """How many snapshots the nodes have installed, by their logs."""
        return sum(
            path.read_text(errors="replace").count('"message":"snapshot installed"')
            for path in self.directory.glob("node*.log"))

    def _sum_up(self, problems, exits):
        acknowledgements = self.workload.customers.acknowledgements if self.workload else []
        ended = self.ended or time.monotonic()
        problems["service_resumes"] = self.problems + list(slow_recoveries(
            self.storm.done, acknowledgements, ended, self.arguments.resume))
        problems["faults_as_expected"] = self.storm.problems
        gaps = gaps_after_kills(self.storm.done, acknowledgements)
        operations = read_history(self.directory / "history.jsonl")
        summary = {
            "seed": self.arguments.seed, "minutes": self.arguments.minutes,
            "nodes": len(self.numbers), "network": self.network.name,
            "operations": len(operations),
            "outcomes": _count(each.result for each in operations),
            "fault_count": len(self.storm.done),
            "faults": _count(each.kind for each in self.storm.done),
            "exits": _count(
                f"{excuse or 'unexcused'}: {code}" for _, _, code, excuse in exits),
            "snapshots": self._snapshots(),
            "violations": sum(len(each) for each in problems.values()),
            "longest_unavailability_ms": round(
                longest_gap(acknowledgements, self.began or ended, ended)),
            "gap_after_kill_of_leader_ms": {
                "kills": len(gaps),
                "median": round(statistics.median(gaps), 1) if gaps else None,
                "worst": round(max(gaps), 1) if gaps else None},
        }
        return summary, problems


def _count(values):
    return dict(sorted(collections.Counter(values).items()))


def parse():
    """The command line."""
    parser = argparse.ArgumentParser(prog="chaos/run", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument(
        "--faults", default="all", help=f"names with commas between: {', '.join(KINDS)}")
    parser.add_argument("--nodes", type=int, default=3, choices=[3, 5])
    parser.add_argument("--rate", type=float, default=40.0, help="webhooks a second")
    parser.add_argument("--clicks", type=float, default=4.0, help="clicks a second")
    parser.add_argument(
        "--resume", type=float, default=20.0,
        help="seconds within which service must resume once nothing is wrong")
    parser.add_argument("--network", choices=["namespaces", "proxies"])
    parser.add_argument("--directory", help="keep the run's files here")
    parser.add_argument("--report", help="write the last line into this file, too")
    parser.add_argument("--junit", help="write the checks as test cases into this file")
    return parser.parse_args()


def choose_faults(arguments):
    """The kinds of fault asked for, and only those that can be had here."""
    names = list(KINDS) if arguments.faults == "all" else arguments.faults.split(",")
    for name in names:
        if name not in KINDS:
            sys.exit(f"chaos/run: there is no fault {name}; there are {', '.join(KINDS)}")
    chosen = [name for name in names if KINDS[name].needs in (None, *arguments.able)]
    left_out = [name for name in names if name not in chosen]
    if left_out and arguments.faults != "all":
        sys.exit(f"chaos/run: {', '.join(left_out)} can't be had here")
    return chosen


def abilities(network):
    """What faults may need and can be had here."""
    able = {"delay"} if network == "proxies" else set()
    if compiler():
        able.add("shim")
        if network == "namespaces":
            able.add("delay")
    if network == "namespaces":
        able.add("members")
        if can_mount():
            able.add("disks")
    return able


def write_junit(path, problems, seconds):
    """The checks as test cases, for whoever counts them."""
    suite = ElementTree.Element("testsuite", name="chaos", tests=str(len(problems)))
    for name, found in problems.items():
        case = ElementTree.SubElement(
            suite, "testcase", classname="chaos", name=name, time=f"{seconds / len(problems):.1f}")
        if found:
            ElementTree.SubElement(case, "failure", message=found[0]).text = "\n".join(found)
    ElementTree.ElementTree(suite).write(path, encoding="unicode")


def main():
    """Runs with the arguments of the command line; the exit status says whether all held."""
    arguments = parse()
    begun = time.monotonic()
    why_not = None if arguments.network == "proxies" else namespaces.why_not()
    if why_not and arguments.network == "namespaces":
        sys.exit(f"chaos/run: no network namespaces here: {why_not}")
    arguments.network = arguments.network or ("proxies" if why_not else "namespaces")
    arguments.able = abilities(arguments.network)
    arguments.faults = choose_faults(arguments)
    if arguments.network == "namespaces":
        namespaces.enter()
    directory = arguments.directory or tempfile.mkdtemp(prefix="roundhouse-storm-")
    pathlib.Path(directory).mkdir(parents=True, exist_ok=True)

    def say(text):
        print(text, flush=True)

    summary, problems = Run(arguments, directory, say).run()
    for name, found in problems.items():
        for text in found[:SHOWN_PROBLEMS]:
            say(f"{name}: {text}")
        if len(found) > SHOWN_PROBLEMS:
            say(f"{name}: and {len(found) - SHOWN_PROBLEMS} more")
    if arguments.junit:
        write_junit(arguments.junit, problems, time.monotonic() - begun)
    line = json.dumps(summary, separators=(",", ":"))
    if arguments.report:
        pathlib.Path(arguments.report).write_text(line + "\n")
    if summary["violations"]:
        say(f"the run's files are in {directory}")
    elif not arguments.directory:
        shutil.rmtree(directory, ignore_errors=True)
    say(line)
    return 1 if summary["violations"] else 0
