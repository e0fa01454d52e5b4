# SPDX-License-Identifier: Apache-2.0
"""Agents with --delegate none among members of another memberlist application, written in Go.

The application has metadata, a state, ack payloads and messages of its own. Neither side may find
anything of the other's that it does not understand, and each knows who is there, left or failed.
"""

import pytest

from harness.bare_memberlist import BareMember, build, missing
from harness.waiting import wait_until

pytestmark = [pytest.mark.rollcall,
              pytest.mark.skipif(missing() is not None, reason=str(missing()))]

DETECTION = 45  # from a crash to "failed" at everybody
NONE = ["-delegate=none"]


@pytest.fixture(scope="module")
def go_program(tmp_path_factory):
    return build(tmp_path_factory.mktemp("go"))


class Mixed:
    """Two Go members and two agents of ours, everybody joined."""

    def __init__(self, program, cluster, subnet):
        self.program, self.cluster, self.subnet = program, cluster, subnet
        self.go = {}
        g1 = self.start_go("g1")
        r1 = cluster.start("rollcall", "r1", join=[g1.address], extra=NONE)
        self.start_go("g2", join=r1)
        cluster.start("rollcall", "r2", join=[r1], extra=NONE)

    def start_go(self, name, join=None, bind=(None, None)):
        host, port = bind
        self.go[name] = BareMember(self.program, name, host or self.subnet.host(), self.cluster.log(name),
                                   join, port)
        self.cluster.keep(self.go[name])
        return self.go[name]

    @property
    def ours(self):
        return self.cluster.agents

    def wait_all_alive(self, *names):
        everybody = set(names)
        self.cluster.wait_statuses(60, **{name: "alive" for name in names})
        for member in self.go.values():
            wait_until(lambda: member.members() == everybody, 60, f"{member.name} sees {sorted(everybody)}",
                       lambda: f"it sees {sorted(member.members())}")

    def ours_stats(self, name):
        with self.ours[name].rpc() as rpc:
            return rpc.stats()["rollcall"]


@pytest.fixture
def mixed(go_program, clusters, subnet):
    return Mixed(go_program, clusters(), subnet)


def complaints_of_ours(agent):
    return [line for line in agent.output.lines("err") if "[WARN]" in line or "[ERR]" in line]


def accused(member, name):
    """Whether the Go side suspected it: memberlist tells its application only that a member is gone."""
    return any(f"Suspect {name} has failed" in line or f"Marking {name} as failed" in line
               for line in member.output.lines("err"))


def test_neither_side_gets_what_it_does_not_understand(mixed):
    mixed.wait_all_alive("g1", "g2", "r1", "r2")
    g1, g2 = mixed.go["g1"], mixed.go["g2"]
    def heard():
        g1.say("say")  # gossip promises nothing: a message of its own each time
        return g2.events("message", ours=True)
    wait_until(heard, 30, "g2 gets a message of g1")
    for member in (g1, g2):
        member.wait_for("ack", name="r1", limit=30)
        member.wait_for("ack", name="r2", limit=30)
        member.wait_for("state", ours=True)

    # What ours got from the Go side is counted, and shown nowhere as if it were ours.
    for name in ("r1", "r2"):
        def counted():
            stats = mixed.ours_stats(name)
            return int(stats["foreign_metadata"]) >= 2 and all(
                int(stats[f"foreign_{what}"]) >= 1 for what in ("messages", "states", "ack_payloads"))
        wait_until(counted, 60, f"{name} counts data of the Go side", lambda: str(mixed.ours_stats(name)))
        assert all(member.tags == {} for member in mixed.ours[name].members().values())

    # The Go side got nothing of ours but memberships.
    for member in (g1, g2):
        for event in member.events("join"):
            if event["name"].startswith("r"):
                assert event == {"what": "join", "name": event["name"], "metadata": 0, "delegate": 0}
        assert [event for event in member.events("ack") if event["name"].startswith("r") and event["bytes"]] == []
        assert member.events("message", ours=False) == []
        assert member.events("state", ours=False) == []
        assert member.log_lines("WARN", "ERR") == []
    for agent in mixed.ours.values():
        assert complaints_of_ours(agent) == []


def test_leaves_and_failures_are_seen_both_ways(mixed):
    mixed.wait_all_alive("g1", "g2", "r1", "r2")
    g1 = mixed.go["g1"]

    mixed.go["g2"].say("leave")
    assert mixed.go.pop("g2").wait_exit(15) == 0
    mixed.cluster.wait_statuses(15, g2="left")
    g1.wait_for("gone", name="g2")

    leaving = mixed.cluster.agents.pop("r2")
    assert mixed.cluster.run("rollcall", "leave", f"--rpc-addr={leaving.rpc_endpoint[0]}:{leaving.rpc_endpoint[1]}",
                             log="leave").wait_exit(20) == 0
    assert leaving.wait_exit(20) == 0
    g1.wait_for("gone", name="r2")
    mixed.cluster.wait_statuses(15, r2="left")
    assert not accused(g1, "g2") and not accused(g1, "r2"), "the Go side took a leave for a failure"

    g3 = mixed.start_go("g3", join=g1)
    mixed.cluster.start("rollcall", "r3", join=[g1.address], extra=NONE)
    mixed.wait_all_alive("g1", "g3", "r1", "r3")
    g3.kill()
    del mixed.go["g3"]
    mixed.cluster.kill("r3")
    mixed.cluster.wait_statuses(DETECTION, g3="failed", r3="failed", g2="left", r2="left")
    for name in ("g3", "r3"):
        g1.wait_for("gone", name=name, limit=DETECTION)
    assert g1.members() == {"g1", "r1"}


REFUSED = [
    ("event", "deploy"),
    ("query", "load"),
    ("reachability",),
    ("tags", "--set", "role=web"),
    ("keys", "list"),
    ("rtt", "r1"),
    ("force-leave", "r1"),
]


def test_commands_of_the_serf_layer_are_refused_with_the_reason(clusters):
    cluster = clusters()
    agent = cluster.start("rollcall", "r1", extra=NONE)
    for number, command in enumerate(REFUSED):
        process = cluster.run("rollcall", command[0],
                              f"--rpc-addr={agent.rpc_endpoint[0]}:{agent.rpc_endpoint[1]}", *command[1:],
                              log=f"refused-{number}")
        assert process.wait_exit(20) == 1, command
        assert "--delegate none" in process.output.text("err"), command


def test_tags_beside_delegate_none_are_a_mistake(clusters):
    process = clusters().start_failing("rollcall", "r1", arguments=[*NONE, "-tag=role=web"])
    assert process.wait_exit(15) == 1
    assert "'role=web'" in process.output.text("err") and "delegate none" in process.output.text("err")
