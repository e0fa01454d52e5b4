# SPDX-License-Identifier: Apache-2.0
"""A link whose packets take their time, between two network namespaces of its own: the thread that makes it
is in the one, and with it whatever it starts and connects to; in the other an agent can be started. Two TUN
devices, and a thread that carries packets from one to the other when they are due: no traffic control of the
kernel is needed. All goes with close(), and the thread is where it was before.
"""

import collections
import ctypes
import fcntl
import os
import random
import select
import shutil
import struct
import subprocess
import threading
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000
CLONE_NEWNET = 0x40000000
LONGEST_PACKET = 65536


def why_not():
    """None, or why there can be no such link here."""
    if os.geteuid() != 0:
        return "needs root, for a network namespace and a slow link to it"
    if not shutil.which("ip"):
        return "needs the program ip (Debian: iproute2)"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "needs /dev/net/tun"
    trial = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return None if trial.returncode == 0 else "network namespaces are not allowed here"


def enter(call, *arguments):
    """unshare() or setns(), of the calling thread alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, call)(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"{call}: {os.strerror(ctypes.get_errno())}")


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=20)


class SlowLink:
    """`near` is an address at our end, `far` one at the other; `seconds` each way."""

    def __init__(self, seconds):
        self._seconds = seconds
        tag = f"{os.getpid() % 100_000}{random.randrange(100)}"
        self._namespace = f"rollcall-{tag}"
        # Of 198.18.0.0/15, which is set aside for tests of networks.
        subnet = f"198.18.{random.randrange(256)}.{4 * random.randrange(64)}".rpartition(".")
        self.near, self.far = (f"{subnet[0]}.{int(subnet[2]) + host}" for host in (1, 2))
        self._ends = []
        self._ended = os.pipe()
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        enter("unshare", CLONE_NEWNET)
        try:
            ip("link", "set", "lo", "up")
            ip("netns", "add", self._namespace)
            for letter in "nf":
                self._ends.append(self._tun(f"rc{letter}{tag}"))
            ip("address", "add", f"{self.near}/30", "dev", f"rcn{tag}")
            ip("link", "set", f"rcn{tag}", "up")
            ip("link", "set", f"rcf{tag}", "netns", self._namespace)
            inside = ("-n", self._namespace)
            ip(*inside, "address", "add", f"{self.far}/30", "dev", f"rcf{tag}")
            ip(*inside, "link", "set", f"rcf{tag}", "up")
            ip(*inside, "link", "set", "lo", "up")
        except BaseException:
            self._clear()
            raise
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    @property
    def within(self):
        """What goes before the words of a command that is to run at the far end."""
        return ("ip", "netns", "exec", self._namespace)

    def close(self):
        os.write(self._ended[1], b"x")
        self._thread.join()
        self._clear()

    @staticmethod
    def _tun(name):
        end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        return end

    def _carry(self):
        under_way = collections.deque()  # (due, to, packet), in order, since all take the same time
        other = dict(zip(self._ends, reversed(self._ends)))
        while True:
            wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
            ready, _, _ = select.select([self._ended[0], *self._ends], [], [], wait)
            if self._ended[0] in ready:
                return
            for end in ready:
                under_way.append((time.monotonic() + self._seconds, other[end], os.read(end, LONGEST_PACKET)))
            while under_way and under_way[0][0] <= time.monotonic():
                _, end, packet = under_way.popleft()
                try:
                    os.write(end, packet)
                except OSError:
                    pass  # lost, as on any link

    def _clear(self):
        enter("setns", self._home, CLONE_NEWNET)
        for end in (*self._ends, *self._ended, self._home):
            os.close(end)
        subprocess.run(["ip", "netns", "delete", self._namespace], capture_output=True, timeout=20, check=False)
