# SPDX-License-Identifier: Apache-2.0
"""`rollcall doctor` on each cause, made for real; and `rollcall partitions` on a cut cluster.

The agents live in a network namespace of the test's own, each at an address of its own, so that nftables can
drop what one sends to another.
"""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from harness import own_network
from harness.agents import SERF, Options, clean_environment, program, start_agent
from harness.loopback import join_endpoint
from harness.waiting import PATIENCE, wait_until

HOSTS = [f"198.18.0.{i}" for i in range(1, 6)]
KEYS = ["MDEyMzQ1Njc4OWFiY2RlZg==", "ZmVkY2JhOTg3NjU0MzIxMA=="]

NO_NFT = None if shutil.which("nft") else "needs the program nft (Debian: nftables)"
pytestmark = [pytest.mark.rollcall,
              pytest.mark.skipif(own_network.why_not() is not None, reason=str(own_network.why_not())),
              pytest.mark.skipif(NO_NFT is not None, reason=str(NO_NFT))]


def nft(*words):
    subprocess.run(["nft", *words], check=True, capture_output=True, text=True, timeout=20)


class Place:
    """Agents in a network of their own, and what is dropped in it."""

    def __init__(self, directory):
        self.network = own_network.OwnNetwork(addresses=HOSTS)
        self.agents = {}
        self._directory = directory
        nft("add", "table", "inet", "cut")
        nft("add", "chain", "inet", "cut", "out", "{ type filter hook output priority 0 ; }")

    def start(self, *extra, kind="rollcall", name=None, join=True, key=None, within=(), host=None,
              profile="local"):
        number = len(self.agents) + 1
        name = name or f"n{number}"
        seeds = [agent.address for agent in self.agents.values()][:1] if join else []
        options = Options(kind, name, host or HOSTS[number - 1], None, None, seeds, profile, key=key,
                          extra=extra, within=within)
        agent = start_agent(options, self._directory / f"{name}-{number}.log")
        self.agents[f"n{number}"] = agent
        return agent

    def wait_alive(self, *viewers):
        names = {agent.name for agent in self.agents.values()}
        for agent in viewers or self.agents.values():
            wait_until(lambda a=agent: a.statuses() == dict.fromkeys(names, "alive"), 30,
                       f"{agent.name} sees all alive", saw=lambda a=agent: str(a.statuses()))

    @staticmethod
    def drop(protocol, source, target, verdict="drop"):
        """From one address to another."""
        nft("add", "rule", "inet", "cut", "out", "ip", "saddr", source, "ip", "daddr", target, "meta", "l4proto",
            protocol, *verdict.split())

    def close(self):
        for agent in self.agents.values():
            agent.close()
        self.network.close()


@pytest.fixture
def place(tmp_path):
    made = Place(tmp_path)
    yield made
    made.close()


def run(*words, environment=None):
    return subprocess.run([program("rollcall"), *words], env=clean_environment() | (environment or {}),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * PATIENCE, check=False)


def doctor(agent, *words):
    """The exit code and the findings, {check: [finding...]}."""
    answer = run("doctor", "--format=json", "--rpc-addr=" + join_endpoint(*agent.rpc_endpoint), *words)
    assert answer.stdout.startswith("{"), answer
    result = json.loads(answer.stdout)
    assert result["exit_code"] == answer.returncode, answer
    findings = {}
    for finding in result["findings"]:
        findings.setdefault(finding["check"], []).append(finding)
        assert finding["grade"] in ("ok", "warn", "problem", "skip"), finding
        assert finding["grade"] != "problem" or finding["remedy"], finding
    return answer.returncode, findings


def problems(findings):
    return [finding["cause"] for found in findings.values() for finding in found if finding["grade"] == "problem"]


def exit_codes():
    """{cause: exit code}, from the table in the documentation."""
    page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "operations" / "doctor.md"
    rows = [line.split("|") for line in page.read_text().splitlines() if line.startswith("| `")]
    return {row[1].strip(" `"): int(row[2]) for row in rows}


CODE = exit_codes()


# --- all is well ---------------------------------------------------------------------------------------------

