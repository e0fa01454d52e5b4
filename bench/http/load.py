#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whether HTTP clients delay the failure detector: how long an agent takes to answer a ping, with and
without them.

One agent that knows many members is pinged over UDP all the time, as other members ping it; first
alone, then with clients: scrapes, event streams, connections that send nothing, and
connections that send one byte of a head now and then. Loopback only.
"""
import argparse
import multiprocessing
import os
import select
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path += [os.path.join(HERE, "..", "echo"), os.path.join(HERE, "..", "..", "tests", "interop")]
import targets  # noqa: E402
from harness import hostile, limits  # noqa: E402

PING_EVERY = 0.005  # seconds


def ping_times(port, seconds, answer):
    """Seconds that each ping took; one that is lost counts as a second. Run as a process of its own."""
    took = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", port))
        end = time.monotonic() + seconds
        number = 0
        while (now := time.monotonic()) < end:
            number += 1
            udp.send(hostile.message(hostile.PING, SeqNo=number, Node="observed"))
            if select.select([udp], [], [], 1.0)[0]:
                udp.recv(65536)
                took.append(time.monotonic() - now)
            else:
                took.append(1.0)
            time.sleep(max(0.0, now + PING_EVERY - time.monotonic()))
    answer.put(took)


class Clients:
    """The load, driven by run() in a process of its own."""

    def __init__(self, host, port, options):
        self.at, self.options = (host, port), options
        self.sources = 0
        self.streams = [self._stream() for _ in range(options.streams)]
        self.dripping = [self._connect() for _ in range(options.dripping)]
        self.idle = [self._connect() for _ in range(options.idle)]
        self.scrape_bytes = 0

    def _connect(self):
        """From one of many loopback addresses: places are limited for each address."""
        self.sources += 1
        client = socket.socket()
        client.bind((f"127.0.{1 + self.sources // 50 % 250}.1", 0))
        client.setblocking(False)
        client.connect_ex(self.at)
        return client

    def _stream(self):
        client = self._connect()
        select.select([], [client], [], 5)
        client.send(b"GET /v1/events?level=debug HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client

    def _scrape(self):
        with socket.create_connection(self.at, timeout=10) as client:
            client.sendall(f"GET {self.options.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            size = 0
            while piece := client.recv(65536):
                size += len(piece)
        self.scrape_bytes = size

    def _turn(self):
        """Streams are read; who was closed comes again, as such clients do."""
        for client in self.streams:
            try:
                while client.recv(65536):
                    pass
            except OSError:
                pass
        for group, byte in ((self.dripping, b"G"), (self.idle, None)):
            for place, client in enumerate(group):
                try:
                    if byte:
                        client.send(byte)
                    elif client.recv(1) == b"":
                        raise ConnectionResetError
                except BlockingIOError:
                    pass
                except OSError:
                    client.close()
                    group[place] = self._connect()

    def run(self, seconds, answer):
        end = time.monotonic() + seconds
        due, scrapes, slowest = time.monotonic(), 0, 0.0
        while (now := time.monotonic()) < end:
            self._scrape()
            scrapes += 1
            slowest = max(slowest, time.monotonic() - now)
            if scrapes % self.options.scrapes == 0:
                self._turn()
            due += 1 / self.options.scrapes
            time.sleep(max(0.0, due - time.monotonic()))
        answer.put((scrapes, slowest, self.scrape_bytes))


def drive(host, port, options, seconds, ready, answer):
    clients = Clients(host, port, options)
    ready.set()
    clients.run(seconds, answer)


def measure(port, seconds):
    answer = multiprocessing.Queue()
    pinger = multiprocessing.Process(target=ping_times, args=(port, seconds, answer))
    pinger.start()
    took = answer.get(timeout=seconds + 60)
    pinger.join()
    return sorted(took)


def teach(port, count):
    """Members that nobody runs, in one push-pull: the agent then probes and gossips to them."""
    nodes = [hostile.pack({"Name": f"node-{number:05}.example", "Addr": bytes([127, 128 + number // 62500,
                           number // 250 % 250, 1 + number % 250]), "Port": 7946, "Incarnation": 1, "State": 0,
                           "Meta": b"", "Vsn": hostile.SERF_VERSIONS}) for number in range(count)]
    head = hostile.message(hostile.PUSH_PULL, Nodes=count, UserStateLen=0, Join=False)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
        peer.sendall(head + b"".join(nodes))
        while peer.recv(65536):
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--members", type=int, default=10_000, help="that the agent knows")
    parser.add_argument("--seconds", type=float, default=30.0, help="measured, without and with clients")
    parser.add_argument("--path", default="/metrics", help="that is scraped")
    parser.add_argument("--scrapes", type=int, default=10, help="in a second")
    parser.add_argument("--streams", type=int, default=20, help="event streams")
    parser.add_argument("--idle", type=int, default=1000, help="connections that send nothing")
    parser.add_argument("--dripping", type=int, default=20, help="connections that send a byte a second")
    parser.add_argument("--per-member", action="store_true", help="with series of each member")
    options = parser.parse_args()
    limits.allow_many_files()

    binary = os.path.join(options.build, "bin", "rollcall")
    agent = targets.start_rollcall(binary, "observed", http=True,
                                   more=["--metrics-per-member"] if options.per_member else [])
    try:
        teach(agent.port, options.members)
        known = targets.alive_members(binary, agent.rpc)
        print(f"{known} members are alive; {options.scrapes} scrapes/s of {options.path}, {options.streams} streams, {options.idle} idle, "
              f"{options.dripping} dripping; a ping every {PING_EVERY * 1000:g} ms for {options.seconds:g} s")
        print(f"{'':<10}{'pings':>8}{'p50 ms':>9}{'p99 ms':>9}{'p99.9 ms':>10}{'max ms':>9}")
        host, port = agent.http.rsplit(":", 1)
        for name in ("alone", "loaded", "alone", "loaded"):
            if name == "loaded":
                ready, answer = multiprocessing.Event(), multiprocessing.Queue()
                clients = multiprocessing.Process(
                    target=drive, args=(host, int(port), options, options.seconds + 1, ready, answer))
                clients.start()
                ready.wait(60)
            took = measure(agent.port, options.seconds)
            at = [took[min(len(took) - 1, int(len(took) * share))] * 1000 for share in (0.5, 0.99, 0.999, 1)]
            line = f"{name:<10}{len(took):>8}{at[0]:>9.2f}{at[1]:>9.2f}{at[2]:>10.2f}{at[3]:>9.2f}"
            if name == "loaded":
                scrapes, slowest, size = answer.get(timeout=60)
                clients.join()
                line += f"   {scrapes} scrapes of {size} bytes, slowest {slowest * 1000:.0f} ms"
            print(line, flush=True)
    finally:
        agent.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
