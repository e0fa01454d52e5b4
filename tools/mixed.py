#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills agents of mixed clusters, rollcall's and Serf's, one after the other for an hour.

Each cluster has as many agents of rollcall as of Serf, on loopback; rollcall's have the profile fast or lan, Serf's have
lan. Again and again one agent of a cluster, of either program, gets SIGKILL. Once all others have logged the failure, it
is started again, and must be alive to all of them before the next one dies. A line for each cluster says how long it took
until all knew, and how many members were declared failed that ran at that moment: none should be. What each agent printed
is kept in a folder.

    python3 tools/mixed.py --build build/release --minutes 60
"""

import argparse
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from detection import free_port

EVENT = re.compile(r"(?:member-|EventMember)(failed|join|Failed|Join): (\S+)")
KNOWN_WITHIN = 60  # s: a failure that not all have logged by then counts as missed
BACK_WITHIN = 60
SETTLED = 10  # s from the last join to the next death: joins are no longer gossiped


class Agent:
    def __init__(self, cluster, name, command):
        self.cluster, self.name, self.command = cluster, name, command
        self.down = False
        self.process = None

    def start(self):
        self.down = False
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        errors="replace")
        threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True).start()

    def read(self, lines):
        with open(self.cluster.logs / f"{self.name}.log", "a", encoding="utf-8") as kept:
            for line in lines:
                kept.write(line)
                kept.flush()
                if event := EVENT.search(line):
                    self.cluster.saw(self.name, event[1].lower(), event[2].rstrip(",:"), line.strip())


class Cluster:
    def __init__(self, ours, profile, size, logs):
        self.label = f"{profile} {size}+{size}"
        self.logs = logs / self.label.replace(" ", "-")
        self.logs.mkdir(parents=True)
        self.changed = threading.Condition()
        self.seen, self.times, self.false, self.trouble = {}, [], [], []
        self.agents = {}
        gossip = [f"127.0.0.1:{free_port()}" for _ in range(2 * size)]
        for i, address in enumerate(gossip):
            rollcall = i % 2 == 0
            name = f"{'r' if rollcall else 's'}{i // 2 + 1}"
            command = [ours if rollcall else "serf", "agent", f"-node={name}", f"-bind={address}",
                       f"-rpc-addr=127.0.0.1:{free_port()}", f"-profile={profile if rollcall else 'lan'}",
                       *(f"-retry-join={seed}" for seed in gossip[:3] if seed != address), "-retry-interval=1s",
                       *(["-http-addr=off"] if rollcall else [])]
            self.agents[name] = Agent(self, name, command)

    def saw(self, observer, what, member, line):
        with self.changed:
            if what == "failed" and member in self.agents and not self.agents[member].down:
                self.false.append(f"{observer}: {line}")
            self.seen.setdefault((what, member), {}).setdefault(observer, time.monotonic())
            self.changed.notify_all()

    def others(self, name):
        return self.agents.keys() - {name}

    def await_all(self, what, member, limit):
        """Until all others logged it; who did not in time."""
        with self.changed:
            self.changed.wait_for(lambda: self.others(member) <= self.seen.get((what, member), {}).keys(), limit)
            return self.others(member) - self.seen.get((what, member), {}).keys()

    def forget(self, member):
        with self.changed:
            for what in ("failed", "join"):
                self.seen.pop((what, member), None)

    def run(self, end):
        for agent in self.agents.values():
            agent.start()
        for name in self.agents:
            self.note("is not known to", name, self.await_all("join", name, BACK_WITHIN))
        if self.trouble:  # no cluster to measure
            end = 0
        while time.monotonic() + KNOWN_WITHIN + BACK_WITHIN + 2 * SETTLED < end:
            time.sleep(random.uniform(SETTLED, 3 * SETTLED))
            self.kill_and_restart(random.choice(list(self.agents.values())))
        time.sleep(max(0.0, end - time.monotonic()))
        for agent in self.agents.values():
            if agent.process.poll() is not None:
                self.trouble.append(f"{agent.name} ended by itself with {agent.process.returncode}")
        for agent in self.agents.values():
            agent.down = True
        for agent in self.agents.values():
            agent.process.kill()
            agent.process.wait()

    def kill_and_restart(self, agent):
        self.forget(agent.name)
        agent.down = True
        died = time.monotonic()
        agent.process.kill()
        if agent.process.wait() != -9:
            self.trouble.append(f"{agent.name} had ended by itself with {agent.process.returncode}")
        missing = self.await_all("failed", agent.name, KNOWN_WITHIN)
        self.note("its death is not known to", agent.name, missing)
        if not missing:
            self.times.append(max(self.seen["failed", agent.name].values()) - died)
        self.forget(agent.name)
        agent.start()
        self.note("is not back for", agent.name, self.await_all("join", agent.name, BACK_WITHIN))

    def note(self, what, name, missing):
        if missing:
            self.trouble.append(f"{name}: {what} {', '.join(sorted(missing))}")

    def report(self):
        times = self.times or [float("nan")]
        print(f"{self.label:12}{len(self.times):6}{statistics.median(times):12.2f}{max(times):10.2f}{len(self.false):14}"
              f"{len(self.trouble):10}")
        for line in self.false + self.trouble:
            print(f"    {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release", help="build folder")
    parser.add_argument("--minutes", type=float, default=60, help="how long")
    parser.add_argument("--sizes", type=int, nargs="+", default=[3, 10], help="agents of each program in a cluster")
    parser.add_argument("--profiles", nargs="+", default=["fast", "lan"], help="profiles of rollcall's agents")
    parser.add_argument("--logs", type=pathlib.Path, help="new folder for what the agents print; default: a temporary one")
    options = parser.parse_args()
    if not shutil.which("serf"):
        sys.exit("mixed.py: serf is not installed (./run deps)")
    logs = options.logs or pathlib.Path(tempfile.mkdtemp(prefix="rollcall-mixed-"))
    ours = str(pathlib.Path(options.build) / "bin" / "rollcall")
    end = time.monotonic() + 60 * options.minutes
    clusters = [Cluster(ours, profile, size, logs) for profile in options.profiles for size in options.sizes]
    threads = [threading.Thread(target=cluster.run, args=(end,)) for cluster in clusters]
    print(f"{options.minutes:g} minutes; output of the agents: {logs}", flush=True)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("cluster      kills   median, s   slowest   false failures   other trouble")
    for cluster in clusters:
        cluster.report()
    sys.exit(any(cluster.false or cluster.trouble for cluster in clusters))


if __name__ == "__main__":
    main()
