# SPDX-License-Identifier: Apache-2.0
"""Agents that are killed, one after the other: how soon all others know, and that nobody else is failed.

The sizes are small unless the environment says otherwise: ROLLCALL_DETECTION_AGENTS (50 is what the project
promises), ROLLCALL_DETECTION_KILLS, and ROLLCALL_DETECTION_QUIET, the seconds in which nothing happens (3600).
With ROLLCALL_DETECTION_JUDGED the medians must be those of the promise. The moment at which an agent knows is
that of the line in its log.
"""

import os
import re
import statistics
import time

import pytest

from harness.waiting import in_parallel

AGENTS = int(os.environ.get("ROLLCALL_DETECTION_AGENTS", "10"))
KILLS = int(os.environ.get("ROLLCALL_DETECTION_KILLS", "2"))
QUIET = float(os.environ.get("ROLLCALL_DETECTION_QUIET", "8"))
EACH = int(os.environ.get("ROLLCALL_DETECTION_EACH", "3"))  # agents of each kind in a mixed cluster
# Limits only where they are asked for: other load on the machine is no fault of the agents.
JUDGED = "ROLLCALL_DETECTION_JUDGED" in os.environ
JOINED = 120  # seconds; so many processes start on two cores, with everything else
KNOWN = 60    # seconds, at the latest
# Medians, in seconds: the first that knows, all of them.
PROMISES = {"fast": (2.6, 3.0), "lan": (6.0, 6.0)}
FAILED = re.compile(r"(?:member-failed|EventMemberFailed): (\S+)")


def failed_at(agent):
    """The names that this agent's log calls failed."""
    return {found[1] for found in map(FAILED.search, agent.output.lines()) if found}


def ours(cluster):
    return {agent.name: agent for agent in cluster.agents.values() if agent.kind == "rollcall"}


def form(cluster, kinds, **options):
    first = cluster.start(kinds[0], "a1", **options)
    for number, kind in enumerate(kinds[1:], start=2):
        cluster.start(kind, f"a{number}", join=[first], **(options if kind == "rollcall" else {}))
    cluster.wait_all_alive(JOINED)


def kill(cluster, name):
    """Seconds until the first, and until the last, of our agents knew."""
    cluster.kill(name)
    begun = time.monotonic()

    def knows(agent):
        agent.output.wait_for(lambda lines: any((found := FAILED.search(line)) and found[1] == name for line in lines),
                              KNOWN, f"{agent.name} sees that {name} failed")
        return time.monotonic() - begun

    times = in_parallel(ours(cluster), knows).values()
    return min(times), max(times)


def kill_all(cluster, names, figure, what):
    times = [kill(cluster, name) for name in names]
    first, last = (statistics.median(column) for column in zip(*times))
    figure(f"{what}: {len(times)} killed; first knows after {first:.2f} s, all after {last:.2f} s (medians), "
           f"slowest {max(last for _, last in times):.2f} s")
    for agent in cluster.agents.values():
        assert failed_at(agent) <= set(names), f"{agent.name} calls healthy members failed"
    return first, last


@pytest.mark.rollcall
@pytest.mark.parametrize("profile", PROMISES)
def test_killed_agents_are_known_to_all(clusters, figure, profile):
    cluster = clusters(f"detection-{profile}", profile=profile)
    form(cluster, ["rollcall"] * AGENTS)
    # Round trips are known, and the messages of the joins have been gossiped.
    time.sleep(QUIET)
    names = [f"a{number}" for number in range(AGENTS, AGENTS - KILLS, -1)]
    first, last = kill_all(cluster, names, figure, f"{profile}, {AGENTS} agents")
    most_first, most_all = PROMISES[profile]
    assert not JUDGED or (first <= most_first and last <= most_all), (first, last)


@pytest.mark.serf
@pytest.mark.rollcall
@pytest.mark.parametrize("profile", PROMISES)
def test_among_serf_agents_nobody_healthy_fails_and_the_dead_are_found(clusters, figure, profile):
    cluster = clusters(f"detection-serf-{profile}", profile="lan")
    form(cluster, ["rollcall", "serf"] * EACH, extra=(f"-profile={profile}",))
    begun = time.monotonic()
    while time.monotonic() < begun + QUIET:
        time.sleep(min(10, QUIET))
        for agent in cluster.agents.values():
            assert not failed_at(agent), f"{agent.name} calls members failed that are healthy"
    figure(f"{profile}, {EACH} + {EACH} with Serf: nobody failed in {time.monotonic() - begun:.0f} s")
    kill_all(cluster, [f"a{2 * EACH}", f"a{2 * EACH - 1}"], figure,  # a Serf agent, and one of ours
             f"{profile}, {EACH} + {EACH} with Serf")
