#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""CPU per answered ping: a running agent beside a bare libuv echo, and Serf when it is installed.

Every round loads every target in turn, so that a busy machine is busy for all of them. What is
compared is CPU time, not throughput, and the median of the rounds.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

import targets


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default="build/release", help="build directory (release preset)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="per target and round")
    parser.add_argument("--window", type=int, default=64, help="pings in flight")
    parser.add_argument("--limit", type=float, default=2.0, help="highest ratio agent/echo; exit 1 above")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    arguments = parser.parse_args()
    programs = os.path.join(arguments.build, "bin")

    def program(name):
        return os.path.join(programs, name)

    running = []
    try:
        running.append(targets.start_program([program("udp_echo")], "echo", "echo"))
        running.append(targets.start_program([program("driver_echo"), "echo"], "driver", "echo"))
        running.append(targets.start_program([program("driver_echo"), "node"], "node", "ack"))
        if os.path.exists(program("rollcall")):
            running.append(targets.start_rollcall(program("rollcall")))
        if targets.find_serf():
            running.append(targets.start_serf(targets.find_serf()))
        results = {target.name: [] for target in running}
        for _ in range(arguments.rounds):
            for target in running:
                output = subprocess.run(
                    [program("ping_load"), str(target.port), str(target.pid), str(arguments.seconds),
                     str(arguments.window), target.node, target.answers],
                    check=True, capture_output=True, text=True).stdout
                results[target.name].append(json.loads(output))
    finally:
        for target in running:
            target.stop()
    return report(arguments, results)


def report(arguments, results):
    def median(name, key):
        return statistics.median(r[key] for r in results[name])

    base = median("echo", "cpu_us_per_answer")
    summary = {}
    for name, rounds in results.items():
        costs = [r["cpu_us_per_answer"] for r in rounds]
        if not all(r["answered"] for r in rounds):
            print(f"{name} did not answer", file=sys.stderr)
            return 1
        summary[name] = {
            "cpu_us_per_answer": statistics.median(costs),
            "lowest": min(costs), "highest": max(costs),
            "answers_per_cpu_second": median(name, "answers_per_cpu_second"),
            "answers_per_second": statistics.median(r["answered"] / r["seconds"] for r in rounds),
            "lost": sum(r["lost"] for r in rounds),
            "ratio_to_echo": statistics.median(costs) / base,
        }
    if arguments.json:
        print(json.dumps(summary, indent=2))
    else:
        print(f"{arguments.rounds} rounds of {arguments.seconds:g} s, {arguments.window} pings in flight;"
              " medians")
        print(f"{'target':<10}{'us/ping':>9}{'lowest':>9}{'highest':>9}{'per CPU s':>12}{'per s':>10}"
              f"{'lost':>7}{'ratio':>8}")
        for name, s in summary.items():
            print(f"{name:<10}{s['cpu_us_per_answer']:>9.2f}{s['lowest']:>9.2f}{s['highest']:>9.2f}"
                  f"{s['answers_per_cpu_second']:>12.0f}{s['answers_per_second']:>10.0f}{s['lost']:>7}"
                  f"{s['ratio_to_echo']:>8.2f}")
    judged = "rollcall" if "rollcall" in summary else "node"
    ratio = summary[judged]["ratio_to_echo"]
    if ratio > arguments.limit:
        print(f"{judged} costs {ratio:.2f} times a bare echo; the limit is {arguments.limit:g}",
              file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
