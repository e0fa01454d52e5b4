# SPDX-License-Identifier: Apache-2.0
"""The control protocol on a Unix socket: whose its file is, what it may replace, when it goes."""

import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile

import pytest

from harness.agents import clean_environment, program
from harness.loopback import join_endpoint

pytestmark = pytest.mark.rollcall

RUNNING = "rollcall agent running!"


@pytest.fixture
def folder():
    """Short: pytest's own paths may be longer than the kernel takes for a socket."""
    with tempfile.TemporaryDirectory(prefix="rollcall-") as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


def ask(path, *arguments, by=None, user=None, **environment):
    return subprocess.run([by or program("rollcall"), arguments[0], f"--rpc-addr=unix:{path}",
                           *arguments[1:]],
                          capture_output=True, text=True, timeout=30, user=user,
                          env=clean_environment() | environment, check=False)


def with_socket(path):
    return {"extra": [f"-rpc-addr=unix:{path}"]}


def begin(cluster, name, path):
    """An agent that is controlled by its socket alone, whatever comes of it."""
    return cluster.run("rollcall", "agent", f"-node={name}", f"-bind={cluster.subnet.host()}:0",
                       f"-rpc-addr=unix:{path}", "-profile=local", log=name)


def comes_up(process):
    process.output.wait_for(lambda lines: any(RUNNING in line for line in lines), 15, "it runs")
    return process


def test_one_agent_is_controlled_by_both_and_its_socket_goes_when_it_leaves(cluster, folder):
    path = folder / "s"
    agent = cluster.start("rollcall", "n1", **with_socket(path))
    told = re.findall(r"^\s+RPC addr: '(.+)'$", agent.output.text("out"), re.MULTILINE)
    assert told == [join_endpoint(*agent.rpc_endpoint), f"unix:{path}"]
    assert stat.filemode(path.lstat().st_mode) == "srw-------"

    by_socket = ask(path, "members", "--format=json")
    assert by_socket.returncode == 0, by_socket.stderr
    by_tcp = subprocess.run([program("rollcall"), "members", "--format=json",
                             f"--rpc-addr={told[0]}"], capture_output=True, text=True, timeout=30,
                            env=clean_environment(), check=True)
    assert by_socket.stdout == by_tcp.stdout
    for variable in ("ROLLCALL_RPC_ADDR", "SERF_RPC_ADDR"):
        done = subprocess.run([program("rollcall"), "info"], capture_output=True, text=True, timeout=30,
                              env=clean_environment() | {variable: f"unix:{path}"}, check=False)
        assert "name = n1" in done.stdout, done.stderr

    monitor = cluster.run("rollcall", "monitor", f"--rpc-addr=unix:{path}", "--log-level=debug", log="monitor")
    monitor.output.wait_for(lambda lines: any("agent: advertising" in line for line in lines), 10,
                            "the agent's log")
    assert ask(path, "leave").returncode == 0
    assert agent.wait_exit(15) == 0
    assert monitor.wait_exit(10) == 1
    assert "Remote side ended the monitor!" in monitor.output.text()
    assert list(folder.iterdir()) == []
    assert "no such file or directory" in ask(path, "members").stderr


def test_it_is_enough_alone_and_a_token_is_asked_for(cluster, folder):
    path = folder / "s"
    agent = comes_up(cluster.run("rollcall", "agent", "-node=n1", f"-bind={cluster.subnet.host()}:0",
                                 f"-rpc-addr=unix:{path}", "-rpc-auth=secret", log="n1"))
    assert "Authentication required" in ask(path, "members").stderr
    assert ask(path, "members", ROLLCALL_RPC_AUTH="secret").stdout.startswith("n1 ")
    agent.terminate()
    assert agent.wait_exit(15) == 1
    assert not path.exists()


def test_what_a_crash_left_behind_is_replaced(cluster, folder):
    path = folder / "s"
    comes_up(begin(cluster, "n1", path)).kill()
    assert stat.S_ISSOCK(path.lstat().st_mode)
    assert "connection refused" in ask(path, "members").stderr
    comes_up(begin(cluster, "n2", path))
    assert ask(path, "members").stdout.startswith("n2 ")
    assert stat.filemode(path.lstat().st_mode) == "srw-------"


def test_a_second_agent_does_not_take_a_socket_that_is_used(cluster, folder):
    path = folder / "s"
    comes_up(begin(cluster, "n1", path))
    second = begin(cluster, "n2", path)
    assert second.wait_exit(15) == 1
    assert f"==> RPC address unix:{path}: another agent listens there" in second.output.lines("err")
    assert ask(path, "members").stdout.startswith("n1 ")


def test_of_agents_that_start_at_one_moment_one_gets_a_socket_left_behind(cluster, folder):
    path = folder / "s"
    for attempt in range(5):
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(path))
        agents = [begin(cluster, f"n{attempt}-{i}", path) for i in range(4)]
        for agent in agents:
            agent.output.wait_for(lambda lines: any(RUNNING in line or "another agent listens" in line
                                                    for line in lines), 15, "it runs, or not")
        running = [agent for agent in agents if RUNNING in agent.output.text("out")]
        assert len(running) == 1
        assert ask(path, "leave").returncode == 0
        assert running[0].wait_exit(15) == 0
        assert not path.exists()


def test_what_is_no_socket_is_an_error_and_stays(cluster, folder):
    path = folder / "s"
    path.write_text("dear")
    refused = begin(cluster, "n1", path)
    assert refused.wait_exit(15) == 1
    assert f"unix:{path}" in refused.output.text("err")
    assert "there is a file that is no socket" in refused.output.text("err")
    assert path.read_text() == "dear"


def test_anothers_socket_at_its_place_is_left_alone_at_the_end(cluster, folder):
    path = folder / "s"
    agent = comes_up(begin(cluster, "n1", path))
    path.unlink()
    comes_up(begin(cluster, "n2", path))
    agent.signal(signal.SIGINT)
    assert agent.wait_exit(15) == 0
    assert ask(path, "members").stdout.startswith("n2 ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_user_may_not_connect_and_gets_the_reason(cluster, folder):
    path = folder / "s"
    comes_up(begin(cluster, "n1", path))
    # The checkout may be where no other user gets to, as in /root.
    reachable = shutil.copy(program("rollcall"), folder)
    done = ask(path, "members", by=reachable, user=65534)
    assert done.returncode == 1
    assert done.stderr == (f"Error connecting to agent at unix:{path}: permission denied\n"
                           "hint: only the user that the agent runs as may use its Unix socket\n")
