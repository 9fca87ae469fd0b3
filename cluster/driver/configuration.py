"""Writes the configurations of a local cluster: one JSON file per node, the key, the password."""

import json
import os
import pathlib
import secrets
import subprocess
import sys

# Node n's public listener is at this port plus n: 8081, 8082, ...
PUBLIC_BASE = 8080
# Its operations listener and the one for its peers lie this far above and below.
OPERATIONS_OFFSET = 1000
PEER_OFFSET = -1000


def node_ports(nodes, base=PUBLIC_BASE):
    """(public, operations, peer) of each node."""
    return [
        (base + n, base + OPERATIONS_OFFSET + n, base + PEER_OFFSET + n)
        for n in range(1, nodes + 1)]


def write_secret(path, text):
    """Writes a file that only its owner may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")


def make_certificates(directory, name, nodes, *options):
    """Makes the certificates of these nodes with cluster/certs; gives the folder."""
    folder = pathlib.Path(directory) / "certs"
    certs = pathlib.Path(__file__).resolve().parent.parent / "certs"
    done = subprocess.run(
        [sys.executable, certs, "--cluster", name, "--directory", folder, *options,
         *map(str, nodes)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return folder


def peer_section(listen, folder, number):
    """The `peer` section of a node: with certificates of that folder, or in clear."""
    if not folder:
        return {"listen": listen, "insecure": True}
    return {"listen": listen, "tls": {
        "caFile": str(folder / "ca.pem"),
        "certificateFile": str(folder / f"node{number}.pem"),
        "keyFile": str(folder / f"node{number}.key"),
    }}


def make_cluster(directory, ports, name="local", telegram=None, certificate=None, ca_file=None,
                 changes=None, tls=False):
    """Writes node1.json, node2.json ... with cluster.key and admin.password into the directory.

    `ports` has (public, operations, peer) per node; `telegram` is the Bot API's base URL when it
    is not Telegram's; `certificate` is (certificate file, key file) for HTTPS on the public
    listeners; `ca_file` is trusted for the Bot API beside the system's authorities; `changes` is
    merged into every node's configuration; `tls` gives the nodes certificates for each other.
    """
    directory = pathlib.Path(directory).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    key, password = directory / "cluster.key", directory / "admin.password"
    if not key.exists():
        write_secret(key, secrets.token_hex(32))
    if not password.exists():
        write_secret(password, secrets.token_urlsafe(12))
    members = [{"node": n, "peer": f"127.0.0.1:{peer}"} for n, (_, _, peer) in enumerate(ports, 1)]
    folder = make_certificates(directory, name, range(1, len(ports) + 1)) if tls else None
    scheme = "https" if certificate else "http"
    paths = []
    for number, (public, operations, peer) in enumerate(ports, 1):
        configuration = {
            "cluster": name,
            "node": number,
            "dataDirectory": str(directory / f"node{number}"),
            "clusterKeyFile": str(key),
            "public": {
                "listen": f"127.0.0.1:{public}",
                "url": f"{scheme}://127.0.0.1:{public}",
            },
            "operations": {"listen": f"127.0.0.1:{operations}"},
            "peer": peer_section(f"127.0.0.1:{peer}", folder, number),
            "members": members,
            "bootstrap": {"login": "admin", "passwordFile": str(password)},
        }
        if certificate:
            configuration["public"]["certificateFile"] = str(certificate[0])
            configuration["public"]["keyFile"] = str(certificate[1])
        if telegram:
            configuration["telegram"] = {"apiURL": telegram}
            if ca_file:
                configuration["telegram"]["caFile"] = str(ca_file)
        _merge(configuration, changes or {})
        path = directory / f"node{number}.json"
        path.write_text(json.dumps(configuration, indent=2) + "\n")
        paths.append(path)
    return paths


def make_joiner(directory, number, ports, join, like=1):
    """Writes the configuration of a node that joins through these peers; else as node `like`."""
    directory = pathlib.Path(directory).resolve()
    configuration = json.loads((directory / f"node{like}.json").read_text())
    public, operations, peer = ports
    scheme = configuration["public"]["url"].split(":")[0]
    tls = "tls" in configuration["peer"]
    folder = make_certificates(directory, configuration["cluster"], [number]) if tls else None
    configuration.update({
        "node": number,
        "dataDirectory": str(directory / f"node{number}"),
        "operations": {"listen": f"127.0.0.1:{operations}"},
        "peer": peer_section(f"127.0.0.1:{peer}", folder, number),
        "join": list(join),
    })
    configuration["public"].update({
        "listen": f"127.0.0.1:{public}", "url": f"{scheme}://127.0.0.1:{public}"})
    for founding in ("members", "bootstrap"):
        configuration.pop(founding, None)
    path = directory / f"node{number}.json"
    path.write_text(json.dumps(configuration, indent=2) + "\n")
    return path


def _merge(into, changes):
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value
