# SPDX-License-Identifier: Apache-2.0
"""Graceful leaves, one after the other: everybody who stays sees each as left, soon, and never as failed.

The size is small unless ROLLCALL_LEAVES_AGENTS and ROLLCALL_LEAVES_COUNT say otherwise (50 and 40 are what
the project promises, within ROLLCALL_LEAVES_WITHIN seconds each). The moment at which an agent knows is that of the line in its log.
"""

import os
import re
import time

import pytest

from harness.waiting import in_parallel

AGENTS = int(os.environ.get("ROLLCALL_LEAVES_AGENTS", "12"))
LEAVES = int(os.environ.get("ROLLCALL_LEAVES_COUNT", "4"))
# Seconds; a figure, and a limit only where it is asked for: other load on the machine is no fault of a leave.
WITHIN = float(os.environ.get("ROLLCALL_LEAVES_WITHIN", "3"))
JUDGED = "ROLLCALL_LEAVES_WITHIN" in os.environ
JOINED = 120  # so many processes start on two cores, with everything else


def told(name, what):
    """The line of a rollcall agent that says so of a member."""
    return re.compile(rf"(?:^|[^\w-])(?:member-)?{what}: {re.escape(name)} at ")


def saw(agent, pattern):
    return any(pattern.search(line) for line in agent.output.lines())


def form(cluster, kinds):
    first = cluster.start(kinds[0], "a1")
    for number, kind in enumerate(kinds[1:], start=2):
        cluster.start(kind, f"a{number}", join=[first])
    cluster.wait_all_alive(JOINED)


def leave_all(cluster, names):
    """Each leaves; {name: seconds until the last of ours knew}."""
    times = {}
    for name in names:
        leaver = cluster.agents.pop(name)
        ours = {agent.name: agent for agent in cluster.agents.values() if agent.kind == "rollcall"}
        line = told(name, "leave")
        begun = time.monotonic()
        leaver.interrupt()
        in_parallel(ours, lambda agent: agent.output.wait_for(
            lambda lines: any(line.search(text) for text in lines), 60,
            f"{agent.name} sees that {name} left"))
        times[name] = time.monotonic() - begun
        leaver.wait_exit(15)
        blamed = [agent.name for agent in ours.values() if saw(agent, told(name, "failed"))]
        assert not blamed, f"{name} left, and was failed for {blamed}"
    return times


def report(figure, what, times):
    ordered = sorted(times.values())
    in_time = sum(seconds <= WITHIN for seconds in ordered)
    figure(f"{what}: {in_time} of {len(ordered)} leaves known to all within {WITHIN:g} s; "
           f"median {ordered[len(ordered) // 2]:.2f} s, slowest {ordered[-1]:.2f} s")
    slow = {name: round(seconds, 2) for name, seconds in times.items() if seconds > WITHIN}
    assert not (JUDGED and slow), f"slower than {WITHIN:g} s: {slow}"


@pytest.mark.rollcall
def test_every_graceful_leave_is_seen_by_all(clusters, figure):
    cluster = clusters("leaves", profile="lan")
    form(cluster, ["rollcall"] * AGENTS)
    leavers = [f"a{number}" for number in range(AGENTS, AGENTS - LEAVES, -1)]
    report(figure, f"{AGENTS} agents", leave_all(cluster, leavers))
    for agent in cluster.agents.values():
        statuses = agent.statuses()
        assert [statuses[name] for name in leavers] == ["left"] * LEAVES, agent.name


@pytest.mark.serf
@pytest.mark.rollcall
def test_among_serf_agents_ours_see_every_leave_of_ours_and_of_theirs(clusters, figure):
    cluster = clusters("mixed-leaves", profile="lan")
    form(cluster, ["rollcall" if number % 2 == 0 else "serf" for number in range(AGENTS)])
    leavers = [f"a{number}" for number in range(AGENTS, AGENTS - LEAVES, -1)]
    report(figure, f"{AGENTS} agents, half of them Serf's", leave_all(cluster, leavers))
