# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: the table in docs/architecture.md is what the #includes and the link lines in
CMakeLists.txt are. What it does not grant is not used; what it grants is used and linked."""

import re

from . import tree

# A header outside the tree and the library it belongs to, as the table names it.
LIBRARIES = (
    (r"msgpack(\.hpp|/)", "msgpack-c"),
    (r"openssl/ssl\.h", "libssl"),
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
LINKED = {"msgpack_cxx": "msgpack-c", "OpenSSL::Crypto": "libcrypto", "OpenSSL::SSL": "libssl", "ZLIB::ZLIB": "zlib",
          "PkgConfig::RE2": "RE2", "PkgConfig::LIBUV": "libuv", "PkgConfig::MICROHTTPD": "libmicrohttpd", "resolv": "libresolv", "spdlog::spdlog": "spdlog",
          "CLI11::CLI11": "CLI11", "nlohmann_json::nlohmann_json": "nlohmann-json",
          "PkgConfig::PROMETHEUS": "prometheus-cpp"}
# Tests and benchmarks see what the room under test sees; nothing is linked by their rows.
LOOSE = ("tests", "bench")


def library_of(include):
    """The library that a header belongs to, as the table names it; None for the standard library."""
    return next((lib for pattern, lib in LIBRARIES if re.match(pattern, include)), None)


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


def _check_includes(root, table, rooms):
    problems, used = [], {room: (set(), set()) for room in table}
    for path in tree.files(root, ("src", "sim", "tests", "bench"), tree.CPP):
        room = tree.top_of(tree.room_of(path))
        if room not in table:
            problems.append(f"{path}: '{room}' has no row in the table of docs/architecture.md")
            continue
        seen, libraries = table[room]
        for line, name, quoted in tree.includes(tree.text(root, path)):
            where, library = f"{path}:{line}", library_of(name)
            other = tree.top_of(tree.include_room(name)) if quoted else None
            if library:
                used[room][1].add(library)
                if library not in libraries and room not in LOOSE:
                    problems.append(f"{where}: {room} may not include {library} (<{name}>)")
            elif other in rooms:
                used[room][0].add(other)
                if other not in seen:
                    problems.append(f"{where}: {room} may not include {other} (\"{name}\")")
            elif quoted and room not in LOOSE:
                problems.append(f"{where}: \"{name}\" is not written as \"room/file.h\"")
    return problems, used


def _check_grants(table, used):
    """Nothing is granted that no #include uses."""
    problems = []
    for room in set(table) - set(LOOSE):
        for granted, taken in zip(table[room], used[room]):
            problems += [f"docs/architecture.md: {room} is granted {name} and includes nothing of it"
                         for name in sorted(granted - taken - {room})]
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
        linked = {LINKED.get(lib, lib) for lib in parts["LIBRARIES"]}
        for granted, given in ((seen - {room}, set(parts["ROOMS"])), (libraries, linked)):
            problems += [f"CMakeLists.txt: {room} may not link {name}" for name in sorted(given - granted)]
            problems += [f"CMakeLists.txt: {room} uses {name} and does not link it"
                         for name in sorted(granted - given)]
    return problems


def _check_test_links(cmake, rooms):
    """Tests link rooms that there are."""
    return [f"tests/CMakeLists.txt: '{room}' is no room"
            for words in re.findall(r"^rollcall_tests\([^)]*?ROOMS([^)]*?)(?:LIBRARIES[^)]*)?\)", cmake, re.MULTILINE)
            for room in words.split() if room not in rooms]


def check(root):
    table = read_table(tree.text(root, "docs/architecture.md"))
    if not table:
        return ["docs/architecture.md: the table of who may include whom is not found"]
    rooms = set(table) - set(LOOSE)
    problems, used = _check_includes(root, table, rooms)
    return (problems + _check_grants(table, used) + _check_links(tree.text(root, "CMakeLists.txt"), table)
            + _check_test_links(tree.text(root, "tests/CMakeLists.txt"), rooms))
