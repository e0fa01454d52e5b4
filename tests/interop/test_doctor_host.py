# SPDX-License-Identifier: Apache-2.0
"""`rollcall doctor` on an agent whose host treats it badly, or that does so itself: each cause made for real."""

import pytest

from harness import examining, misfortunes
from harness.examining import CODE, HOSTS, KEYS, doctor, problems, shows
from harness.waiting import wait_until

pytestmark = examining.MARKS


def skip_if(reason):
    return pytest.mark.skipif(reason is not None, reason=str(reason))


# --- limits ----------------------------------------------------------------------------------------------------

@shows("few-descriptors")
def test_too_few_descriptors(place):
    agent = place.start(within=("prlimit", "--nofile=64:64"))
    code, findings = doctor(agent)
    assert code == CODE["few-descriptors"], findings


@skip_if(misfortunes.why_no_small_buffers())
@shows("small-socket-buffer")
@pytest.mark.parametrize("most, grade", [(65_536, "problem"), (163_840, "warn")])
def test_a_kernel_that_grants_small_buffers(place, tmp_path, most, grade):
    agent = place.start(environment=misfortunes.small_buffers(tmp_path, most))
    code, findings = doctor(agent, "--strict")
    found = findings["socket buffer"][0]
    assert found["grade"] == grade and f"grants {2 * most} bytes" in found["what"], findings
    assert code == CODE["small-socket-buffer"], findings
    assert doctor(agent)[0] == (code if grade == "problem" else 0)
    healthy = place.start(join=False)
    assert doctor(healthy)[1]["socket buffer"][0]["grade"] == "ok", "the limit is that of one process"


# --- time ------------------------------------------------------------------------------------------------------

@shows("paused")
def test_a_pause(place):
    agent = place.start()
    place.start()
    place.wait_alive()
    agent.pause()
    other = place.agents["n2"]
    wait_until(lambda: other.statuses()["n1"] == "failed", 60, "n2 declares n1 failed")
    agent.resume()
    wait_until(lambda: any("did not run for" in line for line in agent.output.lines()), 20, "n1 sees the pause")
    code, findings = doctor(agent, of_host=True)
    assert "paused" in problems(findings), findings
    assert code == CODE["paused"], findings


@skip_if(misfortunes.why_no_clock())
@shows("clock-jump")
@pytest.mark.parametrize("seconds, words", [(3600, "set forward by 1h"), (-90, "set back by 1m30s")])
def test_the_wall_clock_is_set(place, tmp_path, seconds, words):
    clock = misfortunes.WallClock(tmp_path)
    agent = place.start(environment=clock.environment)
    other = place.start()
    place.wait_alive()
    code, findings = doctor(agent)
    assert findings["clock"][0]["grade"] == "ok" and "clocks" not in findings, findings
    clock.set(seconds)
    code, findings = doctor(agent)
    assert (code, problems(findings)) == (CODE["clock-jump"], ["clock-jump"]), findings
    assert words in findings["clock"][0]["what"], findings
    # The others see that its clock differs, and never took it for failed.
    code, findings = doctor(other)
    assert findings["clocks"][0]["cause"] == "clock-jump" and "n1" in findings["clocks"][0]["what"], findings
    assert other.statuses() == {"n1": "alive", "n2": "alive"}
    assert findings["pauses"][0]["grade"] == "ok", findings


@skip_if(misfortunes.why_no_clock())
@shows("clock-jump")
def test_a_clock_that_was_set_and_set_right_again(place, tmp_path):
    clock = misfortunes.WallClock(tmp_path)
    agent = place.start(environment=clock.environment)
    clock.set(20)
    assert doctor(agent)[0] == CODE["clock-jump"]
    clock.set(0)
    code, findings = doctor(agent)
    assert code == CODE["clock-jump"] and "2 times since the start" in findings["clock"][0]["what"], findings


def late_deadlines(agent):
    with agent.rpc() as rpc:
        return int(rpc.stats()["transport"]["loop.late_100ms"])


def starved(place, misfortune):
    """An agent that is treated so until its deadlines are late; what its doctor then finds."""
    agent = place.start()
    place.start()
    place.wait_alive()
    code, findings = doctor(agent, of_host=True)
    assert findings["loop"][0]["grade"] == "ok", findings
    with misfortune(agent):
        wait_until(lambda: late_deadlines(agent) > 5, 60, "many deadlines are late")
    code, findings = doctor(agent, of_host=True)
    assert "starved-loop" in problems(findings), findings
    return code, findings


@shows("starved-loop")
def test_a_process_that_gets_the_cpu_in_turns(place):
    code, findings = starved(place, lambda agent: misfortunes.stopped_often(agent, stopped=0.3, running=0.05))
    assert (code, problems(findings)) == (CODE["starved-loop"], ["starved-loop"]), findings
    assert findings["pauses"][0]["grade"] == "ok", "too short for a pause"


@skip_if(misfortunes.why_no_cpu_limit())
@shows("starved-loop")
def test_a_process_with_a_limit_of_cpu_time(place):
    _, findings = starved(place, lambda agent: misfortunes.little_cpu(agent, milliseconds=20))
    assert set(problems(findings)) <= {"starved-loop", "paused"}, findings


# --- the network of the host -----------------------------------------------------------------------------------

@shows("sends-failing")
def test_a_host_that_sends_nothing(place):
    agent = place.start()
    place.start()
    place.wait_alive()
    place.drop_udp("n1")
    wait_until(lambda: any("nothing can be sent from here" in line for line in agent.output.lines()), 60, "n1 notices")
    code, findings = doctor(agent)
    assert code == CODE["sends-failing"] and findings["sending"][0]["grade"] == "problem", findings


# --- the agent's own queues, and its keys ----------------------------------------------------------------------

@shows("queues-full")
def test_more_events_than_gossip_carries(place):
    agent = place.start("--gossip-interval=60s", "--probe-interval=10s")
    place.start()
    place.wait_alive()
    with agent.rpc() as rpc:
        for number in range(3500):
            rpc.event(f"e{number}", b"x" * 400)
    code, findings = doctor(agent)
    assert code == CODE["queues-full"] and "nearly full" in findings["queues"][0]["what"], findings


@shows("keys-differ")
def test_a_rotation_that_was_not_finished(place, tmp_path):
    for number, keys in enumerate((KEYS, KEYS, KEYS[::-1]), 1):
        ring = tmp_path / f"keys-{number}"
        ring.write_text("[" + ", ".join(f'"{key}"' for key in keys) + "]")
        place.start(f"--keyring-file={ring}")
    place.wait_alive()
    code, findings = doctor(place.agents["n1"])
    assert code == 0 and findings["keys"][0]["grade"] == "warn", findings
    assert findings["keys"][0]["what"].endswith("n3"), findings
    assert doctor(place.agents["n1"], "--strict")[0] == CODE["keys-differ"]
