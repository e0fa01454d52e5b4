# SPDX-License-Identifier: Apache-2.0
"""Where one recipe runs: a temporary folder, addresses of its own, agents and servers, and the end of all of them."""

import contextlib
import os
import pathlib
import signal
import subprocess
import threading
import time
import urllib.request

import servers
from harness.agents import Process
from harness.cluster import Cluster
from harness.loopback import Subnet, free_port
from harness.waiting import Expired, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Skipped(Exception):
    """The recipe cannot run here; the text says why."""


class Failed(AssertionError):
    """A check did not hold."""


class Place:
    """A recipe's surroundings. As a context manager it ends every process, in whatever state the recipe is."""

    def __init__(self, recipe, program, folder):
        self.recipe, self.program, self.folder = recipe, program, folder
        self.files = ROOT / "deploy" / "recipes" / recipe
        self.shared = ROOT / "deploy" / "recipes"
        self.figures = []
        self._begin = time.monotonic()
        self.subnet = Subnet()
        self.cluster = Cluster(self.subnet, self.folder / "agents")
        self._processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cluster.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self._processes:
                with contextlib.suppress(OSError):
                    os.killpg(process.pid, number)  # with all that it has started
            for process in self._processes:
                with contextlib.suppress(Expired):
                    process.wait_exit(3)
        for process in self._processes:
            process.close()
        self.subnet.close()

    # --- servers and files ----------------------------------------------------------------------------------------

    def host(self):
        return self.subnet.host()

    @staticmethod
    def port(host):
        return free_port(host)

    def agent(self, name, **options):
        return self.cluster.start("rollcall", name, **options)

    def server(self, name, argv, environment=None, program=None):
        """A process that is followed, in a group of its own; its output is in the folder."""
        words = [servers.find(program or name), *argv] if program is not None or name in servers.SERVERS else argv
        self._processes.append(Process(["setsid", *words], self.folder / f"{name}.log", self.environment() | (environment or {})))
        return self._processes[-1]

    def configure(self, name, replace, source=None):
        """A file of deploy/recipes with this run's addresses in place of a user's. Returns its path."""
        text = (source or self.files / name).read_text(encoding="utf-8")
        for old, new in replace.items():
            if old not in text:
                raise Failed(f"{name} of {self.recipe} has no '{old}': the recipe and its file do not match")
            text = text.replace(old, str(new))
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self):
        """Scripts find `rollcall` and the servers by PATH, as on a user's machine."""
        links = self.folder / "bin"
        if not links.exists():
            links.mkdir()
            (links / "rollcall").symlink_to(self.program)
        return {"PATH": f"{links}{os.pathsep}{servers.PATH}"}

    def run(self, *words, environment=None, check=True, limit=60):
        """A command that ends by itself: its CompletedProcess."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("SERF_", "ROLLCALL_"))}
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=limit,
                              errors="replace", check=False, env=clean | self.environment() | (environment or {}))
        if check and done.returncode:
            raise Failed(f"{' '.join(map(str, words))}: exit code {done.returncode}: {done.stderr or done.stdout}")
        return done

    def rollcall(self, agent, *words, **options):
        return self.run(self.program, *words, environment={"ROLLCALL_RPC_ADDR": rpc(agent)}, **options)

    def curl(self, url, *flags):
        """The body, or None when the request fails."""
        done = self.run("curl", "-sf", "-m", "5", *flags, url, check=False)
        return done.stdout if done.returncode == 0 else None

    @staticmethod
    def get(url):
        """The body; an OSError, which a wait takes as "not yet", when the request fails."""
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()

    # --- checks ---------------------------------------------------------------------------------------------------

    def step(self, text):
        print(f"    {time.monotonic() - self._begin:5.1f} s  {text}", flush=True)

    def figure(self, text):
        """Something measured, for the table at the end."""
        self.figures.append(text)

    @staticmethod
    def check(holds, what):
        if not holds:
            raise Failed(what)

    def wait(self, predicate, limit, what, saw=None):
        """Awaits it, and prints that it came true."""
        outcome = wait_until(predicate, limit, what, saw)
        self.step(what)
        return outcome

    def print_logs(self):
        for log in sorted(self.folder.glob("agents/*.log")) + sorted(self.folder.glob("*.log")):
            lines = 20 if log.parent == self.folder else 5
            tail = log.read_text(errors="replace").splitlines()[-lines:]
            print(f"--- {log.name}, last {len(tail)} lines", *tail, sep="\n", flush=True)


def rpc(agent):
    host, port = agent.rpc_endpoint
    return f"{host}:{port}"


class Background:
    """A thread whose exception is raised by join()."""

    def __init__(self, action):
        self._error = None

        def run():
            try:
                action()
            except BaseException as error:  # handed to join()
                self._error = error
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def join(self, limit):
        self._thread.join(limit)
        if self._error:
            raise self._error
        if self._thread.is_alive():
            raise Expired(f"not within {limit} s")
