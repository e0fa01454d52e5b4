# SPDX-License-Identifier: Apache-2.0
"""Events and queries in a mixed cluster: told and asked by either kind through either program, heard and
answered by either kind.

Gossip promises nothing about a single query: the tests allow a miss now and then (see test_events.py).
"""

import contextlib
import json
import subprocess

import pytest

from harness.agents import clean_environment, program
from harness.cluster import effective_kind
from harness.loopback import join_endpoint
from harness.rpc import RpcError
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.serf
KINDS = ["serf", "rollcall"]


@pytest.fixture(scope="module")
def speakers(module_clusters):
    """Two of each kind; of each, one answers "uptime" and "echo" by scripts: "alpha" and "delta"."""
    cluster = module_clusters("speakers", profile="lan")
    scripts = ["-event-handler=query:uptime=echo up", "-event-handler=query:echo=cat"]
    alpha = cluster.start("serf", "alpha", tags={"role": "db"}, extra=scripts)
    bravo = cluster.start("rollcall", "bravo", join=[alpha], tags={"role": "web"})
    cluster.start("serf", "charlie", join=[alpha, bravo])
    cluster.start("rollcall", "delta", join=[alpha, bravo], tags={"role": "db"}, extra=scripts)
    cluster.wait_all_alive()
    return cluster


@pytest.fixture(params=["alpha", "bravo"], ids=KINDS)
def asked(request, speakers):
    """Each kind of agent in turn."""
    return speakers.agents[request.param]


def ask(kind, agent, *arguments):
    return subprocess.run([program(effective_kind(kind)), arguments[0],
                           "-rpc-addr=" + join_endpoint(*agent.rpc_endpoint), *arguments[1:]],
                          env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60 * PATIENCE, check=False)


def within_five(attempt):
    """The first of five attempts that misses no agent."""
    for left in range(4, -1, -1):
        try:
            return attempt()
        except (AssertionError, RpcError):
            if left == 0:
                raise
    raise AssertionError("not reached")


@contextlib.contextmanager
def listening(cluster, kinds):
    with contextlib.ExitStack() as stack:
        streams = {name: stack.enter_context(agent.rpc()) for name, agent in cluster.agents.items()}
        for stream in streams.values():
            stream.stream(kinds)
        yield streams


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("coalesce", ["true", "false"])
def test_an_event_reaches_every_agent_once(speakers, asked, kind, coalesce):
    name = f"deploy-{kind}-{asked.kind}-{coalesce}"
    with listening(speakers, f"user:{name}") as streams:
        done = ask(kind, asked, "event", f"-coalesce={coalesce}", name, "v1.2.3")
        assert (done.returncode, done.stdout) == (
            0, f"Event '{name}' dispatched! Coalescing enabled: {coalesce}\n"), done
        for listener, stream in streams.items():
            record = stream.record(75 * PATIENCE)
            assert record is not None, f"{listener} never heard of it"
            assert (record["Event"], record["Name"], record["Payload"]) == ("user", name, b"v1.2.3")
        assert all(stream.record(0.5) is None for stream in streams.values()), "heard twice"


@pytest.mark.parametrize("kind", KINDS)
def test_coalesced_events_are_delivered_as_one(speakers, asked, kind):
    """Three in a row: a listener gets the last."""
    name = f"tick-{kind}-{asked.kind}"
    with listening(speakers, f"user:{name}") as streams:
        for payload in ("1", "2", "3"):
            assert ask(kind, asked, "event", name, payload).returncode == 0
        last = {listener: stream.records(settle=5)[-1]["Payload"] for listener, stream in streams.items()}
        assert last == dict.fromkeys(speakers.agents, b"3")