def test_a_healthy_pair(place):
    first = place.start()
    place.start()
    place.start()
    place.wait_alive()
    code, findings = doctor(first, "n2")
    assert (code, problems(findings)) == (0, []), findings
    for check in ("udp", "tcp", "way back", "timings", "keys", "reachable", "versions", "sending"):
        assert [finding["grade"] for finding in findings[check]] == ["ok"], (check, findings)
    assert "in both directions" in findings["tcp"][0]["what"], "the peer tested the way back"
    text = run("doctor", "n2", "--rpc-addr=" + join_endpoint(*first.rpc_endpoint))
    assert text.returncode == 0 and "0 problems" in text.stdout, text


@pytest.mark.skipif(SERF is None, reason="serf is not installed")
def test_a_serf_peer_is_examined_too(place):
    first = place.start()
    place.start(kind="serf")
    place.wait_alive()
    code, findings = doctor(first, "n2")
    assert (code, problems(findings)) == (0, []), findings
    assert findings["udp"][0]["grade"] == findings["tcp"][0]["grade"] == "ok"
    assert "Serf agent" in findings["its view"][0]["what"], findings


# --- the agent itself ----------------------------------------------------------------------------------------

def test_no_agent_and_a_wrong_token(place):
    agent = place.start("--rpc-auth=secret", "--rpc-addr=unix:" + str(place._directory / "control"))
    address = "--rpc-addr=unix:" + str(place._directory / "control")
    assert run("doctor", address, environment={"ROLLCALL_RPC_AUTH": "secret"}).returncode == 0
    assert run("doctor", address, "--rpc-auth=wrong").returncode == CODE["wrong-token"]
    assert run("doctor", address).returncode == CODE["wrong-token"]
    agent.kill()
    answer = run("doctor", address, "--format=json")
    assert answer.returncode == CODE["agent-not-running"]
    assert json.loads(answer.stdout)["findings"][0]["cause"] == "agent-not-running"
    assert run("doctor", "--rpc-addr=127.0.0.1:1").returncode == CODE["agent-not-running"]


@pytest.mark.skipif(SERF is None, reason="serf is not installed")
def test_a_serf_agent_has_no_doctor(place):
    agent = place.start(kind="serf")
    answer = run("doctor", "--rpc-addr=" + join_endpoint(*agent.rpc_endpoint))
    assert answer.returncode == CODE["no-doctor"], answer


def test_a_peer_that_is_not_known(place):
    agent = place.start(name="alpha")
    answer = run("doctor", "alpho", "--rpc-addr=" + join_endpoint(*agent.rpc_endpoint))
    assert answer.returncode == CODE["unknown-peer"], answer
    own = run("doctor", "alpha", "--rpc-addr=" + join_endpoint(*agent.rpc_endpoint))
    assert own.returncode == 1 and "this agent itself" in own.stderr, own


def test_too_few_descriptors(place):
    agent = place.start(within=("prlimit", "--nofile=64:64"))
    code, findings = doctor(agent)
    assert code == CODE["few-descriptors"], findings


def test_a_pause(place):
    agent = place.start()
    place.start()
    place.wait_alive()
    agent.pause()
    other = place.agents["n2"]
    wait_until(lambda: other.statuses()["n1"] == "failed", 60, "n2 declares n1 failed")
    agent.resume()
    wait_until(lambda: any("did not run for" in line for line in agent.output.lines()), 20, "n1 sees the pause")
    code, findings = doctor(agent)
    assert "paused" in problems(findings), findings
    assert code == CODE["paused"], findings


def test_timings_that_differ(place):
    first = place.start()
    place.start()
    place.start("--probe-interval=700ms", "--suspicion-mult=7")
    place.wait_alive()
    code, findings = doctor(first)
    assert code == CODE["timings-differ"], findings
    what = findings["timings"][0]["what"]
    assert "n3" in what and "n2" not in what, what
    assert "probe_interval 1s here, 700ms there" in what and "suspicion_mult" in what, what


