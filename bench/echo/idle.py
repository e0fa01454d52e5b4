#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an agent costs in a cluster where nothing happens: CPU per minute and resident memory.

Starts a cluster of rollcall agents; one of them, and one Serf agent when installed, are observed for
the same span of time.
"""
import argparse
import json
import os
import sys
import time

import targets


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--agents", type=int, default=50, help="members, the observed ones included")
    parser.add_argument("--settle", type=float, default=15.0, help="seconds between the last join and observing")
    parser.add_argument("--seconds", type=float, default=40.0, help="seconds observed")
    parser.add_argument("--profile", default="lan", help="of the rollcall agents; Serf's has lan")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    binary = os.path.join(arguments.build, "bin", "rollcall")

    running = []
    try:
        first = targets.start_rollcall(binary, "n0", profile=arguments.profile)
        running.append(first)
        seed = f"127.0.0.1:{first.port}"
        observed = [targets.start_rollcall(binary, "observed", seed, arguments.profile)]
        running += observed
        if targets.find_serf():
            observed.append(targets.start_serf(targets.find_serf(), "observed-serf", seed))
            running.append(observed[-1])
        while len(running) < arguments.agents:
            running.append(targets.start_rollcall(binary, f"n{len(running)}", seed, arguments.profile))
        deadline = time.monotonic() + 60
        while (known := targets.alive_members(binary, observed[0].rpc)) < arguments.agents:
            if time.monotonic() > deadline:
                raise RuntimeError(f"only {known} of {arguments.agents} members met within a minute")
            time.sleep(0.5)
        time.sleep(arguments.settle)
        before = [(time.monotonic(), targets.cpu_seconds(t.pid)) for t in observed]
        time.sleep(arguments.seconds)
        summary = {}
        for target, (began, cpu) in zip(observed, before):
            if target.process.poll() is not None:
                raise RuntimeError(f"{target.name} ended with {target.process.returncode}")
            per_minute = (targets.cpu_seconds(target.pid) - cpu) * 60 / (time.monotonic() - began)
            rss, private = targets.memory_kib(target.pid)
            summary[target.name] = {"cpu_ms_per_minute": per_minute * 1000, "rss_kib": rss,
                                    "private_kib": private}
    finally:
        for target in running:
            target.stop()
    if arguments.json:
        print(json.dumps(summary, indent=2))
    else:
        print(f"{arguments.agents} members of profile {arguments.profile}, idle, observed for {arguments.seconds:g} s")
        print(f"{'agent':<10}{'CPU ms/min':>12}{'RSS KiB':>10}{'private KiB':>13}")
        for name, s in summary.items():
            print(f"{name:<10}{s['cpu_ms_per_minute']:>12.0f}{s['rss_kib']:>10}{s['private_kib']:>13}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
