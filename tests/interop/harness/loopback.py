# SPDX-License-Identifier: Apache-2.0
"""Addresses and ports of this run, so that two runs side by side never meet.

A run owns a /24 of 127.0.0.0/8, held by a lock on a socket as long as the run lives; every agent gets
its own address in it. Nothing ever leaves the loopback interface.
"""

import itertools
import random
import socket


class Subnet:
    """A /24 inside 127.0.0.0/8 that no other run of this suite uses at the same time."""

    def __init__(self):
        dice = random.SystemRandom()
        for _ in range(1000):
            prefix = f"127.{dice.randint(16, 254)}.{dice.randint(1, 254)}"
            lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                lock.bind(f"\0rollcall-interop-{prefix}")
            except OSError:
                lock.close()
                continue
            self.prefix, self._lock = prefix, lock
            self._hosts = itertools.cycle(range(1, 255))
            return
        raise RuntimeError("no free loopback subnet in 1000 draws")

    def host(self):
        """The next address. After 254 they come round again, long after their first user is gone."""
        return f"{self.prefix}.{next(self._hosts)}"

    def close(self):
        self._lock.close()


def free_port(host):
    """A port that is free on `host` for TCP and for UDP alike, for programs that cannot take port 0.

    Between this answer and its use another program may take the port: the caller tries again.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(100):
        with socket.socket(family, socket.SOCK_STREAM) as tcp:
            tcp.bind((host, 0))
            port = tcp.getsockname()[1]
            with socket.socket(family, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind((host, port))
                except OSError:
                    continue
                return port
    raise RuntimeError(f"no port is free for TCP and UDP on {host}")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def split_endpoint(text):
    """'127.0.0.1:40' or '[::1]:40' as (host, port)."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def join_endpoint(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
