# SPDX-License-Identifier: Apache-2.0
"""A network namespace of a test's own, whose addresses and routes it may change: the thread that makes it is
in it, and with it whatever it starts and connects to. All goes with close().
"""

import os
import random
import shutil
import subprocess

from .slow_link import CLONE_NEWNET, enter, ip


def why_not():
    """None, or why there can be no such network here."""
    if os.geteuid() != 0:
        return "needs root, for a network namespace whose routes it may change"
    if not shutil.which("ip"):
        return "needs the program ip (Debian: iproute2)"
    trial = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return None if trial.returncode == 0 else "network namespaces are not allowed here"


class OwnNetwork:
    """`lo` is up, with these addresses on it beside its own. `island`: a second namespace with a link to ours;
    its address there is `far`, ours `near`."""

    def __init__(self, addresses=(), island=False):
        tag = f"{os.getpid() % 100_000}{random.randrange(100)}"
        self._island = f"rollcall-{tag}" if island else None
        # Of 198.18.0.0/15, which is set aside for tests of networks.
        self.near, self.far = "198.18.1.1", "198.18.1.2"
        self.link = f"rcf{tag}"
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        enter("unshare", CLONE_NEWNET)
        try:
            ip("link", "set", "lo", "up")
            for address in addresses:
                self.add(address)
            if island:
                ip("netns", "add", self._island)
                ip("link", "add", f"rcn{tag}", "type", "veth", "peer", "name", self.link)
                ip("link", "set", self.link, "netns", self._island)
                for device, address, place in ((f"rcn{tag}", self.near, ()), (self.link, self.far, self._inside)):
                    ip(*place, "address", "add", f"{address}/24", "dev", device)
                    ip(*place, "link", "set", device, "up")
                ip(*self._inside, "link", "set", "lo", "up")
        except BaseException:
            self.close()
            raise

    @property
    def _inside(self):
        return ("-n", self._island)

    @property
    def within(self):
        """What goes before the words of a command that is to run on the island."""
        return ("ip", "netns", "exec", self._island)

    @staticmethod
    def add(address):
        ip("address", "add", f"{address}/32", "dev", "lo")

    @staticmethod
    def remove(address):
        ip("address", "del", f"{address}/32", "dev", "lo")

    @staticmethod
    def route(kind, address):
        """What Linux answers for it from now on: unreachable, prohibit, blackhole, throw."""
        ip("route", "add", kind, f"{address}/32")

    def set_link(self, state):
        """The island's link, up or down."""
        ip(*self._inside, "link", "set", self.link, state)

    def close(self):
        enter("setns", self._home, CLONE_NEWNET)
        os.close(self._home)
        if self._island:
            subprocess.run(["ip", "netns", "delete", self._island], capture_output=True, timeout=20, check=False)
