#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Demo: five agents on this machine find each other, one is killed, one leaves.

Uses only the loopback, with ports that the system chooses. Exit code 0 if all steps succeeded, else 1
with a reason. Leaves no process and no file behind, also when interrupted.
"""

import argparse
import collections
import ctypes
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

SEED, VICTIM, LEAVER = "n1", "n4", "n5"
NAMES = ("n1", "n2", "n3", "n4", "n5")
AT_MOST = 40.0  # seconds for the whole story

COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
STYLES = {"alive": "32", "left": "33", "leaving": "33", "failed": "31", "title": "1", "faint": "2"}


def styled(style, text):
    return f"\033[{STYLES[style]}m{text}\033[0m" if COLOUR and style in STYLES else text


def title(text):
    print(styled("title", f"\n==> {text}"), flush=True)


def line(text=""):
    print(f"    {text}", flush=True)


class Trouble(Exception):
    """A step failed."""


class Clock:
    """Limits every wait to the rest of the total time."""

    def __init__(self, limit):
        self.begin = time.monotonic()
        self._end = self.begin + limit

    def elapsed(self):
        return time.monotonic() - self.begin

    def left(self):
        return max(0.0, self._end - time.monotonic())


def die_with_parent():
    """Agents are killed with this program, even if it is killed itself (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Agent:
    """One running agent: its ports, and its log events with their times of arrival."""

    def __init__(self, program, name, join=None):
        self.name, self.bind, self.rpc = name, None, None
        argv = [program, "agent", "--node", name, "--bind", "127.0.0.1:0", "--rpc-addr", "127.0.0.1:0",
                "--profile", "local", "--log-format", "json"]
        if join:
            argv += ["--join", join]
        self._changed = threading.Condition()
        self._said, self._events, self._open = [], [], 2
        self._last_words = collections.deque(maxlen=8)
        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", start_new_session=True, preexec_fn=die_with_parent)
        for pipe, take in ((self.process.stdout, self._said.append), (self.process.stderr, self._log)):
            threading.Thread(target=self._follow, args=(pipe, take), daemon=True).start()

    def _follow(self, pipe, take):
        for text in pipe:
            with self._changed:
                take(text.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def _log(self, text):
        self._last_words.append(text)
        try:
            record = json.loads(text)
        except ValueError:
            return
        if isinstance(record, dict):
            self._events.append((time.monotonic(), record))

    def _wait(self, look, clock, what):
        """Calls look() until it returns a value; on a timeout raises with the agent's last lines."""
        with self._changed:
            while (found := look()) is None:
                left = clock.left()
                if left == 0 or self._open == 0:
                    why = "took too long" if self._open else "ended"
                    words = "\n      ".join([*self._said[-3:], *self._last_words])
                    raise Trouble(f"{self.name} {why} before it {what}. Last output:\n      {words}")
                self._changed.wait(min(left, 0.5))
            return found

    def _start_up_record(self):
        return next((record for _, record in self._events if record.get("event") == "started"), None)

    def wait_running(self, clock):
        started = self._wait(self._start_up_record, clock, "logged that it is running")
        self.bind, self.rpc = started["bind"], started["rpc_addr"]

    def times_of(self, kind, member):
        """The times at which this agent logged that event about that member so far."""
        with self._changed:
            return [at for at, event in self._events
                    if event.get("event") == kind and event.get("member") == member]

    def wait_event(self, kind, member, clock):
        return self._wait(lambda: next(iter(self.times_of(kind, member)), None), clock,
                          f"logged {kind} {member}")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Story:
    def __init__(self, program):
        self.program = str(program)
        self.clock = Clock(AT_MOST)
        self.agents = {}

    def command(self, agent, *words):
        argv = [self.program, words[0], "--rpc-addr", agent.rpc, *words[1:]]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=max(1.0, self.clock.left()),
                              check=False)
        if done.returncode != 0:
            raise Trouble(f"'rollcall {words[0]}' failed: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def statuses(self, agent):
        members = json.loads(self.command(agent, "members", "--format=json"))["members"] or []
        return {member["name"]: member["status"] for member in members}

    def wait_statuses(self, agent, expected):
        while (seen := self.statuses(agent)) != expected:
            if self.clock.left() == 0:
                raise Trouble(f"{agent.name} sees {seen} instead of {expected}")
            time.sleep(0.05)  # between polls

    def show_members(self, agent):
        line(styled("faint", f"$ rollcall members --rpc-addr {agent.rpc}"))
        for row in sorted(self.command(agent, "members").splitlines()):
            line("  " + re.sub(r"\b(alive|failed|leaving|left)\b",
                               lambda m: styled(m[0], m[0]), row.rstrip(), count=1))

    # --- the steps ---------------------------------------------------------------------------------

    def meet(self):
        title("Five agents start. Each knows one other: the seed, n1.")
        begin = time.monotonic()
        seed = self.agents[SEED] = Agent(self.program, SEED)
        seed.wait_running(self.clock)
        for name in NAMES[1:]:
            self.agents[name] = Agent(self.program, name, join=seed.bind)
        for agent in self.agents.values():
            agent.wait_running(self.clock)
        everybody = dict.fromkeys(NAMES, "alive")
        for agent in self.agents.values():
            self.wait_statuses(agent, everybody)
        line(f"After {time.monotonic() - begin:.1f} s every agent knows all others. The members as n2 lists them:")
        line()
        self.show_members(self.agents["n2"])

    def lose_one(self):
        title(f"{VICTIM} is killed with SIGKILL.")
        victim = self.agents[VICTIM]
        victim.process.kill()
        killed = time.monotonic()
        line(f"kill -9 {victim.process.pid}")
        others = [agent for name, agent in self.agents.items() if name != VICTIM]
        verdicts = sorted((agent.wait_event("member-failed", VICTIM, self.clock) - killed, agent.name)
                          for agent in others)
        # The failure may arrive before the suspicion, so not every agent logs both.
        doubts = sorted((at - killed, agent.name) for agent in others
                        for at in agent.times_of("member-suspected", VICTIM) if at > killed)
        if doubts:
            line(f"{doubts[0][0]:5.2f} s  {doubts[0][1]} is the first to suspect it: no ack, directly or through relays")
        line(f"{verdicts[0][0]:5.2f} s  {verdicts[0][1]} is the first to declare it failed: it did not refute in time")
        line(f"{verdicts[-1][0]:5.2f} s  {verdicts[-1][1]} is the last to learn it")

    def let_one_go(self):
        title(f"{LEAVER} leaves gracefully.")
        line(styled("faint", f"$ rollcall leave --rpc-addr {self.agents[LEAVER].rpc}"))
        begin = time.monotonic()
        self.command(self.agents[LEAVER], "leave")
        code = self.agents[LEAVER].process.wait(timeout=max(1.0, self.clock.left()))
        if code != 0:
            raise Trouble(f"{LEAVER} left, but ended with exit code {code}")
        expected = dict.fromkeys(NAMES, "alive") | {VICTIM: "failed", LEAVER: "left"}
        for name in NAMES[:3]:
            self.wait_statuses(self.agents[name], expected)
        line(f"After {time.monotonic() - begin:.1f} s all others list it as left. The members as n3 lists them:")
        line()
        self.show_members(self.agents["n3"])

    def run(self):
        self.meet()
        self.lose_one()
        self.let_one_go()

    def clean_up(self):
        for agent in self.agents.values():
            agent.end()


def interrupted(number, _frame):
    raise KeyboardInterrupt(signal.Signals(number).name)


def main():
    root = pathlib.Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=pathlib.Path, default=root / "build/release/bin/rollcall")
    program = parser.parse_args().program.resolve()
    if not os.access(program, os.X_OK):
        print(f"demo: {program} does not exist: run ./run build", file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)

    story = Story(program)
    try:
        story.run()
    except Trouble as trouble:
        print(f"\ndemo failed: {trouble}", file=sys.stderr)
        return 1
    except subprocess.TimeoutExpired as late:
        print(f"\ndemo: {' '.join(map(str, late.cmd))} did not end within {late.timeout:.0f} s",
              file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: interrupted; the agents are gone", file=sys.stderr)
        return 130
    finally:
        story.clean_up()
    title(f"Done after {story.clock.elapsed():.1f} s. All agents have ended.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
