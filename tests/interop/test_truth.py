# SPDX-License-Identifier: Apache-2.0
"""`./run truth` itself: what it measures of a run, when it ticks, that it still runs, and that it cleans up.

Whether agents and simulator agree is what the tool says when it is run; one run of each proves nothing.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest

from harness.agents import ROLLCALL, ROOT, clean_environment
from harness.waiting import PATIENCE, wait_until

TOOL = ROOT / "tools/truth"
sys.path.insert(0, str(TOOL))

import cluster  # noqa: E402
import medians  # noqa: E402
import promises  # noqa: E402
import stories  # noqa: E402
import table  # noqa: E402

pytestmark = pytest.mark.rollcall


def run_of(*sightings, resumed=None, observers=("n1", "n2")):
    return stories.Run("n8", observers, [stories.Sighting(*seen) for seen in sightings], resumed)


def figures_of(name, run):
    return {what: measure(run) for what, measure in stories.STORIES[name].figures}


def test_a_crash_is_measured_from_the_first_who_doubts_to_the_last_who_knows():
    run = run_of((1.5, "n2", "member-suspected", "n8"), (5.5, "n2", "member-failed", "n8"),
                 (5.75, "n1", "member-failed", "n8"),
                 (0.5, "n1", "member-failed", "n3"),   # another member
                 (0.25, "n9", "member-failed", "n8"))  # no observer
    assert figures_of("crash", run) == {"first suspects it": 1.5, "first calls it failed": 5.5,
                                        "last calls it failed": 5.75, "from first to last": 0.25}


def test_a_verdict_that_some_observer_never_had_has_no_last():
    told = figures_of("crash", run_of((5.5, "n2", "member-failed", "n8")))
    assert told["first calls it failed"] == 5.5
    assert told["last calls it failed"] is None and told["from first to last"] is None


def test_coming_back_counts_from_the_moment_it_runs_again():
    run = run_of((5.0, "n1", "member-failed", "n8"), (6.0, "n2", "member-failed", "n8"),
                 (20.5, "n1", "member-join", "n8"), (20.75, "n2", "member-join", "n8"), resumed=20.0)
    told = figures_of("pause", run)
    assert told["running again, first shows it"] == 0.5
    assert told["running again, last shows it"] == 0.75


def test_coming_back_is_not_measured_of_who_was_never_given_up():
    run = run_of((5.0, "n1", "member-failed", "n8"), (20.5, "n1", "member-join", "n8"),
                 (20.75, "n2", "member-join", "n8"), resumed=20.0)
    assert figures_of("pause", run)["running again, last shows it"] is None


def test_the_interval_of_a_median_holds_it_and_narrows_with_the_runs():
    few = medians.median_of([1.0, 2.0, 3.0, 4.0, 5.0])
    many = medians.median_of([1.0, 2.0, 3.0, 4.0, 5.0] * 100)
    assert few.value == many.value == 3.0
    assert few.low < many.low <= 3.0 <= many.high < few.high
    assert few == medians.median_of([5.0, 4.0, 3.0, 2.0, 1.0])


@pytest.mark.parametrize("real, simulated, verdict", [
    (5.0, 5.4, "agrees"), (5.0, 5.6, "differs"), (5.0, 4.4, "differs"), (5.0, None, "not measured"),
    (0.1, 0.119, "agrees"), (0.1, 0.121, "differs"),
    (0.0004, 0.0001, "too short to tell"), (0.0004, 0.1, "differs")])
def test_a_tick_is_for_medians_within_a_tenth_or_twenty_milliseconds(real, simulated, verdict):
    def side(value):
        return value and medians.median_of([value])
    assert table.Figure("it", side(real), side(simulated)).verdict == verdict


def test_medians_apart_are_no_difference_while_their_intervals_overlap():
    real, simulated = medians.median_of([1.0, 5.0, 9.0]), medians.median_of([1.0, 6.0, 9.0])
    assert table.Figure("it", real, simulated).verdict == "too few runs to tell"


def test_what_happens_on_neither_side_agrees_and_on_one_side_only_is_not_measured():
    never = table.Figure("it", None, None, both_ran=True)
    assert never.verdict == "never" and never.verdict in table.GOOD
    assert table.Figure("it", medians.median_of([1.0]), None, both_ran=True).verdict == "not measured"
    assert table.Figure("it", None, None).verdict == "not measured"  # no run at all
    assert table.Figure("it", None, None, compared=False).verdict == "not simulated"


@pytest.mark.parametrize("at, kept", [(1.4, False), (1.6, True), (3.6, False), (None, False)])
def test_a_promise_of_a_profile_is_kept_within_its_bounds(at, kept):
    failed = medians.median_of([at]) if at else None
    told = promises.judged("fast", stories.STORIES["cut"], [table.Figure("last calls it failed", failed, failed)])
    assert [(promise.what, promise.kept) for promise in told] == [("last calls it failed", kept)]


def test_a_row_does_not_hold_when_a_promise_is_broken():
    slow = [run_of(*((5.0, name, event, "n8") for name in ("n1", "n2")
                     for event in ("member-suspected", "member-failed")))] * 3
    assert table.Row(stories.STORIES["crash"], "lan", slow, slow).holds()
    assert not table.Row(stories.STORIES["crash"], "fast", slow, slow).holds()


def test_promises_are_about_stories_and_figures_that_exist():
    for by_story in promises.PROMISES.values():
        for name, bounds in by_story.items():
            assert set(bounds) <= {what for what, _ in stories.STORIES[name].figures}
            assert all(0 < least < most for least, most in bounds.values())


def test_each_story_that_is_simulated_has_its_scenario():
    folder = ROOT / "sim/scenarios/truth"
    assert {path.stem for path in folder.glob("*.txt")} == {
        name for name, story in stories.STORIES.items() if not story.serf}


@pytest.mark.parametrize("line, seen", [
    ("    2026/11/21 06:01:00 [INFO] serf: EventMemberFailed: n8 127.1.2.8", ("member-failed", "n8")),
    ("    2026/11/21 06:01:00 [INFO] serf: EventMemberJoin: n1 127.1.2.1", ("member-join", "n1")),
    ("    2026/11/21 06:01:00 [INFO] memberlist: Suspect n8 has failed, no acks received", ("member-suspected", "n8")),
    ("    2026/11/21 06:01:00 [INFO] serf: EventMemberUpdate: n1", None)])
def test_a_serf_agents_lines_are_understood(line, seen):
    agent = cluster.SerfAgent.__new__(cluster.SerfAgent)
    agent.seen = []
    agent._line(line)
    assert [entry[1:] for entry in agent.seen] == ([seen] if seen else [])


# --- the whole ----------------------------------------------------------------------------------------

@pytest.fixture
def programs(tmp_path):
    """The programs under a name that no other process has, so that whatever runs of them is ours."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("rollcall", "rollcall-sim"):
        program = ROLLCALL.parent / name
        if not program.is_file():
            pytest.skip(f"{program} is not built")
        (folder / name).symlink_to(program)
    return folder