@pytest.mark.parametrize("kind", KINDS)
def test_a_query_is_acknowledged_by_all_and_answered_by_scripts_of_both_kinds(speakers, asked, kind):
    def attempt():
        done = ask(kind, asked, "query", "-timeout=2s", "uptime")
        assert done.returncode == 0, done
        lines = done.stdout.splitlines()
        assert lines[0] == "Query 'uptime' dispatched"
        assert sorted(lines[1:-2]) == sorted([f"Ack from '{name}'" for name in speakers.agents]
                                             + ["Response from 'alpha': up", "Response from 'delta': up"])
        assert lines[-2:] == ["Total Acks: 4", "Total Responses: 2"]
    within_five(attempt)


@pytest.mark.parametrize("kind", KINDS)
def test_filters_and_relays_and_json(speakers, asked, kind):
    def attempt():
        done = ask(kind, asked, "query", "-timeout=2s", "-tag=role=^d", "-relay-factor=2", "-format=json",
                   "echo", "hello")
        assert done.returncode == 0, done
        told = json.loads(done.stdout)
        assert sorted(told["Acks"]) == ["alpha", "delta"]
        assert told["Responses"] == dict.fromkeys(["alpha", "delta"], "hello\n"), \
            "a handler's input ends with a newline"
        done = ask(kind, asked, "query", "-timeout=2s", "-no-ack", "-node=bravo", "-node=charlie", "uptime")
        assert done.stdout == "Query 'uptime' dispatched\nTotal Responses: 0\n"
    within_five(attempt)


