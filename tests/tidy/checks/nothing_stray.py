# SPDX-License-Identifier: Apache-2.0
"""Every C++ file is part of a target, by the globs of the build; every header is included by
another file; every Python test under tests/interop is one that pytest collects or imports."""

import pathlib
import re

from . import tree


def _names(pattern, text):
    return set(re.findall(pattern, text, re.MULTILINE))


def _built(path, rooms, programs, tested):
    """Whether the build's globs see this source file."""
    parts = path.parts
    if parts[0] in ("src", "sim") and len(parts) >= 3:
        room = tree.room_of(path)
        return tree.top_of(room) in rooms and (path.name != "main.cpp" or room in programs)
    if parts[:2] == ("tests", "fuzz") and len(parts) == 3:
        return path.name.endswith("_fuzz.cpp")
    if parts[0] == "tests":
        folders = parts[1:-1]
        return any("/".join(folders[:depth]) in tested for depth in range(1, len(folders) + 1))
    if parts[0] == "bench" and len(parts) == 2:
        return path.name.endswith("_bench.cpp")
    return False


def check(root):
    build = tree.text(root, "CMakeLists.txt")
    programs = _names(r"^rollcall_program\(\w[\w-]*\s+ROOM\s+([\w/]+)", build)
    rooms = _names(r"^rollcall_room\(([\w/]+)", build) | programs
    tested = _names(r"^rollcall_tests\(([\w/]+)", tree.text(root, "tests/CMakeLists.txt"))
    # Files that a CMakeLists.txt names itself, beside the globs.
    named = " ".join(tree.text(root, path) for path in [pathlib.Path("CMakeLists.txt")] + [
        path for path in tree.files(root) if path.name == "CMakeLists.txt" or path.suffix == ".cmake"])

    problems, included, headers = [], set(), []
    for path in tree.files(root, ("src", "sim", "tests", "bench", "docs", "tools"), tree.CPP):
        included |= {(path.parent, name) for _, name, quoted in tree.includes(tree.text(root, path)) if quoted}
        if path.suffix == ".h":
            headers.append(path)
        elif not _built(path, rooms, programs, tested) and not re.search(
                rf"(?<![\w.]){re.escape(path.name)}\b", named):
            problems.append(f"{path}: no target of the build has this file")

    for header in headers:
        # "room/file.h" from src/, sim's and tests' own folders, or beside the including file.
        written = {header.as_posix(), "/".join(header.parts[1:])}
        if not any(name in written or (folder / name) == header for folder, name in included):
            problems.append(f"{header}: no file includes this header")
    return problems
