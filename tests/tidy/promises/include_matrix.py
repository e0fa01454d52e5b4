# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: the table in docs/architecture.md holds for every #include and for the link
lines in CMakeLists.txt."""

import re

from . import tree

# A header outside the tree and the library it belongs to, as the table names it.
LIBRARIES = (
    (r"msgpack(\.hpp|/)", "msgpack-c"),
    (r"openssl/", "libcrypto"),
    (r"zlib\.h$", "zlib"),
    (r"uv\.h$", "libuv"),
    (r"re2/", "RE2"),
    (r"(spdlog|fmt)/", "spdlog"),
    (r"CLI/", "CLI11"),
    (r"nlohmann/", "nlohmann-json"),
    (r"microhttpd\.h$", "libmicrohttpd"),
    (r"prometheus/", "prometheus-cpp"),
    (r"(gtest|gmock)/", "GoogleTest"),
    (r"benchmark/", "Google Benchmark"),
    (r"(resolv|arpa/nameser)\.h$", "libresolv"),
)
LINKED = {"msgpack_cxx": "msgpack-c", "OpenSSL::Crypto": "libcrypto", "ZLIB::ZLIB": "zlib",
          "PkgConfig::RE2": "RE2", "PkgConfig::LIBUV": "libuv", "resolv": "libresolv", "spdlog::spdlog": "spdlog",
          "CLI11::CLI11": "CLI11", "nlohmann_json::nlohmann_json": "nlohmann-json"}


def read_table(architecture):
    """{room: (rooms it sees, libraries it sees)} from the Markdown table; None if there is none."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in architecture.split("\n") if line.startswith("|")]
    head = next((row for row in rows if row[0] == "" and "base" in row), None)
    if head is None:
        return None
    table = {}
    for row in rows[rows.index(head) + 2:]:
        room = row[0].strip("* `")
        if len(row) != len(head):
            break
        seen = {name for name, mark in zip(head[1:-1], row[1:-1]) if mark == "x"}
        table[room] = (seen | {room}, {name.strip() for name in row[-1].split(",")} - {"none"})
    return table


def _room_named(include):
    """The room of "room/file.h", or of "sim/room/file.h"."""
    return tree.room_of(include if include.startswith("sim/") else f"src/{include}")


def _check_includes(root, table, rooms):
    problems = []
    for path in tree.files(root, ("src", "sim", "tests", "bench"), tree.CPP):
        room = tree.room_of(path)
        if room not in table:
            problems.append(f"{path}: '{room}' has no row in the table of docs/architecture.md")
            continue
        seen, libraries = table[room]
        for line, name, quoted in tree.includes(tree.text(root, path)):
            where = f"{path}:{line}"
            library = next((lib for pattern, lib in LIBRARIES if re.match(pattern, name)), None)
            if library:
                # Tests see what the room under test sees.
                if library not in libraries and room not in ("tests", "bench"):
                    problems.append(f"{where}: {room} may not include {library} (<{name}>)")
            elif quoted and _room_named(name) in rooms:
                if _room_named(name) not in seen:
                    problems.append(f"{where}: {room} may not include {_room_named(name)} (\"{name}\")")
            elif quoted and room not in ("tests", "bench"):
                problems.append(f"{where}: \"{name}\" is not written as \"room/file.h\"")
    return problems


def _check_links(cmake, table):
    problems = []
    for words in re.findall(r"^rollcall_(?:room|program)\(([^)]*)\)", cmake, re.MULTILINE):
        parts, key = {"": [], "ROOM": [], "ROOMS": [], "LIBRARIES": []}, ""
        for word in words.split():
            if word in parts:
                key = word
            else:
                parts[key].append(word)
        room = (parts["ROOM"] or parts[""])[0]
        if room not in table:
            problems.append(f"CMakeLists.txt: room '{room}' has no row in docs/architecture.md")
            continue
        seen, libraries = table[room]
        problems += [f"CMakeLists.txt: {room} may not link {other}"
                     for other in parts["ROOMS"] if other not in seen]
        problems += [f"CMakeLists.txt: {room} may not link {LINKED.get(lib, lib)}"
                     for lib in parts["LIBRARIES"] if LINKED.get(lib, lib) not in libraries]
    return problems


def check(root):
    table = read_table(tree.text(root, "docs/architecture.md"))
    if not table:
        return ["docs/architecture.md: the table of who may include whom is not found"]
    rooms = set(table) - {"tests", "bench"}
    return _check_includes(root, table, rooms) + _check_links(tree.text(root, "CMakeLists.txt"), table)
