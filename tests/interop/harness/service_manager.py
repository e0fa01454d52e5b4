# SPDX-License-Identifier: Apache-2.0
"""A service manager as far as an agent sees one: the socket of $NOTIFY_SOCKET, and the variables of its environment.

It starts nothing by itself: `started()` gives the words to put before a program's."""

import os
import secrets
import socket

from .waiting import wait_until


class ServiceManager:
    """Receives notifications. Each is a dict of its lines, in `messages`, in order."""

    def __init__(self, path=None):
        """At a path, or at a name of its own in the abstract namespace."""
        self.address = str(path) if path else f"@rollcall-test-{os.getpid()}-{secrets.token_hex(8)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address.replace("@", "\0", 1))
        self._socket.setblocking(False)
        self._messages = []

    @property
    def messages(self):
        while True:
            try:
                text = self._socket.recv(65536).decode()
            except BlockingIOError:
                return self._messages
            self._messages.append(dict(line.split("=", 1) for line in text.rstrip("\n").split("\n")))

    def with_field(self, name):
        return [message for message in self.messages if name in message]

    def wait_for(self, name, limit, count=1):
        """The messages with that field, once there are so many."""
        return wait_until(lambda: len(found := self.with_field(name)) >= count and found, limit,
                          f"{count} notifications with {name}", lambda: str(self.messages[-20:]))

    def status(self):
        return next((message["STATUS"] for message in reversed(self.messages) if "STATUS" in message), None)

    def environment(self, watchdog=None):
        """Of the service; the watchdog in seconds."""
        variables = {"NOTIFY_SOCKET": self.address}
        return variables | ({"WATCHDOG_USEC": str(int(watchdog * 1e6))} if watchdog else {})

    @staticmethod
    def started(argv):
        """The same words, by a process that puts its own id into $WATCHDOG_PID, as systemd does."""
        return ["/bin/sh", "-c", 'export WATCHDOG_PID=$$; exec "$@"', "sh", *argv]

    def close(self):
        self._socket.close()
