# SPDX-License-Identifier: Apache-2.0
"""What is asked of any daemon: signals that must not kill it, children without another parent, a log that
is not lost, and a check that says what the start would.
"""

import json
import pathlib
import signal
import subprocess
import sys

import pytest

from harness.agents import clean_environment, program
from harness.rpc import RpcError
from harness.waiting import wait_until

pytestmark = pytest.mark.rollcall


# --- signals -------------------------------------------------------------------------------------------

REAL_TIME = (signal.SIGRTMIN, signal.SIGRTMIN + 3, signal.SIGRTMAX)
SURVIVED = ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGXCPU",
            "SIGXFSZ", "SIGTTIN", "SIGTTOU", "SIGCHLD", "SIGURG", "SIGWINCH", "SIGCONT")
SIGSTKFLT = 16  # Python has no name for it


@pytest.mark.parametrize("number", [*(getattr(signal, name) for name in SURVIVED), SIGSTKFLT, *REAL_TIME],
                         ids=lambda number: getattr(number, "name", str(number)))
def test_a_stray_signal_neither_ends_nor_stops_an_agent(cluster, number):
    agent = cluster.start("rollcall", "n1")
    agent.signal(number)
    agent.signal(signal.SIGHUP)  # told in the log, so the one before has arrived
    agent.output.wait_for(lambda lines: any("no log file to reopen" in line for line in lines), 10,
                          "the agent lives on")
    assert agent.statuses() == {"n1": "alive"}


def test_sigusr1_writes_all_figures_to_the_log_whatever_is_printed(cluster):
    agent = cluster.start("rollcall", "n1", tags={"role": "db"}, extra=["-log-level=err"])
    agent.signal(signal.SIGUSR1)
    agent.output.wait_for(lambda lines: any("transport: udp.unreachable = 0" in line for line in lines), 10,
                          "the last figures are written")
    log = agent.output.text("err")
    for figure in ("agent: name = n1", "serf: members = 1", "tags: role = db", "rollcall: probes = "):
        assert figure in log, log


def test_sigpwr_stops_as_sigterm_does(cluster):
    agent = cluster.start("rollcall", "n1")
    agent.signal(signal.SIGPWR)
    assert agent.wait_exit(5) == 1
    cluster.agents.pop("n1")


def test_signals_that_the_parent_had_blocked_arrive(cluster):
    blocking = ("import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals());"
                "os.execv(sys.argv[1], sys.argv[1:])")
    agent = cluster.start("rollcall", "n1", within=(sys.executable, "-c", blocking))
    agent.terminate()
    assert agent.wait_exit(5) == 1
    cluster.agents.pop("n1")


def test_scripts_have_the_systems_defaults_of_all_signals(cluster, tmp_path):
    seen = tmp_path / "status"
    agent = cluster.start("rollcall", "n1", extra=[f"-event-handler=user:look=cat /proc/self/status >{seen}"])
    with agent.rpc() as rpc:
        rpc.event("look", b"")
    wait_until(lambda: seen.exists() and "Threads" in seen.read_text(), 10, "the script ran")
    status = dict(line.split(":\t", 1) for line in seen.read_text().splitlines() if ":\t" in line)
    for mask in ("SigBlk", "SigIgn"):
        assert int(status[mask], 16) == 0, f"{mask} {status[mask]}"


# --- children without another parent ------------------------------------------------------------------

