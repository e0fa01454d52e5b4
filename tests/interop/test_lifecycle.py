# SPDX-License-Identifier: Apache-2.0
"""How a rollcall agent starts, finds its cluster, and ends: signals, exit codes, seeds, bad settings."""

import json
import re
import signal

import pytest

from harness.agents import program
from harness.loopback import free_port, has_ipv6
from harness.rpc import RpcError
from harness.waiting import wait_until

pytestmark = pytest.mark.rollcall

needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this host has no ::1")


def agent_arguments(cluster, *arguments, name="n1"):
    return ["agent", f"-node={name}", f"-bind={cluster.subnet.host()}:0",
            f"-rpc-addr={cluster.subnet.host()}:0", "-profile=local", *arguments]


@pytest.fixture
def two(cluster):
    """An agent to be ended, and one that looks on."""
    watcher = cluster.start("rollcall", "watcher")
    cluster.start("rollcall", "ended", join=[watcher])
    cluster.wait_all_alive()
    return cluster


# --- what is printed -----------------------------------------------------------------------------------

def test_the_announcement_names_the_real_ports_and_settings(cluster):
    agent = cluster.start("rollcall", "n1", key="AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
    out = agent.output.text("out")
    assert out.startswith("==> Starting rollcall agent...")
    block = dict(re.findall(r"^\s+([A-Za-z ]+): (.+)$", out.partition("==> rollcall agent running!")[2],
                            re.MULTILINE))
    assert block["Node name"] == "'n1'"
    assert block["Encrypted"] == "true"
    assert block["Profile"] == "local"
    assert agent.bind[1] != 0 and agent.rpc_endpoint[1] != 0
    own = agent.members()["n1"]
    assert (own.host, own.port) == agent.bind, "it announces to others what it printed"


def test_logs_go_to_stderr_or_to_the_file_that_was_named(cluster, tmp_path):
    agent = cluster.start("rollcall", "n1")
    # The log itself may come a moment after the announcement.
    wait_until(lambda: agent.output.lines("err"), 5, "something is logged")
    quiet = cluster.start("rollcall", "n2", extra=[f"-log-file={tmp_path / 'agent.log'}"], join=[agent])
    wait_until(lambda: "n1" in (tmp_path / "agent.log").read_text(), 10, "n1's join is in the file")
    assert quiet.output.lines("err") == []


def test_json_logs_are_one_object_a_line(cluster):
    agent = cluster.start("rollcall", "n1", extra=["-log-format=json"])
    cluster.start("rollcall", "n2", join=[agent])
    wait_until(lambda: "n2" in agent.output.text("err"), 10, "n2's join is logged")
    for line in agent.output.lines("err"):
        assert {"time", "level"} <= set(json.loads(line)), line


# --- signals -------------------------------------------------------------------------------------------

def test_sigint_leaves_and_exits_with_zero(two):
    ended = two.agents.pop("ended")
    ended.interrupt()
    assert ended.wait_exit(10) == 0
    two.wait_statuses(45, ended="left")


def test_sigterm_stops_without_a_leave_and_exits_with_one(two):
    ended = two.agents.pop("ended")
    ended.terminate()
    assert ended.wait_exit(3) == 1
    two.wait_statuses(45, ended="failed")


def test_leave_on_terminate_makes_sigterm_graceful(cluster):
    watcher = cluster.start("rollcall", "watcher")
    ended = cluster.start("rollcall", "ended", join=[watcher], extra=["-leave-on-terminate"])
    cluster.wait_all_alive()
    cluster.agents.pop("ended")
    ended.terminate()
    assert ended.wait_exit(10) == 0
    cluster.wait_statuses(45, ended="left")


def test_skip_leave_on_interrupt_makes_sigint_abrupt(cluster):
    watcher = cluster.start("rollcall", "watcher")
    ended = cluster.start("rollcall", "ended", join=[watcher], extra=["-skip-leave-on-interrupt"])
    cluster.wait_all_alive()
    cluster.agents.pop("ended")
    ended.interrupt()
    assert ended.wait_exit(3) == 1
    cluster.wait_statuses(45, ended="failed")


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_the_leave_at_once_with_one(two, second):
    ended = two.agents["ended"]
    ended.interrupt()
    # Once its own view says "leaving" it has begun, and needs a second more at least.
    wait_until(lambda: ended.statuses()["ended"] == "leaving", 5, "the leave has begun", every=0.01)
    ended.signal(second)
    assert ended.wait_exit(3) == 1
    two.agents.pop("ended")


def test_an_rpc_leave_ends_the_agent_with_zero(two):
    ended = two.agents.pop("ended")
    with ended.rpc() as rpc:
        rpc.leave()
    assert ended.wait_exit(5) == 0
    two.wait_statuses(45, ended="left")


def test_an_agent_alone_leaves_without_waiting(cluster):
    agent = cluster.start("rollcall", "alone")
    agent.interrupt()
    assert agent.wait_exit(5) == 0


# --- bad settings --------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments,named", [
    (["-nosuchflag"], "nosuchflag"),
    (["-profile=moon"], "moon"),
    (["-log-level=loud"], "loud"),
    (["-log-format=xml"], "xml"),
    (["-encrypt=short"], "encrypt"),
    (["-encrypt=AAAA"], "encrypt"),
    (["-tag=novalue"], "novalue"),
    (["-tag=x=" + "y" * 600], "512"),
    (["-retry-join=127.0.0.1:1", "-retry-interval=soon"], "soon"),
    (["-keyring-file=/nonexistent/keyring"], "/nonexistent/keyring"),
    (["-log-file=/dev/null/agent.log"], "/dev/null/agent.log"),
    (["-node=" + "n" * 256], "node"),
    (["-delegate=consul"], "consul"),
    (["-label=" + "x" * 256], "label"),
    (["-probe-interval=1s", "-probe-timeout=2s"], "probe"),
    (["-rpc-addr=nonsense:x"], "nonsense:x"),
    (["-bind=300.1.1.1"], "300.1.1.1"),
], ids=lambda value: " ".join(value)[:32] if isinstance(value, list) else "")
def test_a_bad_setting_ends_with_one_and_names_itself(cluster, arguments, named):
    process = cluster.run("rollcall", *agent_arguments(cluster, *arguments), log="bad")
    assert process.wait_exit(10) == 1
    assert named.lower() in process.output.text().lower(), process.output.text()
    assert "running!" not in process.output.text("out")


