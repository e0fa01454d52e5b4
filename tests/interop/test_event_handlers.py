# SPDX-License-Identifier: Apache-2.0
"""One script, run by a Serf agent and by a rollcall agent of the same cluster: what it hears of the same
events must be the same, but for the order of tags, which Serf draws at random.
"""

import json
import re
import signal
import time

import pytest

from harness.rpc import request
from harness.waiting import wait_until

# One line of JSON per event, appended in one write.
SCRIPT = """#!/bin/sh
exec python3 -c '
import json, os, sys
environment = {k: v for k, v in os.environ.items() if k.startswith("SERF_")}
line = json.dumps({"environment": environment, "input": sys.stdin.read()})
os.write(os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT), (line + "\\n").encode())
' "$1"
"""


class Heard:
    """What the script of one agent was told."""

    def __init__(self, directory, name):
        self.script, self.file = directory / "handler.sh", directory / f"{name}.heard"
        self.script.write_text(SCRIPT)
        self.script.chmod(0o755)

    def handler(self, filters):
        return f"-event-handler={filters}={self.script} {self.file}"

    def lines(self):
        return [json.loads(line) for line in self.file.read_text().splitlines()] if self.file.exists() else []

    def names(self):
        return {member.split("\t")[0] for line in self.lines() for member in line["input"].splitlines()}

    def about(self, name):
        """(environment, members) of each event that is about `name` alone; tags as sets."""
        events = []
        for line in self.lines():
            members = [(*member.split("\t")[:3], frozenset(member.split("\t")[3].split(",")))
                       for member in line["input"].splitlines()]
            if [member[0] for member in members] == [name]:
                environment = {k: v for k, v in line["environment"].items() if k != "SERF_SELF_NAME"}
                events.append((environment, members))
        return events


@pytest.mark.serf
def test_a_script_gets_the_same_from_both_kinds_of_agents(cluster, tmp_path):
    tags = {"role": "db", "data-center": "east 1"}
    heard = {name: Heard(tmp_path, name) for name in ("alpha", "bravo")}
    serf = cluster.start("serf", "alpha", tags=tags, extra=[heard["alpha"].handler("*")])
    cluster.start("rollcall", "bravo", tags=tags, join=[serf], extra=[heard["bravo"].handler("*")])
    # Serf tells of members that come together in one event: the others are waited for first.
    wait_until(lambda: all({"alpha", "bravo"} <= of.names() for of in heard.values()), 20,
               "both scripts heard of both agents")
    charlie = cluster.start("rollcall", "charlie", tags={"role": "web"}, join=[serf])
    cluster.wait_all_alive()

    def both_heard(count):
        return all(len(of.about("charlie")) >= count for of in heard.values())

    wait_until(lambda: both_heard(1), 20, "both scripts heard of the join")
    with charlie.rpc() as rpc:
        rpc.call("tags", {"Tags": {"role": "a\tb\nc", "k": "v"}, "DeleteTags": []})
    wait_until(lambda: both_heard(2), 20, "both scripts heard of other tags")
    charlie.interrupt()
    assert charlie.wait_exit(10) == 0
    wait_until(lambda: both_heard(3), 20, "both scripts heard of the leave")

    assert heard["alpha"].about("charlie") == heard["bravo"].about("charlie")
    kinds = [environment["SERF_EVENT"] for environment, _ in heard["bravo"].about("charlie")]
    assert kinds == ["member-join", "member-update", "member-leave"]
    assert heard["bravo"].lines()[0]["environment"]["SERF_SELF_NAME"] == "bravo"
    assert heard["bravo"].lines()[0]["environment"]["SERF_TAG_DATA_CENTER"] == "east 1"


@pytest.mark.rollcall
def test_sighup_replaces_the_scripts_of_a_configuration_file(cluster, tmp_path):
    before, after, file = Heard(tmp_path, "before"), Heard(tmp_path, "after"), tmp_path / "agent.json"

    def use(heard):
        file.write_text(json.dumps({"event_handlers": [f"member-update={heard.script} {heard.file}"]}))

    use(before)
    agent = cluster.start("rollcall", "alpha", extra=[f"-config-file={file}"])

    def set_tag(value):
        with agent.rpc() as rpc:
            rpc.call("tags", {"Tags": {"k": value}, "DeleteTags": []})

    set_tag("one")
    wait_until(lambda: len(before.lines()) == 1, 20, "the first script heard of the tag")
    use(after)
    # SIGHUP also brings back the tags of the configuration: none, which is an update of its own.
    agent.signal(signal.SIGHUP)
    agent.output.wait_for(lambda lines: any("changed: event_handlers" in line for line in lines), 20,
                          "the configuration is read again")
    set_tag("two")
    wait_until(lambda: any("k=two" in line["input"] for line in after.lines()), 20,
               "the second script heard of the tag")
    assert len(before.lines()) == 1


