# SPDX-License-Identifier: Apache-2.0
"""Either program against either agent: the same question gets the same answer and exit code.

`serf` drives a rollcall agent as it drives its own, and `rollcall` a Serf agent. Where both programs ask
the same agent, their outputs are compared with each other; nothing is compared with a recording here.
"""

import json
import re
import signal
import subprocess

import pytest

from harness.agents import clean_environment, program
from harness.cluster import effective_kind
from harness.loopback import join_endpoint
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.serf
AGENTS = ["serf", "rollcall"]
PROGRAMS = ["serf", "rollcall"]


def ask(kind, agent, subcommand, *arguments, environment=None):
    """Runs one command of the program of this kind against an agent."""
    where = ["-rpc-addr=" + join_endpoint(*agent.rpc_endpoint)] if environment is None else []
    return subprocess.run([program(effective_kind(kind)), subcommand, *where, *arguments],
                          env=clean_environment() | (environment or {}), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30 * PATIENCE, check=False)


@pytest.fixture(scope="module")
def pair(module_clusters):
    """A Serf and a rollcall agent that know each other, for commands that disturb neither."""
    cluster = module_clusters("pair")
    serf = cluster.start("serf", "alpha", tags={"role": "db", "zone": "z1"})
    cluster.start("rollcall", "bravo", join=[serf], tags={"role": "web", "load": "9"})
    gone = cluster.start("rollcall", "charlie", join=[serf])
    cluster.wait_all_alive()
    gone.interrupt()
    assert cluster.agents.pop("charlie").wait_exit(10) == 0
    cluster.wait_statuses(75, charlie="left", alpha="alive", bravo="alive")
    return cluster


@pytest.fixture(params=AGENTS)
def agent(request, pair):
    """Each kind of agent in turn."""
    return pair.agents["alpha" if request.param == "serf" else "bravo"]


def unordered(text):
    """Members come in no promised order, and neither do the tags of one; Serf's last line lacks its
    trailing padding, whichever line that is."""
    def sort_tags(found):
        return ",".join(sorted(found[0].split(",")))
    return sorted(re.sub(r"\S+=\S+", sort_tags, line).rstrip() for line in text.splitlines())


def unordered_json(text):
    document = json.loads(text)
    if document["members"]:
        document["members"].sort(key=lambda member: member["name"])
    return document


def both(agent, *command):
    serf, ours = (ask(kind, agent, *command) for kind in PROGRAMS)
    assert ours.returncode == serf.returncode, (command, serf, ours)
    return serf, ours


# --- members ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments", [
    [], ["-status=alive"], ["-status=left"], ["-status=alive|left"], ["-name=al.*"], ["-name=al"],
    ["-tag", "role=web"], ["-tag=role=web|db", "-tag", "load=9"], ["-tag=zone="], ["-role=db"],
    ["-detailed"], ["-detailed", "-name=bravo"], ["-name=nobody"],
], ids=" ".join)
def test_members_prints_what_serf_prints(agent, arguments):
    serf, ours = both(agent, "members", *arguments)
    assert serf.returncode == 0
    # That a role is a tag by now Serf says on stdout, ours on stderr.
    mine, theirs = ([line for line in unordered(done.stdout) if not line.startswith("Deprecation warning")]
                    for done in (ours, serf))
    if "-detailed" in arguments and agent.kind == "rollcall":
        # After Serf's columns ours has what only a rollcall agent knows.
        mine = [known for known, line in zip(theirs, mine, strict=True) if line.startswith(known + "  ")]
    assert mine == theirs, "words and padding alike"
    assert ours.stderr == "" or "-role=db" in arguments


@pytest.mark.parametrize("arguments", [[], ["-status=alive"], ["-name=nobody"]], ids=" ".join)
def test_members_as_json_has_serfs_shape_and_values(agent, arguments):
    serf, ours = both(agent, "members", "-format=json", *arguments)
    assert unordered_json(ours.stdout) == unordered_json(serf.stdout)
    assert ours.stdout.splitlines()[0] == serf.stdout.splitlines()[0] == "{"


@pytest.mark.parametrize("kind", PROGRAMS)
def test_both_agents_list_the_same_members(pair, kind):
    views = [unordered(ask(kind, agent, "members").stdout) for agent in pair.agents.values()]
    assert views[0] == views[1]
    assert len(views[0]) == 3


@pytest.mark.parametrize("command", [
    ["members", "-format=xml"], ["members", "-tag=novalue"], ["members", "-nosuchflag"],
    ["members", "-name=["], ["info", "-format=xml"], ["join"], ["join", "127.0.0.1:1"], ["force-leave"],
    ["tags"], ["tags", "-set", "novalue"], ["tags", "-set", "x=" + "y" * 600],
    ["monitor", "-log-level=bogus"],
], ids=lambda command: " ".join(command)[:40])
def test_mistakes_end_with_the_same_exit_code_and_say_why(agent, command):
    serf, ours = both(agent, *command)
    assert serf.returncode == 1
    where = ours.stderr if effective_kind("rollcall") == "rollcall" else serf.stdout
    assert where.strip(), "an error has a text; Serf's goes to stdout, ours to stderr"


