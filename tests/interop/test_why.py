# SPDX-License-Identifier: Apache-2.0
"""`rollcall why`, `members --detailed` and `monitor --format json`: each kind of evidence made for real.

An agent is killed, stopped, cut off by a firewall, leaves, is forced to leave; a Serf peer accuses one. In the
end the record of it is asked for, from the agent that found out and from those that were informed.
"""

import json
import shutil
import signal
import subprocess
import time

import pytest

from harness import own_network
from harness.agents import Options, clean_environment, program, start_agent
from harness.loopback import join_endpoint
from harness.rpc import request
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.rollcall
KNOWN = 60  # seconds until every agent knows of a failure
REFUTED = 20


def rollcall(agent, *words):
    return subprocess.run([program("rollcall"), *words, "--rpc-addr", join_endpoint(*agent.rpc_endpoint)],
                          env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60 * PATIENCE, check=False)


def ask_json(agent, *words):
    answer = rollcall(agent, *words, "--format", "json")
    assert answer.returncode == 0, answer
    return json.loads(answer.stdout)


def records(agent, name, event):
    """The records of this kind about a member, in an agent that may not know it."""
    answer = rollcall(agent, "why", name, "--format", "json")
    found = json.loads(answer.stdout)["records"] if answer.returncode == 0 else []
    return [record for record in found if record["event"] == event]


def await_record(agent, name, event, limit=KNOWN):
    wait_until(lambda: records(agent, name, event), limit, f"{agent.name} has {event} of {name}",
               lambda: rollcall(agent, "why", name).stdout)
    return records(agent, name, event)[-1]


def three(cluster, kinds=("rollcall",) * 3, **options):
    first = cluster.start(kinds[0], "a", **options)
    others = [cluster.start(kind, name, join=[first]) for kind, name in zip(kinds[1:], "bc")]
    cluster.wait_all_alive()
    return [first, *others]


# --- how it failed ------------------------------------------------------------------------------------

def test_of_a_killed_process_the_look_at_it_is_told(clusters):
    # The profile fast looks at a silent member before it is declared dead, if there are enough others to compare with.
    cluster = clusters("fast", profile="fast")
    first = cluster.start("rollcall", "a")
    for name in "bcdef":
        cluster.start("rollcall", name, join=[first])
    cluster.wait_all_alive()
    cluster.kill("c")
    failed = {name: await_record(agent, "c", "member-failed") for name, agent in cluster.agents.items()}
    finders = [name for name, record in failed.items() if record["from"] == name]
    assert finders and all(failed[name]["via"] == "ourselves" for name in finders)
    looked = [record for record in failed.values() if "ground" in record]
    # On a busy host the suspicion may end before the look does; it is told either way.
    assert looked and {record["ground"] for record in looked} <= {"refused", "unanswered", "expired"}
    for name, agent in cluster.agents.items():
        detail = ask_json(agent, "why", "c")["member"]
        assert detail["status"] == "failed" and detail["state"] == "dead"
        assert detail["by"] == [failed[name]["from"]]
    told = rollcall(cluster.agents[finders[0]], "why", "c").stdout
    assert f"declared dead by {finders[0]}" in told, told


def test_without_looking_the_suspicion_has_the_evidence_and_the_failure_its_accusers(cluster):
    a, b, _ = three(cluster)
    cluster.kill("c")
    for agent in (a, b):
        await_record(agent, "c", "member-failed")
    own = [record for agent in (a, b) for record in records(agent, "c", "member-suspected")
           if record["via"] == "ourselves"]
    assert own and {record["cause"] for record in own} == {"bounced"}
    assert {record["stream"] for record in own} == {"refused"}
    assert all(record["relays_asked"] == 1 for record in own)
    declared = [record for agent in (a, b) for record in records(agent, "c", "member-failed")
                if record["via"] == "ourselves"]
    assert declared and all(set(record["accusers"].split(", ")) <= {"a", "b"} for record in declared)


