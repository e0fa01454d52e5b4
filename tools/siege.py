#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attacks clusters of five real agents on loopback addresses, and prints what each attack did.

A row is one attack on one fresh cluster: false failures (healthy members declared failed), the longest that
the attacked agent took to answer a ping, its CPU seconds and peak of resident memory, the seconds until every
view was right after the end (a newcomer and changed tags included where the attack is about them), and agents
that ended. All agents count; where the cluster is mixed, the figure of the rollcall agents is in brackets if it
is another. Exit code 0 when no rollcall agent declared a healthy member failed, none ended and all views of
rollcall agents were right within 60 s; 1 otherwise; 2 for a bad command line. Leaves no process behind. Sends nothing beyond 127.0.0.0/8.
"""

import argparse
import base64
import contextlib
import dataclasses
import json
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "interop"))

from harness import agents, attacks, sealing, siege  # noqa: E402
from harness.cluster import Cluster  # noqa: E402
from harness.loopback import Subnet  # noqa: E402

KEY = base64.b64encode(bytes(range(32))).decode()  # AES-256


def seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 600:
        raise argparse.ArgumentTypeError(f"'{text}' is not allowed; allowed: 1 to 600 seconds")
    return value


def read_arguments(argv):
    parser = argparse.ArgumentParser(prog="tools/siege.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release/bin/rollcall", metavar="PATH",
                        help="the rollcall program (build/release/bin/rollcall)")
    parser.add_argument("--build-before", type=pathlib.Path, metavar="PATH",
                        help="another one: each attack on it too, as `before`")
    parser.add_argument("--serf", action="store_true", help="each attack on five Serf agents too")
    parser.add_argument("--mixed", action="store_true", help="each attack on three rollcall and two Serf agents too")
    parser.add_argument("--encrypt", action="store_true",
                        help="all with AES-256: an attacker with the key, and one without")
    parser.add_argument("--only", action="append", choices=attacks.ATTACKS, metavar="ATTACK",
                        help=f"repeatable: {', '.join(attacks.ATTACKS)}")
    parser.add_argument("--seconds", type=seconds, default=20.0, help="length of each attack (20)")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--logs", type=pathlib.Path, metavar="DIR", help="keep the agents' output there")
    return parser.parse_args(argv)


def settings(arguments):
    """(program, Setting) of each cluster that is attacked."""
    rows = []
    if arguments.build_before:
        rows.append((arguments.build_before, siege.Setting("before")))
    rows.append((arguments.build, siege.Setting("rollcall")))
    if arguments.mixed:
        rows.append((arguments.build, siege.Setting("mixed", siege.MIXED)))
    if arguments.serf:
        rows.append((arguments.build, siege.Setting("serf", siege.SERF)))
    if not arguments.encrypt:
        return rows
    return [(program, dataclasses.replace(setting, name=f"{setting.name}, {who}", key=KEY, attacker_key=has))
            for program, setting in rows for who, has in (("with key", True), ("no key", False))]


def problem(arguments):
    for program in filter(None, (arguments.build, arguments.build_before)):
        if not program.is_file():
            return f"{program} does not exist: build it, or name another one"
    if (arguments.serf or arguments.mixed) and agents.SERF is None:
        return "serf is not installed (Debian: apt install serf)"
    if arguments.encrypt and not sealing.can_encrypt():
        return "AES needs Debian's python3-cryptography"
    return next(filter(None, map(attacks.why_not, arguments.only or ())), None)


def attack_once(subnet, folder, setting, attack, length):
    cluster = Cluster(subnet, folder / f"{attack}-{setting.name.replace(', ', '-').replace(' ', '-')}",
                      key=setting.key)
    try:
        siege.start(cluster, setting, attack)
        return siege.besiege(cluster, setting, attack, length)
    finally:
        cluster.close()


HEADS = ("attack", "cluster", "false failures", "worst ping", "CPU", "RSS peak", "views right after", "ended")


def duration(seconds):
    return "not in 60 s" if seconds is None else f"{seconds:.1f} s"


def cells(row):
    failed = str(row.false_failures)
    if row.failures_at_ours != row.false_failures:
        failed += f" ({row.failures_at_ours})"
    right = duration(row.right_after)
    if row.right_at_ours != row.right_after and row.setting.startswith("mixed"):
        right += f" ({duration(row.right_at_ours)})"
    return (row.attack, row.setting, failed, f"{1000 * row.worst_ping:.0f} ms", f"{row.cpu:.1f} s",
            f"{row.rss_kib / 1024:.0f} MiB", right, ", ".join(row.ended) or "none")


def print_line(row):
    print("| " + " | ".join(row) + " |", flush=True)


def main(argv):
    arguments = read_arguments(argv)
    if trouble := problem(arguments):
        print(f"siege.py: {trouble}", file=sys.stderr)
        return 2
    chosen = arguments.only or [name for name in attacks.ATTACKS if attacks.why_not(name) is None]
    for name in attacks.ATTACKS:
        if not arguments.only and (reason := attacks.why_not(name)):
            print(f"siege.py: {name} is left out: {reason}", file=sys.stderr)
    rows = []
    if arguments.format == "table":
        print_line(HEADS)
        print_line(["---"] * len(HEADS))
    with contextlib.closing(Subnet()) as subnet, tempfile.TemporaryDirectory() as scratch:
        folder = arguments.logs or pathlib.Path(scratch)
        for attack in chosen:
            for program, setting in settings(arguments):
                agents.ROLLCALL = program
                rows.append(attack_once(subnet, folder, setting, attack, arguments.seconds))
                if arguments.format == "table":
                    print_line(cells(rows[-1]))
    if arguments.format == "json":
        print(json.dumps([dataclasses.asdict(row) for row in rows], indent=2))
    # The older program and Serf are beside it for comparison: they may suffer.
    ours = [row for row in rows if not row.setting.startswith(("before", "serf"))]
    return 0 if all(row.holds for row in ours) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
