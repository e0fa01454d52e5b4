# SPDX-License-Identifier: Apache-2.0
"""Conversations of clients with real Serf agents (vectors/serf_rpc.json, and those in files that
ROLLCALL_EXTRA_VECTORS adds, whatever their names), cut into what the client asked and what came of it. Judges nothing.
"""

import collections
import json
import os
import pathlib
import re

import msgpack

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"
HOLE = re.compile(r"\(transcript shortened: first (\d+) and")
HEADER_KEYS = {"Error", "Seq"}

# One request: its command and objects as the client meant them, its bytes, and the recorded answer: None
# where there was none. `records` came after it and before the next request.
Exchange = collections.namedtuple("Exchange", "command seq objects data header body records")
# `opened`: the Seq of a stream that was there before the recording began. `closed`: by the agent; None: not
# looked. `refused_twice`: the body of a command that came before the token was taken for a header.
Conversation = collections.namedtuple("Conversation", "name exchanges opened closed refused_twice")


def plain(value):
    """The recorded meaning of an object with bytes as bytes."""
    if isinstance(value, dict):
        if value.keys() == {"$bin"}:
            return bytes.fromhex(value["$bin"])
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


def files():
    extra = os.environ.get("ROLLCALL_EXTRA_VECTORS")
    places = [VECTORS] + ([pathlib.Path(extra)] if extra else [])
    paths = [path for place in places for path in (sorted(place.glob("*.json")) if place.is_dir() else [place])]
    return [path for path in paths if any("transcript" in entry for entry in _entries(path))]


def conversations(path):
    return [_conversation(entry) for entry in _entries(path) if "transcript" in entry]


def _entries(path):
    """A list of vectors, such a list under any key, or a single one."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(content, dict) and "transcript" not in content:
        content = next((part for part in content.values() if isinstance(part, list)), [])
    entries = content if isinstance(content, list) else [content]
    return [entry for entry in entries if isinstance(entry, dict)]


def is_header(value):
    return isinstance(value, dict) and value.keys() == HEADER_KEYS


def _conversation(entry):
    lines = [(line["dir"] == "client->agent", plain(line["decoded"]), bytes.fromhex(line["hex"]))
             for line in entry["transcript"]]
    if hole := HOLE.match(entry.get("note", "")):
        _mend(lines, int(hole[1]))
    opened = lines[0][1]["Seq"] if lines and not lines[0][0] else None
    twice = any(first[1] == second[1] and is_header(first[1]) and first[1]["Error"] == "Authentication required"
                for first, second in zip(lines, lines[1:]))
    return Conversation(entry["name"], _exchanges(lines), opened, entry.get("connection_closed_by_agent"), twice)


def _mend(lines, hole):
    """At the edge of a hole an object may have lost its other half."""
    ours, value, _ = lines[hole - 1]
    if ours and value.get("Command") == "monitor":
        body, header = {"LogLevel": "DEBUG"}, {"Error": "", "Seq": value["Seq"]}
        lines[hole:hole] = [(True, body, msgpack.packb(body)), (False, header, msgpack.packb(header))]
    elif is_header(value) and is_header(lines[hole][1]) and not lines[hole - 2][0]:
        del lines[hole - 1]


def _exchanges(lines):
    found, answered = [], None
    for ours, value, data in lines:
        command, seq = _command_of(value) if ours else (None, None)
        if ours and command is None and found and len(found[-1].objects) == 1:
            found[-1].objects.append(value)
            found[-1].data.append(data)
        elif ours:
            found.append(Exchange(command, seq, [value], [data], None, None, []))
        elif is_header(value):
            answered = next((i for i, one in enumerate(found) if one.seq == value["Seq"] and one.header is None), None)
            if answered is not None:
                found[answered] = found[answered]._replace(header=value)
        elif answered is not None and not _is_record(value):
            found[answered] = found[answered]._replace(body=value)
        else:
            if not found:  # of a stream that was opened before
                found.append(Exchange(None, None, [], [], None, None, []))
            found[-1].records.append(value)
    return found


def _is_record(value):
    return any(key in value for key in ("Event", "Log", "Type"))


def _command_of(value):
    """(command, seq) of a header in either form; (None, None) of a body."""
    if isinstance(value, dict) and "Command" in value:
        return value["Command"], value["Seq"]
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int):
        return value[0], value[1]
    return None, None
