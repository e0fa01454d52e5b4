# SPDX-License-Identifier: Apache-2.0
"""Network coordinates between the two kinds: either program asks either agent for the round trip between a
Serf and a rollcall agent.
"""

import re
import socket
import subprocess
import time

import pytest

from harness import slow_link
from harness.agents import clean_environment, program
from harness.cluster import effective_kind
from harness.loopback import join_endpoint
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.serf
KINDS = ["serf", "rollcall"]
# Two processes on one busy host; a coordinate that meant anything else would be far beyond.
SURELY_LESS_MS = 250


def place_of(agent, name):
    with agent.rpc() as rpc:
        return rpc.call("get-coordinate", {"Node": name})


@pytest.fixture(scope="module")
def placed(module_clusters):
    """A Serf and a rollcall agent that have told each other where they are."""
    cluster = module_clusters("placed")
    serf = cluster.start("serf", "alpha")
    cluster.start("rollcall", "bravo", join=[serf])
    cluster.wait_all_alive()

    def everybody_knows_everybody():
        return all(place_of(agent, name)["Ok"] for agent in cluster.agents.values() for name in cluster.agents)

    wait_until(everybody_knows_everybody, 30, "both have probed each other")
    return cluster


def rtt(kind, agent, *nodes):
    return subprocess.run([program(effective_kind(kind)), "rtt",
                           "-rpc-addr=" + join_endpoint(*agent.rpc_endpoint), *nodes],
                          env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=30 * PATIENCE, check=False)


@pytest.mark.parametrize("asked", ["alpha", "bravo"])
@pytest.mark.parametrize("kind", KINDS)
def test_either_program_learns_the_round_trip_from_either_agent(placed, kind, asked):
    other = {"alpha": "bravo", "bravo": "alpha"}[asked]
    for nodes in ([other], [other, asked]):
        told = rtt(kind, placed.agents[asked], *nodes)
        assert told.returncode == 0, told
        found = re.fullmatch(rf"Estimated {other} <-> {asked} rtt: (\d+\.\d{{3}}) ms\n", told.stdout)
        assert found and 0 <= float(found[1]) < SURELY_LESS_MS, told


@pytest.mark.parametrize("asked", ["alpha", "bravo"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_member_has_no_coordinate(placed, kind, asked):
    told = rtt(kind, placed.agents[asked], "nosuch")
    assert told.returncode == 1, told
    said = {"serf": 'Could not find a coordinate for node "nosuch"',
            "rollcall": "the agent knows no member named 'nosuch'"}[kind]
    assert said in told.stdout + told.stderr


@pytest.mark.parametrize("asked", ["alpha", "bravo"])
def test_both_kinds_move_when_they_measure(placed, asked):
    own = place_of(placed.agents[asked], asked)
    assert own["Ok"] and len(own["Coord"]["Vec"]) == 8
    assert any(own["Coord"]["Vec"]), "it is not where it began any more"
    assert own["Coord"]["Height"] >= 10e-6
    with placed.agents[asked].rpc() as rpc:
        assert rpc.stats()["serf"]["coordinate_resets"] == "0"


# --- a distance that is known ---------------------------------------------------------------------------

ONE_WAY = 0.020


def ping_ms(endpoint):
    """The round trip as a handshake of TCP shows it: the shortest of several."""
    times = []
    for _ in range(7):
        began = time.monotonic()
        with socket.create_connection(endpoint, timeout=10):
            times.append(1000 * (time.monotonic() - began))
    return min(times)


@pytest.mark.rollcall  # Serf has to be told a port, and what is free at the far end is not known here
@pytest.mark.skipif(slow_link.why_not() is not None, reason=str(slow_link.why_not()))
def test_the_estimate_is_within_twice_of_the_ping_time(cluster, figure):
    """A Serf agent here and a rollcall agent 20 ms away, asked through both programs at both ends."""
    link = slow_link.SlowLink(ONE_WAY)
    try:
        near = cluster.start("serf", "near", host=link.near, profile="lan")
        far = cluster.start("rollcall", "far", host=link.far, profile="lan", join=[near], within=link.within)
        cluster.wait_all_alive()
        ping = ping_ms(far.rpc_endpoint)
        assert ping >= 2000 * ONE_WAY, "the link takes its time"

        def told(kind, agent):
            done = rtt(kind, agent, "near", "far")
            found = re.search(r"rtt: (\d+\.\d{3}) ms", done.stdout)
            return float(found[1]) if found else 0.0

        def estimates():
            return {(kind, agent.name): told(kind, agent) for kind in KINDS for agent in (near, far)}

        def all_close():
            return all(ping / 2 <= estimate <= ping * 2 for estimate in estimates().values())

        wait_until(all_close, 90, "all estimates are close", lambda: f"ping {ping:.1f} ms, {estimates()}", every=1)
        figure(f"ping {ping:.1f} ms; " + ", ".join(f"{kind} rtt asked of {name}: {estimate} ms"
                                                   for (kind, name), estimate in estimates().items()))
    finally:
        cluster.close()
        link.close()
