# SPDX-License-Identifier: Apache-2.0
"""`rollcall members --watch` on a terminal smaller than the cluster: what the screen shows, how it follows the
window and the keys, and that the terminal is restored however the program ends."""

import json
import os
import re
import signal
import subprocess
import sys
import unicodedata

import pytest

from harness.agents import ROLLCALL, ROOT, clean_environment
from harness.pseudo_terminal import Terminal, columns_of
from harness.waiting import wait_until

pytestmark = pytest.mark.rollcall

LONG = "a-member-with-a-name-that-is-longer-than-any-narrow-screen"
NAMES = ["eins", "日本語のノード", "rocket-🚀-e\u0301", LONG, "n5", "n6"]


@pytest.fixture(scope="module")
def agents(module_clusters):
    cluster = module_clusters("watch")
    first = cluster.start("rollcall", NAMES[0])
    for name in NAMES[1:]:
        cluster.start("rollcall", name, join=[first])
    cluster.wait_all_alive()
    return cluster


@pytest.fixture
def watch(agents):
    terminals = []

    def open_one(columns, rows, *extra):
        host, port = agents.agents[NAMES[0]].rpc_endpoint
        terminal = Terminal([ROLLCALL, "members", "--watch", f"--rpc-addr={host}:{port}", *extra], columns, rows)
        terminals.append(terminal)
        terminal.wait_for(lambda t: t.on_alternate and len(t.lines()) >= min(rows, 4), 10, "the view is drawn")
        return terminal

    yield open_one
    for terminal in terminals:
        terminal.close()


def width_of(line):
    return sum(map(columns_of, line))


def check_fits(terminal):
    lines = terminal.lines()
    assert len(lines) <= terminal.screen.rows, lines
    for line in lines:
        assert width_of(line) <= terminal.screen.columns, line
    return lines


def test_a_small_screen_shows_a_summary_and_a_part(watch):
    terminal = watch(60, 6)
    lines = check_fits(terminal)
    assert lines[0].startswith("6 members: 6 alive | agent eins | ")
    assert lines[1].split() == ["NAME", "ADDRESS", "STATUS"]
    assert lines[-1] == "1 to 3 of 6; arrows scroll, q quits"
    assert any("…" in line for line in terminal.lines()) or LONG not in "".join(lines)


def test_arrows_scroll_and_q_quits(watch):
    terminal = watch(60, 6)
    terminal.type("\x1b[B")
    terminal.wait_for(lambda t: t.lines()[-1].startswith("2 to 4"), 5, "one line further")
    terminal.type("\x1b[F")
    terminal.wait_for(lambda t: t.lines()[-1].startswith("4 to 6"), 5, "the end")
    terminal.type("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A")
    terminal.wait_for(lambda t: t.lines()[-1].startswith("1 to 3"), 5, "the beginning again")
    terminal.type("\x1b[6~")
    terminal.wait_for(lambda t: t.lines()[-1].startswith("4 to 6"), 5, "a page further")
    terminal.type("q")
    assert terminal.wait_exit() == 0
    wait_until(terminal.restored, 5, "the terminal is restored")


def test_a_new_window_size_is_followed(watch):
    terminal = watch(60, 6)
    terminal.resize(100, 20)
    terminal.wait_for(lambda t: t.lines()[-1] == "q quits", 5, "all members fit")
    assert any(LONG in line for line in check_fits(terminal))
    terminal.resize(24, 5)
    terminal.wait_for(lambda t: max(map(width_of, t.lines())) <= 24 and len(t.lines()) == 5, 5, "it is small again")
    check_fits(terminal)


def test_wide_characters_leave_the_columns_aligned(watch):
    lines = check_fits(watch(100, 20))
    places = {width_of(line[:line.index("127.")]) for line in lines if "127." in line}
    assert len(places) == 1, lines


def test_a_failure_comes_to_the_top(clusters):
    cluster = clusters("failing")
    first = cluster.start("rollcall", "a")
    for name in "bcd":
        cluster.start("rollcall", name, join=[first])
    cluster.wait_all_alive()
    host, port = first.rpc_endpoint
    terminal = Terminal([ROLLCALL, "members", "--watch", f"--rpc-addr={host}:{port}"], columns=60, rows=5)
    try:
        terminal.wait_for(lambda t: t.lines()[0].startswith("4 members: 4 alive"), 10, "all are there")
        assert "d" not in [line.split()[0] for line in terminal.lines()[2:4]]
        cluster.kill("d")
        terminal.wait_for(lambda t: t.lines()[0].startswith("4 members: 1 failed, 3 alive"), 30, "it failed")
        assert terminal.lines()[2].split()[::2] == ["d", "failed"]
    finally:
        terminal.close()


