# SPDX-License-Identifier: Apache-2.0
"""An agent that stands still for a minute and wakes up accuses no member (rule Z1).

The others must take it for failed meanwhile. When it wakes, every timer it had is long due: to a naive
detector the whole world looks dead. No agent may ever see another failed but the sleeper.
"""

import os

import pytest

from harness.agents import SERF
from harness.cluster import effective_kind
from harness.waiting import PATIENCE, in_parallel, wait_until

PAUSE_SECONDS = float(os.environ.get("ROLLCALL_INTEROP_PAUSE_SECONDS", "60"))
BACK_WITHIN = 15  # seconds from waking up to alive everywhere


def variants():
    chosen = {"five-rollcall": ["rollcall"] * 5, "mixed": ["serf", "rollcall", "rollcall", "serf", "rollcall"]}
    if SERF is None:
        del chosen["mixed"]
    return chosen


class Watcher:
    """All member events that one agent tells, from now on."""

    def __init__(self, agent):
        self.agent = agent
        self._rpc = agent.rpc()
        self._rpc.stream("member-failed,member-leave,member-reap,member-join")
        self._told = []

    def told(self, settle=0.2):
        for record in self._rpc.records(settle):
            self._told += [(record["Event"], member["Name"]) for member in record["Members"]]
        return self._told

    def failed(self, settle=0.2):
        return {name for event, name in self.told(settle) if event != "member-join"}


@pytest.mark.rollcall
def test_a_process_that_was_stopped_accuses_no_member_when_it_wakes(clusters):
    def live_through(place):
        label, kinds = place
        cluster = clusters(label, profile="lan")
        for number, kind in enumerate(kinds):
            cluster.start(kind, f"n{number}", join=list(cluster.agents.values()))
        cluster.wait_all_alive()
        sleeper = cluster.agents["n2"]
        assert sleeper.kind == effective_kind("rollcall")
        others = [agent for agent in cluster.agents.values() if agent is not sleeper]
        watchers = [Watcher(agent) for agent in others]
        own = Watcher(sleeper)

        sleeper.pause()
        try:
            stopped_at = os.times().elapsed
            awake = [name for name in cluster.agents if name != "n2"]
            cluster.wait_statuses(60, at=others, n2="failed", **dict.fromkeys(awake, "alive"))
            # The rest of the minute is watched rather than slept: no other member may be lost in it.
            left = PAUSE_SECONDS - (os.times().elapsed - stopped_at)
            cluster.hold_statuses(max(left, 0), at=others, n2="failed", **dict.fromkeys(awake, "alive"))
        finally:
            sleeper.resume()
        cluster.wait_all_alive(BACK_WITHIN)
        # Two probe rounds and a whole suspicion later nothing has come of its old timers.
        cluster.hold_statuses(8, **dict.fromkeys(cluster.agents, "alive"))

        assert own.failed() == set(), f"the sleeper accused a member: {own.told()}"
        for watcher in watchers:
            assert watcher.failed() == {"n2"}, f"{watcher.agent.name} was told {watcher.told()}"
            assert watcher.told()[-1] == ("member-join", "n2")

    in_parallel({label: (label, kinds) for label, kinds in variants().items()}, live_through)


@pytest.mark.rollcall
def test_a_pause_shorter_than_the_suspicion_is_refuted_in_time(clusters):
    """Three seconds of silence make it a suspect; it must speak up before it is given up."""
    def live_through(place):
        label, kinds = place
        cluster = clusters(f"short-{label}", profile="lan")
        for number, kind in enumerate(kinds):
            cluster.start(kind, f"n{number}", join=list(cluster.agents.values()))
        cluster.wait_all_alive()
        watchers = [Watcher(agent) for agent in cluster.agents.values()]
        sleeper = cluster.agents["n2"]
        sleeper.pause()
        try:
            # Suspicions are no Serf event: the log of a rollcall or Serf observer shows one.
            wait_until(lambda: any("suspect" in line.lower() and "n2" in line
                                   for agent in cluster.agents.values() if agent is not sleeper
                                   for line in agent.output.lines()),
                       20, "an agent suspects n2")
        finally:
            sleeper.resume()
        cluster.hold_statuses(10 * PATIENCE, **dict.fromkeys(cluster.agents, "alive"))
        assert [watcher.failed() for watcher in watchers] == [set()] * 5

    in_parallel({label: (label, kinds) for label, kinds in variants().items()}, live_through)
