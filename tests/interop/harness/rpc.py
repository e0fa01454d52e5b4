# SPDX-License-Identifier: Apache-2.0
"""A raw client of the control protocol: msgpack objects over TCP, one request after the other.

Written from the protocol, sharing no code with either program, so it can judge both. One thread, one
connection; a connection that follows a stream does nothing else.
"""

import dataclasses
import ipaddress
import socket
import time

import msgpack

HAS_BODY = {"members", "members-filtered", "join", "stats", "get-coordinate", "list-keys",
            "install-key", "use-key", "remove-key", "why"}
# An error to these comes without a body: the request was not even looked at.
BARE_ERRORS = {"Handshake required", "Authentication required", "Unsupported command"}


class RpcError(Exception):
    """The agent answered with an error text."""


class Closed(ConnectionError):
    """The agent closed the connection."""


@dataclasses.dataclass(frozen=True)
class Member:
    name: str
    host: str
    port: int
    status: str
    tags: dict
    versions: tuple  # protocol min, max, cur, then the delegate's

    @staticmethod
    def of(record):
        return Member(name=record["Name"], host=_host(record["Addr"]), port=record["Port"],
                      status=record["Status"], tags=dict(record["Tags"] or {}),
                      versions=tuple(record[which + end] for which in ("Protocol", "Delegate")
                                     for end in ("Min", "Max", "Cur")))


def _host(address):
    ip = ipaddress.ip_address(bytes(address))
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def request(command, seq, body=None):
    """The bytes of one request."""
    packer = msgpack.Packer(use_bin_type=True)
    data = packer.pack({"Command": command, "Seq": seq})
    return data if body is None else data + packer.pack(body)


class Rpc:
    """One connection. Use as a context manager. With handshake=False nothing is said unasked."""

    def __init__(self, endpoint, token=None, timeout=15, handshake=True):
        self._timeout = timeout
        self._socket = socket.create_connection(endpoint, timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unpacker = msgpack.Unpacker(raw=False, strict_map_key=False,
                                          unicode_errors="surrogateescape")
        self._seq = 0
        if not handshake:
            return
        try:
            self.call("handshake", {"Version": 1})
            if token is not None:
                self.call("auth", {"AuthKey": token})
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._socket.close()

    def call(self, command, body=None):
        """Sends one request; returns the body of the answer, or None when it has none."""
        self._seq += 1
        seq = self._seq
        self._socket.sendall(request(command, seq, body))
        header = self._next(self._timeout)
        if header.get("Seq") != seq:
            raise AssertionError(f"{command}: sent Seq {seq}, answered {header}")
        error = header["Error"]
        answer = None
        if command in HAS_BODY and error not in BARE_ERRORS:
            answer = self._next(self._timeout)
        if error:
            raise RpcError(error)
        return answer

    # The same in single steps, for tests of the protocol itself.

    def write(self, data):
        self._socket.sendall(data)

    def read(self, timeout=None):
        """The next msgpack object, whatever it is; Closed when the agent has closed."""
        return self._next(timeout or self._timeout)

    def members(self, **filters):
        body = self.call("members-filtered", {"Tags": {}, "Status": "", "Name": ""} | filters)
        return {record["Name"]: Member.of(record) for record in body["Members"] or []}

    def join(self, *seeds, replay=False):
        return self.call("join", {"Existing": list(seeds), "Replay": replay})["Num"]

    def tags(self, put=None, delete=()):
        self.call("tags", {"Tags": put or {}, "DeleteTags": list(delete)})

    def force_leave(self, node, prune=False):
        self.call("force-leave", {"Node": node, "Prune": prune})

    def stats(self):
        return self.call("stats")

    def leave(self):
        self.call("leave")

    def event(self, name, payload=b"", coalesce=False):
        self.call("event", {"Name": name, "Payload": payload, "Coalesce": coalesce})

    def query(self, name, payload=b"", ack=False, timeout=2.0, relay_factor=0):
        """Asks; the answers are then read with record()."""
        self.call("query", {"FilterNodes": None, "FilterTags": None, "RequestAck": ack,
                            "RelayFactor": relay_factor, "Timeout": int(timeout * 1e9),
                            "Name": name, "Payload": payload})

    def stream(self, kinds="*"):
        """From here on this connection yields records; read them with record()."""
        self.call("stream", {"Type": kinds})

    def monitor(self, level):
        self.call("monitor", {"LogLevel": level})

    def respond(self, query_id, payload):
        self.call("respond", {"ID": query_id, "Payload": payload})

    def record(self, timeout):
        """The next streamed record, or None when none came within `timeout` seconds."""
        try:
            header = self._next(timeout)
        except TimeoutError:
            return None
        if header["Error"]:
            raise RpcError(header["Error"])
        return self._next(self._timeout)

    def records(self, settle):
        """All records until `settle` seconds pass without a new one."""
        found = []
        while (record := self.record(settle)) is not None:
            found.append(record)
        return found

    def _next(self, timeout):
        deadline = time.monotonic() + timeout
        while True:
            try:
                return self._unpacker.unpack()
            except msgpack.OutOfData:
                pass
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("no answer from the agent")
            self._socket.settimeout(left)
            data = self._socket.recv(65536)
            if not data:
                raise Closed("the agent closed the connection")
            self._unpacker.feed(data)