# --- a slow script and many events ----------------------------------------------------------------------

EVENTS, SECONDS, STEPS = 10_000, 10, 100
LATE = re.compile(r"loop\.late_(\d+)ms")


def tell_events(agent, name):
    """EVENTS user events in SECONDS, evenly; each is answered. How long it took in fact."""
    began = time.monotonic()
    with agent.rpc() as rpc:
        for step in range(STEPS):
            per_step = EVENTS // STEPS
            rpc.write(b"".join(request("event", seq, {"Name": name, "Payload": b"x" * 20, "Coalesce": False})
                               for seq in range(per_step)))
            assert [rpc.read() for _ in range(per_step)] == [{"Error": "", "Seq": seq} for seq in range(per_step)]
            # No wait for anything: this is the pace.
            time.sleep(max(0, began + (step + 1) * SECONDS / STEPS - time.monotonic()))
    return time.monotonic() - began


def counters(agent):
    with agent.rpc() as rpc:
        stats = rpc.stats()
    return {key: int(value) for section in ("rollcall", "transport") for key, value in stats[section].items()
            if value.isdigit()}


def late_p99(before, after):
    """The bound, in ms, that one in a hundred of the detector's deadlines was told later than; and their number."""
    deadlines = after["loop.deadlines"] - before["loop.deadlines"]
    bounds = sorted(int(found[1]) for key in after if (found := LATE.fullmatch(key)))
    for bound in bounds:
        late = after[f"loop.late_{bound}ms"] - before[f"loop.late_{bound}ms"]
        if late * 100 <= deadlines:
            return f"<= {bound} ms", deadlines
    return f"> {bounds[-1]} ms", deadlines


@pytest.mark.rollcall
def test_ten_thousand_events_and_a_slow_script_leave_the_detector_alone(cluster, figure):
    """The same events twice, at one agent: of those named "slow" a script is run, of the others none."""
    agent = cluster.start("rollcall", "alpha", profile="lan", extra=["-event-handler=user:slow=sleep 0.2"])
    for name in ("bravo", "charlie"):
        cluster.start("rollcall", name, join=[agent], profile="lan")
    cluster.wait_all_alive()
    others = [cluster.agents["bravo"], cluster.agents["charlie"]]
    peers_before = [counters(other) for other in others]

    seen = [counters(agent)]
    memory, took = [agent.resident_kib()], []
    for name in ("quick", "slow"):
        took.append(tell_events(agent, name))
        seen.append(counters(agent))
        memory.append(agent.resident_kib())
    start, quick, slow = seen
    rows = [("without scripts", took[0], late_p99(start, quick), memory[1]),
            ("a slow script", took[1], late_p99(quick, slow), memory[2])]
    for label, seconds, (p99, deadlines), resident in rows:
        figure(f"{label}: {EVENTS} events in {seconds:.1f} s, lag of the loop p99 {p99} of {deadlines} deadlines, "
               f"{resident / 1024:.1f} MiB resident")
    figure(f"before: {memory[0] / 1024:.1f} MiB; of {EVENTS} events {slow['handlers_run']} run, "
           f"{slow['handlers_waiting']} waiting, {slow['handlers_dropped']} dropped and counted")

    assert quick["handlers_run"] == quick["handlers_dropped"] == quick["handlers_waiting"] == 0
    assert slow["handlers_run"] + slow["handlers_waiting"] + slow["handlers_dropped"] == EVENTS
    assert slow["handlers_waiting"] <= 1024
    assert any("new ones are dropped" in line for line in agent.output.lines()), "the log says so"
    assert slow["probes"] - quick["probes"] >= SECONDS / 2, "the detector goes on, at one probe a second"
    for before, after in [(start, slow), *zip(peers_before, map(counters, others))]:
        assert (after["suspicions"], after["failures"]) == (before["suspicions"], before["failures"])
    cluster.hold_statuses(2, alpha="alive", bravo="alive", charlie="alive")
    assert memory[2] - memory[0] < 64 * 1024, "what waits is bounded: 8 MiB of events, and the queues of gossip"