def zombies_of(pid):
    """Numbers of its children that ended and whose status it has not taken."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state == "Z" and int(parent) == pid:
            found.append(path.parent.name)
    return found


def children_of(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


PID_NAMESPACE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc")
SUBREAPER = (sys.executable, "-c", "import ctypes, os, sys; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0);"
             "os.execv(sys.argv[1], sys.argv[1:])")


def may_have_a_pid_namespace():
    try:
        return subprocess.run([*PID_NAMESPACE, "true"], capture_output=True, timeout=30, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("within", [PID_NAMESPACE, SUBREAPER], ids=["process 1", "subreaper"])
def test_what_scripts_leave_behind_ends_without_zombies(cluster, tmp_path, within):
    if within is PID_NAMESPACE and not may_have_a_pid_namespace():
        pytest.skip("no pid namespace may be made here")
    ended = tmp_path / "ended"
    script = f"setsid sh -c \"sleep 0.2; echo x >>{ended}\" >/dev/null 2>&1 &"
    agent = cluster.start("rollcall", "n1", within=within, extra=[f"-event-handler=user:spawn={script}"])
    own = children_of(agent.pid)[0] if within is PID_NAMESPACE else agent.pid
    with agent.rpc() as rpc:
        for number in range(5):
            rpc.event("spawn", str(number).encode())
        wait_until(lambda: ended.exists() and len(ended.read_text().split()) == 5, 20, "all five ended")
        wait_until(lambda: not zombies_of(own), 5, "no zombie is left")
        # And the status of its own scripts went where it belongs.
        figures = rpc.stats()["rollcall"]
    assert (figures["handlers_run"], figures["handlers_failed"]) == ("5", "0")
    assert figures["handlers_waiting"] == "0"
    assert int(figures["processes_reaped"]) >= 5


def test_children_from_before_the_exec_in_a_wrapper_are_reaped(cluster):
    agent = cluster.start("rollcall", "n1", within=("sh", "-c", 'sleep 0.2 & sleep 1 & exec "$@"', "sh"))
    wait_until(lambda: not children_of(agent.pid), 10, "both ended and were reaped")


# --- files that may not grow -----------------------------------------------------------------------------

def test_a_limit_of_the_file_size_is_as_a_full_disk_for_every_file(cluster, tmp_path):
    """`ulimit -f 0`: every write to a file is EFBIG, and SIGXFSZ besides."""
    ring, log = tmp_path / "ring.json", tmp_path / "agent.log"
    ring.write_text('["AAECAwQFBgcICQoLDA0ODw=="]')
    agent = cluster.start("rollcall", "n1", within=("sh", "-c", 'ulimit -f 0; exec "$@"', "sh"), extra=[
        f"-log-file={log}", f"-snapshot={tmp_path / 'snapshot'}", f"-tags-file={tmp_path / 'tags.json'}",
        f"-keyring-file={ring}"])
    agent.output.wait_for(lambda lines: any("cannot be written: File too large" in line for line in lines), 10,
                          "standard error says what is with the log")
    with agent.rpc() as rpc:
        with pytest.raises(RpcError, match="File too large"):
            rpc.tags({"role": "db"})
        with pytest.raises(RpcError, match="reported failure"):
            rpc.call("install-key", {"Key": "EBESExQVFhcYGRobHB0eHw=="})
        rpc.monitor("debug")
        told = []
        wait_until(lambda: told.extend(record["Log"] for record in rpc.records(0.2)) or all(
            any(text in line for line in told) for text in
            ("snapshot.new: File too large; will retry", "tags.json.new: File too large; the file is unchanged",
             "ring.json.new: File too large; the file is unchanged")), 10, "all three are told")
    assert agent.statuses() == {"n1": "alive"}
    assert log.read_text() == "" and ring.read_text() == '["AAECAwQFBgcICQoLDA0ODw=="]'
    agent.interrupt()
    assert agent.wait_exit(10) == 0
    cluster.agents.pop("n1")


def test_a_log_that_cannot_be_rotated_loses_no_line(cluster, tmp_path):
    (tmp_path / "r.1.log" / "inside").mkdir(parents=True)
    log = tmp_path / "r.log"
    agent = cluster.start("rollcall", "n1", extra=[f"-log-file={log}", "-log-rotate-bytes=4096"])
    with agent.rpc() as rpc:
        for number in range(200):
            rpc.event(f"event-{number}.")
    wait_until(lambda: "event-199." in log.read_text(), 10, "the last event is in the log")
    assert [number for number in range(200) if f"event-{number}." not in log.read_text()] == []
    assert log.read_text().count("[WARN] log: ") == 1


# --- what the start refuses, and in which form -----------------------------------------------------------

def mistaken(tmp_path):
    return ["-node=n1", "-bind=127.0.0.1:0", "-encrypt=abc", f"-snapshot={tmp_path}", f"-log-file={tmp_path}",
            "-iface=nope", "-rpc-addr=unix:/no/such/x.sock"]


def test_check_and_start_refuse_the_same_and_say_all_of_it(tmp_path):
    def run(*more):
        return subprocess.run([program("rollcall"), "agent", *mistaken(tmp_path), *more], capture_output=True,
                              text=True, timeout=30, env=clean_environment(), check=False)
    check, start, as_json = run("-check"), run(), run("-check", "-format=json")
    assert (check.returncode, start.returncode, as_json.returncode) == (1, 1, 1)
    lines = check.stderr.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "--encrypt", "--iface", "--rpc-addr", "--snapshot", "--log-file"]
    assert start.stderr.splitlines() == [f"==> {line}" for line in lines]
    assert json.loads(as_json.stderr)["errors"] == lines
    assert check.stdout == start.stdout == as_json.stdout == ""


def test_in_json_all_output_is_records_of_one_stream(cluster):
    first = cluster.start("rollcall", "n1", extra=["-log-format=json"])
    assert first.output.lines("out") == []
    started = next(record for record in first.records if record["event"] == "started")
    assert started["node_name"] == "n1" and started["encrypted"] is False
    times = [record["time"] for record in first.records]
    assert times == sorted(times)

    taken = cluster.run("rollcall", "agent", "-node=n2", "-bind={}:{}".format(*first.bind), "-rpc-addr=127.0.0.1:0",
                        "-log-format=json", log="taken")
    assert taken.wait_exit(10) == 1
    assert taken.output.lines("out") == []
    records = [json.loads(line) for line in taken.output.lines("err")]
    assert records[-1]["event"] == "start-failed" and "address already in use" in records[-1]["message"]


def test_check_passes_beside_the_agent_that_has_the_ports(cluster):
    agent = cluster.start("rollcall", "n1")
    done = subprocess.run([program("rollcall"), "agent", "-check", "-bind={}:{}".format(*agent.bind),
                           "-rpc-addr={}:{}".format(*agent.rpc_endpoint)], capture_output=True, text=True, timeout=30,
                          env=clean_environment(), check=False)
    assert done.returncode == 0, done.stderr
