# SPDX-License-Identifier: Apache-2.0
"""What tests of `rollcall doctor` share: agents in a network namespace of the test's own, each at an address of
its own, so that nftables can drop what one sends to another; examinations; and which cause is shown by which test.
"""

import functools
import json
import shutil
import subprocess

import pytest

from . import own_network
from .agents import Options, clean_environment, program, start_agent
from .loopback import join_endpoint
from .waiting import PATIENCE, wait_until

HOSTS = [f"198.18.0.{i}" for i in range(1, 6)]
KEYS = ["MDEyMzQ1Njc4OWFiY2RlZg==", "ZmVkY2JhOTg3NjU0MzIxMA=="]

NO_NFT = None if shutil.which("nft") else "needs the program nft (Debian: nftables)"
MARKS = [pytest.mark.rollcall,
         pytest.mark.skipif(own_network.why_not() is not None, reason=str(own_network.why_not())),
         pytest.mark.skipif(NO_NFT is not None, reason=str(NO_NFT))]


def nft(*words):
    subprocess.run(["nft", *words], check=True, capture_output=True, text=True, timeout=20)


class Place:
    """Agents in a network of their own, and what is dropped in it."""

    def __init__(self, directory):
        self.network = own_network.OwnNetwork(addresses=HOSTS)
        self.agents = {}
        self.directory = directory
        nft("add", "table", "inet", "cut")
        nft("add", "chain", "inet", "cut", "out", "{ type filter hook output priority 0 ; }")

    def start(self, *extra, kind="rollcall", name=None, join=True, key=None, within=(), host=None,
              profile="local", environment=None):
        number = len(self.agents) + 1
        name = name or f"n{number}"
        seeds = [agent.address for agent in self.agents.values()][:1] if join else []
        options = Options(kind, name, host or HOSTS[number - 1], None, None, seeds, profile, key=key,
                          extra=extra, within=within)
        agent = start_agent(options, self.directory / f"{name}-{number}.log", environment)
        self.agents[f"n{number}"] = agent
        return agent

    def wait_alive(self, *viewers):
        names = {agent.name for agent in self.agents.values()}
        for agent in viewers or self.agents.values():
            wait_until(lambda a=agent: a.statuses() == dict.fromkeys(names, "alive"), 30,
                       f"{agent.name} sees all alive", saw=lambda a=agent: str(a.statuses()))

    def drop_udp(self, source, target=None):
        """To all, without a target."""
        to = () if target is None else ("ip", "daddr", self.agents[target].bind[0])
        nft("add", "rule", "inet", "cut", "out", "ip", "saddr", self.agents[source].bind[0], *to,
            "meta", "l4proto", "udp", "drop")

    def drop_tcp_to(self, target):
        """Of all: a connection within one host comes from the address that it goes to."""
        self.drop_tcp_at(self.agents[target].bind)

    @staticmethod
    def drop_tcp_at(endpoint):
        host, port = endpoint
        nft("add", "rule", "inet", "cut", "out", "ip", "daddr", host, "tcp", "dport", str(port), "drop")

    def close(self):
        for agent in self.agents.values():
            agent.close()
        self.network.close()


def run(*words, environment=None):
    return subprocess.run([program("rollcall"), *words], env=clean_environment() | (environment or {}),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 * PATIENCE, check=False)


_found = set()  # the causes that examinations of the running test found
_shown = {}     # {cause: the names of the tests that show it}


# A host that is busy with other tests brings these about: true, and not what most tests are about.
OF_A_BUSY_HOST = {"starved-loop", "paused"}


def examine(*words, environment=None, of_host=False):
    """The exit code and the findings, {check: [finding...]}, of `rollcall doctor` with these words.

    Problems of a busy host are left out unless `of_host` says that the test makes them.
    """
    answer = run("doctor", "--format=json", *words, environment=environment)
    assert answer.stdout.startswith("{"), answer
    result = json.loads(answer.stdout)
    assert result["exit_code"] == answer.returncode, answer
    findings = {}
    for finding in result["findings"]:
        findings.setdefault(finding["check"], []).append(finding)
        assert finding["grade"] in ("ok", "warn", "problem", "skip"), finding
        assert finding["grade"] != "problem" or finding["remedy"], finding
        _found.add(finding["cause"])
    before = problems(findings)
    if not of_host:
        findings = {check: [finding for finding in found if not is_of_a_busy_host(finding)]
                    for check, found in findings.items()}
    only_the_host = before and not problems(findings)
    return 0 if only_the_host else answer.returncode, findings


def is_of_a_busy_host(finding):
    return finding["grade"] == "problem" and finding["cause"] in OF_A_BUSY_HOST


def doctor(agent, *words, of_host=False):
    return examine("--rpc-addr=" + join_endpoint(*agent.rpc_endpoint), *words, of_host=of_host)


def problems(findings):
    return sorted({finding["cause"] for found in findings.values() for finding in found
                   if finding["grade"] == "problem"})


def shows(*causes):
    """Marks a test as one that makes these causes for real. It fails if no examination in it found one of them,
    so that no cause counts as shown by a test that shows another."""
    def mark(test):
        for cause in causes:
            _shown.setdefault(cause, []).append(test.__name__)

        @functools.wraps(test)
        def checked(*arguments, **named):
            _found.clear()
            test(*arguments, **named)
            assert _found & set(causes), f"no examination found {causes}, but {_found}"
        return checked
    return mark


def shown():
    """Which cause is shown by which tests, of the modules that are loaded."""
    return dict(_shown)


def known_causes():
    """{cause: exit code}, as the program lists them."""
    answer = run("doctor", "--causes", "--format=json")
    assert answer.returncode == 0, answer
    return {row["cause"]: row["exit_code"] for row in json.loads(answer.stdout)["causes"]}


class Codes(dict):
    """The same, asked for when the first is needed."""

    def __missing__(self, cause):
        self.update(known_causes())
        return dict.__getitem__(self, cause) if cause in self else pytest.fail(f"no cause is named {cause}")


CODE = Codes()