def test_an_advertised_address_that_none_reaches(place):
    first = place.start()
    second = place.start("--advertise=198.18.0.77:7946")
    wait_until(lambda: "n1" in second.statuses(), 30, "n2 joined")
    code, findings = doctor(second, HOSTS[0] + ":" + str(first.bind[1]))
    assert code == CODE["advertised-unreachable"], findings
    assert findings["way back"][0]["cause"] == "advertised-unreachable", findings


def test_two_agents_with_one_name(place):
    first = place.start("--disable-name-resolution")
    place.start("--disable-name-resolution")
    place.start("--disable-name-resolution", name="n2")
    wait_until(lambda: any("same name" in line for line in first.output.lines()), 30, "n1 sees the conflict")
    code, findings = doctor(first)
    assert "name-conflict" in problems(findings) and code == CODE["name-conflict"], findings


def test_a_seed_that_does_not_answer(place):
    agent = place.start("--retry-join=198.18.0.99:7946", "--retry-interval=1s")
    wait_until(lambda: doctor(agent)[0] == CODE["seeds-unreachable"], 30, "the seed was tried")


# --- keys and labels -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("ours, theirs, cause", [(KEYS[0], KEYS[1], "wrong-key"), (KEYS[0], None, "encryption-differs"),
                                                 (None, KEYS[0], "encryption-differs")])
@pytest.mark.parametrize("kind", ["rollcall", pytest.param("serf", marks=pytest.mark.skipif(
    SERF is None, reason="serf is not installed"))])
def test_keys_that_differ(place, ours, theirs, cause, kind):
    first = place.start(key=ours)
    other = place.start(kind=kind, key=theirs, join=False)
    code, findings = doctor(first, other.address)
    assert (code, problems(findings)) == (CODE[cause], [cause]), findings


@pytest.mark.parametrize("ours, theirs", [("a", "b"), ("a", ""), ("", "b")])
def test_labels_that_differ(place, ours, theirs):
    first = place.start(*([f"--label={ours}"] if ours else []))
    other = place.start(*([f"--label={theirs}"] if theirs else []), join=False)
    code, findings = doctor(first, other.address)
    assert (code, problems(findings)) == (CODE["wrong-label"], ["wrong-label"]), findings


# --- the link ------------------------------------------------------------------------------------------------

def blocked(place, *rules):
    """Three members, then what n1 and n2 send each other is dropped; n1's view of its link to n2."""
    first = place.start("--suspicion-mult=30")
    place.start("--suspicion-mult=30")
    place.start("--suspicion-mult=30")
    place.wait_alive()
    addresses = {"n1": HOSTS[0], "n2": HOSTS[1]}
    for protocol, source, target, *verdict in rules:
        place.drop(protocol, addresses[source], addresses[target], *verdict)
    return doctor(first, "n2")


def test_udp_to_the_peer_is_blocked(place):
    code, findings = blocked(place, ("udp", "n1", "n2"))
    assert code == CODE["udp-to-peer-blocked"], findings
    assert findings["tcp"][0]["grade"] == "ok", findings


def test_udp_from_the_peer_is_blocked(place):
    code, findings = blocked(place, ("udp", "n2", "n1"))
    assert code == CODE["udp-from-peer-blocked"], findings
    assert findings["tcp"][0]["grade"] == "ok", findings


def test_udp_is_blocked_in_both_directions(place):
    code, findings = blocked(place, ("udp", "n1", "n2"), ("udp", "n2", "n1"))
    assert code == CODE["udp-blocked"], findings


def test_tcp_to_the_peer_is_blocked(place):
    nft("add", "rule", "inet", "cut", "out", "ip", "saddr", HOSTS[0], "ip", "daddr", HOSTS[1],
        "tcp", "flags", "&", "(syn|ack)", "==", "syn", "drop")
    code, findings = blocked(place)
    assert code == CODE["tcp-to-peer-blocked"], findings
    assert findings["udp"][0]["grade"] == "ok", findings


def test_tcp_from_the_peer_is_blocked(place):
    nft("add", "rule", "inet", "cut", "out", "ip", "saddr", HOSTS[1], "ip", "daddr", HOSTS[0],
        "tcp", "flags", "&", "(syn|ack)", "==", "syn", "drop")
    first = place.start()
    place.start(join=False)
    first.rpc().call("join", {"Existing": [place.agents["n2"].address], "Replay": False})
    place.wait_alive()
    code, findings = doctor(first, "n2")
    assert code == CODE["tcp-from-peer-blocked"], findings


