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

    def drop_udp(self, source, target):
        nft("add", "rule", "inet", "cut", "out", "ip", "saddr", self.agents[source].bind[0], "ip", "daddr",
            self.agents[target].bind[0], "meta", "l4proto", "udp", "drop")

    def drop_tcp_to(self, target):
        """Of all: a connection within one host comes from the address that it goes to."""
        host, port = self.agents[target].bind
        nft("add", "rule", "inet", "cut", "out", "ip", "daddr", host, "tcp", "dport", str(port), "drop")

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
    return sorted({finding["cause"] for found in findings.values() for finding in found
                   if finding["grade"] == "problem"})


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

def blocked(place, udp=(), tcp_to=()):
    """Three members, then what n1 and n2 send each other is dropped; what n1 finds of its link to n2."""
    first = place.start("--suspicion-mult=30")
    place.start("--suspicion-mult=30")
    place.start("--suspicion-mult=30")
    place.wait_alive()
    for source, target in udp:
        place.drop_udp(source, target)
    for target in tcp_to:
        place.drop_tcp_to(target)
    return doctor(first, "n2")


def test_udp_to_the_peer_is_blocked(place):
    code, findings = blocked(place, udp=[("n1", "n2")])
    assert code == CODE["udp-to-peer-blocked"], findings
    assert findings["tcp"][0]["grade"] == "ok", findings


def test_udp_from_the_peer_is_blocked(place):
    code, findings = blocked(place, udp=[("n2", "n1")])
    assert code == CODE["udp-from-peer-blocked"], findings
    assert findings["tcp"][0]["grade"] == "ok", findings


def test_udp_is_blocked_in_both_directions(place):
    code, findings = blocked(place, udp=[("n1", "n2"), ("n2", "n1")])
    assert code == CODE["udp-blocked"], findings


def test_tcp_to_the_peer_is_blocked(place):
    code, findings = blocked(place, tcp_to=["n2"])
    assert (code, problems(findings)) == (CODE["tcp-to-peer-blocked"], ["tcp-to-peer-blocked"]), findings
    assert findings["udp"][0]["grade"] == "ok", findings


def test_tcp_from_the_peer_is_blocked(place):
    code, findings = blocked(place, tcp_to=["n1"])
    assert (code, problems(findings)) == (CODE["tcp-from-peer-blocked"], ["tcp-from-peer-blocked"]), findings


def test_nothing_arrives_and_others_reach_the_peer(place):
    code, findings = blocked(place, udp=[("n1", "n2"), ("n2", "n1")], tcp_to=["n2"])
    assert (code, problems(findings)) == (CODE["udp-blocked"], ["tcp-to-peer-blocked", "udp-blocked"]), findings


def test_an_address_without_a_host(place):
    first = place.start()
    place.start()
    place.wait_alive()
    place.network.route("blackhole", "198.18.0.77")
    code, findings = doctor(first, "198.18.0.77:7946")
    assert (code, problems(findings)) == (CODE["peer-unreachable"], ["peer-unreachable"]), findings


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


def test_a_cut_cluster_has_two_views(tmp_path):
    """Two agents on one side of a link, three on the other, each with a control socket that no cut concerns."""
    network = own_network.OwnNetwork(island=True)
    agents = {}
    try:
        for number in range(1, 6):
            far = number > 2
            control = f"--rpc-addr=unix:{tmp_path}/n{number}"
            options = Options("rollcall", f"n{number}", network.far if far else network.near, None, None,
                              [agent.address for agent in agents.values()][:1], "fast", extra=(control,),
                              within=network.within if far else ())
            agents[f"n{number}"] = start_agent(options, tmp_path / f"n{number}.log")

        def statuses(number):
            answer = run("members", "--format=json", f"--rpc-addr=unix:{tmp_path}/n{number}")
            return [member["status"] for member in json.loads(answer.stdout)["members"] or []]

        def partitions_from(*numbers, form="json"):
            return run("partitions", f"--format={form}", *[f"--rpc-addr=unix:{tmp_path}/n{n}" for n in numbers])

        for number in range(1, 6):
            wait_until(lambda n=number: statuses(n) == ["alive"] * 5, 60, f"n{number} sees all alive")
        network.set_link("down")
        for number in range(1, 6):
            failed = 2 if number > 2 else 3
            wait_until(lambda n=number, f=failed: statuses(n).count("failed") == f, 90, f"n{number} sees the cut",
                       saw=lambda n=number: str(statuses(n)))
        answer = partitions_from(1)
        result = json.loads(answer.stdout)
        assert answer.returncode == 0 and [view["agents"] for view in result["views"]] == [["n1", "n2"]], result
        assert result["failed"] == ["n3", "n4", "n5"], result
        answer = partitions_from(1, 3)
        result = json.loads(answer.stdout)
        assert answer.returncode == 1, result
        assert [view["agents"] for view in result["views"]] == [["n1", "n2"], ["n3", "n4", "n5"]], result
        assert result["failed"] == [], "both sides were asked"
        assert result["views"][1]["missing"] == ["n1", "n2"], result
        assert result["views"][1]["extra"] == ["n3", "n4", "n5"] and result["views"][1]["complete"], result
        answer = partitions_from(1, 3, form="text")
        assert answer.returncode == 1 and "2 views of the cluster, 5 agents answered" in answer.stdout, answer
    finally:
        for agent in agents.values():
            agent.close()
        network.close()


def test_an_agent_answers_the_questions_of_the_search(place):
    first = place.start()
    place.start()
    place.wait_alive()

    def asked(question):
        answer = run("query", "--format=json", "--node=n2", "_serf_rollcall_view", question,
                     "--rpc-addr=" + join_endpoint(*first.rpc_endpoint))
        assert answer.returncode == 0, answer
        return json.loads(json.loads(answer.stdout)["Responses"]["n2"])

    names = asked("names 0 0")
    assert (sorted(names["names"]), names["more"]) == (["n1", "n2"], 0), names
    parts = asked("parts 0 0")["parts"]
    assert len(parts) == 16 and sum(number for _, number in parts) == 2, parts
    total = sum(int(checksum, 16) for checksum, _ in parts) % 2**64
    assert f"{total:016x}" == names["view"] == asked("timings")["view"]


def test_a_failure_ends_in_one_view(place):
    first = place.start()
    place.start()
    gone = place.start()
    place.wait_alive()
    gone.kill()
    wait_until(lambda: first.statuses()["n3"] == "failed", 60, "n1 sees n3 failed")
    wait_until(lambda: partitions(first)[0] == 0, 60, "one view in the end")
    _, result = partitions(first)
    assert result["views"][0]["up"] == 2 and result["failed"] == ["n3"], result


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
