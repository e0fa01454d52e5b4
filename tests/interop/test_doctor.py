# SPDX-License-Identifier: Apache-2.0
"""`rollcall doctor` on an agent and on its link to a peer: each cause made for real.

Causes of the process and its host are shown in test_doctor_host.py; the last test here compares both with the list
of causes that the program prints.
"""

import importlib

import pytest

from harness import bare_memberlist, examining
from harness.agents import SERF
from harness.examining import CODE, HOSTS, KEYS, doctor, examine, problems, run, shows
from harness.loopback import free_port, join_endpoint
from harness.strangers import ForeignMember, Speaker
from harness.waiting import wait_until

pytestmark = examining.MARKS


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

@shows("agent-not-running")
def test_no_agent(place):
    agent = place.start("--rpc-addr=unix:" + str(place.directory / "control"))
    address = "--rpc-addr=unix:" + str(place.directory / "control")
    assert examine(address)[0] == 0
    agent.kill()
    code, findings = examine(address)
    assert (code, problems(findings)) == (CODE["agent-not-running"], ["agent-not-running"]), findings
    assert run("doctor", "--rpc-addr=127.0.0.1:1").returncode == CODE["agent-not-running"]


@shows("wrong-token")
def test_a_wrong_token(place):
    place.start("--rpc-auth=secret", "--rpc-addr=unix:" + str(place.directory / "control"))
    address = "--rpc-addr=unix:" + str(place.directory / "control")
    assert examine(address, environment={"ROLLCALL_RPC_AUTH": "secret"})[0] == 0
    assert examine(address, "--rpc-auth=wrong")[0] == CODE["wrong-token"]
    assert examine(address)[0] == CODE["wrong-token"]


@shows("control-port-unreachable")
def test_a_control_port_behind_a_firewall_and_one_of_another_kind(place):
    agent = place.start()
    code, findings = examine("--rpc-addr=" + agent.address)  # the gossip port, by mistake
    assert (code, problems(findings)) == (CODE["control-port-unreachable"], ["control-port-unreachable"]), findings
    place.drop_tcp_at(agent.rpc_endpoint)
    code, findings = doctor(agent)
    assert (code, problems(findings)) == (CODE["control-port-unreachable"], ["control-port-unreachable"]), findings


@pytest.mark.skipif(SERF is None, reason="serf is not installed")
@shows("no-doctor")
def test_a_serf_agent_has_no_doctor(place):
    code, findings = doctor(place.start(kind="serf"))
    assert (code, problems(findings)) == (CODE["no-doctor"], ["no-doctor"]), findings


@shows("unknown-peer")
def test_a_peer_that_is_not_known(place):
    agent = place.start(name="alpha")
    code, findings = doctor(agent, "alpho")
    assert code == CODE["unknown-peer"] and "'alpha'" in findings["control port"][0]["what"], findings
    own = run("doctor", "alpha", "--rpc-addr=" + join_endpoint(*agent.rpc_endpoint))
    assert own.returncode == 1 and "this agent itself" in own.stderr, own


@shows("timings-differ")
def test_timings_that_differ(place):
    first = place.start()
    place.start()
    place.start("--probe-interval=700ms", "--suspicion-mult=7")
    place.wait_alive()
    code, findings = doctor(first)
    assert code == CODE["timings-differ"], findings
    what = findings["timings"][0]["what"]
    assert "n3" in what and "n2" not in what, what
    assert "probe-interval 1s here, 700ms there" in what and "suspicion-mult" in what, what


@shows("timings-tentative")
def test_a_change_of_timings_that_is_not_confirmed(place):
    first = place.start()
    second = place.start()
    place.wait_alive()
    control = "--rpc-addr=" + join_endpoint(*second.rpc_endpoint)
    assert run("tune", control, "gossip-nodes=4").returncode == 0
    for agent in (first, second):
        code, findings = doctor(agent)
        assert code == CODE["timings-differ"], findings
        assert findings["tuning"][0]["grade"] == "warn" and "n2 (" in findings["tuning"][0]["what"], findings
    assert run("tune", control, "--revert").returncode == 0
    code, findings = doctor(first)
    assert code == 0 and "configuration" in findings["tuning"][0]["what"], findings


