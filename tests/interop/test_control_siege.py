# SPDX-License-Identifier: Apache-2.0
"""Everything that holds a control port up, at once: a client that wants the member list still gets it.

A thousand clients that say nothing, some that say a byte now and then, some that announce more than
they may send, and one that follows log and events and never reads.
"""

import contextlib
import socket
import threading
import time

import pytest

from harness import rpc
from harness.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.rollcall

IDLE = 1000
DRIPPING = 20
# Texts and bytes are refused once as much has come as a stranger may send, arrays and maps at once.
OVERSIZED = [start + b"x" * 8192 for start in (
    b"\xdb\x7f\xff\xff\xff", b"\xc6\x7f\xff\xff\xff", b"\xdd\x7f\xff\xff\xff",
    b"\xdf\x7f\xff\xff\xff", b"\x82\xa7Command\xdb\x00\xff\xff\xff")]
SIEGE_SECONDS = 6
PATIENT_SECONDS = 2 * PATIENCE  # for one answer
MEMORY_LIMIT_KIB = 96 << 10


class Dripping(threading.Thread):
    """Keeps requests that never end alive with a byte every fifth of a second."""

    def __init__(self, endpoint):
        super().__init__(daemon=True)
        self._streams = [socket.create_connection(endpoint, timeout=10) for _ in range(DRIPPING)]
        self._over = threading.Event()

    def run(self):
        request = b"\x82\xa7Command\xd9\xff" + b"x" * 255
        for byte in request:
            if self._over.wait(0.2):
                return
            for stream in self._streams:
                with contextlib.suppress(OSError):  # closed by the agent, as it may
                    stream.sendall(bytes([byte]))

    def close(self):
        self._over.set()
        self.join()
        for stream in self._streams:
            stream.close()


def never_reads(endpoint):
    """A client that follows everything and takes nothing: its socket's buffer is small and full soon."""
    follower = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    follower.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    follower.settimeout(10)
    follower.connect(endpoint)
    follower.sendall(rpc.request("handshake", 1, {"Version": 1})
                     + rpc.request("monitor", 2, {"LogLevel": "trace"})
                     + rpc.request("stream", 3, {"Type": "*"}))
    return follower


def test_the_member_list_is_served_during_a_siege(cluster, figure):
    victim = cluster.start("rollcall", "victim")
    cluster.start("rollcall", "friend", join=[victim])
    cluster.wait_all_alive()
    before = victim.resident_kib()
    slowest = 0.0
    with contextlib.ExitStack() as held:
        follower = held.enter_context(contextlib.closing(never_reads(victim.rpc_endpoint)))
        for _ in range(IDLE):
            stream = socket.create_connection(victim.rpc_endpoint, timeout=10)
            held.enter_context(contextlib.closing(stream))
        dripping = Dripping(victim.rpc_endpoint)
        held.callback(dripping.close)
        dripping.start()
        deadline = time.monotonic() + SIEGE_SECONDS
        rounds = 0
        while time.monotonic() < deadline:
            for noise in OVERSIZED:
                with socket.create_connection(victim.rpc_endpoint, timeout=10) as liar:
                    liar.settimeout(PATIENT_SECONDS)
                    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                        liar.sendall(noise)
                        assert liar.recv(1) == b"", "refused without a word"
            began = time.monotonic()
            with victim.rpc() as client:  # a new one each time: it also has to get in
                assert set(client.members()) == {"victim", "friend"}
                client.tags({"round": str(rounds), "filling": "x" * 300})  # an event for the follower
            slowest = max(slowest, time.monotonic() - began)
            rounds += 1
        grown = victim.resident_kib()
        del follower
    assert rounds >= 3
    assert slowest < PATIENT_SECONDS, f"{slowest:.2f} s for one answer"
    assert grown < MEMORY_LIMIT_KIB, f"{grown} KiB resident"
    figure(f"siege of the control port: {IDLE} idle, {DRIPPING} dripping, {rounds} rounds; "
           f"slowest answer {slowest * 1000:.0f} ms; {before} KiB before, {grown} KiB at the height")
    # Afterwards it is as it was.
    wait_until(lambda: victim.statuses() == {"victim": "alive", "friend": "alive"}, 10,
               "everybody is alive in the victim's eyes")