def test_a_taken_port_ends_with_one_and_is_named(cluster):
    agent = cluster.start("rollcall", "first")
    for flag, taken in (("-bind", agent.bind), ("-rpc-addr", agent.rpc_endpoint)):
        process = cluster.run("rollcall", *agent_arguments(cluster, name="second"),
                              f"{flag}={taken[0]}:{taken[1]}", log="taken")
        assert process.wait_exit(10) == 1
        assert str(taken[1]) in process.output.text(), process.output.text()


def test_an_unreadable_keyring_is_refused(cluster, tmp_path):
    for content in ("[]", "{}", "nonsense", '["AAAA"]'):
        ring = tmp_path / "ring.json"
        ring.write_text(content)
        process = cluster.run("rollcall", *agent_arguments(cluster, f"-keyring-file={ring}"), log="ring")
        assert process.wait_exit(10) == 1, content
        assert "key" in process.output.text().lower()


# --- finding the cluster -------------------------------------------------------------------------------

def test_a_start_join_that_reaches_no_seed_exits_with_one(cluster):
    nobody = f"{cluster.subnet.host()}:1"
    process = cluster.run("rollcall", *agent_arguments(cluster, f"-join={nobody}"), log="lonely")
    assert process.wait_exit(20) == 1
    assert nobody.split(":", maxsplit=1)[0] in process.output.text()


def test_one_reachable_seed_of_several_is_enough(cluster):
    seed = cluster.start("rollcall", "seed")
    cluster.start("rollcall", "n1", join=[f"{cluster.subnet.host()}:1", seed])
    cluster.wait_all_alive()


