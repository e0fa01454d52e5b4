# SPDX-License-Identifier: Apache-2.0
"""A member that is no Serf agent: the Go program of tests/interop/bare_memberlist, built and run.

It is built with the distribution's package of memberlist, without any download.
"""

import json
import pathlib
import shutil
import subprocess

from .agents import Process, clean_environment
from .loopback import free_port, join_endpoint

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "bare_memberlist" / "main.go"
GOPATH = pathlib.Path("/usr/share/gocode")
PACKAGE = GOPATH / "src" / "github.com" / "hashicorp" / "memberlist"


def missing():
    """The reason why the program cannot be built here, or None."""
    if shutil.which("go") is None:
        return "Go is not installed (Debian: apt install golang-go)"
    if not PACKAGE.is_dir():
        return "memberlist for Go is not installed (Debian: apt install golang-github-hashicorp-memberlist-dev)"
    return None


def build(directory):
    """The path of the program, built into `directory`."""
    program = directory / "bare-memberlist"
    environment = clean_environment() | {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": "",
                                         "GOTOOLCHAIN": "local"}
    if not {"GOCACHE", "HOME", "XDG_CACHE_HOME"} & environment.keys():
        environment["GOCACHE"] = str(directory / "go-cache")
    done = subprocess.run(["go", "build", "-o", str(program), str(SOURCE)], env=environment,
                          capture_output=True, text=True, cwd=directory)
    assert done.returncode == 0, f"go build failed:\n{done.stderr}"
    return program


class BareMember(Process):
    """One running member, and what it printed."""

    def __init__(self, program, name, host, log, join=None, port=None, version=0):
        self.name = name
        self.bind = (host, port or free_port(host))
        self.address = join_endpoint(*self.bind)
        arguments = [program, f"-name={name}", f"-bind={self.address}", f"-version={version}"]
        if join is not None:
            arguments.append(f"-join={join.address}")
        super().__init__(arguments, log, stdin=subprocess.PIPE)
        try:
            self.wait_for("ready")
        except BaseException:
            self.close()
            raise

    def events(self, what=None, **expected):
        """What it printed, in order; of one kind, with these fields, if they are given."""
        return self._matching(self.output.lines("out"), what, expected)

    @staticmethod
    def _matching(lines, what, expected):
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return [event for event in events if what in (None, event["what"])
                and all(event.get(key) == value for key, value in expected.items())]

    def wait_for(self, what, limit=15, count=1, **expected):
        self.output.wait_for(lambda lines: len(self._matching(lines, what, expected)) >= count, limit,
                             f"{self.name} prints {what} {expected} {count} times")
        return self.events(what, **expected)[-1]

    def say(self, command):
        self._process.stdin.write(command.encode() + b"\n")
        self._process.stdin.flush()

    def members(self):
        """The names that it takes for alive or suspect."""
        before = len(self.events("members"))
        self.say("members")
        return set(self.wait_for("members", count=before + 1)["names"])

    def log_lines(self, *levels):
        return [line for line in self.output.lines("err") if any(f"[{level}]" in line for level in levels)]

    def close(self):
        if self._process.stdin and not self._process.stdin.closed:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                pass
        super().close()