def test_of_a_stopped_process_what_was_tried_is_told_and_that_its_host_is_there(cluster):
    a, b, c = three(cluster)
    c.pause()
    suspected = [record for agent in (a, b)
                 if (record := await_record(agent, "c", "member-suspected"))["via"] == "ourselves"]
    assert suspected, "one of them found out itself"
    for record in suspected:
        assert record["cause"] == "unanswered" and record["waited_ms"] > 0
        assert record["stream"] in ("unanswered", "not_tried")
    for agent in (a, b):
        await_record(agent, "c", "member-failed")
    declared = [record for agent in (a, b) for record in records(agent, "c", "member-failed")
                if record["via"] == "ourselves"]
    assert declared and all(record["accusers"] for record in declared)
    c.resume()
    for agent in (a, b):
        joined = await_record(agent, "c", "member-join", REFUTED)
        assert joined["via"] in ("gossip", "push-pull")


def test_a_suspect_is_shown_with_its_accusers_and_after_its_refutation_no_longer(clusters):
    # The suspicion of the profile lan takes seconds: time to look.
    cluster = clusters("lan", profile="lan")
    a, _, c = three(cluster)
    c.pause()

    def suspects():
        listed = ask_json(a, "members", "--detailed", "--name", "c")["members"][0]
        return listed if listed["state"] == "suspect" else None

    suspect = wait_until(suspects, KNOWN, "a suspects c", lambda: rollcall(a, "why", "c").stdout, every=0.02)
    c.resume()
    assert suspect["by"] and set(suspect["by"]) <= {"a", "b"}
    assert suspect["status"] == "alive", "Serf has no word for a suspect"
    await_record(a, "c", "suspicion-cleared", REFUTED)
    alive = ask_json(a, "members", "--detailed", "--name", "c")["members"][0]
    assert alive["state"] == "alive" and alive["by"] == []
    assert "no longer suspecting c" in rollcall(a, "why", "c").stdout
    # The accused knows, too: it is a record about itself.
    refuted = await_record(c, "c", "refuted", REFUTED)
    assert refuted["claim"] in ("suspect", "dead")
    # It may ask a peer for its member list before the accusation reaches it: that names no accuser.
    assert refuted["via"] == "push-pull" and refuted["from"] == "" or refuted["from"] in ("a", "b")


@pytest.fixture
def cut(tmp_path):
    """Three agents in a network whose firewall the test may change."""
    if reason := own_network.why_not():
        pytest.skip(reason)
    if not shutil.which("nft"):
        pytest.skip("needs the program nft (Debian: nftables)")
    hosts = [f"198.18.0.{number}" for number in (1, 2, 3)]
    network = own_network.OwnNetwork(addresses=hosts)
    agents = []
    try:
        for name, host in zip("abc", hosts):
            seeds = [agents[0].address] if agents else []
            agents.append(start_agent(Options("rollcall", name, host, None, None, seeds, "local"),
                                      tmp_path / f"{name}.log"))
        for agent in agents:
            wait_until(lambda a=agent: a.statuses() == dict.fromkeys("abc", "alive"), 30,
                       f"{agent.name} sees all alive", saw=lambda a=agent: str(a.statuses()))
        yield agents
    finally:
        for agent in agents:
            agent.close()
        network.close()


def nft(rules):
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True, capture_output=True, timeout=20)


def test_of_a_host_behind_a_firewall_nothing_is_heard_by_udp_and_tcp(cut):
    a, b, c = cut
    host, port = c.bind
    nft(f"""table ip cut {{
        chain out {{
            type filter hook output priority 0;
            ip daddr {host} tcp dport {port} drop
            ip daddr {host} udp dport {port} drop
            ip saddr {host} udp sport {port} drop
        }}
    }}""")
    for agent in (a, b):
        await_record(agent, "c", "member-failed")
    own = [record for agent in (a, b) for record in records(agent, "c", "member-suspected")
           if record["via"] == "ourselves"]
    assert own
    # A local firewall may refuse the packet to the sender, or swallow it.
    assert {record["cause"] for record in own} <= {"unanswered", "not_sent"}
    assert all(record["stream"] != "answered" for record in own)


