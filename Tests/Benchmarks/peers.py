"""The systems we measure ourselves against, each started alone in a directory of its own."""

import base64
import contextlib
import json
import pathlib
import signal
import socket
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "cluster"))

from driver.waiting import free_ports, wait_until  # noqa: E402

# As long as ours: a link to a bot with a start token of 64 characters.
REDIRECT_TARGET = "https://t.me/acme_support_bot?start=" + "A" * 64


def post(address, path, body):
    """POSTs JSON, gives the parsed answer."""
    request = urllib.request.Request(
        f"http://{address}{path}", json.dumps(body).encode(),
        {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def connects(port):
    """Whether something listens there."""
    socket.create_connection(("127.0.0.1", port), 1).close()
    return True


@contextlib.contextmanager
def process(command, log, stop=signal.SIGTERM):
    """Runs a program, its output in a file, and ends it with the block."""
    with open(log, "ab") as output:
        child = subprocess.Popen(
            [str(part) for part in command], stdout=output, stderr=output,
            start_new_session=True)
    try:
        yield child
    finally:
        child.send_signal(stop)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextlib.contextmanager
def etcd(directory):
    """Three etcd nodes with their defaults; gives the client address of a follower."""
    ports = free_ports(6)
    clients = [f"127.0.0.1:{port}" for port in ports[:3]]
    peers = [f"127.0.0.1:{port}" for port in ports[3:]]
    cluster = ",".join(f"n{n}=http://{peer}" for n, peer in enumerate(peers))
    with contextlib.ExitStack() as stack:
        for n in range(3):
            stack.enter_context(process([
                "etcd", "--name", f"n{n}", "--data-dir", directory / f"etcd{n}",
                "--listen-client-urls", f"http://{clients[n]}",
                "--advertise-client-urls", f"http://{clients[n]}",
                "--listen-peer-urls", f"http://{peers[n]}",
                "--initial-advertise-peer-urls", f"http://{peers[n]}",
                "--initial-cluster", cluster, "--initial-cluster-token", "bench",
                "--logger", "zap", "--log-outputs", "stderr",
            ], directory / f"etcd{n}.log"))
        yield wait_until("etcd's election", lambda: _etcd_follower(clients))


def _etcd_follower(clients):
    followers = []
    for client in clients:
        status = post(client, "/v3/maintenance/status", {})
        if "leader" not in status or status["leader"] == "0":
            return None
        if status["leader"] != status["header"]["member_id"]:
            followers.append(client)
    key = base64.b64encode(b"probe").decode()
    post(followers[0], "/v3/kv/put", {"key": key, "value": key})
    return followers[0]


@contextlib.contextmanager
def nginx(directory):
    """nginx answering every path with a redirect and writing its access log."""
    [port] = free_ports(1)
    configuration = directory / "nginx.conf"
    configuration.write_text(f"""
        daemon off; worker_processes auto; pid {directory}/nginx.pid;
        error_log {directory}/nginx-error.log;
        events {{ worker_connections 4096; }}
        http {{
            access_log {directory}/nginx-access.log;
            keepalive_requests 1000000000;
            client_body_temp_path {directory}; proxy_temp_path {directory};
            fastcgi_temp_path {directory}; uwsgi_temp_path {directory};
            scgi_temp_path {directory};
            server {{
                listen 127.0.0.1:{port};
                location / {{ return 302 {REDIRECT_TARGET}; }}
            }}
        }}""")
    command = ["nginx", "-p", directory, "-c", configuration]
    with process(command, directory / "nginx.log", signal.SIGQUIT):
        wait_until("nginx", lambda: connects(port))
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def bot(directory):
    """The one-process bot with its Redis, which syncs its file after every command."""
    port, redis_port = free_ports(2)
    redis = [
        "redis-server", "--port", redis_port, "--bind", "127.0.0.1", "--dir", directory,
        "--appendonly", "yes", "--appendfsync", "always", "--save", "",
    ]
    with process(redis, directory / "redis.log"):
        wait_until("redis", lambda: connects(redis_port))
        with process([sys.executable, HERE / "bot.py", port, redis_port], directory / "bot.log"):
            wait_until("the bot", lambda: connects(port), 60)
            yield f"127.0.0.1:{port}"
