# SPDX-License-Identifier: Apache-2.0
"""One running agent: a Serf or a rollcall process, its output, its signals and its own view.

Both kinds answer to the same verbs, so a test does not care which one it holds. Signals go to the
process we started, by its pid, and to nothing else.
"""

import collections
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

from .loopback import free_port, join_endpoint, split_endpoint
from .rpc import Rpc
from .waiting import PATIENCE, Expired, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROLLCALL = pathlib.Path(os.environ.get("ROLLCALL_BIN", ROOT / "build" / "release" / "bin" / "rollcall"))
SERF = shutil.which(os.environ.get("SERF_BIN", "serf"))

READY = {"serf": "Serf agent running!", "rollcall": "rollcall agent running!"}
PORT_TAKEN = re.compile(r"address already in use", re.IGNORECASE)


def program(kind):
    """The executable of a kind, or an error that says what to do."""
    if kind == "serf":
        if SERF is None:
            raise FileNotFoundError("serf is not installed (Debian: apt install serf)")
        return SERF
    if not ROLLCALL.is_file():
        raise FileNotFoundError(f"{ROLLCALL} does not exist: build it, or point ROLLCALL_BIN at it")
    return str(ROLLCALL)


def clean_environment():
    """Our environment without the variables by which either program is steered.

    The default HTTP port is one of the host's: agents have HTTP where a test gives an address."""
    return {key: value for key, value in os.environ.items()
            if not key.startswith(("SERF_", "ROLLCALL_"))} | {"ROLLCALL_HTTP_ADDR": "off"}


class Output:
    """What a process writes, line by line, kept and written to a file while it comes."""

    def __init__(self, process, path):
        self._changed = threading.Condition()
        self._lines = {"out": [], "err": []}
        self._open = 2
        self._reading = threading.Event()
        self._reading.set()
        self._file = open(path, "a", encoding="utf-8", buffering=1)
        self.path = path
        self._threads = [threading.Thread(target=self._drain, args=(pipe, which), daemon=True)
                         for pipe, which in ((process.stdout, "out"), (process.stderr, "err"))]
        for thread in self._threads:
            thread.start()

    def _drain(self, pipe, which):
        for raw in pipe:
            self._reading.wait()
            line = raw.decode("utf-8", "backslashreplace").rstrip("\n")
            with self._changed:
                self._lines[which].append(line)
                self._file.write(f"{which} {line}\n")
                self._changed.notify_all()
        with self._changed:
            self._open -= 1
            self._changed.notify_all()
        pipe.close()

    @contextlib.contextmanager
    def held(self):
        """Meanwhile nobody reads: the pipes fill."""
        self._reading.clear()
        try:
            yield
        finally:
            self._reading.set()

    def lines(self, *which):
        with self._changed:
            return [line for name in which or ("out", "err") for line in self._lines[name]]

    def text(self, *which):
        return "\n".join(self.lines(*which))

    def wait_for(self, condition, limit, what):
        """condition(all lines so far) must become true; a closed output ends the wait early."""
        deadline = time.monotonic() + limit * PATIENCE
        with self._changed:
            while not condition(self._lines["out"] + self._lines["err"]):
                left = deadline - time.monotonic()
                if self._open == 0 or left <= 0:
                    why = "output ended" if self._open == 0 else f"not within {limit * PATIENCE:g} s"
                    tail = (self._lines["out"] + self._lines["err"])[-25:]
                    raise Expired(f"{why}: {what}; last lines:\n" + "\n".join(tail))
                self._changed.wait(left)

    def close(self):
        self._reading.set()
        for thread in self._threads:
            thread.join(5)
        self._file.close()