def test_nothing_arrives(place):
    code, findings = blocked(place, *[(protocol, *pair) for protocol in ("udp", "tcp")
                                      for pair in (("n1", "n2"), ("n2", "n1"))])
    assert code in (CODE["peer-unreachable"], CODE["udp-blocked"]), findings


def test_a_peer_that_is_down_and_one_that_is_stopped(place):
    first = place.start()
    gone = place.start()
    stuck = place.start()
    place.wait_alive()
    gone.kill()
    stuck.pause()
    code, findings = doctor(first, "n2")
    assert code == CODE["peer-down"], findings
    code, findings = doctor(first, "n3")
    assert code == CODE["peer-stalled"], findings
    stuck.resume()


def test_another_node_at_the_address(place):
    first = place.start()
    old = place.start()
    place.wait_alive()
    port = old.bind[1]
    old.kill()
    place.start(f"--bind={HOSTS[1]}:{port}", name="n9", join=False)
    code, findings = doctor(first, "n2")
    assert code == CODE["other-node"], findings


# --- partitions ----------------------------------------------------------------------------------------------

def partitions(*agents):
    answer = run("partitions", "--format=json", *[f"--rpc-addr={join_endpoint(*a.rpc_endpoint)}" for a in agents])
    assert answer.stdout.startswith("{"), answer
    return answer.returncode, json.loads(answer.stdout)


def test_one_view(place):
    for _ in range(3):
        agent = place.start()
    place.wait_alive()
    code, result = partitions(agent)
    assert code == 0 and len(result["views"]) == 1, result
    assert result["views"][0]["agents"] == ["n1", "n2", "n3"] and result["views"][0]["up"] == 3
    assert result["failed"] == result["silent"] == result["no_answers"] == []


def test_a_cut_cluster_has_two_views(place):
    for _ in range(5):
        place.start(profile="fast")
    place.wait_alive()
    left, right = HOSTS[:2], HOSTS[2:]
    for a in left:
        for b in right:
            for protocol in ("udp", "tcp"):
                place.drop(protocol, a, b)
                place.drop(protocol, b, a)
    here, there = place.agents["n1"], place.agents["n3"]
    wait_until(lambda: list(here.statuses().values()).count("failed") == 3, 60, "n1 sees the cut")
    for agent in list(place.agents.values())[2:]:
        wait_until(lambda a=agent: list(a.statuses().values()).count("failed") == 2, 60, "the right side sees the cut")
    code, result = partitions(here)
    assert code == 0 and [view["agents"] for view in result["views"]] == [["n1", "n2"]], result
    assert result["failed"] == ["n3", "n4", "n5"], result
    code, result = partitions(here, there)
    assert code == 1, result
    assert [view["agents"] for view in result["views"]] == [["n1", "n2"], ["n3", "n4", "n5"]], result
    assert result["views"][1]["missing"] == ["n1", "n2"], result
    assert result["views"][1]["extra"] == ["n3", "n4", "n5"] and result["views"][1]["complete"], result
    text = run("partitions", *[f"--rpc-addr={join_endpoint(*a.rpc_endpoint)}" for a in (here, there)])
    assert text.returncode == 1 and "2 views of the cluster, 5 agents answered" in text.stdout, text


@pytest.mark.skipif(SERF is None, reason="serf is not installed")
def test_serf_peers_ack_and_have_no_answer(place):
    first = place.start()
    serf = place.start(kind="serf")
    place.start()
    place.wait_alive()
    code, result = partitions(first)
    assert code == 0 and result["views"][0]["agents"] == ["n1", "n3"] and result["no_answers"] == ["n2"], result
    assert not any("panic" in line for line in serf.output.lines())


def test_partitions_without_an_agent():
    answer = run("partitions", "--rpc-addr=127.0.0.1:1")
    assert answer.returncode == 2 and "refused" in answer.stderr, answer
    assert run("partitions", "--nonsense").returncode == 2