def start(programs, *arguments):
    return subprocess.Popen([sys.executable, str(TOOL), "--programs", str(programs), *arguments],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, env=clean_environment())


def running(programs):
    """Agents that were started from there: [pid, ...]."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:  # ended meanwhile
            continue
        if words and words[0] == os.fsencode(programs / "rollcall"):
            found.append(int(entry.name))
    return found


def test_one_crash_on_both_sides(programs):
    tool = start(programs, "--reps", "1", "--simulated", "3", "--story", "crash", "--format=json")
    out, err = tool.communicate(timeout=120 * PATIENCE)
    assert tool.returncode in (0, 1), err
    assert out, err
    (story,) = json.loads(out)["stories"]
    assert (story["name"], story["real_runs"], story["simulated_runs"]) == ("crash", 1, 3)
    for figure in story["figures"]:
        for side in ("real", "simulated"):
            assert figure[side] and 0 < figure[side]["median_s"] < 45, figure
    by_name = {figure["what"]: figure for figure in story["figures"]}
    for side in ("real", "simulated"):
        # Rule F4: a member of eight has 1.5 s for a refutation, even if its host says that it is gone.
        doubt, verdict = (by_name[what][side]["median_s"]
                          for what in ("first suspects it", "first calls it failed"))
        assert verdict - doubt > 1.4
    assert running(programs) == []


def test_no_agent_outlives_an_interruption(programs):
    tool = start(programs, "--reps", "2", "--story", "pause")
    try:
        wait_until(lambda: len(running(programs)) >= stories.MEMBERS, 30, "agents of the tool run")
        tool.send_signal(signal.SIGINT)
        _, err = tool.communicate(timeout=20 * PATIENCE)
    finally:
        tool.kill()
        tool.wait()
    assert tool.returncode == 130, err
    assert running(programs) == []


@pytest.mark.parametrize("arguments, said", [
    (["--reps", "0"], "'0' is not allowed; allowed: a number from 1 to 100000"),
    (["--story", "fire"], "invalid choice: 'fire'"),
    (["--programs", "/nowhere"], "/nowhere/rollcall does not exist")])
def test_a_wrong_flag_has_its_own_error(arguments, said):
    done = subprocess.run([sys.executable, str(TOOL), *arguments], capture_output=True, text=True,
                          timeout=30 * PATIENCE, check=False)
    assert done.returncode == 2
    assert said in done.stderr
