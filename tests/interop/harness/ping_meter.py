# SPDX-License-Identifier: Apache-2.0
"""How long an agent takes to answer a ping, measured the whole time: what its peers see of it.

One thread sends a ping every few milliseconds, another reads the acks. Beside the slowest answer it
knows the longest time without any, since a full socket buffer loses pings instead of delaying them.
"""

import socket
import threading
import time

from . import hostile, sealing


class PingMeter:
    def __init__(self, agent, host, layers, every=0.01):
        self._agent, self._layers, self._every = agent, layers, every
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.settimeout(0.2)
        self._over = threading.Event()
        self._sent, self.answers, self.worst, self._quiet = {}, 0, 0.0, 0.0
        self._last = time.monotonic()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._send, self._read)]

    def __enter__(self):
        self._last = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        time.sleep(0.2)  # the last answers
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._quiet = max(self._quiet, time.monotonic() - self._last - 0.2)
        self._socket.close()

    @property
    def longest(self):
        """Seconds: the slowest answer, or the longest time without one."""
        return max(self.worst, self._quiet - self._every)

    def _send(self):
        host, port = self._socket.getsockname()
        number = 0
        while not self._over.wait(self._every):
            number += 1
            ping = hostile.message(hostile.PING, Node=self._agent.name, SeqNo=number,
                                   SourceAddr=socket.inet_aton(host), SourcePort=port, SourceNode="meter")
            self._sent[number] = time.monotonic()
            try:
                self._socket.sendto(self._layers.packet(ping), self._agent.bind)
            except OSError:  # it has ended: that is reported elsewhere
                pass

    def _read(self):
        while not self._over.is_set():
            try:
                packet = self._socket.recv(65536)
            except OSError:
                continue
            now = time.monotonic()
            for message in self._layers.messages(packet):
                if message[0] != hostile.ACK:
                    continue
                sent = self._sent.pop(sealing.fields(message)[1].get("SeqNo"), None)
                if sent is None:
                    continue
                self.answers += 1
                self.worst = max(self.worst, now - sent)
                self._quiet = max(self._quiet, now - self._last)
                self._last = now
