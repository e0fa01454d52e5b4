#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an agent costs in a cluster where nothing happens: CPU per minute and memory.

Starts a cluster of rollcall agents. Three kinds of them are observed for the same span of time: those
without HTTP, those with it, and those whose /metrics is read at an interval; with them one Serf agent,
when installed.
"""
import argparse
import json
import os
import sys
import threading
import time
import urllib.request

import targets

FIGURES = {"cpu_ms_per_minute": "CPU ms/min", "rss_kib": "RSS KiB", "pss_kib": "PSS KiB",
           "private_kib": "private KiB"}


class Scraper:
    """Reads /metrics of the agents at an interval, as Prometheus does, until it is stopped."""

    def __init__(self, agents, interval):
        self.agents, self.interval = agents, interval
        self.stopped, self.error, self.done = threading.Event(), None, 0
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def _run(self):
        # Spread over the interval: a burst would let them find each other's caches warm.
        while not self.stopped.wait(self.interval / len(self.agents)):
            agent = self.agents[self.done % len(self.agents)]
            try:
                with urllib.request.urlopen(f"http://{agent.http}/metrics", timeout=10) as answer:
                    answer.read()
            except OSError as error:
                self.error = error
                return
            self.done += 1


def observe(kinds, seconds):
    """The figures of each kind, means over its agents."""
    before = {target: targets.cpu_seconds(target.pid) for kind in kinds.values() for target in kind}
    began = time.monotonic()
    time.sleep(seconds)
    per_minute = 60_000 / (time.monotonic() - began)
    summary = {}
    for name, kind in kinds.items():
        rows = []
        for target in kind:
            if target.process.poll() is not None:
                raise RuntimeError(f"{target.node} ended with {target.process.returncode}")
            used = targets.cpu_seconds(target.pid) - before[target]
            rows.append((used * per_minute, *targets.memory_kib(target.pid)))
        summary[name] = dict(zip(FIGURES, (sum(column) / len(kind) for column in zip(*rows))))
    return summary


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--agents", type=int, default=50, help="members, the observed ones included")
    parser.add_argument("--each", type=int, default=10, help="observed rollcall agents of each kind")
    parser.add_argument("--settle", type=float, default=15.0, help="seconds between the last join and observing")
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds observed")
    parser.add_argument("--scrape", type=float, default=15.0, help="seconds between two reads of /metrics")
    parser.add_argument("--profile", default="lan", help="of the rollcall agents; Serf's has lan")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not 1 <= arguments.each <= (arguments.agents - 2) // 3:
        parser.error(f"--each: {arguments.each} is not allowed; allowed: 1 to a third of --agents")
    binary = os.path.join(arguments.build, "bin", "rollcall")

    running = [targets.start_rollcall(binary, "n0", profile=arguments.profile)]
    seed = f"127.0.0.1:{running[0].port}"

    def start(http=False):
        running.append(targets.start_rollcall(binary, f"n{len(running)}", seed, arguments.profile, http))
        return running[-1]

    try:
        kinds = {"rollcall, no HTTP": [start() for _ in range(arguments.each)],
                 "rollcall": [start(http=True) for _ in range(arguments.each)]}
        scraped = [start(http=True) for _ in range(arguments.each)]
        kinds["rollcall, scraped"] = scraped
        if targets.find_serf():
            kinds["serf"] = [targets.start_serf(targets.find_serf(), "serf", seed)]
            running += kinds["serf"]
        while len(running) < arguments.agents:
            start()
        deadline = time.monotonic() + 60
        while (known := targets.alive_members(binary, scraped[0].rpc)) < arguments.agents:
            if time.monotonic() > deadline:
                raise RuntimeError(f"only {known} of {arguments.agents} members met within a minute")
            time.sleep(0.5)
        time.sleep(arguments.settle)
        with Scraper(scraped, arguments.scrape) as scraper:
            summary = observe(kinds, arguments.seconds)
        if scraper.error:
            raise RuntimeError(f"/metrics could not be read: {scraper.error}")
    finally:
        for target in running:
            target.stop()
    if arguments.json:
        print(json.dumps(summary, indent=2))
        return 0
    print(f"{arguments.agents} members of profile {arguments.profile}, idle, observed for {arguments.seconds:g} s; "
          f"means of {arguments.each} agents; {scraper.done} reads of /metrics")
    print(f"{'agent':<19}" + "".join(f"{title:>13}" for title in FIGURES.values()))
    for name, figures in summary.items():
        print(f"{name:<19}" + "".join(f"{figures[key]:>13.0f}" for key in FIGURES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
