# SPDX-License-Identifier: Apache-2.0
"""`rollcall top`: the machines of all members, who did not answer and why, and what an agent shows of its own."""

import json
import subprocess
import time

import pytest

from harness.agents import ROLLCALL, clean_environment
from harness.http import get, get_json, http_of, with_http
from harness.loopback import join_endpoint
from harness.pseudo_terminal import Terminal
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.rollcall

# A stopped member is suspected for as long as the tests need it to be: they are about members that are up.
PATIENT = ["-probe-timeout=900ms", "-suspicion-mult=20"]


def top(agent, *words, form="json"):
    answer = subprocess.run([ROLLCALL, "top", f"--format={form}", *words,
                             f"--rpc-addr={join_endpoint(*agent.rpc_endpoint)}"],
                            env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=60 * PATIENCE, check=False)
    assert answer.returncode == 0, answer
    return json.loads(answer.stdout) if form == "json" else answer.stdout


def answers(result):
    return {member["name"]: member.get("reason", "answered") for member in result["members"]}


def wait_sampled(agent, names):
    """All have a share of CPU time, which takes two samples."""
    def sampled():
        members = top(agent)["members"]
        return {member["name"] for member in members if "busy" in member.get("sample", {}).get("cpu", {})} >= names
    wait_until(sampled, 30, f"samples of {sorted(names)}")


def host_below(folder, *, cgroup, pressure=True):
    """A folder that looks like the /proc and /sys of a host."""
    files = {"proc/stat": "cpu 200 0 100 600 50 0 0 50\ncpu0 200 0 100 600 50 0 0 50\n",
             "proc/meminfo": "MemTotal: 1000 kB\nMemAvailable: 400 kB\n",
             "proc/loadavg": "0.50 0.40 0.30 1/100 4711\n",
             "proc/uptime": "3600.50 100.00\n"}
    if pressure:
        files["proc/pressure/cpu"] = "some avg10=12.50 avg60=0.00 avg300=0.00 total=0\n"
    if cgroup == 1:
        files |= {"proc/self/cgroup": "2:cpu,cpuacct:/agent\n1:memory:/agent\n",
                  "proc/self/mountinfo":
                      "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
                      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
                  "sys/fs/cgroup/cpu/agent/cpuacct.usage": "2500000000\n",
                  "sys/fs/cgroup/memory/agent/memory.usage_in_bytes": "4096\n",
                  "sys/fs/cgroup/memory/agent/memory.limit_in_bytes": "9223372036854771712\n"}
    if cgroup == 2:  # and no /sys
        files |= {"proc/self/cgroup": "0::/agent\n",
                  "proc/self/mountinfo": "29 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"}
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_fifty_agents_two_of_them_stopped(cluster, figure):
    first = cluster.start("rollcall", "n01", profile="lan", extra=PATIENT)
    for number in range(2, 51):
        cluster.start("rollcall", f"n{number:02}", profile="lan", extra=PATIENT, join=[first])
    names = set(cluster.agents)
    wait_until(lambda: first.statuses() == dict.fromkeys(names, "alive"), 60, "n01 sees all alive")
    wait_sampled(first, names)
    stopped = [cluster.agents["n17"], cluster.agents["n42"]]
    for agent in stopped:
        agent.pause()
    try:
        for _ in range(3):  # on a busy host a member that is up may answer too late
            began = time.monotonic()
            result = top(first)
            took = time.monotonic() - began
            if result["answered"] == 48:
                break
    finally:
        for agent in stopped:
            agent.resume()
    missing = {name: reason for name, reason in answers(result).items() if reason != "answered"}
    figure(f"top over 50 agents, two of them stopped: {took:.2f} s, {result['answered']} answered")
    assert missing == {"n17": "no_answer", "n42": "no_answer"}, missing
    assert took < 2 + 1.5 * PATIENCE, took
    assert result["answered"] == 48 and result["missing"] == 2
    busy = [member["sample"]["cpu"]["busy"] for member in result["members"] if member["answered"]]
    assert busy == sorted(busy, reverse=True), "by CPU"
    # All answer, so it does not wait for the end of its time.
    wait_until(lambda: top(first)["missing"] == 0, 60, "all answer again")


def test_the_table_names_who_is_missing(cluster):
    first = cluster.start("rollcall", "n1", extra=PATIENT)
    second = cluster.start("rollcall", "n2", extra=PATIENT, join=[first])
    cluster.start("rollcall", "n3", extra=PATIENT, join=[first], tags={"role": "db"})
    cluster.wait_all_alive()
    wait_sampled(first, {"n1", "n2", "n3"})
    second.pause()
    try:
        text = top(first, "--sort=name", "--timeout=500ms", form="text")
    finally:
        second.resume()
    lines = text.splitlines()
    assert lines[0].split()[:3] == ["NAME", "CPU", "IOWAIT"], text
    assert [line.split()[0] for line in lines[1:4]] == ["n1", "n3", "n2"], text
    assert lines[3].endswith("no answer in time"), text
    assert lines[-1] == "2 of 3 members answered; not: n2", text
    assert answers(top(first, "--tag=role=d.")) == {"n3": "answered"}


def test_a_failed_member_is_shown_as_failed(cluster):
    first = cluster.start("rollcall", "n1")
    cluster.start("rollcall", "n2", join=[first])
    cluster.wait_all_alive()
    cluster.agents["n2"].kill()
    wait_until(lambda: first.statuses()["n2"] == "failed", 60, "n2 failed")
    began = time.monotonic()
    assert answers(top(first, "--timeout=30s")) == {"n1": "answered", "n2": "failed"}
    assert time.monotonic() - began < 15, "a failed member is not waited for"


