#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how long a killed agent goes undetected: rollcall and, if installed, Serf, side by side.

Each cluster has a few agents of one kind on loopback, rollcall's with the profiles lan and fast, Serf's with lan. One agent
gets SIGKILL at a random moment. Measured is the time from the signal until the first and the last survivor
logs the failure; the table has medians and extremes over all clusters.

    python3 tools/detection.py --build build/release --clusters 10 --rounds 3
"""

import argparse
import pathlib
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import threading
import time

FIRST_EPHEMERAL = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
FAILED = re.compile(r"member-failed: victim|EventMemberFailed: victim")
ports_given = set()


def free_port():
    """A port that is free for UDP and TCP, and that no connection of an agent takes before it is used. Never given twice."""
    while True:
        port = random.randrange(10_000, FIRST_EPHEMERAL)
        if port in ports_given:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports_given.add(port)
        return port


class Cluster:
    def __init__(self, program, profile, size):
        self.failed_at, self.agents = {}, {}
        seed = None
        for name in [f"n{i}" for i in range(1, size)] + ["victim"]:
            gossip = f"127.0.0.1:{free_port()}"
            flags = ["-node", name, "-bind", gossip, "-rpc-addr", f"127.0.0.1:{free_port()}",
                     "-profile", profile]
            agent = subprocess.Popen([program, "agent", *flags, *(["-retry-join", seed] if seed else [])],
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.agents[name] = agent
            threading.Thread(target=self.read, args=(name, agent.stdout), daemon=True).start()
            if not seed:
                seed = gossip
                time.sleep(0.3)

    def read(self, name, lines):
        for line in lines:
            if FAILED.search(line):
                self.failed_at.setdefault(name, time.monotonic())

    def kill_one(self, results, timeout=30):
        killed = time.monotonic()
        self.agents["victim"].send_signal(signal.SIGKILL)
        while len(self.failed_at) < len(self.agents) - 1 and time.monotonic() < killed + timeout:
            time.sleep(0.05)
        if len(self.failed_at) == len(self.agents) - 1:
            times = [at - killed for at in self.failed_at.values()]
            results.append((min(times), max(times)))

    def stop(self):
        for agent in self.agents.values():
            agent.kill()
            agent.wait()


def measure(program, profile, options):
    results = []
    for _ in range(options.rounds):
        clusters = [Cluster(program, profile, options.size) for _ in range(options.clusters)]
        time.sleep(8)  # every agent knows all others, and the joins are no longer gossiped
        waits = []
        for cluster in clusters:
            wait = threading.Timer(random.uniform(0, 5), cluster.kill_one, [results])
            wait.start()
            waits.append(wait)
        for wait in waits:
            wait.join()
        for cluster in clusters:
            cluster.stop()
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release", help="build folder")
    parser.add_argument("--clusters", type=int, default=10, help="clusters at once")
    parser.add_argument("--rounds", type=int, default=3, help="how often the clusters are started")
    parser.add_argument("--size", type=int, default=5, help="agents in a cluster")
    options = parser.parse_args()
    ours = str(pathlib.Path(options.build) / "bin" / "rollcall")
    kinds = [("rollcall", ours, "lan"), ("rollcall", ours, "fast"), ("serf", shutil.which("serf"), "lan")]
    print(f"{options.size} agents, one killed; seconds until a survivor logs its failure")
    print("agent    profile  victims   first: median    min    max   last: median    min    max")
    for name, program, profile in kinds:
        if not program:
            continue
        results = measure(program, profile, options)
        columns = [f"{statistics.median(v):15.2f}{min(v):7.2f}{max(v):7.2f}" for v in zip(*results)]
        total = options.clusters * options.rounds
        print(f"{name:9}{profile:7}{len(results):5}/{total:<3}{''.join(columns)}", flush=True)


if __name__ == "__main__":
    main()