@shows("advertised-unreachable")
def test_an_advertised_address_that_none_reaches(place):
    first = place.start()
    second = place.start("--advertise=198.18.0.77:7946")
    wait_until(lambda: "n1" in second.statuses(), 30, "n2 joined")
    code, findings = doctor(second, HOSTS[0] + ":" + str(first.bind[1]))
    assert code == CODE["advertised-unreachable"], findings
    assert findings["way back"][0]["cause"] == "advertised-unreachable", findings


@shows("name-conflict")
def test_two_agents_with_one_name(place):
    first = place.start("--disable-name-resolution")
    place.start("--disable-name-resolution")
    place.start("--disable-name-resolution", name="n2")
    wait_until(lambda: any("same name" in line for line in first.output.lines()), 30, "n1 sees the conflict")
    code, findings = doctor(first)
    assert "name-conflict" in problems(findings) and code == CODE["name-conflict"], findings


@shows("seeds-unreachable")
def test_a_seed_that_does_not_answer(place):
    agent = place.start("--retry-join=198.18.0.99:7946", "--retry-interval=1h")
    code, findings = doctor(agent)
    assert (code, problems(findings)) == (CODE["seeds-unreachable"], ["seeds-unreachable"]), findings
    assert "198.18.0.99:7946: not a member; no answer" in findings["seeds"][0]["what"], findings


def test_a_seed_is_looked_at_as_it_is_now(place):
    """Its agent tries the seed again an hour later only."""
    port = free_port(HOSTS[1])
    agent = place.start(f"--retry-join={HOSTS[1]}:{port}", "--retry-interval=1h")
    code, findings = doctor(agent)
    assert code == CODE["seeds-unreachable"] and "nothing listens at" in findings["seeds"][0]["what"], findings
    place.start(f"--bind={HOSTS[1]}:{port}", join=False)
    code, findings = doctor(agent)
    assert (code, findings["seeds"][0]["grade"]) == (0, "warn"), findings
    assert "not a member; 198.18.0.2:" in findings["seeds"][0]["what"], findings
    assert "answers pings now" in findings["seeds"][0]["what"], findings
    assert list(agent.statuses()) == ["n1"], "the examination joins none"
    with agent.rpc() as rpc:
        rpc.join(f"{HOSTS[1]}:{port}")
    code, findings = doctor(agent)
    assert (code, findings["seeds"][0]["what"]) == (0, "all seeds are alive members"), findings


def test_the_first_agent_is_its_own_seed(place):
    port = free_port(HOSTS[0])
    agent = place.start(f"--bind={HOSTS[0]}:{port}", f"--retry-join={HOSTS[0]}:{port}")
    code, findings = doctor(agent)
    assert (code, findings["seeds"][0]["what"]) == (0, "the only seed is this agent itself"), findings


# --- keys and labels -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("ours, theirs, cause", [(KEYS[0], KEYS[1], "wrong-key"), (KEYS[0], None, "encryption-differs"),
                                                 (None, KEYS[0], "encryption-differs")])
@pytest.mark.parametrize("kind", ["rollcall", pytest.param("serf", marks=pytest.mark.skipif(
    SERF is None, reason="serf is not installed"))])
@shows("wrong-key", "encryption-differs")
def test_keys_that_differ(place, ours, theirs, cause, kind):
    first = place.start(key=ours)
    other = place.start(kind=kind, key=theirs, join=False)
    code, findings = doctor(first, other.address)
    assert (code, problems(findings)) == (CODE[cause], [cause]), findings


