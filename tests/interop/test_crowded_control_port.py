# SPDX-License-Identifier: Apache-2.0
"""Clients that ask without end do not keep an agent from answering probes: nobody suspects it meanwhile."""

import contextlib
import select
import socket
import threading

import pytest

from harness.rpc import request
from harness.waiting import wait_until

pytestmark = pytest.mark.rollcall
HANDSHAKE = request("handshake", 0, {"Version": 1})


class Crowd:
    """Clients that send one request again and again, as fast as the agent reads, and come back when it
    closes their connection."""

    def __init__(self, endpoint, clients, asked):
        self._endpoint, self._asked = endpoint, asked * 500
        self._ended = threading.Event()
        self.closed = 0
        self._threads = [threading.Thread(target=self._client, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join(20)

    def _client(self):
        while not self._ended.is_set():
            with contextlib.suppress(ConnectionError):
                self._connection()
            self.closed += 1

    def _connection(self):
        with socket.create_connection(self._endpoint, timeout=20) as client:
            client.sendall(HANDSHAKE)
            client.setblocking(False)
            while not self._ended.is_set():
                readable, writable, _ = select.select([client], [client], [], 0.2)
                with contextlib.suppress(BlockingIOError):
                    if readable and not client.recv(1 << 16):
                        return
                with contextlib.suppress(BlockingIOError):
                    if writable:
                        client.send(self._asked)


@pytest.mark.parametrize("clients, asked", [(5, request("stats", 1)), (50, request("auth", 1, {"AuthKey": "wrong"}))],
                         ids=["5 pipeline stats", "50 try tokens"])
def test_a_crowd_at_the_control_port_does_not_make_the_agent_a_suspect(cluster, clients, asked):
    token = None if clients == 5 else "sekret"
    crowded = cluster.start("rollcall", "crowded", extra=[f"-rpc-auth={token}"] if token else [])
    crowded.token = token
    others = [cluster.start("rollcall", name, join=[crowded]) for name in ("n2", "n3")]
    cluster.wait_all_alive()

    def figure(name):
        """Of the other two together."""
        total = 0
        for agent in others:
            with agent.rpc() as rpc:
                total += int(rpc.stats()["rollcall"][name])
        return total

    probes, failed = figure("probes"), figure("probes_failed")
    with Crowd(crowded.rpc_endpoint, clients, asked) as crowd:
        # A client with the right token still gets its answer.
        wait_until(lambda: figure("probes") >= probes + 10, 60, "ten more probes")
        with crowded.rpc() as rpc:
            assert int(rpc.stats()["serf"]["members"]) == 3
        if token:
            wait_until(lambda: crowd.closed >= clients, 60, "connections with wrong tokens are closed")
    assert figure("probes_failed") <= failed + 2
    for agent in others:
        assert not [line for line in agent.output.lines() if "suspecting crowded" in line]
    cluster.wait_all_alive()
