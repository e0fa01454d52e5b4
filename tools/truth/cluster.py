# SPDX-License-Identifier: Apache-2.0
"""Runs the agents of one cluster and reads their logs. One thread; every wait is bounded.

Every agent has its own loopback address and a port that the system chose. Times are those of the
agents' logs: the wall clock of this machine, which this program uses as well.
"""

import datetime
import itertools
import json
import os
import re
import selectors
import shutil
import signal
import socket
import subprocess
import time

import lossy

# Seconds until an agent runs, and until all know each other: about one start in a hundred waits for the
# second push/pull, and must be included.
STARTING_LIMIT = 75.0
LAST_WORDS = 4096      # bytes of output that are kept for an error
SERF_PORT = 17946      # Serf does not announce a port that it chose; each agent has its own address
SERF_LINE = re.compile(r"(?:serf: Event(Member\w+): (\S+))|(?:memberlist: Suspect (\S+) has failed)")
SERF_EVENTS = {"MemberJoin": "member-join", "MemberFailed": "member-failed", "MemberLeave": "member-leave"}
# Serf has no other profiles.
SERF_PROFILES = {"fast": "lan", "fast-wan": "wan"}

_clusters = itertools.count(os.getpid())  # so that concurrent runs of this tool use different addresses


class Trouble(Exception):
    """An agent failed."""


class Ended(Exception):
    """The tool is being stopped."""


def _wall(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Agent:
    def __init__(self, program, name, host, profile, seed):
        self.name, self.host, self.bind, self.rpc = name, host, None, None
        self.seen = []  # (wall seconds, event, member)
        self._rest, self.last_words = b"", b""
        argv = self._command(program, host, profile)
        if seed:
            argv += ["-join", seed]
        # The agent is killed with this program. setpriv is replaced by the agent, so the pid is its own.
        if shutil.which("setpriv"):
            argv = ["setpriv", "--pdeathsig", "KILL", "--", *argv]
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True)
        os.set_blocking(self.process.stdout.fileno(), False)

    def _command(self, program, host, profile):
        return [str(program), "agent", "--node", self.name, "--bind", f"{host}:0", "--rpc-addr", f"{host}:0",
                "--http-addr", "off", "--profile", profile, "--log-format", "json"]

    def read(self):
        """Reads its output so far. False: it has closed its output."""
        chunk = self.process.stdout.read()
        if chunk is None:
            return True
        self.last_words = (self.last_words + chunk)[-LAST_WORDS:]
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._line(line.decode("utf-8", "replace"))
        return chunk != b""

    def _line(self, line):
        if line.startswith("{"):
            record = json.loads(line)
            if record["event"] == "started":
                self.bind, self.rpc = record["bind"], record["rpc_addr"]
            elif "member" in record:
                self.seen.append((_wall(record["time"]), record["event"], record["member"]))

    def knows(self):
        return {member for _, event, member in self.seen if event == "member-join"} - {self.name}

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class SerfAgent(Agent):
    """Serf's log has whole seconds: a line counts from when it is read."""

    def _command(self, _program, host, profile):
        return ["serf", "agent", "-node", self.name, "-bind", f"{host}:{SERF_PORT}", "-rpc-addr",
                f"{host}:{SERF_PORT + 1}", "-profile", SERF_PROFILES.get(profile, profile), "-log-level", "info"]

    def _line(self, line):
        found = SERF_LINE.search(line)
        if found:
            event, member, suspect = found.groups()
            if suspect:
                self.seen.append((time.time(), "member-suspected", suspect))
            elif event in SERF_EVENTS:
                self.seen.append((time.time(), SERF_EVENTS[event], member))


class Cluster:
    """A context manager: no agent outlives it. `serf`: the names of those that are Serf agents."""

    def __init__(self, program, profile, stop, serf=()):
        self._program, self._profile, self._stop, self._serf = program, profile, stop, serf
        number = next(_clusters) % (250 * 250)
        self._subnet = f"127.{1 + number // 250}.{1 + number % 250}"
        self._selector = selectors.DefaultSelector()
        self.agents = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for agent in self.agents.values():
            agent.end()
        self._selector.close()

    def start(self, name, seed=None):
        kind = SerfAgent if name in self._serf else Agent
        agent = kind(self._program, name, f"{self._subnet}.{1 + len(self.agents)}", self._profile, seed)
        self.agents[name] = agent
        self._selector.register(agent.process.stdout, selectors.EVENT_READ, agent)
        return agent

    def start_joined(self, names):
        """Starts one agent, then the others, which join through it."""
        seed = self.start(names[0])
        self._require(lambda: seed.bind and seed.rpc, "is not running", [seed])
        for name in names[1:]:
            self.start(name, seed.bind)
        all_names = set(names)
        for agent in list(self.agents.values()):
            self._require(lambda a=agent: a.knows() | {a.name} == all_names, "does not know all", [agent])

    def start_alone(self, name):
        agent = self.start(name)
        self._require(lambda: agent.bind and agent.rpc, "is not running", [agent])
        return agent

    def _require(self, holds, what, agents):
        if not self.wait(holds, STARTING_LIMIT):
            words = agents[0].last_words.decode("utf-8", "replace")
            raise Trouble(f"{agents[0].name} {what} after {STARTING_LIMIT:g} s; last output:\n{words}")

    def wait(self, holds, limit):
        """Reads the agents' output until `holds()` is true. False: not in time."""
        deadline = time.monotonic() + limit
        while not holds():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._read(left)
        return True

    def run_for(self, seconds):
        self.wait(lambda: False, seconds)

    def _read(self, limit):
        if self._stop.is_set():
            raise Ended
        for key, _ in self._selector.select(min(limit, 0.2)):
            if not key.data.read():
                self._selector.unregister(key.fileobj)

    def lose(self):
        """From now on packets between its agents are lost, in a network for that."""
        lossy.lose(f"{self._subnet}.0/24")

    # --- actions: each returns its wall time ------------------------------------------------------

    def cut(self, name):
        """Cuts the agent's host off, in a network for that."""
        at = time.time()
        lossy.cut(self.agents[name].host)
        return at

    def mend(self, name):
        at = time.time()
        lossy.mend(self.agents[name].host)
        return at

    def signal(self, name, number):
        process = self.agents[name].process
        at = time.time()
        process.send_signal(number)
        return at

    def kill(self, name):
        return self.signal(name, signal.SIGKILL)

    def join(self, name, seed):
        """Like `rollcall join`, without starting a process."""
        host, _, port = self.agents[name].rpc.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=STARTING_LIMIT) as connection:
            connection.sendall(_packed({"Command": "handshake", "Seq": 0}) + _packed({"Version": 1}))
            if not connection.recv(4096):
                raise Trouble(f"{name} closed its control port")
            words = (_packed({"Command": "join", "Seq": 1})
                     + _packed({"Existing": [self.agents[seed].bind], "Replay": False}))
            at = time.time()
            connection.sendall(words)
            if not connection.recv(4096):
                raise Trouble(f"{name} did not answer to 'join'")
        return at


def _packed(value):
    """Encodes the few msgpack types that these requests need, with less than 16 elements or 256 bytes."""
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return bytes([value])
    if isinstance(value, str):
        data = value.encode()
        return bytes([0xd9, len(data)]) + data
    if isinstance(value, list):
        return bytes([0x90 | len(value)]) + b"".join(map(_packed, value))
    return bytes([0x80 | len(value)]) + b"".join(_packed(k) + _packed(v) for k, v in value.items())
