# SPDX-License-Identifier: Apache-2.0
"""The keys of a mixed cluster, listed, changed and rotated by either program through either kind of agent,
with no member lost.
"""

import base64
import hashlib
import json
import os
import stat
import subprocess

import pytest

from harness.agents import clean_environment, program
from harness.cluster import effective_kind
from harness.loopback import join_endpoint
from harness.waiting import PATIENCE

pytestmark = pytest.mark.serf
OLD, NEW, NEWER = (base64.b64encode(bytes(range(start, start + 32))).decode() for start in (0, 32, 64))
AGENTS = {"s1": "serf", "s2": "serf", "r1": "rollcall", "r2": "rollcall", "r3": "rollcall"}


@pytest.fixture
def encrypted(clusters, tmp_path):
    """Two Serf and three rollcall agents, each with a keyring file of its own."""
    cluster = clusters(profile="lan")
    for name, kind in AGENTS.items():
        ring = tmp_path / f"{name}.json"
        ring.write_text(json.dumps([OLD]))
        cluster.start(kind, name, join=list(cluster.agents.values())[:2], extra=[f"-keyring-file={ring}"])
    cluster.wait_all_alive()
    cluster.rings = {name: tmp_path / f"{name}.json" for name in AGENTS}
    return cluster


def keys(kind, agent, *arguments):
    return subprocess.run([program(effective_kind(kind)), "keys",
                           "-rpc-addr=" + join_endpoint(*agent.rpc_endpoint), *arguments],
                          env=clean_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120 * PATIENCE, check=False)


def until_all_did(kind, agent, *arguments):
    """As an operator would: again, when a member missed the query."""
    for _ in range(5):
        done = keys(kind, agent, *arguments)
        if done.returncode == 0:
            break
    assert done.returncode == 0, done
    return done


def files_of(cluster):
    return {name: json.loads(ring.read_text()) for name, ring in cluster.rings.items()}


def everybody_alive(cluster, seconds=4):
    cluster.hold_statuses(seconds, **dict.fromkeys(cluster.agents, "alive"))


@pytest.mark.parametrize("kind,through", [("serf", "r1"), ("rollcall", "s1"), ("rollcall", "r2")])
def test_keys_are_changed_by_hand_through_either_kind(encrypted, kind, through):
    agent = encrypted.agents[through]
    listed = until_all_did(kind, agent, "-list").stdout
    print_of_old = hashlib.sha256(base64.b64decode(OLD)).hexdigest()[:8]
    shown = f"  {print_of_old}" if effective_kind(kind) == "rollcall" else ""
    assert listed == ("==> Asking all members for installed keys...\n"
                      f"==> Keys gathered, listing cluster keys...\n\n{OLD}  [5/5]{shown}\n")
    assert until_all_did(kind, agent, "-install", NEW).stdout.endswith("==> Successfully installed key!\n")
    assert until_all_did(kind, agent, "-use", NEW).stdout.endswith("==> Successfully changed primary key!\n")
    assert files_of(encrypted) == dict.fromkeys(AGENTS, [NEW, OLD]), "primary first"
    refused = keys(kind, agent, "-remove", NEW)
    assert refused.returncode == 1
    assert refused.stdout.count("failed:  ") >= 3
    assert "nodes reported failure" in refused.stdout + refused.stderr
    until_all_did(kind, agent, "-remove", OLD)
    assert files_of(encrypted) == dict.fromkeys(AGENTS, [NEW])
    for name in ("r1", "r2", "r3"):
        assert stat.S_IMODE(os.stat(encrypted.rings[name]).st_mode) == 0o600
    everybody_alive(encrypted)


@pytest.mark.parametrize("through", ["r1", "s2"])
def test_a_rotation_loses_no_member(encrypted, through):
    """Twice: the second one finds a cluster that was rotated before."""
    agent = encrypted.agents[through]
    for key in (NEW, NEWER):
        done = keys("rollcall", agent, "rotate", key)
        assert done.returncode == 0, done
        assert files_of(encrypted) == dict.fromkeys(AGENTS, [key]), done.stdout
        everybody_alive(encrypted)
    again = keys("rollcall", agent, "rotate", NEWER)
    assert again.returncode == 0, again
    late = encrypted.start("rollcall", "late", join=[agent], key=NEWER)
    encrypted.wait_all_alive()
    assert late.running


def test_an_agent_without_members_does_not_rotate_its_key(encrypted):
    """It could not join the others any more. One that is the whole cluster is told so by its operator."""
    lonely = encrypted.start("rollcall", "lonely", key=OLD)
    refused = keys("rollcall", lonely, "rotate", NEW)
    assert refused.returncode == 1, refused
    assert "knows no other member" in refused.stderr
    assert "--alone" in refused.stderr
    assert OLD in keys("rollcall", lonely, "list").stdout
    done = keys("rollcall", lonely, "rotate", NEW, "--alone")
    assert done.returncode == 0, done
    listed = keys("rollcall", lonely, "list").stdout
    assert NEW in listed and OLD not in listed


def test_every_member_gets_the_key(encrypted):
    """A member that failed a moment ago may come back, so its old key stays until the operator decides."""
    encrypted.kill("s2")
    encrypted.wait_statuses(60, s2="failed")
    r1 = encrypted.agents["r1"]
    refused = keys("rollcall", r1, "rotate", NEW)
    assert refused.returncode == 1, refused
    assert "s2 failed and may come back without it" in refused.stderr
    assert "rollcall keys rotate KEY, with the same key" in refused.stderr and NEW not in refused.stderr
    ours = {name: ring for name, ring in files_of(encrypted).items() if name != "s2"}
    assert ours == dict.fromkeys(ours, [OLD, NEW]), "installed, and not used"
    encrypted.restart("s2", join=r1)
    encrypted.wait_all_alive()
    done = keys("rollcall", r1, "rotate", NEW)
    assert done.returncode == 0, done
    assert files_of(encrypted) == dict.fromkeys(AGENTS, [NEW])
    everybody_alive(encrypted)


@pytest.mark.rollcall
def test_a_table_lists_the_holders_of_each_key(encrypted):
    until_all_did("serf", encrypted.agents["s1"], "-install", NEW)
    table = until_all_did("rollcall", encrypted.agents["r1"], "list", "-table").stdout.splitlines()
    # The fingerprint of a key, never a part of it.
    old, new = (hashlib.sha256(base64.b64decode(key)).hexdigest()[:8] for key in (OLD, NEW))
    assert table == [f"{name}  {old}*  {new}" for name in sorted(AGENTS)]
