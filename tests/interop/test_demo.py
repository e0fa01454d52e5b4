# SPDX-License-Identifier: Apache-2.0
"""`rollcall demo` as a user plays it on a pseudo-terminal, through a pipe, and as the story of `./run`; and that no
agent outlives it, however it ends."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

import pytest

from harness.agents import ROLLCALL, ROOT, clean_environment
from harness.pseudo_terminal import Terminal
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.rollcall

ROW = re.compile(r"^(n\d+) +(\d+|-) +(\w+) +(\S+:\d+) +(\S+:\d+)(?: +(http://\S+/))?\s*$", re.MULTILINE)


def children_of(pid):
    """The processes with that parent; without those that wait to be reaped."""
    found = set()
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def none_is_left(pids):
    def state(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "gone"
    return all(state(pid) in ("gone", "Z", "X") for pid in pids)


class Demo(Terminal):
    """A demo on a terminal, ready for commands."""

    def __init__(self, *words, **options):
        super().__init__([ROLLCALL, "demo", *words], columns=200, rows=60, **options)
        self.wait_text("demo> ", 30)

    def agents(self):
        """{name: (state, control, page)}, by the command `agents`."""
        since = len(self.raw)
        self.type("agents\n")
        # The line may be typed before the prompt for it is there, and events come between the table and the next prompt.
        table = re.compile(r"NAME +PID .*\n(n\d.*\n)+(?s:.*)demo> ")
        self.wait_for(lambda t: table.search(t.raw[since:].replace("\r", "")), 10, "the agents are listed")
        return {row[0]: (row[2], row[4], row[5]) for row in ROW.findall(self.raw[since:].replace("\r", ""))}

    def command(self, text, expected, limit=10):
        since = len(self.raw)
        self.type(text + "\n")
        self.wait_text(expected, limit, since)
        return since

    def statuses(self, control, page):
        """What an agent shows others: by its HTTP interface if it has one, else by `members`."""
        if page:
            with urllib.request.urlopen(page + "status", timeout=5) as answer:
                members = json.load(answer)["members"]
        else:
            out = subprocess.run([ROLLCALL, "members", "--format=json", f"--rpc-addr={control}"], check=True,
                                 capture_output=True, env=clean_environment(), timeout=20).stdout
            members = json.loads(out)["members"]
        return {member["name"]: member["status"] for member in members}

    def wait_seen(self, name, status, limit, by=None):
        """Every other running agent shows it in that status."""
        agents = self.agents()
        observers = by or [n for n, (state, _, _) in agents.items() if state == "running" and n != name]
        assert observers
        for observer in observers:
            _, control, page = agents[observer]
            wait_until(lambda: self.statuses(control, page).get(name) == status, limit,
                       f"{observer} shows {name} as {status}", saw=self.shown)


@pytest.fixture
def demo():
    made = []

    def make(*words, **options):
        made.append(Demo(*words, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_what_is_done_at_the_prompt_is_seen_by_every_other_agent(demo):
    terminal = demo()
    agents = terminal.agents()
    assert {name: state for name, (state, _, _) in agents.items()} == dict.fromkeys(
        ["n1", "n2", "n3", "n4", "n5"], "running")

    terminal.command("kill n4", "n4 is killed")
    terminal.wait_seen("n4", "failed", 15)
    terminal.wait_text("4 others see n4 as failed")

    terminal.command("pause n3", "n3 is paused")
    terminal.wait_seen("n3", "failed", 15)
    terminal.command("resume n3", "n3 runs again")
    terminal.wait_seen("n3", "alive", 15)

    terminal.command("leave n5", "n5 leaves")
    terminal.wait_seen("n5", "left", 15)
    terminal.wait_text("has left and ended", 15)

    terminal.command("restart n4 n5", "n5 starts again")
    terminal.wait_seen("n4", "alive", 20)
    terminal.wait_seen("n5", "alive", 20)
    assert terminal.agents()["n4"][1:] == agents["n4"][1:], "it kept its addresses"

    terminal.command("start", "n6 starts")
    terminal.wait_seen("n6", "alive", 20, by=["n1", "n2", "n3", "n4", "n5"])

    pids = children_of(terminal.process.pid)
    assert len(pids) == 6
    terminal.type("quit\n")
    assert terminal.wait_exit() == 0
    wait_until(lambda: none_is_left(pids), 5, "all agents have ended")


def test_members_and_why_and_other_commands_ask_an_agent(demo):
    terminal = demo("--agents", "2")
    terminal.command("members", "127.0.0.1")
    terminal.command("members n2", "alive")
    terminal.command("on n2 info", "uptime_s")
    terminal.command("log n1", "rollcall agent running")
    terminal.command("on n2 monitor", "error: 'monitor' is not allowed here")
    terminal.command("on n2 members --watch", "error: --watch and -- are not allowed here")
    terminal.command("help", "Ends the demo")


def test_what_is_typed_ahead_is_shown_behind_a_prompt(demo):
    terminal = demo("--agents", "2")
    terminal.type("restart n2\nwait\nlog n1\nhelp\n")
    terminal.wait_text("Ends the demo")
    lines = [re.sub(r"\x1b\[\d*m", "", line) for line in terminal.lines()]
    for command in ("wait", "log n1", "help"):
        assert f"demo> {command}" in lines, terminal.shown()


def test_mistakes_are_errors_and_change_nothing(demo):
    terminal = demo("--agents", "2")
    terminal.command("kil n1", "error: unknown command 'kil'; did you mean 'kill'?")
    terminal.command("kill", "error: usage: kill NAME...")
    terminal.command("kill n9", "error: there is no agent 'n9'")
    terminal.command("resume n1", "error: resume: n1 is running")
    terminal.command("resume *", "error: resume: there is no such agent now")
    terminal.command("start 49", "error: start: '49' is not allowed; allowed: 1 to 48")
    terminal.command("wait soon", "error: wait: 'soon' is not allowed")
    terminal.command("members n7", "error: there is no agent 'n7'")
    assert {state for state, _, _ in terminal.agents().values()} == {"running"}


def test_an_agent_that_is_killed_from_outside_is_reported(demo):
    terminal = demo("--agents", "3")
    pid = next(int(row[1]) for row in ROW.findall(terminal.raw.replace("\r", "")) if row[0] == "n3")
    os.kill(pid, signal.SIGKILL)
    terminal.wait_text("error: n3 ended with signal 9")
    terminal.wait_seen("n3", "failed", 15)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_ended_leaves_no_agent(demo, number):
    terminal = demo("--agents", "3")
    terminal.command("pause n2", "n2 is paused")
    pids = children_of(terminal.process.pid)
    assert len(pids) == 3
    terminal.signal(number)
    assert terminal.wait_exit() == (-9 if number == signal.SIGKILL else 128 + number)
    wait_until(lambda: none_is_left(pids), 5, "all agents have ended")


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_ctrl_c_and_ctrl_d_end_it(demo, key):
    terminal = demo("--agents", "2")
    pids = children_of(terminal.process.pid)
    terminal.type(key)
    assert terminal.wait_exit() == 0
    wait_until(lambda: none_is_left(pids), 5, "all agents have ended")


def run_demo(*words, stdin="", environment=None, limit=60):
    return subprocess.run([ROLLCALL, "demo", *words], input=stdin, capture_output=True, text=True, check=False,
                          timeout=limit * PATIENCE, env=clean_environment() | (environment or {}))


def test_through_a_pipe_commands_are_carried_out_in_turn():
    # Settings of the environment must not reach the agents.
    done = run_demo("--agents", "4", stdin="# a comment\n\nkill n4\nwait\nmembers\nquit\n",
                    environment={"ROLLCALL_ENCRYPT": "nonsense", "ROLLCALL_RPC_AUTH": "x"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "demo> kill n4\nn4 is killed (SIGKILL)\n" in done.stdout
    assert re.search(r"^n4 +127\.0\.0\.1:\d+ +failed", done.stdout, re.MULTILINE)
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_through_a_pipe_a_failed_command_is_an_exit_code():
    done = run_demo("--agents", "1", stdin="kill n7\nagents")
    assert done.returncode == 1
    assert "error: there is no agent 'n7'" in done.stdout
    assert done.stdout.count("demo> ") == 2, "the last line needs no newline"


@pytest.mark.parametrize("words, error", [
    (("--agents", "0"), "--agents: '0' is not allowed; allowed: 1 to 50"),
    (("--agents", "51"), "--agents: '51' is not allowed; allowed: 1 to 50"),
    (("--profile", "moon"), "--profile: 'moon' is not allowed; allowed: lan|wan|local|fast|fast-wan"),
    (("5",), "unexpected argument '5'")])
def test_bad_flags_are_refused(words, error):
    done = run_demo(*words)
    assert done.returncode == 1
    assert done.stderr.startswith(error) and done.stdout == ""


def test_the_story_of_run_ends_well_and_in_time(figure):
    assert "build/release/bin/rollcall demo --story" in (ROOT / "run").read_text(encoding="utf-8")
    began = time.monotonic()
    done = run_demo("--story")
    assert done.returncode == 0, done.stdout + done.stderr
    steps = [line for line in done.stdout.splitlines() if line.startswith("==> ")]
    assert len(steps) == 4 and "n4 is killed" in steps[1] and "n5 leaves" in steps[2]
    assert re.search(r"^ +\d+\.\d\d s  all  3 others see n4 as failed$|"
                     r"^ +\d+\.\d\d s  all  4 others see n4 as failed$", done.stdout, re.MULTILINE)
    last = done.stdout[done.stdout.index("as n3 lists them"):]
    assert re.search(r"n4 +\S+ +failed", last) and re.search(r"n5 +\S+ +left", last)
    figure(f"demo --story: {time.monotonic() - began:.1f} s")


def test_a_story_that_is_interrupted_says_so_and_leaves_no_agent():
    story = subprocess.Popen([ROLLCALL, "demo", "--story"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env=clean_environment())
    try:
        # All have started by then, and the story goes on until a detector has noticed.
        assert any("n4 is killed" in line for line in story.stdout), story.stderr.read()
        pids = children_of(story.pid)
        assert len(pids) in (4, 5)
        story.send_signal(signal.SIGINT)
        _, errors = story.communicate(timeout=15 * PATIENCE)
        assert story.returncode == 130
        assert "demo: interrupted" in errors
        wait_until(lambda: none_is_left(pids), 5, "all agents have ended")
    finally:
        story.kill()
        story.wait()
