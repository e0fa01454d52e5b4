# SPDX-License-Identifier: Apache-2.0
"""A network in which the kernel drops packets: a namespace with a loopback and one nftables rule. It
exists as long as the processes in it, so nothing is left behind.

Packets are dropped on arrival, independently: datagrams, stream segments and ICMP answers alike, as on
the simulator's links. If dropped on sending, the sender would get an error.
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
        return "needs root, for a network namespace with its own loss"
    for name, package in (("nft", "nftables"), ("unshare", "util-linux"), ("setpriv", "util-linux")):
        if not shutil.which(name):
            return f"needs the program {name} (Debian: package {package})"
    trial = subprocess.run(_inside(["nft", "-c", "-f", "-"]), input=_rules(10), text=True, timeout=20,
                           capture_output=True, check=False)
    return None if trial.returncode == 0 else "the kernel does not support this packet loss: " + trial.stderr.strip()


def _inside(argv):
    return ["unshare", "--net", "--", "setpriv", "--pdeathsig", "TERM", "--", *argv]


def _rules(percent):
    return ("table inet loss {\n chain arriving {\n  type filter hook input priority 0; policy accept;\n"
            f"  counter\n  numgen random mod 100 < {percent} counter drop\n }}\n}}\n")


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


def counted():
    """The packets so far: (lost, all)."""
    listed = subprocess.run(["nft", "list", "table", "inet", "loss"], capture_output=True, text=True,
                          timeout=20, check=True).stdout
    everything, lost = (int(count) for count in re.findall(r"counter packets (\d+)", listed))
    return lost, everything