# --- how it left --------------------------------------------------------------------------------------

def test_a_leave_is_told_apart_from_a_force_leave_and_from_a_failure(cluster):
    a, b, c = three(cluster)
    assert rollcall(c, "leave").returncode == 0
    assert c.wait_exit(30) == 0
    left = await_record(a, "c", "member-leave")
    assert left["by_intent"] == "false" and left["via"] == "gossip"
    assert ask_json(b, "why", "c")["member"]["state"] == "left"
    assert any("rpc: leave requested by 127." in line for line in c.output.lines())
    cluster.agents.pop("c")


def test_a_force_leave_names_the_client_where_it_was_requested_and_all_others_can_ask(cluster):
    a, b, _ = three(cluster)
    cluster.kill("c")
    cluster.wait_statuses(KNOWN, c="failed")
    assert rollcall(a, "force-leave", "c").returncode == 0
    requested = await_record(a, "c", "force-leave-requested")
    assert requested["client"].rpartition(":")[0] and requested["prune"] is False
    elsewhere = await_record(b, "c", "member-leave")
    assert elsewhere["by_intent"] == "true", "the wire does not say who asked"
    assert not records(b, "c", "force-leave-requested")
    # But b can ask a.
    told = rollcall(b, "why", "c", "--all", "--timeout", "2s")
    assert "as seen by a: failed " in told.stdout and "then removed by a leave intent" in told.stdout, told
    assert "force-leave of c requested by" in told.stdout, told


# --- the others ---------------------------------------------------------------------------------------

def test_all_shows_who_answered_and_who_does_not(cluster):
    a, b, c = three(cluster)
    story = ask_json(a, "why", "c", "--all", "--timeout", "2s")
    assert set(story["others"]) == {"b", "c"} and story["no_answer"] == [] and story["cannot_answer"] == []
    assert story["others"]["b"]["state"] == "alive"
    c.pause()
    story = ask_json(a, "why", "b", "--all", "--timeout", "1s")
    assert set(story["others"]) == {"b"}
    c.resume()
    assert rollcall(b, "why", "d").returncode == 1
    assert "knows no member named 'd'" in rollcall(b, "why", "d", "--all", "--timeout", "500ms").stderr


@pytest.mark.serf
def test_an_accusation_by_a_serf_peer_names_it(clusters):
    cluster = clusters("accused-by-serf", profile="lan")
    # Ours probes too rarely to find out anything by itself.
    a = cluster.start("rollcall", "a", extra=("--probe-interval=10m", "--probe-timeout=1s"))
    cluster.start("serf", "s1", join=[a])
    cluster.start("serf", "s2", join=[a])
    cluster.start("rollcall", "c", join=[a])
    cluster.wait_all_alive()
    cluster.kill("c")
    suspected = await_record(a, "c", "member-suspected")
    assert suspected["from"] in ("s1", "s2") and suspected["cause"] == "accused"
    assert suspected["via"] in ("gossip", "push-pull") and suspected["peer"]
    await_record(a, "c", "member-failed")
    text = rollcall(a, "why", "c").stdout
    assert f"suspecting c: accused by {suspected['from']}" in text, text


