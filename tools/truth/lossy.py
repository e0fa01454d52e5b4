# SPDX-License-Identifier: Apache-2.0
"""A network in which the kernel drops packets: a namespace with a loopback and a few nftables rules. It
exists as long as the processes in it, so nothing is left behind.

Packets are dropped on arrival: datagrams, stream segments and ICMP answers alike, as on the simulator's
links. If dropped on sending, the sender would get an error. Of the clusters that lose() names, a share is
dropped, each packet independently; of a host that is cut off, all, both ways.
"""

import fcntl
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
MARK = "ROLLCALL_TRUTH_LOSS"  # environment variable of the process inside


def why_not():
    """None, or why such a network is not possible here."""
    if os.geteuid() != 0:
        return "needs root, for a network namespace in which packets are dropped"
    for name, package in (("nft", "nftables"), ("unshare", "util-linux"), ("setpriv", "util-linux")):
        if not shutil.which(name):
            return f"needs the program {name} (Debian: package {package})"
    trial = subprocess.run(_inside(["nft", "-c", "-f", "-"]), input=_rules(10), text=True, timeout=20,
                           capture_output=True, check=False)
    return None if trial.returncode == 0 else "the kernel does not support this packet loss: " + trial.stderr.strip()


def _inside(argv):
    return ["unshare", "--net", "--", "setpriv", "--pdeathsig", "TERM", "--", *argv]


def _rules(percent):
    share = (f"  ip daddr @lossy counter\n  ip daddr @lossy numgen random mod 100 < {percent} counter drop\n"
             if percent else "")
    return ("table inet loss {\n set lossy { type ipv4_addr; flags interval; }\n set cut { type ipv4_addr; }\n"
            " chain arriving {\n  type filter hook input priority 0; policy accept;\n"
            f"  ip saddr @cut drop\n  ip daddr @cut drop\n{share} }}\n}}\n")


def _element(verb, of, address):
    subprocess.run(["nft", verb, "element", "inet", "loss", of, "{", address, "}"], check=True, timeout=20,
                   capture_output=True)


def start(argv, loss):
    """Starts this program again, inside a network that drops this share of all packets."""
    program = str(pathlib.Path(__file__).resolve().parent)
    return subprocess.Popen(_inside([sys.executable, program, *argv]), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, start_new_session=True,
                            env=os.environ | {MARK: f"{round(100 * loss)}"})


def enter():
    """Inside: brings the lossy network up and returns True. Elsewhere: returns False."""
    percent = os.environ.pop(MARK, None)
    if percent is None:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
    subprocess.run(["nft", "-f", "-"], input=_rules(int(percent)), text=True, check=True, timeout=20)
    return True


def lose(subnet):
    """Inside: from now on the network's share of the packets to this subnet is lost."""
    _element("add", "lossy", subnet)


def cut(address):
    """Inside: from now on nothing reaches this host, and nothing of it arrives."""
    _element("add", "cut", address)


def mend(address):
    _element("delete", "cut", address)


def counted():
    """The packets to lossy subnets so far: (lost, all); None without loss."""
    listed = subprocess.run(["nft", "list", "table", "inet", "loss"], capture_output=True, text=True,
                          timeout=20, check=True).stdout
    counts = [int(count) for count in re.findall(r"counter packets (\d+)", listed)]
    return (counts[1], counts[0]) if counts else None