# The suspicion of the profile lan takes seconds: time to look.
def test_a_suspect_is_shown_until_it_refutes(clusters):
    cluster = clusters("suspecting", profile="lan")
    first = cluster.start("rollcall", "a")
    suspect = [cluster.start("rollcall", name, join=[first]) for name in "bc"][1]
    cluster.wait_all_alive()
    command = [ROLLCALL, "members", "--watch", "--rpc-addr={}:{}".format(*first.rpc_endpoint)]
    terminal = Terminal(command, columns=60, rows=5)
    documents = Terminal([*command, "--detailed", "--format=json"], columns=5000)

    def states():
        whole = documents.raw[:documents.raw.rfind("\n") + 1].splitlines()
        return [{m["name"]: m["state"] for m in json.loads(line)["members"]}["c"] for line in whole]

    try:
        terminal.wait_for(lambda t: t.lines()[0].startswith("3 members: 3 alive"), 10, "all are there")
        suspect.pause()
        terminal.wait_for(lambda t: t.lines()[0].startswith("3 members: 1 suspect, 2 alive"), 30, "it is suspected")
        assert terminal.lines()[2].split()[::2] == ["c", "suspect"]
        documents.wait_for(lambda t: states()[-1:] == ["suspect"], 10, "a document shows the suspect")
        suspect.resume()
        terminal.wait_for(lambda t: t.lines()[0].startswith("3 members: 3 alive"), 30, "it refuted")
        documents.wait_for(lambda t: states()[-1:] == ["alive"], 10, "a document shows that it refuted")
        assert "suspect" in states()
    finally:
        terminal.close()
        documents.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGSEGV])
def test_a_signal_restores_the_terminal_and_ends_it(watch, number):
    terminal = watch(60, 6)
    assert not terminal.restored()
    terminal.signal(number)
    assert terminal.wait_exit() == -number
    wait_until(terminal.restored, 5, "the terminal is restored")


def test_ctrl_c_restores_the_terminal_and_is_no_error(watch):
    terminal = watch(60, 6)
    terminal.type("\x03")
    assert terminal.wait_exit() == 0
    wait_until(terminal.restored, 5, "the terminal is restored")


def test_ctrl_z_restores_the_terminal_until_it_goes_on(watch):
    terminal = watch(60, 6)
    terminal.signal(signal.SIGTSTP)
    terminal.wait_state("T")
    wait_until(terminal.restored, 5, "the terminal is restored")
    terminal.signal(signal.SIGCONT)
    terminal.wait_for(lambda t: t.on_alternate and t.lines()[0].startswith("6 members"), 5, "it is drawn again")
    terminal.type("q")
    assert terminal.wait_exit() == 0


def test_an_error_is_seen_on_the_restored_terminal(clusters):
    cluster = clusters("lonely")
    agent = cluster.start("rollcall", "only")
    host, port = agent.rpc_endpoint
    terminal = Terminal([ROLLCALL, "members", "--watch", f"--rpc-addr={host}:{port}"])
    try:
        terminal.wait_for(lambda t: t.on_alternate and len(t.lines()) >= 3, 10, "the view is drawn")
        agent.kill()
        assert terminal.wait_exit() == 1
        wait_until(terminal.restored, 5, "the terminal is restored")
        assert "Error watching members: " in terminal.shown()
    finally:
        terminal.close()


def test_a_dumb_terminal_is_used_like_a_file(agents):
    host, port = agents.agents[NAMES[0]].rpc_endpoint
    terminal = Terminal([ROLLCALL, "members", "--watch", f"--rpc-addr={host}:{port}"], environment={"TERM": "dumb"})
    try:
        terminal.wait_for(lambda t: re.search(r"^eins +127\.", t.raw, re.MULTILINE), 10, "the list is printed")
        assert "\x1b" not in terminal.raw
    finally:
        terminal.close()


def test_json_is_one_document_per_line_also_on_a_terminal(agents):
    host, port = agents.agents[NAMES[0]].rpc_endpoint
    terminal = Terminal([ROLLCALL, "members", "--watch", "--format=json", f"--rpc-addr={host}:{port}"], columns=2000)
    try:
        terminal.wait_text("]}")
        members = json.loads(terminal.raw.splitlines()[0])["members"]
        assert set(NAMES) <= {member["name"] for member in members}
    finally:
        terminal.close()


def test_the_table_of_widths_is_what_its_tool_writes():
    if unicodedata.unidata_version != "14.0.0":
        pytest.skip(f"this Python has Unicode {unicodedata.unidata_version}, the table 14.0.0")
    written = subprocess.run([sys.executable, ROOT / "tools/character_widths.py"], capture_output=True, text=True,
                             check=True, env=clean_environment() | {"PATH": os.environ["PATH"]}).stdout
    assert written == (ROOT / "src/cli/terminal/width_ranges.h").read_text(encoding="utf-8")