def test_a_token_that_the_agent_does_not_know_is_refused_with_serfs_words(agent):
    serf, ours = both(agent, "members", "-rpc-auth=wrong")
    assert serf.returncode == 1
    assert "Invalid authentication token" in serf.stdout + serf.stderr
    assert "Invalid authentication token" in ours.stdout + ours.stderr


@pytest.mark.parametrize("kind", PROGRAMS)
def test_no_agent_there_is_exit_code_one(kind, subnet):
    class Nobody:
        rpc_endpoint = (subnet.host(), 1)
    done = ask(kind, Nobody, "members")
    assert done.returncode == 1
    assert "refused" in done.stdout + done.stderr


def test_the_addresses_of_the_environment_are_taken(agent):
    where = join_endpoint(*agent.rpc_endpoint)
    expected = unordered(ask("serf", agent, "members").stdout)
    assert unordered(ask("serf", agent, "members", environment={"SERF_RPC_ADDR": where}).stdout) == expected
    ours = [ask("rollcall", agent, "members", environment=environment) for environment in (
        {"SERF_RPC_ADDR": where}, {"ROLLCALL_RPC_ADDR": where},
        {"ROLLCALL_RPC_ADDR": where, "SERF_RPC_ADDR": "127.0.0.1:1"})]
    if effective_kind("rollcall") == "rollcall":
        assert [unordered(done.stdout) for done in ours] == [expected] * 3


@pytest.mark.parametrize("arguments", [[], ["nosuchcommand"]], ids=["none", "unknown"])
def test_no_subcommand_is_127_with_the_usage_on_stderr(arguments):
    for kind in PROGRAMS:
        done = subprocess.run([program(effective_kind(kind)), *arguments], capture_output=True, text=True,
                              env=clean_environment(), timeout=20, check=False)
        assert (done.returncode, done.stdout) == (127, ""), kind
        assert "agent" in done.stderr and "members" in done.stderr, kind


# Command lines that are wrong, or say too much, where no agent is. `rollcall --serf-compat` answers as
# `serf` does: the exit code, and on which stream anything is written.
WRONG_OR_TOO_MUCH = [
    "", "nosuch", "version", "version x y", "members x", "leave x", "info x", "monitor x", "reachability x",
    "members -nosuch", "event", "event a b c", "query", "query a b c", "force-leave", "force-leave a b", "join",
    "keygen x", "keys", "keys x", "keys -list x", "keys -install", "keys -install a -use b", "rtt a b c", "tags",
    "tags x", "tags -set a",
]


@pytest.mark.parametrize("line", WRONG_OR_TOO_MUCH)
def test_with_serf_compat_exit_codes_and_streams_are_serfs(line, subnet):
    words = line.split()
    talks = words and words[0] not in ("nosuch", "version", "keygen")
    where = [f"-rpc-addr={subnet.host()}:1"] if talks else []
    def told(argv):
        done = subprocess.run([*argv, *words[:1], *where, *words[1:]], capture_output=True, text=True,
                              env=clean_environment(), timeout=20, stdin=subprocess.DEVNULL, check=False)
        return done.returncode, bool(done.stdout)
    assert told([program("rollcall"), "--serf-compat"]) == told([program("serf")])


# --- info -----------------------------------------------------------------------------------------------

STEADY = {("agent", "name"), ("serf", "members"), ("serf", "failed"), ("serf", "left"),
          ("serf", "encrypted"), ("tags", "role"), ("runtime", "os"), ("runtime", "arch")}


def steady(sections):
    return {(section, key): value for section, keys in sections.items() for key, value in keys.items()
            if (section, key) in STEADY}


def sections_of(text):
    """info's text as {section: {key: value}}."""
    found, current = {}, None
    for line in text.splitlines():
        if line.startswith("\t"):
            key, _, value = line[1:].partition(" = ")
            current[key] = value
        else:
            current = found.setdefault(line.removesuffix(":"), {})
    return found


def test_info_has_the_same_sections_and_keys(agent):
    serf, ours = both(agent, "info")
    theirs, mine = sections_of(serf.stdout), sections_of(ours.stdout)
    assert {s: sorted(k) for s, k in mine.items()} == {s: sorted(k) for s, k in theirs.items()}
    assert steady(mine) == steady(theirs)
    assert list(mine) == sorted(mine), "sections are sorted"
    expected = {"agent", "runtime", "serf", "tags", "event_handlers"}
    assert expected <= set(theirs)
    assert {"members", "failed", "left", "member_time", "event_time", "query_time", "intent_queue",
            "event_queue", "query_queue", "health_score", "encrypted"} <= set(theirs["serf"])
    assert steady(theirs)[("serf", "left")] == "1"


def test_info_as_json_is_the_same_object(agent):
    serf, ours = both(agent, "info", "-format=json")
    theirs, mine = json.loads(serf.stdout), json.loads(ours.stdout)
    assert {s: sorted(k) for s, k in mine.items()} == {s: sorted(k) for s, k in theirs.items()}
    assert steady(mine) == steady(theirs)


