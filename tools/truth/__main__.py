#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares running agents on this machine with the simulator in the same five stories, or in those named.

Each figure is the median of all runs with its 95 % interval (bootstrap). A tick means that the two
medians are within 10 % or 20 ms of each other. What a profile promises is checked, too: the median of the agents
lies in these bounds. Exit code 0 if all is so, 1 if one is not or was not measured, 2 for a bad command
line. Leaves no process, file or network behind.
"""

import argparse
import functools
import json
import os
import pathlib
import shutil
import signal
import sys
import threading
import time

import cluster
import lossy
import real
import simulated
import stories
import table

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROFILES = ("lan", "local", "wan", "fast", "fast-wan")
# Simulated runs for each real one. They are cheap, so the uncertainty is only that of the agents' runs.
SIMULATED_PER_RUN = 5


class Progress:
    """A progress line on a terminal."""

    def __init__(self):
        self._shown = sys.stderr.isatty()
        self._begin = time.monotonic()

    def __call__(self, what, done, of):
        if self._shown:
            seconds = time.monotonic() - self._begin
            print(f"\r\033[K{seconds:5.0f} s  {what}: {done} of {of}", end="", file=sys.stderr, flush=True)

    def clear(self):
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def count(text):
    number = int(text) if text.isdigit() else 0
    if not 1 <= number <= 100_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not allowed; allowed: a number from 1 to 100000")
    return number


def read_arguments(argv):
    parser = argparse.ArgumentParser(prog="./run truth", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reps", type=count, default=400, metavar="N",
                        help="runs of each story with agents (400)")
    parser.add_argument("--simulated", type=count, metavar="N",
                        help=f"runs in the simulator ({SIMULATED_PER_RUN} times --reps)")
    parser.add_argument("--story", choices=stories.STORIES, action="append", metavar="NAME",
                        help=f"only this one, repeatable: {', '.join(stories.STORIES)} "
                             f"(the first {len(stories.USUAL)})")
    parser.add_argument("--at-once", type=count, default=20, metavar="N",
                        help="concurrent clusters of agents (20)")
    parser.add_argument("--profile", choices=PROFILES, default="lan", help="profile of both sides (lan)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release/bin", metavar="DIR",
                        help="folder of rollcall and rollcall-sim (build/release/bin)")
    return parser.parse_args(argv)


# --- the network that drops packets: a second process of this program inside it -------------------------------------

def emit_runs(arguments, story, stop):
    """Inside: prints every run as a line of JSON, and the lost packets, or null, as the last line."""
    def progress(run, _done, _of):
        print(json.dumps(run and run.as_json()), flush=True)

    real.measure(story, arguments.programs / "rollcall", arguments.profile, arguments.reps,
                 arguments.at_once, stop, progress)
    print(json.dumps({"counted": lossy.counted()}), flush=True)


def receive_runs(arguments, story, stop, progress):
    """Outside: reads them; returns (runs, share of lost packets or None)."""
    child = lossy.start(["--reps", str(arguments.reps), "--at-once", str(arguments.at_once), "--story",
                         story.name, "--profile", arguments.profile, "--programs",
                         str(arguments.programs.resolve())], story.loss)
    runs, done, whole, share = [], 0, False, None
    try:
        for line in child.stdout:
            record = json.loads(line)
            if record and "counted" in record:
                whole = True
                if record["counted"]:
                    lost, packets = record["counted"]
                    share = lost / max(1, packets)
                continue
            done += 1
            if record:
                runs.append(stories.Run.from_json(record))
            progress(done)
            if stop.is_set():
                raise cluster.Ended
    finally:
        if child.poll() is None:
            child.terminate()
        child.wait()
        child.stdout.close()
    if not whole:
        raise cluster.Trouble(f"{story.name}: the agents in a network of their own ended without a result")
    return runs, share


# --- all stories --------------------------------------------------------------------------------------

def why_not(story):
    """None, or why this story is not possible here."""
    if story.serf and not shutil.which("serf"):
        return "needs Serf (Debian: package serf)"
    return lossy.why_not() if story.own_network else None


def measure(arguments, stop, show):
    """A table.Row for each story; prints each when it is done."""
    progress = Progress()
    rows = []
    for name in arguments.story or stories.USUAL:
        story = stories.STORIES[name]
        row = table.Row(story, arguments.profile)
        row.skipped = why_not(story)
        if not row.skipped and story.own_network:
            row.real, row.lost = receive_runs(
                arguments, story, stop,
                lambda done: progress(f"{name}, agents", done, arguments.reps))  # noqa: B023
        elif not row.skipped:
            row.real = real.measure(
                story, arguments.programs / "rollcall", arguments.profile, arguments.reps,
                arguments.at_once, stop,
                lambda _, done, of: progress(f"{name}, agents", done, of))  # noqa: B023
        if not row.skipped and not story.serf:
            row.simulated, row.broken = simulated.measure(
                story, arguments.programs / "rollcall-sim", arguments.profile,
                arguments.simulated or SIMULATED_PER_RUN * arguments.reps, stop,
                lambda done, of: progress(f"{name}, simulator", done, of))  # noqa: B023
        rows.append(row)
        progress.clear()
        show(table.story(row))
    return rows


def interrupted(number, _frame):
    raise KeyboardInterrupt(signal.Signals(number).name)


def main():
    arguments = read_arguments(sys.argv[1:])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    for program in ("rollcall", "rollcall-sim"):
        if not os.access(arguments.programs / program, os.X_OK):
            print(f"truth: {arguments.programs / program} does not exist: run ./run build",
                  file=sys.stderr)
            return 2
    preferred = real.prefer_agents()
    stop = threading.Event()
    try:
        if lossy.enter():
            emit_runs(arguments, stories.STORIES[arguments.story[0]], stop)
            return 0
        for_people = arguments.format == "text"
        show = functools.partial(print, end="", flush=True) if for_people else lambda _: None
        show(table.head(arguments, preferred))
        rows = measure(arguments, stop, show)
        show(table.LEGEND)
    except (cluster.Trouble, simulated.Trouble) as trouble:
        print(f"truth: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("truth: interrupted; the agents are gone", file=sys.stderr)
        return 130
    finally:
        stop.set()
    if not for_people:
        print(table.as_json(rows, arguments, preferred), end="")
    return 0 if all(row.holds() for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