def test_an_agent_without_samples_says_so(cluster):
    first = cluster.start("rollcall", "n1")
    cluster.start("rollcall", "n2", join=[first], extra=["-sample-interval=0"])
    cluster.wait_all_alive()
    samples = {member["name"]: member["sample"]["state"] for member in top(first)["members"]}
    assert samples["n2"] == "off", samples
    assert "it takes no samples" in top(first, form="text")


@pytest.mark.serf
def test_a_serf_agent_does_not_know_the_question(cluster):
    first = cluster.start("rollcall", "n1")
    serf = cluster.start("serf", "n2", join=[first])
    cluster.start("rollcall", "n3", join=[first])
    cluster.wait_all_alive()
    assert answers(top(first)) == {"n1": "answered", "n2": "unknown_question", "n3": "answered"}
    assert not any("panic" in line for line in serf.output.lines())
    assert serf.running
    refused = subprocess.run([ROLLCALL, "top", f"--rpc-addr={join_endpoint(*serf.rpc_endpoint)}"],
                             env=clean_environment(), capture_output=True, text=True, timeout=30, check=False)
    assert refused.returncode == 1 and "is a Serf agent" in refused.stderr, refused


@pytest.mark.parametrize("kind", ["everything of version 1", "no pressure, no sys", "nothing"])
def test_a_host_that_lacks_something_is_no_error(cluster, subnet, tmp_path, kind):
    if kind == "nothing":
        root = tmp_path
    else:
        root = host_below(tmp_path, cgroup=1 if "1" in kind else 2, pressure="1" in kind)
    host = subnet.host()
    agent = cluster.start("rollcall", "n1", host=host, **with_http(host, f"-sample-root={root}"))
    where = http_of(agent)
    wait_until(lambda: get_json(where, "/v1/agent")["sample"]["state"] == "ok", 20, "a sample")
    sample = get_json(where, "/v1/agent")["sample"]
    metrics = get(where, "/metrics").body.decode()
    assert "rollcall_samples_total" in metrics
    assert ("rollcall_host_memory_bytes 1024000" in metrics) == (kind != "nothing")
    assert ("pressure" in sample) == ("rollcall_host_pressure_ratio{" in metrics) == ("1" in kind), sample
    assert ("cgroup" in sample) == ("rollcall_cgroup_info{" in metrics) == ("1" in kind), sample
    if "1" in kind:
        assert sample["cgroup"]["version"] == 1 and sample["cgroup"]["memory"] == 4096, sample
        assert "memory_limit" not in sample["cgroup"], sample
    assert answers(top(agent)) == {"n1": "answered"}
    trouble = [line for line in agent.output.lines("err") if "[WARN]" in line or "[ERR]" in line]
    assert trouble == [], trouble


def test_this_host_in_metrics_and_in_v1_agent(cluster, subnet):
    host = subnet.host()
    agent = cluster.start("rollcall", "n1", host=host, **with_http(host))
    where = http_of(agent)
    wait_until(lambda: "busy" in get_json(where, "/v1/agent")["sample"].get("cpu", {}), 20, "a share of CPU time")
    metrics = get(where, "/metrics").body.decode()
    for name in ("rollcall_host_cpu_seconds_total", "rollcall_host_memory_bytes", "rollcall_host_load",
                 "rollcall_host_uptime_seconds"):
        assert f"\n{name}" in metrics, name
    assert list(agent.members()) == ["n1"] and agent.members()["n1"].tags == {}, "never in tags"


def test_watch_on_a_terminal(cluster):
    first = cluster.start("rollcall", "n1", extra=PATIENT)
    for number in range(2, 7):
        cluster.start("rollcall", f"n{number}", extra=PATIENT, join=[first])
    cluster.wait_all_alive()
    wait_sampled(first, set(cluster.agents))
    address = f"--rpc-addr={join_endpoint(*first.rpc_endpoint)}"
    terminal = Terminal([ROLLCALL, "top", "--watch", "--sort=name", address], 100, 6)
    try:
        terminal.wait_for(lambda t: t.on_alternate and len(t.lines()) == 6, 10, "the view is drawn")
        lines = terminal.lines()
        assert lines[0].startswith("6 of 6 members answered | agent n1 | "), lines
        assert lines[-1] == "1 to 3 of 6; arrows scroll, q quits", lines
        terminal.type("\x1b[B")
        terminal.wait_for(lambda t: t.lines()[-1].startswith("2 to 4"), 10, "one line further")
        cluster.agents["n4"].pause()
        terminal.wait_for(lambda t: t.lines()[0].startswith("5 of 6 members answered; not: n4"), 30, "n4 is missing")
        cluster.agents["n4"].resume()
        terminal.type("q")
        terminal.wait_for(lambda t: not t.on_alternate, 10, "the terminal is restored")
    finally:
        cluster.agents["n4"].resume()
        terminal.close()


def test_watch_in_a_pipe_prints_a_document_per_line(cluster):
    first = cluster.start("rollcall", "n1")
    cluster.start("rollcall", "n2", join=[first])
    cluster.wait_all_alive()
    address = f"--rpc-addr={join_endpoint(*first.rpc_endpoint)}"
    with subprocess.Popen([ROLLCALL, "top", "--watch", "--format=json", address], env=clean_environment(),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as watch:
        try:
            for _ in range(2):
                assert set(answers(json.loads(watch.stdout.readline()))) == {"n1", "n2"}
        finally:
            watch.terminate()
