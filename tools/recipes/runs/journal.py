# SPDX-License-Identifier: Apache-2.0
"""docs/recipes/journal.md: records of an agent in the journal of systemd.

A journald of the recipe's own, in a mount namespace, takes them: the machine's journal is not touched, and systemd need
not be process 1. That needs root.
"""

import json
import os
import shutil

from place import Skipped, rpc

JOURNALD = ("/usr/lib/systemd/systemd-journald", "/lib/systemd/systemd-journald")
# No kernel log, no audit, no other logs: only what is sent to its socket.
CONFIG = "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=\nForwardToSyslog=no\nForwardToWall=no\n"


def run(place):
    program = next((path for path in JOURNALD if os.access(path, os.X_OK)), None)
    if program is None:
        raise Skipped("install systemd: there is no systemd-journald")
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        raise Skipped("a journald of its own needs root and unshare (util-linux)")
    config = place.folder / "journald.conf"
    config.write_text(CONFIG)
    outside = "/etc/systemd/journald.conf"
    if not os.path.exists(outside) or not os.path.exists("/etc/machine-id"):
        raise Skipped(f"this machine has no {outside} or /etc/machine-id")
    server = place.server("journald", ["unshare", "--mount", "sh", "-ec", (
        "mount -t tmpfs run /run; mount -t tmpfs log /var/log; mkdir -p /run/systemd /run/log/journal; "
        f"mount --bind {config} {outside}; exec {program}")])

    def inside(*words, check=True, environment=None):
        return place.run("nsenter", f"--mount=/proc/{server.pid}/ns/mnt", "--", *words, check=check,
                         environment=environment)

    place.wait(lambda: inside("test", "-S", "/run/systemd/journal/socket", check=False).returncode == 0, 30,
               "a journald of its own runs", server.output.text)
    first = place.agent("a", profile="local")
    address = {"ROLLCALL_RPC_ADDR": rpc(first)}
    words = ["nsenter", f"--mount=/proc/{server.pid}/ns/mnt", "--", place.files / "rollcall-to-journal"]
    copier = place.server("copier", words, address)

    def entries(*matches):
        text = inside("journalctl", "-q", "-o", "json", "SYSLOG_IDENTIFIER=rollcall", *matches).stdout
        return [json.loads(line) for line in text.splitlines()]

    name = "evil PRIORITY=0 _UID=0"
    place.agent(name, join=[first])
    place.agent("db1", join=[first])
    place.wait(lambda: entries("ROLLCALL_EVENT=member-join", "ROLLCALL_MEMBER=db1"), 30, "a join is in the journal",
               copier.output.text)
    place.check([entry["PRIORITY"] for entry in entries("ROLLCALL_EVENT=member-join", f"ROLLCALL_MEMBER={name}")] == ["6"],
                "a hostile name is a value and nothing else")
    place.cluster.kill("db1")
    place.wait(lambda: entries("ROLLCALL_EVENT=member-failed", "ROLLCALL_MEMBER=db1"), 60, "a failure is there, too",
               copier.output.text)
    copier.kill()
    place.cluster.restart("db1", join=first)
    place.cluster.wait_all_alive()
    copier = place.server("copier2", words, address)
    place.wait(lambda: len(entries("ROLLCALL_EVENT=member-join", "ROLLCALL_MEMBER=db1")) == 2, 30,
               "what happened while it did not run is there, once it runs again", copier.output.text)
    numbers = [int(entry["ROLLCALL_SEQ"]) for entry in entries()]
    place.check(sorted(set(numbers)) == sorted(numbers), f"no record is there twice: {numbers}")
    place.figure(f"{len(numbers)} records")
