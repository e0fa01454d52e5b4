# SPDX-License-Identifier: Apache-2.0
"""An agent as a service: the unit's own command line under a fake service manager, and what systemd says of the
unit where its tools are installed."""

import base64
import json
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import time

import pytest

from harness.agents import ROOT, Process, clean_environment, program
from harness.loopback import free_port, join_endpoint
from harness.service_manager import ServiceManager
from harness.waiting import hold_for, wait_until

pytestmark = pytest.mark.rollcall

UNIT = ROOT / "deploy" / "systemd" / "rollcall.service"
EXAMPLE = ROOT / "deploy" / "systemd" / "agent.json"
KEY = base64.b64encode(bytes(range(16))).decode()
WATCHDOG = 1.0  # seconds
EXPOSURE = 20   # tenths: the most that systemd-analyze may say


def unit_values(name):
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


class Service:
    """The unit's ExecStart with this machine's program, a copy of the example of its settings, and ports of the test."""

    def __init__(self, cluster, folder, seeds=(), watchdog=None, name="service", started=ServiceManager.started,
                 **variables):
        self.manager = ServiceManager(folder / "notify" if name == "service" else None)
        self.config = folder / f"{name}.json"
        text = EXAMPLE.read_text().replace("/var/lib/rollcall/", f"{folder}/{name}-")
        self.config.write_text(text)
        [start] = unit_values("ExecStart")
        replaced = {"/usr/bin/rollcall": program("rollcall"), "/etc/rollcall/agent.json": str(self.config)}
        argv = [replaced.get(word, word) for word in shlex.split(start)]
        host = cluster.subnet.host()
        environment = {"ROLLCALL_NODE": name, "ROLLCALL_BIND": f"{host}:0", "ROLLCALL_RPC_ADDR": f"{host}:0",
                       "ROLLCALL_PROFILE": "local", "ROLLCALL_RETRY_INTERVAL": "1s", **variables}
        if seeds:
            environment["ROLLCALL_RETRY_JOIN"] = ",".join(seeds)
        self.process = Process(started(argv), cluster.log(name),
                               environment | self.manager.environment(watchdog))
        cluster.keep(self.process)


@pytest.fixture
def service(cluster, tmp_path):
    """start(seeds, ...): one such service."""
    made = []

    def start(*seeds, **options):
        made.append(Service(cluster, tmp_path, seeds, **options))
        return made[-1]

    yield start
    for one in made:
        one.process.close()
        one.manager.close()


# --- the start -----------------------------------------------------------------------------------------

def test_it_is_ready_once_it_has_joined(cluster, service):
    watcher = cluster.start("rollcall", "watcher")
    started = service(watcher.address)
    started.manager.wait_for("READY", 15)
    wait_until(lambda: watcher.statuses().get("service") == "alive", 15, "the watcher sees it")
    wait_until(lambda: started.manager.status() == "2 members alive, 0 failed, 0 left", 15, "and its status says so")


def test_it_is_not_ready_while_no_seed_answers(cluster, service):
    host = cluster.subnet.host()
    port = free_port(host)
    started = service(join_endpoint(host, port))
    wait_until(lambda: started.manager.status() == "1 member alive, 0 failed, 0 left; joining", 10, "it joins")
    hold_for(lambda: not started.manager.with_field("READY"), 2, "it is not ready")
    cluster.start("rollcall", "late", host=host, port=port)
    started.manager.wait_for("READY", 30)


def test_without_a_seed_it_is_ready_when_it_listens(service):
    started = service(name="alone")  # with a socket in the abstract namespace
    started.manager.wait_for("READY", 15)
    assert started.manager.messages[0] == {"READY": "1", "STATUS": "1 member alive, 0 failed, 0 left"}


def test_a_start_that_fails_is_never_ready(cluster, service):
    started = service(ROLLCALL_PROBE_INTERVAL="never")
    assert started.process.wait_exit(10) == 1
    assert not started.manager.with_field("READY")


# --- reload, watchdog ----------------------------------------------------------------------------------

def test_a_reload_is_announced_and_ends_with_ready(service):
    started = service()
    started.manager.wait_for("READY", 15)
    for count, seconds in ((1, "2s"), (2, "3s")):
        before = time.monotonic_ns() // 1000
        started.config.write_text(started.config.read_text().rstrip().rstrip("}") + f', "probe_interval": "{seconds}"}}')
        started.process.signal(signal.SIGHUP)
        reloading = started.manager.wait_for("RELOADING", 10, count)[-1]
        assert before <= int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
        started.manager.wait_for("READY", 10, count + 1)
    order = [name for message in started.manager.messages for name in ("RELOADING", "READY") if name in message]
    assert order == ["READY", "RELOADING", "READY", "RELOADING", "READY"]


def test_a_refused_reload_is_in_the_status_and_the_service_goes_on(service):
    started = service()
    started.manager.wait_for("READY", 15)
    started.config.write_text('{"log_level": "none-such"}')
    started.process.signal(signal.SIGHUP)
    started.manager.wait_for("READY", 10, 2)
    assert started.manager.status().endswith("; the last reload was refused: see the log")
    assert started.process.running


def test_signs_of_life_stop_with_the_loop_and_come_back_with_it(service):
    started = service(watchdog=WATCHDOG)
    started.manager.wait_for("WATCHDOG", 15, 4)
    began = time.monotonic()
    before = len(started.manager.with_field("WATCHDOG"))
    started.manager.wait_for("WATCHDOG", 15, before + 4)
    assert time.monotonic() - began > WATCHDOG, "twice as often as asked, and not more"
    started.process.pause()
    before = len(started.manager.with_field("WATCHDOG"))
    hold_for(lambda: len(started.manager.with_field("WATCHDOG")) == before, 1.5 * WATCHDOG, "no sign of life")
    started.process.resume()
    started.manager.wait_for("WATCHDOG", 15, before + 2)