@pytest.mark.parametrize("ours, theirs", [("a", "b"), ("a", ""), ("", "b")])
@shows("wrong-label")
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


@shows("udp-to-peer-blocked")
def test_udp_to_the_peer_is_blocked(place):
    code, findings = blocked(place, udp=[("n1", "n2")])
    assert code == CODE["udp-to-peer-blocked"], findings
    assert findings["tcp"][0]["grade"] == "ok", findings


@shows("udp-from-peer-blocked")
def test_udp_from_the_peer_is_blocked(place):
    code, findings = blocked(place, udp=[("n2", "n1")])
    assert code == CODE["udp-from-peer-blocked"], findings
    assert findings["tcp"][0]["grade"] == "ok", findings


@shows("udp-blocked")
def test_udp_is_blocked_in_both_directions(place):
    code, findings = blocked(place, udp=[("n1", "n2"), ("n2", "n1")])
    assert code == CODE["udp-blocked"], findings


@shows("tcp-to-peer-blocked")
def test_tcp_to_the_peer_is_blocked(place):
    code, findings = blocked(place, tcp_to=["n2"])
    assert (code, problems(findings)) == (CODE["tcp-to-peer-blocked"], ["tcp-to-peer-blocked"]), findings
    assert findings["udp"][0]["grade"] == "ok", findings


@shows("tcp-from-peer-blocked")
def test_tcp_from_the_peer_is_blocked(place):
    code, findings = blocked(place, tcp_to=["n1"])
    assert (code, problems(findings)) == (CODE["tcp-from-peer-blocked"], ["tcp-from-peer-blocked"]), findings


@shows("udp-blocked", "tcp-to-peer-blocked")
def test_nothing_arrives_and_others_reach_the_peer(place):
    code, findings = blocked(place, udp=[("n1", "n2"), ("n2", "n1")], tcp_to=["n2"])
    assert (code, problems(findings)) == (CODE["udp-blocked"], ["tcp-to-peer-blocked", "udp-blocked"]), findings


@shows("peer-unreachable")
def test_an_address_without_a_host(place):
    first = place.start()
    place.start()
    place.wait_alive()
    place.network.route("blackhole", "198.18.0.77")
    code, findings = doctor(first, "198.18.0.77:7946")
    assert (code, problems(findings)) == (CODE["peer-unreachable"], ["peer-unreachable"]), findings


@shows("peer-down")
def test_a_peer_that_is_down(place):
    first = place.start()
    gone = place.start()
    place.wait_alive()
    gone.kill()
    code, findings = doctor(first, "n2")
    assert (code, problems(findings)) == (CODE["peer-down"], ["peer-down"]), findings


@shows("peer-stalled")
def test_a_peer_that_is_stopped(place):
    first = place.start()
    stuck = place.start()
    place.wait_alive()
    stuck.pause()
    code, findings = doctor(first, "n2")
    assert (code, problems(findings)) == (CODE["peer-stalled"], ["peer-stalled"]), findings
    stuck.resume()


@shows("other-node")
def test_another_node_at_the_address(place):
    first = place.start()
    old = place.start()
    place.wait_alive()
    port = old.bind[1]
    old.kill()
    place.start(f"--bind={HOSTS[1]}:{port}", name="n9", join=False)
    code, findings = doctor(first, "n2")
    assert code == CODE["other-node"], findings


@pytest.mark.parametrize("kind", ["rollcall", pytest.param("serf", marks=pytest.mark.skipif(
    SERF is None, reason="serf is not installed"))])
def test_two_clusters_stay_apart(place, kind):
    """Acks carry gossip: of a fresh agent, of itself."""
    first = place.start()
    place.start()
    place.wait_alive()
    other = place.start(kind=kind, join=False)
    code, findings = doctor(first, other.address)
    assert (code, findings["udp"][0]["grade"]) == (0, "ok"), findings
    assert "is no member" in findings["member"][0]["what"], findings
    assert all("n3" not in agent.statuses() for agent in (first, place.agents["n2"]))
    assert list(other.statuses()) == ["n3"]