@pytest.mark.serf
def test_serf_peers_see_an_unknown_query_and_run_no_script(clusters, tmp_path):
    ran = tmp_path / "ran"
    cluster = clusters("scripts")
    handler = f"query=echo $SERF_QUERY_NAME >> {ran}"
    a = cluster.start("rollcall", "a")
    serf = cluster.start("serf", "s1", join=[a], extra=(f"-event-handler={handler}",))
    cluster.start("rollcall", "b", join=[a])
    cluster.wait_all_alive()
    with serf.rpc() as stream:
        stream.call("stream", {"Type": "query"})
        story = ask_json(a, "why", "b", "--all", "--timeout", "2s")
        assert set(story["others"]) == {"b"}
        assert story["cannot_answer"] == ["s1"], "it acknowledged the query, and has nothing to say"
        # A query of an application, so that the silence about the other one means something.
        assert rollcall(a, "query", "--timeout", "1s", "probe-of-the-test").returncode == 0
        wait_until(lambda: ran.exists() and ran.read_text().strip(), 20, "the script ran for the ordinary query")
        assert stream.read() is not None  # the header of the first record
        assert stream.read()["Name"] == "probe-of-the-test"
    assert ran.read_text().split() == ["probe-of-the-test"]
    complaints = [line for line in serf.output.lines() if "rollcall_why" in line or "rollcall-why" in line]
    assert complaints and all("[WARN] serf: Unhandled internal query" in line or "[DEBUG]" in line
                              for line in complaints), complaints
    refused = rollcall(serf, "why", "b")
    assert refused.returncode == 1 and "is a Serf agent" in refused.stderr


# --- the journal --------------------------------------------------------------------------------------

def test_the_journal_is_followed_and_goes_on_after_a_break(cluster):
    a, _, _ = three(cluster)
    first = cluster.run("rollcall", "monitor", "--format", "json", "--since", "0",
                        "--rpc-addr", join_endpoint(*a.rpc_endpoint))
    cluster.kill("c")
    first.output.wait_for(lambda lines: any('"event":"member-failed"' in line for line in lines), KNOWN,
                          "the monitor shows the failure")
    first.interrupt()
    assert first.wait_exit(10) == 0
    read = [json.loads(line) for line in first.output.lines("out")]
    numbers = [record["seq"] for record in read]
    assert numbers == sorted(set(numbers))
    assert all({"time", "level", "event", "component", "message"} <= set(record) for record in read)
    cluster.wait_statuses(KNOWN, c="failed")
    assert rollcall(a, "force-leave", "c").returncode == 0
    second = cluster.run("rollcall", "monitor", "--format", "json", "--since", str(numbers[-1]), "--member", "c",
                         "--rpc-addr", join_endpoint(*a.rpc_endpoint))
    second.output.wait_for(lambda lines: any('"event":"member-leave"' in line for line in lines), KNOWN,
                           "the second monitor shows the leave")
    second.signal(signal.SIGINT)
    assert second.wait_exit(10) == 0
    more = [json.loads(line) for line in second.output.lines("out")]
    assert min(record["seq"] for record in more) > numbers[-1]
    assert {record["member"] for record in more} == {"c"}


def test_a_monitor_that_is_behind_is_told_how_far(cluster):
    a = cluster.start("rollcall", "a")
    with a.rpc() as client:
        for number in range(5000):
            client.write(_event(number))
        for _ in range(5000):
            assert client.read()["Error"] == ""
    begun = time.monotonic()
    lines = rollcall_lines(cluster, a, 2, "--log-level", "debug", "--since", "1")
    assert lines[0]["event"] == "lagged" and lines[0]["from"] == 2
    assert lines[0]["lost"] == lines[0]["to"] - 1 == lines[1]["seq"] - 2
    assert time.monotonic() - begun < 20 * PATIENCE
    restarted = rollcall_lines(cluster, a, 1, "--since", "99999999")
    assert restarted[0]["event"] == "restarted" and restarted[0]["newest"] > 5000


def _event(number):
    return request("event", 100 + number, {"Name": f"e{number}", "Payload": b"", "Coalesce": False})


def rollcall_lines(cluster, agent, count, *words):
    """The first lines of a monitor."""
    monitor = cluster.run("rollcall", "monitor", "--format", "json", *words,
                          "--rpc-addr", join_endpoint(*agent.rpc_endpoint))
    monitor.output.wait_for(lambda lines: len(lines) >= count, 20, f"{count} lines of the journal")
    monitor.interrupt()
    assert monitor.wait_exit(10) == 0
    return [json.loads(line) for line in monitor.output.lines("out")[:count]]
