# SPDX-License-Identifier: Apache-2.0
"""User events and queries of Serf agents travel through a cluster where rollcall is the majority.

Gossip has no lines of a fixed shape, so nothing forces one message through one agent; but with four of
six agents being ours, most messages are lost if those four do not pass them on.

Gossip promises nothing about a single query: each agent tells it four times, to agents drawn at random,
so of a thousand some three or four miss one of six, and no push/pull repairs a query. The tests allow for
that, and for no more.
"""

import collections
import subprocess

import pytest

from harness.agents import clean_environment, program
from harness.loopback import join_endpoint
from harness.waiting import PATIENCE

pytestmark = pytest.mark.serf

ROUNDS = 20


@pytest.fixture(scope="module")
def majority(module_clusters):
    """Serf agents "asker" and "answerer", joined through four rollcall agents only."""
    cluster = module_clusters("majority", profile="lan")
    ours = []
    for name in ("r1", "r2", "r3", "r4"):
        ours.append(cluster.start("rollcall", name, join=ours))  # all of them, so that no news is missed
    cluster.start("serf", "asker", join=ours)
    cluster.start("serf", "answerer", join=ours, extra=("-event-handler=query:uptime=echo up",
                                                        "-event-handler=query:echo=cat"))
    cluster.wait_all_alive()
    return cluster


def test_user_events_arrive_once_each_with_their_bytes(majority):
    payloads = {f"event-{number}": bytes([number, 0, 255]) * number for number in range(ROUNDS)}
    with majority.agents["answerer"].rpc() as listener, majority.agents["asker"].rpc() as sender:
        listener.stream("user")
        for name, payload in payloads.items():
            sender.event(name, payload)
        told = []
        while len(told) < ROUNDS and (record := listener.record(75 * PATIENCE)) is not None:
            told.append(record)
        told += listener.records(settle=1)  # nothing comes twice
    assert {record["Name"]: record["Payload"] or b"" for record in told} == payloads
    assert len(told) == ROUNDS
    assert all(record["Event"] == "user" for record in told)


def test_queries_in_a_row_are_answered_and_acknowledged(majority):
    """Asked one after the other, each with its own payload; no answer may belong to another query."""
    names = set(majority.agents)
    acked, answered = collections.Counter(), 0
    for number in range(ROUNDS):
        payload = f"round {number}".encode()
        with majority.agents["asker"].rpc() as asker:
            asker.query("echo", payload, ack=True, timeout=3)
            acks, answers = set(), {}
            while not (acks == names and answers):
                record = asker.record(8 * PATIENCE)
                assert record is not None, "neither an answer nor the end of the query"
                if record["Type"] == "done":
                    break
                if record["Type"] == "ack":
                    assert record["From"] not in acks, f"two acks of {record['From']}"
                    acks.add(record["From"])
                else:
                    assert record["From"] not in answers, f"two answers of {record['From']}"
                    answers[record["From"]] = record["Payload"].rstrip(b"\n")
        assert answers in ({}, {"answerer": payload})
        acked.update(acks)
        answered += len(answers)
    assert acked.keys() == names
    assert min(acked.values()) >= ROUNDS - 3 and answered >= ROUNDS - 3, (acked, answered)


def within_three(ask):
    """The first of three attempts that misses no agent: gossip loses a query now and then."""
    for attempt in range(3):
        try:
            return ask()
        except AssertionError:
            if attempt == 2:
                raise
    raise AssertionError("not reached")


def test_a_query_with_relays_is_answered(majority):
    """Answers are also handed to two others, who pass them on: among them our agents."""
    def ask():
        with majority.agents["asker"].rpc() as asker:
            asker.query("uptime", ack=True, timeout=2, relay_factor=2)
            records = []
            while not records or records[-1][0] != "done":
                record = asker.record(8 * PATIENCE)
                records.append((record["Type"], record["From"]))
        assert sorted(records) == sorted([("ack", name) for name in majority.agents]
                                         + [("response", "answerer"), ("done", "")])
    within_three(ask)


def run_serf(agent, command, *arguments):
    return subprocess.run([program("serf"), command, "-rpc-addr=" + join_endpoint(*agent.rpc_endpoint), *arguments],
                          env=clean_environment(), capture_output=True, text=True, timeout=30 * PATIENCE,
                          check=False)


def test_the_serf_program_asks_through_the_cluster(majority):
    def ask():
        done = run_serf(majority.agents["asker"], "query", "-timeout=2s", "uptime")
        assert done.returncode == 0
        lines = done.stdout.splitlines()
        assert lines[0] == "Query 'uptime' dispatched"
        assert sorted(lines[1:-2]) == sorted([f"Ack from '{name}'" for name in majority.agents]
                                             + ["Response from 'answerer': up"])
        assert lines[-2:] == [f"Total Acks: {len(majority.agents)}", "Total Responses: 1"]
    within_three(ask)


def test_reachability_finds_every_agent(majority):
    """`serf reachability` counts the acks to its ping query: ours have to be among them."""
    def ask():
        done = run_serf(majority.agents["asker"], "reachability")
        assert done.returncode == 0, done.stdout
        assert "Total members: 6, live members: 6" in done.stdout
        assert "Successfully contacted all live nodes" in done.stdout
    within_three(ask)


def test_events_of_before_are_replayed_to_a_late_rollcall_and_through_it(majority):
    """The push/pull of a rollcall agent carries the recent events on to a Serf agent that joins it."""
    with majority.agents["asker"].rpc() as sender:
        sender.event("for-the-late", b"hello")
    r2 = majority.agents["r2"]
    with majority.agents["r1"].rpc() as probe:  # the event has come to our side before the join
        assert probe.stats()["serf"]["event_time"].isdigit()
    late = majority.start("serf", "late")
    try:
        with late.rpc() as listener, late.rpc() as operator:
            listener.stream("user:for-the-late")
            assert operator.join(r2.address, replay=True) == 1
            record = listener.record(75 * PATIENCE)
            assert record is not None, "the old event never came"
            assert (record["Name"], record["Payload"]) == ("for-the-late", b"hello")
    finally:
        majority.kill("late")
