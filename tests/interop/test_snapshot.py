# SPDX-License-Identifier: Apache-2.0
"""Agents that come back by what they remember: no seeds, after crashes at any moment, also by a file
that the other program wrote.

ROLLCALL_KILLS sets how often an agent is killed while it writes (default 15).
"""

import os
import random
import re
import subprocess
import time

import pytest

from harness.waiting import wait_until

KILLS = int(os.environ.get("ROLLCALL_KILLS", "15"))
SEED = 20261121
LINE = re.compile(r"(alive: .+ \S+:\d+|not-alive: .+|(event-|query-)?clock: \d+|leave|#.*)\Z")

def remembered(path):
    """Names in the file that are alive, as any reader takes it: a last line without an end is none."""
    alive = {}
    for line in path.read_text().split("\n")[:-1]:
        if line.startswith("alive: "):
            name, address = line.removeprefix("alive: ").rsplit(" ", 1)
            alive[name] = address
        elif line.startswith("not-alive: "):
            alive.pop(line.removeprefix("not-alive: "), None)
        elif line == "leave":
            alive.clear()
    return alive

def start_pair(cluster, path, kind="rollcall", other="rollcall", *extra):
    stays = cluster.start(other, "stays")
    returns = cluster.start(kind, "returns", join=[stays], extra=(f"-snapshot={path}", *extra))
    cluster.wait_all_alive()

    def known():
        if kind == "serf":  # it keeps a line to itself until the next one comes half a second later
            with returns.rpc() as client:
                client.event("tick")
        return path.exists() and "stays" in remembered(path)

    wait_until(known, 10, "the snapshot knows the other", every=0.2)

@pytest.mark.rollcall
def test_after_a_crash_it_comes_back_without_seeds(cluster, tmp_path):
    path = tmp_path / "snapshot"
    start_pair(cluster, path)
    cluster.kill("returns")
    cluster.wait_statuses(30, returns="failed")
    cluster.restart("returns")
    cluster.wait_all_alive(20)

@pytest.mark.rollcall
@pytest.mark.parametrize("rejoin", [False, True], ids=["as usual", "with --rejoin"])
def test_after_a_leave_it_stays_away_unless_it_is_to_rejoin(cluster, tmp_path, rejoin):
    path = tmp_path / "snapshot"
    start_pair(cluster, path, "rollcall", "rollcall", *(["-rejoin"] if rejoin else []))
    leaver = cluster.agents["returns"]
    leaver.interrupt()
    assert leaver.wait_exit(15) == 0
    assert path.read_text().rstrip("\n").split("\n")[-2] == "leave"
    back = cluster.restart("returns")
    if rejoin:
        cluster.wait_all_alive(20)
    else:
        time.sleep(2)  # an attempt would have been made at once
        assert set(back.members()) == {"returns"}

@pytest.mark.rollcall
@pytest.mark.serf
@pytest.mark.parametrize("first, second", [("serf", "rollcall"), ("rollcall", "serf")])
def test_either_program_comes_back_by_what_the_other_remembered(cluster, tmp_path, first, second):
    path = tmp_path / "snapshot"
    start_pair(cluster, path, first)
    cluster.kill("returns")
    cluster.wait_statuses(30, returns="failed")
    cluster.restart("returns", kind=second)
    cluster.wait_all_alive(30)

@pytest.mark.rollcall
def test_killed_at_any_moment_no_member_is_lost_or_invented(cluster, tmp_path):
    path = tmp_path / "snapshot"
    start_pair(cluster, path)
    third = cluster.start("rollcall", "third", join=[cluster.agents["stays"]])
    cluster.wait_all_alive()
    dice = random.Random(SEED)
    for _ in range(KILLS):

        time.sleep(dice.uniform(0, 0.6))
        cluster.kill("returns")
        lines = path.read_text().split("\n")[:-1]
        assert all(LINE.match(line) for line in lines), lines
        assert set(remembered(path)) <= {"stays", "returns", "third"}
        assert "stays" in remembered(path), "whom it knew it still knows"
        cluster.restart("returns")
        wait_until(lambda: cluster.agents["returns"].statuses().get("stays") == "alive", 20,
                   "it finds its cluster again")
    assert third.running
    cluster.wait_all_alive(30)

def small_disk(path):
    """A file system of 64 KiB, or None where we may not mount one."""
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(path)],
                             capture_output=True, check=False)
    return path if mounted.returncode == 0 else None

@pytest.mark.rollcall
def test_a_full_disk_is_reported_and_survived(cluster, tmp_path):
    disk = small_disk(tmp_path / "disk")
    if disk is None:
        pytest.skip("mounting needs root")
    try:
        path = disk / "snapshot"
        start_pair(cluster, path)
        # The page that the file has would take hundreds of lines yet: it goes, and must come back.
        path.unlink()
        filling = disk / "filling"
        with open(filling, "wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(b"x" * 4096)
        agent = cluster.agents["returns"]
        cluster.start("rollcall", "late", join=[cluster.agents["stays"]])
        cluster.wait_all_alive()
        agent.output.wait_for(
            lambda lines: sum("No space left on device" in line for line in lines) > 0, 60,
            "the agent says that its snapshot cannot be written")
        assert set(agent.members()) == {"stays", "returns", "late"}
        filling.unlink()
        agent.output.wait_for(lambda lines: any("written after a failure" in line for line in lines), 45,
                              "the agent says that it is written again")
        assert set(remembered(path)) == {"stays", "returns", "late"}
    finally:
        cluster.kill(*[name for name, agent in cluster.agents.items() if agent.running])
        subprocess.run(["umount", str(disk)], check=True)
