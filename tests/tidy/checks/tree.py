# SPDX-License-Identifier: Apache-2.0
"""Reading the tree: which files are ours, and C++ without its comments and strings."""

import os
import pathlib
import re

# Where our own sources are. Whatever else lies in the folder (build/, caches) is not looked at.
PLACES = ("src", "sim", "tests", "bench", "tools", "docs", "cmake", ".ci")
CPP = (".cpp", ".h")
CODE = CPP + (".py", ".sh", ".js", ".mjs", ".css", ".html", ".cmake")


def files(root, places=PLACES, suffixes=None):
    """Paths below the places, sorted, relative to root, without hidden folders and caches."""
    root = pathlib.Path(root)
    found = []
    for place in places:
        for folder, folders, names in os.walk(root / place):
            folders[:] = [f for f in folders if not f.startswith(".") and f != "__pycache__"]
            found += [pathlib.Path(folder, name).relative_to(root) for name in names]
    return sorted(path for path in found if suffixes is None or path.suffix in suffixes)


def text(root, path):
    return (pathlib.Path(root) / path).read_text(encoding="utf-8", errors="replace")


_TOKENS = re.compile(
    r'R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'                            # string
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"            # character, not a digit separator
    r"|//[^\n]*|/\*.*?\*/",
    re.DOTALL)


def code_lines(source):
    """Lines of C++ with comments gone and strings empty; line numbers stay."""
    def blank(match):
        token = match.group(0)
        kept = '""' if token[0] in "\"R'" else " "
        return kept + "\n" * token.count("\n")

    # The names in #include "..." are strings too: keep those lines as they are.
    kept = {n: line for n, line in enumerate(source.split("\n")) if line.lstrip().startswith("#include")}
    lines = _TOKENS.sub(blank, source).split("\n")
    return [kept.get(n, line) for n, line in enumerate(lines)]


def includes(source):
    """(line number, name, True when in quotes) for every #include."""
    for number, line in enumerate(source.split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(2), match.group(1) == '"'


def room_of(path):
    """The room a file belongs to, with its place inside a larger one: "wire" of src/wire/x,
    "agent/log" of src/agent/log/x, "sim/papers/swim" of sim/papers/swim/x; "tests", "bench"."""
    parts = pathlib.PurePath(path).parts
    if parts[0] == "src":
        return "/".join(parts[1:-1])
    return "/".join(parts[:-1]) if parts[0] == "sim" else parts[0]


def top_of(room):
    """The room of the build that this one is in: "agent" of "agent/log", "sim/papers" of
    "sim/papers/swim"."""
    parts = room.split("/")
    return "/".join(parts[:2] if parts[0] == "sim" else parts[:1])


def include_room(name):
    """The room of "room/file.h", or of "sim/room/file.h"."""
    return room_of(name if name.startswith("sim/") else f"src/{name}")
