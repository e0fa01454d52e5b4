# SPDX-License-Identifier: Apache-2.0
"""A host whose addresses come and go, and name servers that do not answer.

Each test makes network namespaces of its own, and is skipped where that is not allowed.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.agents import SERF, clean_environment, program
from harness.slow_link import why_not

pytestmark = [pytest.mark.rollcall, pytest.mark.skipif(bool(why_not()), reason=str(why_not()))]

WITHIN = 15  # seconds; it takes less than two

SILENT_SERVERS = """
import socket, time
held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
for end, address in zip(held, ("127.0.0.53", "127.0.0.54")):
    end.bind((address, 53))
time.sleep(600)
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=20)


class Hosts:
    """Namespaces h1, h2, ... on one bridge, each with an eth0 that is down and has no address."""

    def __init__(self, count, directory):
        self._tag, self._directory = f"rc{os.getpid() % 100_000}", directory
        self.processes, self._namespaces = [], []
        self._add("s")
        ip("-n", self.name("s"), "link", "add", "br0", "type", "bridge")
        ip("-n", self.name("s"), "link", "set", "br0", "up")
        for host in range(1, count + 1):
            self._add(host)
            end = f"{self._tag}v{host}"
            ip("link", "add", end, "netns", self.name("s"), "type", "veth", "peer", "name", "eth0", "netns",
               self.name(host))
            ip("-n", self.name("s"), "link", "set", end, "master", "br0", "up")
            self.ip(host, "link", "set", "lo", "up")

    def _add(self, host):
        ip("netns", "add", self.name(host))
        self._namespaces.append(self.name(host))

    def name(self, host):
        return f"{self._tag}-{host}"

    def ip(self, host, *words):
        ip("-n", self.name(host), *words)

    def up(self, host, address):
        self.ip(host, "address", "add", f"{address}/24", "dev", "eth0")
        self.ip(host, "link", "set", "eth0", "up")

    def run(self, host, *words):
        log = open(self._directory / f"{len(self.processes)}.log", "w", encoding="utf-8")  # noqa: SIM115
        self.processes.append(subprocess.Popen(["ip", "netns", "exec", self.name(host), *words], stdout=log,
                                                stderr=subprocess.STDOUT, env=clean_environment()))

    def members(self, host, kind, *more):
        dashes = "-" if kind == "serf" else "--"
        words = [program(kind), "members", f"{dashes}format", "json", *more]
        told = subprocess.run(["ip", "netns", "exec", self.name(host), *words], capture_output=True, text=True,
                              timeout=20, check=False, env=clean_environment()).stdout
        try:
            return {m["name"]: (m["addr"], m["status"]) for m in json.loads(told)["members"]}
        except ValueError:
            return {}

    def log(self, number):
        return (self._directory / f"{number}.log").read_text(encoding="utf-8")

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for namespace in self._namespaces:
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, timeout=20, check=False)


@pytest.fixture
def hosts(tmp_path):
    made = []

    def make(count):
        made.append(Hosts(count, tmp_path))
        return made[-1]

    yield make
    for each in made:
        each.close()


def until(condition, within=WITHIN):
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.serf
@pytest.mark.skipif(SERF is None, reason="serf is not installed")
def test_an_address_that_appears_and_changes_is_followed_by_serf_and_rollcall(hosts):
    net = hosts(3)
    for host in (1, 2):
        net.up(host, f"198.18.7.{host}")
    net.run(1, program("serf"), "agent", "-node=n1", "-bind=198.18.7.1")
    assert until(lambda: net.members(1, "serf"))
    net.run(2, program("rollcall"), "agent", "--node", "n2", "--bind", "198.18.7.2:7946", "--join", "198.18.7.1")
    # Nothing but loopback: the join waits.
    net.run(3, program("rollcall"), "agent", "--node", "n3", "--bind", "0.0.0.0:7946", "--join", "198.18.7.1")
    assert until(lambda: "deferring the join of 198.18.7.1:7946" in net.log(2))

    def seen_by_all_at(address):
        seen = [net.members(host, kind) for host, kind in ((1, "serf"), (2, "rollcall"), (3, "rollcall"))]
        return all(members.get("n3") == (f"{address}:7946", "alive") for members in seen)

    net.up(3, "198.18.7.3")
    assert until(lambda: seen_by_all_at("198.18.7.3"))
    net.ip(3, "address", "delete", "198.18.7.3/24", "dev", "eth0")
    net.ip(3, "address", "add", "198.18.7.33/24", "dev", "eth0")
    assert until(lambda: seen_by_all_at("198.18.7.33"))
    assert "addresses of this host changed: now advertising 198.18.7.33:7946" in net.log(2)
    assert "another node has the name" not in net.log(2)


def test_name_servers_that_are_silent_hold_up_no_other_seed(hosts, tmp_path):
    net = hosts(1)
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.53\nnameserver 127.0.0.54\n", encoding="utf-8")
    (tmp_path / "hosts").write_text("127.0.0.9 good.example\n", encoding="utf-8")
    mounts = " && ".join(f"mount --bind {tmp_path}/{name} /etc/{name}" for name in ("resolv.conf", "hosts"))
    within = ("unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh")
    net.run(1, sys.executable, "-c", SILENT_SERVERS)

    def start(name, address, *seeds):
        words = [word for seed in seeds for word in ("--retry-join", seed)]
        net.run(1, *within, program("rollcall"), "agent", "--node", name, "--bind", f"{address}:7946", "--rpc-addr",
                f"{address}:7373", *words)

    start("literal", "127.0.0.8")
    start("named", "127.0.0.9")
    for address in ("127.0.0.8", "127.0.0.9"):
        assert until(lambda at=address: net.members(1, "rollcall", "--rpc-addr", f"{at}:7373"))
    hanging = [f"hang{number}.example" for number in range(6)]
    start("joins", "127.0.0.7", *hanging, "good.example", "127.0.0.8")
    begun = time.monotonic()
    assert until(lambda: len(net.members(1, "rollcall", "--rpc-addr", "127.0.0.7:7373")) == 3)
    assert time.monotonic() - begun < 8


ZONES = Path("/usr/share/zoneinfo")


@pytest.mark.skipif(not (ZONES / "Asia/Tokyo").is_file(), reason="tzdata is not installed")
def test_a_changed_time_zone_shows_in_the_log(hosts, tmp_path):
    net = hosts(1)
    etc = tmp_path / "etc"
    shutil.copytree("/etc", etc, symlinks=True, ignore_dangling_symlinks=True)

    def set_zone(name):
        fresh = etc / "localtime.new"
        shutil.copy(ZONES / name, fresh)
        fresh.replace(etc / "localtime")

    def logged_hour():
        """The hour of the newest line; SIGHUP makes the agent write one."""
        process.send_signal(signal.SIGHUP)
        times = re.findall(r"^\d{4}/\d\d/\d\d (\d\d):", net.log(0), re.MULTILINE)
        return int(times[-1]) if times else None

    def hour_in(offset):
        return (int(time.time()) // 3600 + offset) % 24

    set_zone("Etc/UTC")
    net.run(1, "unshare", "--mount", "sh", "-c", f'mount --bind {etc} /etc && exec "$@"', "sh", program("rollcall"),
            "agent", "--node", "n1", "--bind", "127.0.0.1:7946", "--rpc-addr", "127.0.0.1:7373")
    process = net.processes[-1]
    assert until(lambda: net.members(1, "rollcall"))
    assert until(lambda: logged_hour() == hour_in(0))
    set_zone("Asia/Tokyo")
    assert until(lambda: logged_hour() == hour_in(9), within=40)
