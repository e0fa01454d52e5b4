# SPDX-License-Identifier: Apache-2.0
"""A running agent under attack: it lives, believes nothing of it, and still serves its cluster.

Some of these packets kill Go peers, so only rollcall agents are their target.
"""

import base64
import contextlib
import json
import pathlib
import socket

import pytest

from harness import hostile
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.rollcall

VECTORS = pathlib.Path(__file__).parent / "vectors"
MEMORY_LIMIT_KIB = 96 << 10
GARBAGE_PACKETS = 20_000
SEED = 20261121


@pytest.fixture
def besieged(cluster):
    """Three agents; the first is attacked, the others are who it must not lose."""
    victim = cluster.start("rollcall", "victim", tags={"role": "fort"})
    friend = cluster.start("rollcall", "friend", join=[victim])
    cluster.start("rollcall", "witness", join=[victim, friend])
    cluster.wait_all_alive()
    return cluster


def assert_unmoved(cluster, before):
    """No agent's view has changed, the victim still answers, and it has not grown."""
    victim = cluster.agents["victim"]
    assert victim.running, victim.output.lines()[-20:]
    for name, agent in cluster.agents.items():
        assert agent.members() == before[name], cluster.views()
    assert hostile.read_only_push_pull(victim.bind), "it answers a peer's push/pull"
    assert victim.resident_kib() < MEMORY_LIMIT_KIB
    # A probe round of each peer: what an attack has broken would show as suspicion and failure.
    cluster.hold_statuses(2.5, **dict.fromkeys(cluster.agents, "alive"))


def beliefs(cluster):
    return {name: agent.members() for name, agent in cluster.agents.items()}


def datagram_socket():
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.bind(("127.0.0.1", 0))
    return sender


def pinged(sender, agent, sequence):
    """Sends a proper ping and reads on until its own ack comes: all that was sent before is handled."""
    sender.settimeout(0.3)
    want = hostile.message(hostile.ACK, SeqNo=sequence)[-4:]
    host, port = sender.getsockname()
    for _ in range(20):
        sender.sendto(hostile.message(hostile.PING, Node=agent.name, SeqNo=sequence,
                                      SourceAddr=socket.inet_aton(host), SourcePort=port,
                                      SourceNode="prober"), agent.bind)
        with contextlib.suppress(TimeoutError):
            while True:
                answer = sender.recv(65536)
                if want in answer or answer[:1] in (bytes([hostile.COMPRESS]), bytes([hostile.CRC])):
                    return True
    return False


def test_packets_that_kill_other_peers_change_nothing(besieged):
    victim = besieged.agents["victim"]
    before = beliefs(besieged)
    packets = hostile.deadly_packets("victim", *victim.bind, besieged.subnet.host())
    with datagram_socket() as sender:
        for number, (name, packet) in enumerate(packets.items()):
            sender.sendto(packet, victim.bind)
            if number % 10 == 9:
                assert pinged(sender, victim, 1 << 20 | number), f"silent after {name}"
            assert victim.running, f"died of: {name}"
        assert pinged(sender, victim, 1 << 21), "silent at the end"
    assert_unmoved(besieged, before)


def test_streams_that_lie_about_sizes_are_refused(besieged):
    victim = besieged.agents["victim"]
    before = beliefs(besieged)
    for name, data in hostile.deadly_streams("victim").items():
        answer = hostile.send_stream(victim.bind, data, timeout=12)
        assert answer is not None, f"{name}: neither refused nor closed in time"
        assert victim.running, f"died of: {name}"
    assert_unmoved(besieged, before)


def test_twenty_thousand_random_packets_change_nothing(besieged):
    victim = besieged.agents["victim"]
    before = beliefs(besieged)
    with datagram_socket() as sender:
        for number, packet in enumerate(hostile.garbage(SEED, GARBAGE_PACKETS)):
            sender.sendto(packet, victim.bind)
            if number % 250 == 249:  # so that the kernel's buffer drops none of them
                assert pinged(sender, victim, 1 << 20 | number), f"silent at packet {number}, seed {SEED}"
    assert_unmoved(besieged, before)


def test_random_streams_change_nothing(besieged):
    victim = besieged.agents["victim"]
    before = beliefs(besieged)
    for number, noise in enumerate(hostile.garbage(SEED + 1, 400, limit=8000)):
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            with socket.create_connection(victim.bind, timeout=5) as stream:
                stream.sendall(noise)  # and closed at once, whatever comes back
        assert victim.running, f"died of stream {number}, seed {SEED + 1}"
    assert_unmoved(besieged, before)


