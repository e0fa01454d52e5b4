# SPDX-License-Identifier: Apache-2.0
"""`rollcall tune` with real agents: nothing half applied, undone by itself, confirmed."""

import json
import re

import pytest

from harness.agents import Options, start_agent
from harness.examining import run
from harness.loopback import join_endpoint
from harness.waiting import wait_until

pytestmark = [pytest.mark.rollcall]

KEY = "MDEyMzQ1Njc4OWFiY2RlZg=="


class Cluster:
    def __init__(self, directory):
        self.directory = directory
        self.agents = []

    def start(self, *extra, key=KEY):
        name = f"n{len(self.agents) + 1:02}"
        seeds = [agent.address for agent in self.agents[:1]]
        options = Options("rollcall", name, "127.0.0.1", None, None, seeds, "local", key=key, extra=extra)
        agent = start_agent(options, self.directory / f"{name}.log")
        self.agents.append(agent)
        return agent

    def wait_alive(self):
        names = {agent.name for agent in self.agents}
        for agent in self.agents:
            wait_until(lambda a=agent: a.statuses() == dict.fromkeys(names, "alive"), 60,
                       f"{agent.name} sees all alive", saw=lambda a=agent: str(a.statuses()))

    def close(self):
        for agent in self.agents:
            agent.close()


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    made.close()


def tune(agent, *words):
    return run("tune", f"--rpc-addr={join_endpoint(*agent.rpc_endpoint)}", *words)


def tuned(agent, *words):
    """The exit code, the ID, and {node: its object}."""
    answer = tune(agent, "--format=json", *words)
    assert answer.stdout.startswith("{"), answer
    result = json.loads(answer.stdout)
    return answer.returncode, result["id"], {node["node"]: node for node in result["nodes"]}


def effective(agent):
    """The state and the timings in effect."""
    _, _, nodes = tuned(agent, "--show")
    return nodes[agent.name]["state"], nodes[agent.name]["values"]


def test_one_of_twenty_refuses(cluster):
    for number in range(20):
        cluster.start(*([] if number == 7 else ["--allow-tuning"]))
    cluster.wait_alive()
    first = cluster.agents[0]
    before = {agent.name: effective(agent) for agent in cluster.agents}

    answer = tune(first, "gossip-nodes=5", "--all")
    assert answer.returncode == 1, answer
    rows = answer.stdout.splitlines()
    assert re.match(r"NODE +RESULT +CHANGE +REASON", rows[0]), answer
    assert len([row for row in rows if re.match(r"n\d\d +not applied +gossip-nodes 3 -> 5", row)]) == 19, answer
    assert len([row for row in rows if re.match(r"n08 +refused +.*--allow-tuning", row)]) == 1, answer
    assert "Nothing was changed" in answer.stdout, answer
    assert {agent.name: effective(agent) for agent in cluster.agents} == before

    # Where it is accepted, and undone by each member itself.
    code, _, nodes = tuned(first, "gossip-nodes=5", "--all", "--partial", "--revert-after=5s")
    assert code == 1 and nodes["n08"]["result"] == "refused", nodes
    assert [node["result"] for name, node in nodes.items() if name != "n08"] == ["applied"] * 19, nodes
    assert len({node["fingerprint"] for name, node in nodes.items() if name != "n08"}) == 1
    for agent in cluster.agents:
        wait_until(lambda a=agent: effective(a) == before[a.name], 30, f"{agent.name} has undone it",
                   saw=lambda a=agent: str(effective(a)))
    assert any("timings-expired" in line or "since nobody confirmed it" in line
               for line in (cluster.directory / "n02.log").read_text(encoding="utf-8").splitlines())


def test_a_confirmed_change_stays_until_it_is_reverted(cluster):
    for _ in range(3):
        cluster.start("--allow-tuning")
    cluster.wait_alive()
    first = cluster.agents[0]
    code, change, nodes = tuned(first, "suspicion-mult=5", "--all", "--revert-after=20s")
    assert code == 0 and {node["result"] for node in nodes.values()} == {"applied"}, nodes
    code, _, nodes = tuned(first, "--confirm", change, "--all")
    assert code == 0 and {node["state"] for node in nodes.values()} == {"confirmed"}, nodes
    for agent in cluster.agents:
        state, values = effective(agent)
        assert state == "confirmed" and values["suspicion-mult"] == "5"
    code, _, nodes = tuned(first, "--revert", change, "--all")
    assert code == 0, nodes
    for agent in cluster.agents:
        state, values = effective(agent)
        assert state == "current" and values["suspicion-mult"] == "3"


def test_the_own_agent_needs_no_permission(cluster):
    agent = cluster.start(key=None)
    code, _, nodes = tuned(agent, "probe-interval=2s", "--revert-after=1s")
    assert code == 0 and nodes[agent.name]["result"] == "applied", nodes
    wait_until(lambda: effective(agent)[0] == "current", 20, "it is undone")
    # As a whole: the timeout that runs is longer than this interval.
    code, _, nodes = tuned(agent, "probe-interval=100ms")
    assert code == 1 and "probe_timeout" in nodes[agent.name]["reason"], nodes
    # Nor as one of many: only the others need it.
    cluster.start(key=None)
    cluster.wait_alive()
    code, _, nodes = tuned(agent, "probe-interval=2s", "--all", "--partial")
    assert code == 1 and nodes[agent.name]["result"] == "applied", nodes
    assert "--allow-tuning" in nodes["n02"]["reason"], nodes
    # Without an ID: the one in effect.
    code, change, nodes = tuned(agent, "--revert")
    assert code == 0 and change and nodes[agent.name]["state"] == "current", nodes
    assert "no change is in effect" in tune(agent, "--revert").stderr


def test_a_member_that_does_not_answer_is_asked_twice_and_named(cluster):
    for _ in range(3):
        cluster.start("--allow-tuning")
    cluster.wait_alive()
    cluster.agents[2].pause()
    try:
        code, _, nodes = tuned(cluster.agents[0], "gossip-nodes=5", "--all", "--timeout=300ms")
    finally:
        cluster.agents[2].resume()
    assert code == 1, nodes
    assert {name: node["result"] for name, node in nodes.items()} == {
        "n01": "not applied", "n02": "not applied", "n03": "no answer"}
    assert effective(cluster.agents[1])[0] == "current"


def test_mistakes_on_the_command_line_are_told(cluster):
    agent = cluster.start()
    for words in (("port=7",), ("probe-interval",), ("probe-interval=soon",), (), ("--show", "--confirm"),
                  ("gossip-nodes=4", "--revert-after=1ms"), ("gossip-nodes=4", "--all", "--node", "n01")):
        answer = tune(agent, *words)
        assert answer.returncode == 2 and answer.stderr.startswith("Error"), (words, answer)
