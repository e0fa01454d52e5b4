# SPDX-License-Identifier: Apache-2.0
"""Real agents under attack, in a short form: no healthy member is failed, none ends, all views are right again.

tools/siege.py has the long form: all attacks, other binaries, Serf, keys and mixed clusters, as a table.
"""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from harness import agents, attacks, hostile, siege
from harness.sealing import Sealing, can_encrypt, unpacked
from harness.waiting import PATIENCE

pytestmark = pytest.mark.rollcall

SECONDS = float(os.environ.get("ROLLCALL_SIEGE_SECONDS", "3"))


@pytest.mark.parametrize("attack", attacks.ATTACKS)
def test_an_attack_harms_nobody(clusters, attack, figure):
    if reason := attacks.why_not(attack):
        pytest.skip(reason)
    setting = siege.Setting("rollcall")
    cluster = clusters(attack)
    siege.start(cluster, setting, attack)
    row = siege.besiege(cluster, setting, attack, SECONDS)
    right = "not" if row.right_after is None else f"{row.right_after:.1f} s"
    figure(f"siege {attack}: {row.false_failures} false failures, worst ping {1000 * row.worst_ping:.0f} ms, "
           f"CPU {row.cpu:.1f} s, {row.rss_kib / 1024:.0f} MiB, right after {right}")
    assert not row.ended, row
    assert row.failures_at_ours == 0, row
    assert row.right_at_ours is not None, f"{row}\n{cluster.views()}"


def run_tool(*arguments):
    tool = pathlib.Path(__file__).resolve().parents[2] / "tools" / "siege.py"
    return subprocess.run([sys.executable, tool, f"--build={agents.ROLLCALL}", *arguments], check=False,
                          capture_output=True, text=True, timeout=120 * PATIENCE)


def test_the_tool_prints_what_an_attack_did():
    done = run_tool("--only=compounds", "--seconds=1", "--format=json")
    assert done.returncode == 0, done
    (row,) = json.loads(done.stdout)
    assert (row["attack"], row["setting"], row["ended"]) == ("compounds", "rollcall", [])
    assert 0 < row["worst_ping"] < 10 * PATIENCE and row["rss_kib"] > 0


def test_the_tool_refuses_what_it_cannot_do():
    for mistake, words in (("--only=nonsense", "nonsense"), ("--seconds=0", "1 to 600"),
                           ("--build-before=/nowhere/rollcall", "/nowhere/rollcall does not exist")):
        done = run_tool(mistake)
        assert done.returncode == 2 and words in done.stderr, done


def test_what_the_attacker_packs_is_what_the_reader_unpacks():
    """The meter reads what any peer may write: compressed, in compounds, with a checksum."""
    plain = hostile.message(hostile.ACK, SeqNo=7, Payload=b"\0" * 300)
    packet = hostile.crc(hostile.compress(hostile.compound(plain, plain)))
    assert Sealing().messages(packet) == [plain, plain]
    for size in (1, 600, 5000, 70_000):
        data = bytes(number * number % 251 for number in range(size))
        assert unpacked(hostile.lzw(data)) == data


@pytest.mark.skipif(not can_encrypt(), reason="needs Debian's python3-cryptography")
def test_sealed_packets_open_with_their_key_alone():
    key, other = "A" * 43 + "=", "B" * 43 + "="
    plain = hostile.message(hostile.ACK, SeqNo=7, Payload=b"")
    packet = Sealing(key).packet(plain)
    assert Sealing(key).messages(packet) == [plain]
    assert Sealing(other).messages(packet) == []