def test_datagrams_that_were_tampered_with_are_dropped(clusters):
    """Recorded packets of an encrypted cluster, altered: among them the padding that kills Go peers."""
    by_key = {}
    for vector in json.loads((VECTORS / "memberlist_encrypted.json").read_text())["vectors"]:
        if vector.get("error"):
            by_key.setdefault(vector["key"], []).append(vector)
    assert len(by_key) == 2
    for key, vectors in by_key.items():
        cluster = clusters(f"key{len(key)}", key=base64.b64encode(bytes.fromhex(key)).decode())
        victim = cluster.start("rollcall", "victim")
        cluster.start("rollcall", "friend", join=[victim])
        cluster.wait_all_alive()
        before = beliefs(cluster)
        with datagram_socket() as sender:
            for vector in vectors:
                data = bytes.fromhex(vector["hex"])
                if vector["transport"] == "udp":
                    sender.sendto(data, victim.bind)
                else:
                    assert hostile.send_stream(victim.bind, data, timeout=12) is not None, vector["name"]
                assert victim.running, vector["name"]
        cluster.hold_statuses(2.5, victim="alive", friend="alive")
        assert beliefs(cluster) == before


@pytest.mark.parametrize("sources", [1, 12], ids=["one-source", "many-sources"])
@pytest.mark.parametrize("opening", [b"", bytes([hostile.ENCRYPT, 0, 0, 64, 0]) + b"x" * 10,
                                     hostile.message(hostile.PUSH_PULL, Nodes=3, UserStateLen=9, Join=True)],
                         ids=["silent", "half a frame", "half a push-pull"])
def test_idle_connections_do_not_keep_a_legitimate_peer_out(cluster, sources, opening):
    """513 connections that never finish, one more than are kept: then an agent joins (rule X3)."""
    victim = cluster.start("rollcall", "victim", profile="lan")
    attackers = [cluster.subnet.host() for _ in range(sources)]
    with contextlib.ExitStack() as held:
        for number in range(513):
            stream = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            stream.settimeout(10)
            stream.bind((attackers[number % sources], 0))
            stream.connect(victim.bind)
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                stream.sendall(opening)
        assert hostile.read_only_push_pull(victim.bind), "a push/pull beside 513 idle connections"
        joined = cluster.start("rollcall", "joiner", join=[victim], profile="lan")
        cluster.wait_all_alive(10)
        with joined.rpc() as rpc:
            assert rpc.join(victim.address) == 1
        assert victim.resident_kib() < MEMORY_LIMIT_KIB
    # The flood is over: its connections are given back, and everything works as before.
    wait_until(lambda: hostile.read_only_push_pull(victim.bind), 10, "the victim answers after the flood")
    cluster.wait_all_alive(5)


def test_connections_that_say_nothing_are_closed_by_the_agent(cluster):
    victim = cluster.start("rollcall", "victim")  # the local profile gives a stream 1 s
    with socket.create_connection(victim.bind, timeout=10 * PATIENCE) as silent:
        assert silent.recv(1) == b"", "closed, with nothing said"


def test_the_control_port_survives_noise_too(besieged):
    """Before the handshake nothing is believed and little is read."""
    victim = besieged.agents["victim"]
    before = beliefs(besieged)
    evil = [b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff" + b"x" * 5000, b"\x91" * 60000,
            b"\xc1", b"GET / HTTP/1.1\r\n\r\n", b"\x82\xa7Command\xa7members\xa3Seq\x01",
            b"\x82\xa7Command\xa9handshake\xa3Seq\x01\x81\xa7Version\xcf" + b"\xff" * 8,
            *hostile.garbage(SEED + 2, 200, limit=6000)]
    for noise in evil:
        hostile.send_stream(victim.rpc_endpoint, noise, timeout=15)
        assert victim.running, noise[:40].hex()
    idle = []
    try:
        for _ in range(40):
            idle.append(socket.create_connection(victim.rpc_endpoint, timeout=5))
        with victim.rpc() as rpc:
            assert set(rpc.members()) == set(besieged.agents)
    finally:
        for connection in idle:
            connection.close()
    assert_unmoved(besieged, before)
