# SPDX-License-Identifier: Apache-2.0
"""An agent whose stderr or stdout is a full pipe that no process reads: it stays a member, answers its
pings and its clients, and ends when it should.
"""

import signal
import subprocess
import sys
import time

import pytest

from harness.agents import clean_environment, program
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.rollcall

WATCHED_SECONDS = 5  # the local profile declares a silent member failed after two
# The agent inherits the reading end, too: the pipe has a reader that never reads.
FILL = """
import os, sys
descriptor = int(sys.argv[1])
reading, writing = os.pipe()
os.set_inheritable(reading, True)
os.set_blocking(writing, False)
try:
    while True:
        os.write(writing, b"x" * 4096)
except BlockingIOError:
    pass
os.set_blocking(writing, True)
os.dup2(writing, descriptor)
os.execv(sys.argv[2], sys.argv[2:])
"""


def full(descriptor):
    """Words before the agent's, after which this descriptor is a full pipe."""
    return (sys.executable, "-c", FILL, str(descriptor))


def test_an_agent_with_a_full_stderr_stays_a_member_and_answers(cluster, figure):
    watcher = cluster.start("rollcall", "watcher")
    victim = cluster.start("rollcall", "victim", join=[watcher], within=full(2))
    cluster.wait_all_alive()
    slowest = 0.0
    deadline = time.monotonic() + WATCHED_SECONDS
    while time.monotonic() < deadline:
        began = time.monotonic()
        victim.signal(signal.SIGUSR1)  # a hundred lines and more
        assert victim.statuses() == {"watcher": "alive", "victim": "alive"}
        assert watcher.statuses() == {"watcher": "alive", "victim": "alive"}
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.05)
    assert "member-failed" not in watcher.output.text("err")
    figure(f"full stderr: slowest answer {slowest * 1000:.0f} ms")

    began = time.monotonic()
    victim.interrupt()
    assert victim.wait_exit(10) == 0, "it leaves, and does not wait for its last lines"
    assert time.monotonic() - began < 5 * PATIENCE
    wait_until(lambda: watcher.statuses()["victim"] == "left", 10, "the leave arrived")


def test_an_agent_with_a_full_stdout_starts_and_serves(cluster, tmp_path):
    path = tmp_path / "s"
    agent = cluster.run_within(full(1), "agent", "-node=n1", f"-bind={cluster.subnet.host()}:0",
                               f"-rpc-addr=unix:{path}", log="n1")

    def names():
        done = subprocess.run([program("rollcall"), "members", f"--rpc-addr=unix:{path}"], check=False,
                              capture_output=True, text=True, timeout=30, env=clean_environment())
        return done.stdout.split(" ")[0]

    wait_until(lambda: names() == "n1", 10, "the agent serves")
    agent.terminate()
    assert agent.wait_exit(10) == 1


def test_the_log_of_an_agent_that_ends_is_whole(cluster, tmp_path):
    log = tmp_path / "agent.log"
    agent = cluster.start("rollcall", "n1", extra=[f"-log-file={log}"])
    for _ in range(20):
        agent.signal(signal.SIGUSR1)
        agent.statuses()
    agent.terminate()
    assert agent.wait_exit(10) == 1
    lines = log.read_text().splitlines()
    assert lines[-1].endswith("[INFO] agent: stopping, exit code 1"), lines[-3:]
    assert oct(log.stat().st_mode & 0o777) in ("0o640", "0o600")
