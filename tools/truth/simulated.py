# SPDX-License-Identifier: Apache-2.0
"""Runs the stories in the simulator: the files in sim/scenarios/truth, each with its own seed and time of
the action."""

import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile

import real
import stories

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "sim/scenarios/truth"
LONGEST = 120.0  # seconds of this machine for one run
# An event of the trace, and the line of the agent's log that goes with it.
LOGGED_AS = {"suspected": "member-suspected", "failed": "member-failed", "left": "member-leave",
             "joined": "member-join"}


class Trouble(Exception):
    """The simulator failed."""


def _moved(text, seconds):
    """The scenario with its action and all times that depend on it moved by `seconds`."""
    def later(match):
        return f"{match[1]} {float(match[2]) + seconds:.6f}s"

    # Steps at 0 s start the cluster and stay.
    return re.sub(r"^(run|at) (\d*[1-9]\d*)s", later, re.sub(r"\b(after) (\d+)s", later, text), flags=re.M)


def _one(story, text, program, folder, seed):
    """One run, and whether all its invariants held."""
    moved = random.Random(seed).uniform(0, story.settle[1] - story.settle[0])
    scenario, trace = (pathlib.Path(folder) / f"{seed}.{kind}" for kind in ("txt", "trace"))
    scenario.write_text(_moved(text, moved), encoding="utf-8")
    # The simulator needs no priority: undo real.prefer_agents().
    done = subprocess.run(["nice", "-n", str(real.PREFERENCE), program, "run", scenario, "--seed", str(seed),
                           "--format=json", "--trace", trace], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=LONGEST, check=False)
    if done.returncode not in (0, 1):
        raise Trouble(f"rollcall-sim run {FOLDER / story.name}.txt, moved by {moved:.3f} s, seed {seed}: "
                      f"{done.stderr.strip()}")
    with open(trace, encoding="utf-8") as lines:
        run = _run_of(story, [json.loads(line) for line in lines])
    scenario.unlink()
    trace.unlink()
    return run, done.returncode == 0


def _run_of(story, lines):
    """The run of a trace: the action is the first step after 0 s."""
    begin, *later = (line["at_us"] for line in lines if line["kind"] == "step" and line["at_us"] > 0)
    run = stories.Run(story.subject, stories.names(story)[1])
    if later:
        run.resumed = (later[0] - begin) / 1e6
    for line in lines:
        if line.get("about") == story.subject and line["kind"] in LOGGED_AS and line["at_us"] >= begin:
            run.sightings.append(stories.Sighting((line["at_us"] - begin) / 1e6, line["node"],
                                                  LOGGED_AS[line["kind"]], line["about"]))
    return run


def measure(story, program, profile, reps, stop, progress):
    """(runs, how many of them broke an invariant): `reps` runs, the same each time."""
    text = (FOLDER / f"{story.name}.txt").read_text(encoding="utf-8")
    text = re.sub(r"^profile \w+$", f"profile {profile}", text, flags=re.M)
    runs = []
    with tempfile.TemporaryDirectory(prefix="rollcall-truth-") as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = [pool.submit(_one, story, text, program, folder, seed) for seed in range(1, reps + 1)]
        try:
            for future in concurrent.futures.as_completed(waiting):
                runs.append(future.result())
                progress(len(runs), reps)
                if stop.is_set():
                    raise Trouble("stopped")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [run for run, _ in runs], sum(not held for _, held in runs)