# --- commands that change something ---------------------------------------------------------------------

def test_tags_are_set_and_deleted_through_either_program(agent):
    told = []
    for kind in PROGRAMS:
        with agent.rpc() as rpc:
            rpc.tags({"keep": "1", "drop": "2"})
        told.append(ask(kind, agent, "tags", "-set", "new=3", "-delete", "drop", "-set=keep=4"))
        tags = agent.members()[agent.name].tags
        assert (tags["keep"], tags["new"], "drop" in tags) == ("4", "3", False), kind
        with agent.rpc() as rpc:
            rpc.tags({}, delete=["keep", "new"])
    assert [done.returncode for done in told] == [0, 0]
    assert told[0].stdout == told[1].stdout == "Successfully updated agent tags\n"


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize("target", AGENTS)
def test_join_leave_and_force_leave_through_either_program(clusters, kind, target):
    """A life told by commands only: join two others, force one out, leave."""
    cluster = clusters(profile="lan")
    one = cluster.start(target, "one")
    two = cluster.start("serf", "two")
    three = cluster.start("rollcall", "three")
    done = ask(kind, one, "join", two.address, three.address)
    assert (done.returncode, done.stdout, done.stderr) == (
        0, "Successfully joined cluster by contacting 2 nodes.\n", "")
    cluster.wait_all_alive()

    done = ask(kind, one, "join", "127.0.0.1:1", two.address)
    assert (done.returncode, done.stdout) == (
        0, "Successfully joined cluster by contacting 1 nodes.\n"), "one of two is good enough"

    compat = [] if effective_kind(kind) == "serf" else ["--serf-compat"]
    done = ask(kind, one, "force-leave", *compat, "nobody")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "an unknown name is no error for Serf"
    if compat:
        done = ask(kind, one, "force-leave", "nobody")
        assert done.returncode == 1 and "knows no member named 'nobody'" in done.stderr

    done = ask(kind, one, "leave")
    assert (done.returncode, done.stdout, done.stderr) == (0, "Graceful leave complete\n", "")
    assert cluster.agents.pop("one").wait_exit(10) == 0
    cluster.wait_statuses(75, one="left", two="alive", three="alive")

    done = ask(kind, two, "force-leave", "-prune", "one")
    shown = "one: left -> forgotten\n" if compat else ""
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, "")
    cluster.wait_statuses(10, at=[two], one=None)


@pytest.mark.parametrize("kind", PROGRAMS)
def test_monitor_shows_events_until_it_is_interrupted(pair, agent, kind):
    monitor = pair.run(effective_kind(kind), "monitor", "-rpc-addr=" + join_endpoint(*agent.rpc_endpoint),
                       "-log-level=debug", log=f"monitor-{kind}-{agent.name}")
    changes = iter(range(1000))

    def shown():
        # Repeated, since nothing tells from outside when the monitor has subscribed.
        with agent.rpc() as rpc:
            rpc.tags({"tick": str(next(changes))})
        lines = monitor.output.text("out")
        return re.search(r"Event Info:(\n\tEvent: .*|\n\t.*)*", lines) and "member-update" in lines

    wait_until(shown, 20, "a member-update is shown", lambda: monitor.output.text(), every=0.3)
    assert re.search(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] ", monitor.output.text("out"), re.MULTILINE)
    monitor.signal(signal.SIGINT)
    assert monitor.wait_exit(10) == 0


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize("target", AGENTS)
def test_monitor_ends_with_one_when_its_agent_dies(cluster, kind, target):
    agent = cluster.start(target, "brief")
    monitor = cluster.run(effective_kind(kind), "monitor", "-rpc-addr=" + join_endpoint(*agent.rpc_endpoint),
                          "-log-level=debug", log="monitor")
    monitor.output.wait_for(lambda lines: any("[" in line for line in lines), 10, "the replayed log")
    agent.kill()
    assert monitor.wait_exit(10) == 1
    assert "Remote side ended the monitor!" in monitor.output.text()


@pytest.mark.parametrize("kind", PROGRAMS)
def test_keygen_prints_a_key_that_both_kinds_of_agent_take(cluster, kind):
    done = subprocess.run([program(effective_kind(kind)), "keygen"], capture_output=True, text=True,
                          env=clean_environment(), timeout=20, check=True)
    key = done.stdout.strip()
    serf = cluster.start("serf", "one", key=key)
    cluster.start("rollcall", "two", key=key, join=[serf])
    cluster.wait_all_alive()


def test_version_has_the_protocol():
    for kind in PROGRAMS:
        for form in ("version", "-v", "--version"):
            done = subprocess.run([program(effective_kind(kind)), form], capture_output=True, text=True,
                                  env=clean_environment(), timeout=20, check=False)
            assert done.returncode == 0, (kind, form)
            assert done.stdout.splitlines()[1] == "Agent Protocol: 5 (Understands back to: 2)", (kind, form)
