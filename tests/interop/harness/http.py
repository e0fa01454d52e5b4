# SPDX-License-Identifier: Apache-2.0
"""A client of an agent's HTTP side: whole answers, event streams, and raw bytes.

No library that corrects what it sends: hostile requests are part of the tests.
"""

import collections
import json
import re
import socket
import time

from .loopback import split_endpoint
from .waiting import PATIENCE

Answer = collections.namedtuple("Answer", "status headers body")


def with_http(host, *more):
    """Options of an agent that has HTTP on this address, at a port of its own choice."""
    return {"extra": [f"-http-addr={host}:0", *more]}


def http_of(agent):
    """Where its banner says that it is."""
    found = re.search(r"^\s+HTTP addr: '(.+)'$", agent.output.text("out"), re.MULTILINE)
    assert found, agent.output.text("out")
    text = found[1]
    return text.removeprefix("unix:") if text.startswith("unix:") else split_endpoint(text)


def connect(where, timeout=30):
    if isinstance(where, str):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(timeout)
        client.connect(where)
        return client
    return socket.create_connection(where, timeout)


def parse(raw):
    """The answer in these bytes; None if there is none."""
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        return None
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if headers.get("transfer-encoding") == "chunked":
        whole = b""
        while body:
            size, _, rest = body.partition(b"\r\n")
            length = int(size or b"0", 16)
            if length == 0:
                break
            whole, body = whole + rest[:length], rest[length + 2:]
        body = whole
    return Answer(int(lines[0].split()[1]), headers, body)


def raw(where, request, timeout=30):
    """Sends these bytes, and reads until the agent closes."""
    with connect(where, timeout) as client:
        client.sendall(request)
        received = b""
        try:
            while chunk := client.recv(65536):
                received += chunk
        except ConnectionResetError:
            pass
    return received


def request(where, method, target, body=None, headers=()):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *headers]
    content = b""
    if body is not None:
        content = json.dumps(body).encode() if not isinstance(body, bytes) else body
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return parse(raw(where, "\r\n".join(lines).encode() + b"\r\n\r\n" + content))


def get(where, target, *headers):
    return request(where, "GET", target, headers=headers)


def get_json(where, target, status=200):
    answer = get(where, target)
    assert answer.status == status, answer
    return json.loads(answer.body)


def post(where, target, body=None, token=None):
    headers = [f"Authorization: Bearer {token}"] if token else []
    return request(where, "POST", target, body if body is not None else b"", headers)


class EventStream:
    """Server-sent events as they come. Ends with close()."""

    def __init__(self, where, query="", last_id=None):
        self._client = connect(where)
        last = f"Last-Event-ID: {last_id}\r\n" if last_id is not None else ""
        self._client.sendall(f"GET /v1/events{query} HTTP/1.0\r\nHost: localhost\r\n{last}\r\n".encode())
        self._text = self._client.makefile("r", encoding="utf-8", newline="\n")
        while self._text.readline().strip():  # the head
            pass
        self.last_id = last_id

    def next(self):
        """(name, data) of the next event; comments are passed over. None at the end."""
        name, data = None, None
        end = time.monotonic() + 60 * PATIENCE
        while time.monotonic() < end and (line := self._text.readline()):
            line = line.rstrip("\n")
            if line.startswith("id: "):
                self.last_id = int(line[4:])
            elif line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                data = json.loads(line[6:])
            elif not line and data is not None:
                return name, data
        return None

    def until(self, wanted, limit=30):
        """The first event of this name, optionally about a member."""
        name, _, member = wanted.partition(" ")
        end = time.monotonic() + limit * PATIENCE
        while (event := self.next()) and time.monotonic() < end:
            if event[0] == name and (not member or event[1].get("member") == member):
                return event[1]
        raise AssertionError(f"the stream ended before {wanted}")

    def close(self):
        self._text.close()
        self._client.close()