# --- other programs, other versions ----------------------------------------------------------------------------

@shows("not-a-member-program")
@pytest.mark.parametrize("speak", [Speaker.web_server, Speaker.greeting, Speaker.echo])
def test_another_program_listens_there(place, speak):
    first = place.start()
    with speak(HOSTS[1]) as other:
        code, findings = doctor(first, join_endpoint(*other.address))
    assert (code, problems(findings)) == (CODE["not-a-member-program"], ["not-a-member-program"]), findings


@shows("not-a-member-program")
@pytest.mark.parametrize("kind", ["rollcall", pytest.param("serf", marks=pytest.mark.skipif(
    SERF is None, reason="serf is not installed"))])
def test_the_control_port_of_a_peer_by_mistake(place, kind):
    first = place.start()
    other = place.start(kind=kind, join=False)
    code, findings = doctor(first, join_endpoint(*other.rpc_endpoint))
    assert (code, problems(findings)) == (CODE["not-a-member-program"], ["not-a-member-program"]), findings


@shows("versions")
@pytest.mark.parametrize("versions, word", [(bytes([1, 5, 2, 7, 9, 8]), "application versions 7 to 9, using 8"),
                                            (bytes([6, 9, 6, 2, 5, 5]), "protocol versions 6 to 9, using 6")])
def test_a_peer_of_other_versions(place, versions, word):
    first = place.start("--disable-compression")
    with ForeignMember("stranger", HOSTS[1], versions) as other:
        answer = run("join", join_endpoint(*other.address), "--rpc-addr=" + join_endpoint(*first.rpc_endpoint))
        assert answer.returncode != 0 and word in answer.stderr, answer
        code, findings = doctor(first, join_endpoint(*other.address))
        assert (code, problems(findings)) == (CODE["versions"], ["versions"]), findings
        assert word in findings["versions"][0]["what"], findings
        assert findings["udp"][0]["grade"] == findings["tcp"][0]["grade"] == "ok", findings
    code, findings = doctor(first)
    assert code == CODE["versions"] and word in findings["refused"][0]["what"], findings


@pytest.mark.skipif(bare_memberlist.missing() is not None, reason=str(bare_memberlist.missing()))
@shows("versions")
def test_a_member_of_another_application(place, tmp_path):
    first = place.start()
    other = bare_memberlist.BareMember(bare_memberlist.build(tmp_path), "go", HOSTS[1], tmp_path / "go.log", version=9)
    try:
        answer = run("join", other.address, "--rpc-addr=" + join_endpoint(*first.rpc_endpoint))
        assert answer.returncode != 0 and "application versions 9 to 9" in answer.stderr, answer
        code, findings = doctor(first, other.address)
        assert (code, problems(findings)) == (CODE["versions"], ["versions"]), findings
        assert "n1" not in other.members()
    finally:
        other.close()


@pytest.mark.skipif(SERF is None, reason="serf is not installed")
@shows("versions")
def test_a_serf_peer_of_an_old_protocol_is_a_warning(place):
    first = place.start()
    place.start("-protocol=3", kind="serf")
    place.wait_alive()
    code, findings = doctor(first, "n2")
    assert code == 0 and findings["versions"][0]["grade"] == "warn", findings
    assert "Serf's protocol 3" in findings["versions"][0]["what"], findings
    assert doctor(first, "n2", "--strict")[0] == CODE["versions"]


# --- none is left out ------------------------------------------------------------------------------------------

def test_each_cause_of_the_program_is_shown_by_a_test():
    importlib.import_module("test_doctor_host")
    causes = set(examining.known_causes())
    shown = examining.shown()
    assert causes - shown.keys() == set(), "no test makes these for real: mark one with @shows"
    assert shown.keys() - causes == set(), "the program knows no such cause"
