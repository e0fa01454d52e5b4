# SPDX-License-Identifier: Apache-2.0
"""A cluster of six Serf agents without a key becomes one of rollcall agents that refuse plain text, and
goes back, step by step (docs/operations/encryption.md). At no point is a member failed for anybody."""

import base64
import json
import re
import signal

import pytest

from harness.rpc import RpcError
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.serf
KEY = base64.b64encode(bytes(range(32))).decode()
NAMES = [f"n{number}" for number in range(1, 7)]


class Ladder:
    """The cluster, and the configuration files of its rollcall agents."""

    def __init__(self, cluster, folder):
        self.cluster, self.folder = cluster, folder
        self.logs = []  # of all agents, also of those that were replaced
        self.excused = set()  # lines about Serf agents that were leaving

    def file_of(self, name, step):
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps({"encrypt_key": KEY, "encryption": step}))
        path.chmod(0o600)
        return path

    def start(self, kind, name, **options):
        seeds = list(self.cluster.agents.values())[:2]
        agent = self.cluster.start(kind, name, join=seeds, **options)
        self.logs.append((name, agent.output))
        self.cluster.wait_all_alive()
        return agent

    def replace(self, name):
        """A Serf agent leaves, and a rollcall agent of its name and address comes, with the key."""
        old = self.cluster.agents.pop(name)
        old.interrupt()
        old.wait_exit(30)
        self.start("rollcall", name, host=old.bind[0], port=old.bind[1],
                   extra=[f"-config-file={self.file_of(name, 'accept')}"])
        # Of a Serf agent that leaves, another one may miss the word, and takes it for failed.
        self.excused |= {line for line, failed in self._failed() if failed == name}

    def step(self, step):
        """All agents, one after the other, by the file and SIGHUP."""
        for name, agent in self.cluster.agents.items():
            self.file_of(name, step)
            agent.signal(signal.SIGHUP)
            agent.output.wait_for(
                lambda lines: any(f"the encryption is now '{step}'" in line for line in lines[-400:]), 20,
                f"{name} goes to {step}")
        self.cluster.hold_statuses(6, **dict.fromkeys(self.cluster.agents, "alive"))

    def figures(self, name):
        with self.cluster.agents[name].rpc() as rpc:
            return rpc.stats()["encryption"]

    def _failed(self):
        """The lines of all agents that call a member failed, each with its name."""
        for observer, output in self.logs:
            for line in output.text("err", "out").split("\n"):
                failed = re.search(r"(?:member-failed|EventMemberFailed): (\S+) ", line)
                if failed:
                    yield f"{observer}: {line}", failed[1]

    def failures(self):
        return [line for line, _ in self._failed() if line not in self.excused]


@pytest.fixture
def ladder(clusters, tmp_path):
    cluster = clusters(profile="lan")
    ladder = Ladder(cluster, tmp_path)
    for name in NAMES:
        ladder.start("serf", name)
    return ladder


def test_six_serf_agents_go_to_encryption_and_back(ladder):
    for name in NAMES[:3]:
        ladder.replace(name)
    assert ladder.figures("n1")["step"] == "accept"
    # Half of them are Serf agents still, and send plain text.
    wait_until(lambda: int(ladder.figures("n1")["plain_text_5m"]) > 0, 20, "n1 counts plain text")
    wait_until(lambda: "(n6)" in ladder.figures("n1")["plain_text_from"], 30 * PATIENCE,
               "n1 names n6, which sends plain text")
    for name in NAMES[3:]:
        ladder.replace(name)
    assert not ladder.failures()

    ladder.step("send")
    before = {name: int(ladder.figures(name)["plain_text"]) for name in NAMES}
    ladder.cluster.hold_statuses(5, **dict.fromkeys(NAMES, "alive"))
    assert {name: int(ladder.figures(name)["plain_text"]) for name in NAMES} == before, \
        "with all at 'send' nobody sends plain text"

    ladder.step("require")
    stranger = ladder.cluster.start("rollcall", "stranger")
    ladder.cluster.agents.pop("stranger")
    with stranger.rpc() as rpc, pytest.raises(RpcError):
        rpc.join(ladder.cluster.agents["n1"].address)
    stranger.interrupt()
    assert set(ladder.cluster.agents["n1"].members()) == set(NAMES)

    for step in ("send", "accept", "off"):
        ladder.step(step)
    assert not ladder.failures()
    # Without encryption a Serf agent without a key is one of them again.
    ladder.start("serf", "n7")
    assert not ladder.failures()


def test_a_step_that_is_left_out_is_logged(ladder):
    ladder.replace("n1")
    agent = ladder.cluster.agents["n1"]
    ladder.file_of("n1", "require")
    agent.signal(signal.SIGHUP)
    agent.output.wait_for(lambda lines: any("leaves out a step" in line for line in lines), 20, "the warning")
    agent.output.wait_for(lambda lines: any("is refused from now on" in line for line in lines), 20,
                          "the sources of plain text")