def refusal(client, query_id):
    try:
        client.respond(query_id, b"again")
    except RpcError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("answering", ["bravo", "charlie"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_client_answers_for_its_agent(speakers, asked, kind, answering):
    """Over the control protocol, on either kind; a second answer and a late one are refused."""
    def attempt():
        with speakers.agents[answering].rpc() as client:
            client.stream("query:ask")
            running = subprocess.Popen(
                [program(effective_kind(kind)), "query", "-rpc-addr=" + join_endpoint(*asked.rpc_endpoint),
                 "-timeout=3s", f"-node={answering}", "ask", "what?"], env=clean_environment(),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                record = client.record(10 * PATIENCE)
                assert record is not None and record["Payload"] == b"what?"
                client.respond(record["ID"], b"forty-two")
                assert "response already sent" in refusal(client, record["ID"])
                out, _ = running.communicate(timeout=30 * PATIENCE)
                wait_until(lambda: "No pending queries" in refusal(client, record["ID"]), 10,
                           "a query whose time is up is forgotten")
            finally:
                running.kill()
                running.wait()
        assert out == (f"Query 'ask' dispatched\nAck from '{answering}'\n"
                       f"Response from '{answering}': forty-two\nTotal Acks: 1\nTotal Responses: 1\n")
    within_five(attempt)


@pytest.mark.parametrize("kind", KINDS)
def test_every_member_can_be_reached(asked, kind):
    def attempt():
        done = ask(kind, asked, "reachability")
        assert (done.returncode, done.stdout) == (
            0, "Total members: 4, live members: 4\nStarting reachability test...\n"
               "Successfully contacted all live nodes\n"), done
    within_five(attempt)


@pytest.mark.parametrize("kind", KINDS)
def test_a_monitor_shows_events_and_queries_of_the_other_kind(speakers, asked, kind):
    other = speakers.agents["bravo" if asked.name == "alpha" else "alpha"]
    name = f"shown-{kind}-{asked.kind}"
    monitor = speakers.run(effective_kind(kind), "monitor", "-rpc-addr=" + join_endpoint(*asked.rpc_endpoint),
                           "-log-level=info", log=f"monitor-{name}")

    def shown():
        # Repeated, since nothing tells from outside when the monitor has subscribed.
        with other.rpc() as rpc:
            rpc.event(name, b"v1")
            rpc.query(name, b"what?", timeout=1)
        blocks = [block for block in monitor.output.text("out").split("Event Info:") if f'Name: "{name}"' in block]
        return all(any(f'Event: "{event}"' in block for block in blocks) for event in ("user", "query"))

    wait_until(shown, 30, "an event and a query are shown", lambda: monitor.output.text(), every=0.5)
    monitor.interrupt()
    assert monitor.wait_exit(10) == 0


@pytest.mark.parametrize("command", [
    ["event"], ["event", "big", "z" * 600], ["event", "big", "z" * 505], ["query"],
    ["query", "q", "z" * 1100], ["query", "_serf_ping", "x"], ["query", "_serf_conflict"],
    ["query", "-format=xml", "q"], ["query", "-relay-factor=300", "q"], ["query", "-tag=x", "q"],
    ["keys"], ["keys", "-list", "-use=x"],
], ids=lambda command: " ".join(command)[:30])
def test_mistakes_end_alike(asked, command):
    serf, ours = (ask(kind, asked, *command) for kind in KINDS)
    assert serf.returncode == ours.returncode == 1, (serf, ours)
    if effective_kind("rollcall") != "rollcall":
        return
    # Serf tells on stdout, and shows its help to some: its first line is what can be compared.
    if serf.stdout.startswith(("Error sending", "Invalid format", "Relay factor", "Only one")):
        assert ours.stderr.splitlines()[0] == serf.stdout.splitlines()[0]


@pytest.mark.parametrize("speaker, listener", [("serf", "rollcall"), ("rollcall", "serf")])
def test_limits_of_one_file_allow_larger_events_between_both_kinds(cluster, tmp_path, speaker, listener):
    file = tmp_path / "agent.json"
    file.write_text(json.dumps({"user_event_size_limit": 1000, "query_size_limit": 900,
                                "query_response_size_limit": 1200, "protocol": 5}))
    hears = cluster.start(listener, "hears")
    says = cluster.start(speaker, "says", join=[hears], extra=[f"-config-file={file}"])
    cluster.wait_all_alive()
    payload = "x" * 800
    with hears.rpc() as stream:
        stream.stream("user:long")
        assert ask("rollcall", says, "event", "long", payload).returncode == 0
        assert stream.record(75 * PATIENCE)["Payload"] == payload.encode()
    refused = ask("rollcall", hears, "event", "long", payload)
    assert "user event exceeds configured limit of 512 bytes" in refused.stderr
    assert "query exceeds limit of 900 bytes" in ask("rollcall", says, "query", "long", "x" * 900).stderr


def test_a_member_that_cannot_be_reached_is_named(clusters):
    """Stopped a moment ago, and still thought alive."""
    cluster = clusters(profile="lan")
    one = cluster.start("rollcall", "one")
    cluster.start("serf", "two", join=[one])
    three = cluster.start("serf", "three", join=[one])
    cluster.wait_all_alive()
    three.pause()
    try:
        done = ask("rollcall", one, "reachability")
    finally:
        three.resume()
    assert done.returncode == 1, done
    assert "three" in done.stdout.partition("Missing acks from:\n")[2].splitlines()[0]


@pytest.mark.parametrize("kinds", [("rollcall", "serf"), ("serf", "rollcall")], ids="-".join)
def test_the_later_owner_of_a_name_gives_way(clusters, kinds):
    """Both notice, both ask; the others know the first at its address, so the second ends (rule W1)."""
    cluster = clusters(kinds[0])
    first = cluster.start(kinds[0], "twin")
    witness = cluster.start("serf", "witness", join=[first])
    cluster.start("rollcall", "bystander", join=[first, witness])
    cluster.start("rollcall", "passer-by", join=[first, witness])
    cluster.wait_all_alive()
    second = cluster.run(effective_kind(kinds[1]), "agent", "-node=twin", f"-bind={cluster.subnet.host()}",
                         f"-rpc-addr={cluster.subnet.host()}:7373", "-profile=local",
                         f"-join={witness.address}", log="second")
    code = second.wait_exit(60)
    assert code == {"rollcall": 1, "serf": 0}[effective_kind(kinds[1])], second.output.text()
    if effective_kind(kinds[1]) == "rollcall":
        assert "another node has the name 'twin'" in second.output.text("err")
    wait_until(lambda: first.running, 1, "the first still runs")
    cluster.hold_statuses(3, twin="alive", witness="alive", bystander="alive")
