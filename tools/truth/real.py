# SPDX-License-Identifier: Apache-2.0
"""Runs the stories with agents: several clusters at once, each for one run."""

import concurrent.futures
import os
import random
import signal
import time

import cluster
import stories

CLOCK_STEP = 0.02  # seconds: a run is discarded if the wall clock was set by more
PREFERENCE = 15    # steps of niceness
MOST_FAILED = 0.1  # share of runs that may fail


def _run(story, group, rng):
    """One run."""
    members, observers = stories.names(story)
    group.start_joined(members)
    if story.joins_late:
        group.start_alone(story.subject)
    if story.loss:
        group.lose()
    group.run_for(rng.uniform(*story.settle))

    subject = story.subject
    act, undo = {
        "kill": (lambda: group.kill(subject), None),
        "leave": (lambda: group.signal(subject, signal.SIGINT), None),
        "join": (lambda: group.join(subject, members[0]), None),
        "pause": (lambda: group.signal(subject, signal.SIGSTOP), lambda: group.signal(subject, signal.SIGCONT)),
        "cut": (lambda: group.cut(subject), lambda: group.mend(subject)),
    }[story.action]
    begin = act()

    run = stories.Run(subject, observers)

    def look():
        run.sightings = [stories.Sighting(at - begin, name, event, member)
                         for name, agent in group.agents.items() for at, event, member in agent.seen
                         if at >= begin]
        return run

    if undo:
        group.run_for(max(0.0, begin + story.lasts - time.time()))
        run.resumed = undo() - begin
    deadline = begin + story.patience
    group.wait(lambda: story.over(look()), max(0.0, deadline - time.time()))
    return look()


def _one(story, program, profile, stop, seed):
    """A run, or None if the clock was set meanwhile."""
    clocks = time.time() - time.monotonic()
    with cluster.Cluster(program, profile, stop, story.serf) as group:
        run = _run(story, group, random.Random(seed))
    return run if abs(time.time() - time.monotonic() - clocks) < CLOCK_STEP else None


def prefer_agents():
    """Raises the priority if permitted: the protocol is measured, not the scheduler."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -PREFERENCE)
    except PermissionError:
        return False
    return True


def measure(story, program, profile, reps, at_once, stop, progress):
    """`reps` runs, in any order. Raises cluster.Trouble if too many fail. `stop` is an event that ends
    them early, and is set if this function ends early for another reason."""
    runs, failed = [], []
    seeds = random.SystemRandom()
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        waiting = {pool.submit(_one, story, program, profile, stop, seeds.getrandbits(64))
                   for _ in range(reps)}
        try:
            while waiting:
                # With a timeout: a signal that arrives at another thread does not end a wait without one.
                done, waiting = concurrent.futures.wait(
                    waiting, timeout=0.5, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    try:
                        run = future.result()
                    except cluster.Trouble as trouble:
                        run = None
                        failed.append(str(trouble))
                    if run:
                        runs.append(run)
                    progress(run, len(runs) + len(failed), reps)
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    if len(runs) < reps * (1 - MOST_FAILED):
        raise cluster.Trouble(f"only {len(runs)} of {reps} runs succeeded; last error: "
                              + (failed[-1] if failed else "the clock was set"))
    return runs