class Process:
    """A child of ours with both outputs followed. Ends with close(), whatever state it is in."""

    def __init__(self, argv, log, environment=None, stdin=subprocess.DEVNULL):
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "a", encoding="utf-8") as head:
            head.write(f"--- {' '.join(map(str, argv))}\n")
        self.argv = [str(part) for part in argv]
        self._process = subprocess.Popen(self.argv, stdin=stdin, stdout=subprocess.PIPE,
                                         stderr=subprocess.PIPE,
                                         env=clean_environment() | (environment or {}))
        self.pid = self._process.pid
        self.output = Output(self._process, log)

    @property
    def running(self):
        return self._process.poll() is None

    def signal(self, number):
        if self.running:
            self._process.send_signal(number)

    def kill(self):
        """The machine is gone from one moment to the next."""
        self.signal(signal.SIGKILL)
        self._process.wait()

    def interrupt(self):
        self.signal(signal.SIGINT)

    def terminate(self):
        self.signal(signal.SIGTERM)

    def pause(self):
        self.signal(signal.SIGSTOP)
        # The stop is carried out when the kernel shows it, not when the call returns.
        wait_until(lambda: self._kernel_state() in "Tt", 5, f"{self.pid} is stopped", every=0.005)

    def resume(self):
        self.signal(signal.SIGCONT)

    def wait_exit(self, limit):
        """The exit code; a signal's death is its negative number."""
        try:
            code = self._process.wait(limit * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Expired(f"{self.argv[:2]} did not exit within {limit * PATIENCE:g} s; last lines:\n"
                          + "\n".join(self.output.lines()[-25:])) from None
        self.output.close()
        return code

    def resident_kib(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def _kernel_state(self):
        return pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]

    def close(self):
        if self.running:
            self._process.kill()
        self._process.wait()
        self.output.close()


# What an agent is started with. Everything a restart needs to come back as the same one. `within`: words
# before the program's, such as those that put it into a namespace.
Options = collections.namedtuple("Options", "kind name host port rpc_port join profile key tags extra within",
                                 defaults=((), "local", None, None, (), ()))


class Agent(Process):
    """A ready agent: its real ports are known and its RPC answers."""

    def __init__(self, options, log, environment=None):
        self.options = options
        self.kind, self.name = options.kind, options.name
        self._rpc = None
        self._rpc_lock = threading.Lock()
        self.token = None
        super().__init__([*options.within, program(self.kind), "agent", *self._arguments(options)], log,
                         environment)
        try:
            self.output.wait_for(self._is_ready, 15, f"{self.kind} agent {self.name} is running")
            self.bind = self._announced("Bind addr")
            self.rpc_endpoint = self._announced("RPC addr")
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _arguments(options):
        arguments = [f"-node={options.name}",
                     f"-bind={join_endpoint(options.host, options.port)}",
                     f"-rpc-addr={join_endpoint(options.host, options.rpc_port)}",
                     f"-profile={options.profile}", "-log-level=debug"]
        arguments += [f"-join={seed}" for seed in options.join]
        arguments += [f"-tag={key}={value}" for key, value in (options.tags or {}).items()]
        if options.key:
            arguments.append(f"-encrypt={options.key}")
        return arguments + list(options.extra)

    @property
    def records(self):
        """What it logged in JSON."""
        return [json.loads(line) for line in self.output.lines("err") if line.startswith("{")]

    def _is_ready(self, lines):
        text = "\n".join(lines)
        if '"event":"started"' in text:
            return True
        return READY[self.kind] in text and "Profile:" in text.partition(READY[self.kind])[2]

    def _announced(self, label):
        for record in self.records:
            if record["event"] == "started":
                return split_endpoint(record[{"Bind addr": "bind", "RPC addr": "rpc_addr"}[label]])
        found = re.search(rf"^\s+{label}: '(.+)'$", self.output.text("out"), re.MULTILINE)
        if not found:
            raise AssertionError(f"{self.name} announced no {label}:\n{self.output.text('out')}")
        return split_endpoint(found[1])

    @property
    def address(self):
        """Where others join it, as text."""
        return join_endpoint(*self.bind)

    def rpc(self):
        """A fresh connection of the caller's own."""
        return Rpc(self.rpc_endpoint, self.token)

    def members(self):
        """Its own view, {name: Member}, over a connection kept for the purpose."""
        with self._rpc_lock:
            if self._rpc is None:
                self._rpc = self.rpc()
            try:
                return self._rpc.members()
            except BaseException:
                self._rpc.close()
                self._rpc = None
                raise

    def statuses(self):
        return {name: member.status for name, member in self.members().items()}

    def close(self):
        if getattr(self, "_rpc", None):
            self._rpc.close()
            self._rpc = None
        super().close()


def start_agent(options, log, environment=None):
    """Starts an agent; ports left at None are chosen here, and again when another took them."""
    attempts = 5
    for attempt in range(attempts):
        chosen = options
        for field in ("port", "rpc_port"):
            if getattr(options, field) is None:
                # rollcall binds to 0 and tells; Serf must be told.
                port = 0 if options.kind == "rollcall" else free_port(options.host)
                chosen = chosen._replace(**{field: port})
        try:
            return Agent(chosen, log, environment)
        except Expired as error:
            if attempt + 1 == attempts or not PORT_TAKEN.search(str(error)):
                raise
    raise AssertionError("not reached")