def test_retry_join_waits_for_a_seed_that_comes_later(cluster):
    host = cluster.subnet.host()
    port = free_port(host)
    early = cluster.start("rollcall", "early",
                          extra=[f"-retry-join={host}:{port}", "-retry-interval=1s"])
    wait_until(lambda: f"{host}:{port}" in early.output.text("err"), 10, "a failed attempt is logged")
    assert early.running
    cluster.start("rollcall", "seed", host=host, port=port)
    cluster.wait_all_alive(20)


def test_retry_join_gives_up_after_the_attempts_it_was_given(cluster):
    process = cluster.run("rollcall", *agent_arguments(
        cluster, f"-retry-join={cluster.subnet.host()}:1", "-retry-interval=1s", "-retry-max=2"), log="giveup")
    assert process.wait_exit(20) == 1


def test_a_seed_may_be_a_host_name(cluster):
    """localhost is 127.0.0.1, ::1 or both: whichever of them answers is good enough."""
    seed = cluster.start("rollcall", "seed", host="127.0.0.1")
    cluster.start("rollcall", "n1", host="127.0.0.1", join=[f"localhost:{seed.bind[1]}"])
    cluster.wait_all_alive()


def test_an_unknown_name_is_in_the_error(cluster):
    process = cluster.run("rollcall", *agent_arguments(cluster, "-join=no-such-host.invalid"), log="unknown")
    assert process.wait_exit(30) == 1
    assert "no-such-host.invalid" in process.output.text()


@needs_ipv6
def test_agents_meet_over_ipv6(cluster):
    seed = cluster.start("rollcall", "seed", host="::1")
    assert seed.address.startswith("[::1]:")
    cluster.start("rollcall", "n1", host="::1", join=[seed])
    cluster.wait_all_alive()
    cluster.kill("n1")
    cluster.wait_statuses(45, n1="failed", seed="alive")


@needs_ipv6
@pytest.mark.serf
@pytest.mark.parametrize("kinds", [("serf", "rollcall"), ("rollcall", "serf")], ids="-".join)
def test_either_kind_joins_the_other_over_ipv6(cluster, kinds):
    seed = cluster.start(kinds[0], "seed", host="::1")
    cluster.start(kinds[1], "n1", host="::1", join=[seed])
    cluster.wait_all_alive()


def test_others_get_the_advertised_address(cluster):
    """Bound to everything, reachable at one address: others must learn that one."""
    host = cluster.subnet.host()
    agent = cluster.start("rollcall", "n1", host="127.0.0.1", extra=[f"-advertise={host}"])
    member = agent.members()["n1"]
    assert (member.host, member.port) == (host, agent.bind[1])


def test_an_rpc_token_is_asked_for(cluster):
    agent = cluster.start("rollcall", "n1", extra=["-rpc-auth=sekret"])
    with agent.rpc() as rpc, pytest.raises(RpcError, match="Authentication required"):
        rpc.stats()
    agent.token = "wrong"
    with pytest.raises(RpcError, match="Invalid authentication token"):
        agent.rpc()
    agent.token = "sekret"
    assert set(agent.members()) == {"n1"}
    done = cluster.run("rollcall", "members", f"-rpc-addr={agent.rpc_endpoint[0]}:{agent.rpc_endpoint[1]}",
                       log="members", environment={"ROLLCALL_RPC_AUTH": "sekret"})
    assert done.wait_exit(10) == 0
    assert "n1" in done.output.text("out")


def test_two_agents_run_side_by_side_on_ephemeral_ports(cluster):
    """The same address, ports of 0: nothing is stolen, nothing shared."""
    host = cluster.subnet.host()
    one = cluster.start("rollcall", "one", host=host)
    two = cluster.start("rollcall", "two", host=host, join=[one])
    cluster.wait_all_alive()
    assert one.bind != two.bind and one.rpc_endpoint != two.rpc_endpoint


def test_the_program_names_itself(cluster):
    process = cluster.run("rollcall", "version", log="version")
    assert process.wait_exit(10) == 0
    assert process.output.lines("out")[0].startswith("rollcall v")
    assert program("rollcall") == process.argv[0]