def test_a_watchdog_of_another_process_is_not_served(service):
    started = service(watchdog=0.1, WATCHDOG_PID="1", started=list)
    started.manager.wait_for("READY", 15)
    hold_for(lambda: not started.manager.with_field("WATCHDOG"), 0.5, "no sign of life")


# --- the end -------------------------------------------------------------------------------------------

def test_a_stop_is_a_leave_and_succeeds(cluster, service):
    watcher = cluster.start("rollcall", "watcher")
    started = service(watcher.address)
    started.manager.wait_for("READY", 15)
    wait_until(lambda: watcher.statuses().get("service") == "alive", 15, "the watcher sees it")
    started.process.terminate()
    assert started.process.wait_exit(10) == 0
    assert started.manager.with_field("STOPPING")[0]["STATUS"] == "leaving the cluster"
    cluster.wait_statuses(45, service="left")


def test_a_crash_is_a_failure(cluster, service):
    watcher = cluster.start("rollcall", "watcher")
    started = service(watcher.address)
    started.manager.wait_for("READY", 15)
    wait_until(lambda: watcher.statuses().get("service") == "alive", 15, "the watcher sees it")
    started.process.kill()
    assert not started.manager.with_field("STOPPING")
    cluster.wait_statuses(45, service="failed")


# --- secrets -------------------------------------------------------------------------------------------

def test_credentials_are_its_secrets_and_scripts_get_neither_these_nor_the_socket(cluster, service, tmp_path):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    for name, text in (("rollcall.encrypt", KEY), ("rollcall.rpc_auth", "token-of-rpc")):
        (credentials / name).write_text(text + "\n")
        (credentials / name).chmod(0o400)
    seen = tmp_path / "environment"
    started = service(CREDENTIALS_DIRECTORY=str(credentials), watchdog=WATCHDOG,
                      ROLLCALL_EVENT_HANDLER=f"user:look=cat /proc/self/environ >{seen}.new && mv {seen}.new {seen}")
    started.manager.wait_for("READY", 15)
    text = started.process.output.text()
    assert "Encrypted: true" in text
    address = re.search(r"RPC addr: '(.+)'", text)[1]

    def ask(*words):
        return subprocess.run([program("rollcall"), *words, f"--rpc-addr={address}"], check=False, timeout=30,
                              capture_output=True, text=True, env=clean_environment())

    assert "Authentication required" in ask("event", "look").stderr
    assert ask("event", "look", f"--rpc-auth-file={credentials / 'rollcall.rpc_auth'}").returncode == 0
    wait_until(seen.exists, 10, "the script ran")
    variables = [name.partition(b"=")[0].decode() for name in seen.read_bytes().split(b"\0")]
    assert "CREDENTIALS_DIRECTORY" in variables, "a path, by which a script may find the token"
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & set(variables)
    listed = pathlib.Path(f"/proc/{started.process.pid}/cmdline").read_bytes()
    assert KEY.encode() not in listed and b"token-of-rpc" not in listed


def test_the_unit_loads_the_credentials_that_the_agent_knows():
    page = subprocess.run([program("rollcall"), "man", "settings"], check=True, capture_output=True, text=True).stdout
    known = set(re.findall(r"credential \\fB([\w.]+)\\fR", page))
    assert known and {value.split(":")[0] for value in unit_values("LoadCredential")} == known


# --- the unit and the example --------------------------------------------------------------------------

@pytest.fixture
def unit(tmp_path):
    """The unit with a program that is there."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (Debian: apt install systemd)")
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text().replace("ExecStart=/usr/bin/rollcall ", f"ExecStart={program('rollcall')} "))
    return path


def analyze(*words):
    done = subprocess.run(["systemd-analyze", *map(str, words)], check=False, timeout=60, capture_output=True, text=True)
    if "unrecognized option" in done.stderr:
        pytest.skip(f"an older systemd: {done.stderr.strip()}")
    return done


def test_systemd_verifies_the_unit(unit):
    done = analyze("verify", "--man=no", unit)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_unit_is_hardened(unit, figure):
    done = analyze("security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", unit)
    assert done.returncode == 0, done.stdout + done.stderr
    figure("systemd-analyze security: " + re.search(r"Overall exposure level .*: ([\d.]+)", done.stdout)[1])


def test_systemd_makes_the_user(tmp_path):
    if shutil.which("systemd-sysusers") is None:
        pytest.skip("systemd-sysusers is not installed (Debian: apt install systemd)")
    (tmp_path / "etc").mkdir()
    done = subprocess.run(["systemd-sysusers", f"--root={tmp_path}", str(UNIT.with_name("rollcall.sysusers"))],
                          check=False, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^rollcall:[^:]*:\d+:\d+:rollcall agent:/var/lib/rollcall:", (tmp_path / "etc/passwd").read_text(),
                     re.MULTILINE)


def test_the_example_has_no_mistake_and_no_warning(tmp_path):
    config = tmp_path / "agent.json"
    text = EXAMPLE.read_text().replace("/var/lib/rollcall/", f"{tmp_path}/")
    # With what is commented out, too, but for the keyring, whose file must be there.
    config.write_text(text.replace('// "retry_join"', '"retry_join"'))
    done = subprocess.run([program("rollcall"), "agent", "--check", "--format=json", f"--config-file={config}"],
                          check=False, timeout=30, capture_output=True, text=True, env=clean_environment())
    assert (done.returncode, done.stderr) == (0, "")
    assert "seed-1.example.org" in done.stdout and json.loads(done.stdout)
