# SPDX-License-Identifier: Apache-2.0
"""Processes that answer pings: started on ephemeral loopback ports, ended by their own handle."""
import os
import re
import select
import shutil
import socket
import subprocess
import time

START_LIMIT = 20  # seconds


class Target:
    """A running process and where its gossip port is."""

    def __init__(self, name, process, port, node="bench", answers="ack", rpc=None, http=None):
        self.name, self.process, self.port = name, process, port
        self.node, self.answers, self.rpc, self.http = node, answers, rpc, http

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.kill()
        self.process.wait()


def _read_until(process, pattern, what):
    """Reads the process until the text so far matches; the match."""
    deadline = time.monotonic() + START_LIMIT
    fd = process.stdout.fileno()
    text = ""
    while time.monotonic() < deadline:
        ready, _, _ = select.select([fd], [], [], 0.2)
        if not ready:
            continue
        chunk = os.read(fd, 65536)
        if not chunk:
            break
        text += chunk.decode(errors="replace")
        found = re.search(pattern, text, re.MULTILINE | re.DOTALL)
        if found:
            return found
    process.kill()
    process.wait()
    raise RuntimeError(f"{what} did not start:\n{text}")


def start_program(command, name, answers):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    found = _read_until(process, r"^port (\d+)\n", name)
    return Target(name, process, int(found.group(1)), answers=answers)


def start_rollcall(binary, node="bench", join=None, profile="lan", http=False, more=()):
    command = [binary, "agent", "--node", node, "--bind", "127.0.0.1:0", "--rpc-addr", "127.0.0.1:0",
               "--http-addr", "127.0.0.1:0" if http else "off", "--log-level", "err", "--profile", profile, *more]
    if join:
        command += ["--join", join]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    addresses = r"Bind addr: '.*:(\d+)'.*RPC addr: '([^']+)'" + (r".*HTTP addr: '([^']+)'" if http else "()")
    found = _read_until(process, addresses, "rollcall agent")
    return Target("rollcall", process, int(found.group(1)), node, rpc=found.group(2), http=found.group(3))


def find_serf():
    return shutil.which("serf")


def _free_port():
    """A port free for TCP and UDP just now: Serf cannot report one that it chose."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            tcp.bind(("127.0.0.1", 0))
            port = tcp.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
    raise RuntimeError("no free port")


def start_serf(binary, node="bench", join=None):
    port = _free_port()
    command = [binary, "agent", f"-node={node}", f"-bind=127.0.0.1:{port}",
               f"-rpc-addr=127.0.0.1:{_free_port()}", "-log-level=err", "-profile=lan"]
    if join:
        command += [f"-join={join}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    _read_until(process, r"Serf agent running", "serf agent")
    return Target("serf", process, port, node)


def alive_members(binary, rpc):
    """How many members an agent considers alive, according to its control port."""
    output = subprocess.run([binary, "members", "--rpc-addr", rpc, "--status", "alive"], check=True,
                            capture_output=True, text=True, timeout=10).stdout
    return len([line for line in output.splitlines() if re.search(r"\balive\b", line)])


def cpu_seconds(pid):
    """CPU time of a process since its start, in the scheduler's nanoseconds: an idle agent uses less
    in a minute than the ticks of /proc/PID/stat can show."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total / 1e9


def memory_kib(pid):
    """Resident memory; its share when shared pages are divided among their users; what is private."""
    values = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            found = re.match(r"(\w+):\s+(\d+) kB", line)
            if found:
                values[found.group(1)] = int(found.group(2))
    return values["Rss"], values["Pss"], values["Private_Clean"] + values["Private_Dirty"]
