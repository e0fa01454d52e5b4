#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A small tree that passes every check, and one change after another that fails one of them."""

import pathlib
import tempfile
import unittest

from checks import ALL, rooms, settings, tree

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
HASH_SPDX = "# SPDX-License-Identifier: Apache-2.0\n"

HONEST = {
    "LICENSE": "Apache License\n",
    "README.md": "A small tree: [rooms](docs/architecture.md), [rules](docs/protocol.md#s1), "
                 "[settings](docs/operations/settings.md).\n",
    "run": HASH_SPDX,
    ".ci/run": HASH_SPDX,
    "CMakeLists.txt": HASH_SPDX + "rollcall_room(base)\nrollcall_room(wire ROOMS base LIBRARIES ZLIB::ZLIB)\n"
                      "rollcall_program(rollcall ROOM cli ROOMS base wire LIBRARIES PkgConfig::LIBUV)\n",
    "tests/CMakeLists.txt": HASH_SPDX + "rollcall_tests(base ROOMS base)\n",
    "docs/architecture.md": "| room | files | arrows | backward | libraries | more than 25 files, because |\n"
                            "| --- | --- | --- | --- | --- | --- |\n"
                            "| cli | 1 | 2 | 0 | libuv | |\n| wire | 1 | 2 | 0 | zlib | |\n"
                            "| wire/bits | 1 | 0 | 0 | none | |\n| base | 4 | 0 | 0 | none | |\n\n"
                            "```mermaid\nflowchart TD\n    %% wire\n    cli --> wire\n    wire --> bits\n```\n\n"
                            "| | base | wire | other libraries |\n| --- | :-: | :-: | --- |\n"
                            "| **base** | | | none |\n| **wire** | x | | zlib |\n"
                            "| **cli** | x | x | libuv |\n| **tests** | x | x | GoogleTest |\n",
    "docs/protocol.md": "### S1 Claims\n\n`src/base/a.h`\n",
    "docs/operations/settings.md": "| `probe_interval` | ... |\n`--gossip-nodes N`\n",
    "src/base/a.h": SPDX + "// Who is told needs no now().\n",
    "src/base/a.cpp": SPDX + '#include "base/a.h"\nconst char* text = "std::thread"; // std::mutex\n',
    "src/base/config.h": SPDX + "struct Config {\n    int probe_interval = 1;  // every\n    Duration gossip_nodes{};\n"
                         "    bool valid() const;\n};\n",
    "src/base/b.cpp": SPDX + '#include "base/config.h"\n',
    "src/wire/w.cpp": SPDX + '#include <zlib.h>\n#include "base/a.h"\n#include "wire/bits/b.h"\n',
    "src/wire/bits/b.h": SPDX + "int bits();\n",
    "src/cli/main.cpp": SPDX + '#include <uv.h>\n#include "base/a.h"\n#include "wire/w.h"\nint main() {}\n',
    "tests/base/a_test.cpp": SPDX + "#include <gtest/gtest.h>\nTEST(RuleS1, Holds) {}\n",
}

# check, what breaks it, the file that changes, its new text (None: as it was, with this added)
BREAKS = [
    ("include_matrix", "an arrow against the table", "src/base/a.cpp", '#include "wire/w.h"\n'),
    ("include_matrix", "a library of another room", "src/base/a.cpp", "#include <uv.h>\n"),
    ("include_matrix", "a header without its room", "src/base/a.cpp", '#include "a.h"\n'),
    ("include_matrix", "a link against the table", "CMakeLists.txt", "rollcall_room(base ROOMS wire)\n"),
    ("include_matrix", "a library linked against the table", "CMakeLists.txt",
     "rollcall_room(base LIBRARIES PkgConfig::RE2)\n"),
    ("include_matrix", "a room without a row", "src/attic/x.cpp", "int x;\n"),
    ("include_matrix", "a room that is granted and not used", "docs/architecture.md",
     "| **attic** | x | | none |\n"),
    ("include_matrix", "a library that is granted and not used", "docs/architecture.md",
     "| **attic** | | | RE2 |\n"),
    ("include_matrix", "a test that links no room", "tests/CMakeLists.txt", "rollcall_tests(wire ROOMS wires)\n"),
    ("rooms", "a room without a row", "src/base/deep/x.cpp", "int x;\n"),
    ("rooms", "a file that is not counted", "src/base/c.h", "int x;\n"),
    ("rooms", "an arrow that is not counted", "src/wire/bits/b.h", '#include "base/a.h"\n'),
    ("rooms", "an arrow back up", "src/wire/bits/b.h", '#include "wire/w.h"\n'),
    ("rooms", "a library that is not named", "src/wire/bits/b.h", "#include <zlib.h>\n"),
    ("rooms", "an arrow drawn where there is none", "docs/architecture.md",
     "```mermaid\n%% wire\n    bits --> wire\n```\n"),
    ("rooms", "an arrow that is not drawn", "src/cli/main.cpp", '#include "wire/bits/b.h"\n'),
    ("pure_core", "asking the time", "src/base/a.cpp", "auto t = std::chrono::steady_clock::now();\n"),
    ("pure_core", "true randomness", "src/wire/w.cpp", "std::random_device dice;\n"),
    ("pure_core", "a shuffle that differs elsewhere", "src/wire/w.cpp", "std::ranges::shuffle(a, b);\n"),
    ("pure_core", "a thread", "src/base/a.h", "std::jthread worker;\n"),
    ("pure_core", "a lock", "src/base/a.h", "std::scoped_lock lock{m};\n"),
    ("pure_core", "a header of the forbidden", "src/base/a.h", "#include <mutex>\n"),
    ("pure_core", "a socket", "src/wire/w.cpp", "int fd = socket(AF_INET, SOCK_DGRAM, 0);\n"),
    ("pure_core", "a log line", "src/wire/w.cpp", 'spdlog::info("hello");\n'),
    ("pure_core", "a print", "src/wire/w.cpp", 'std::cerr << "hello";\n'),
    ("rules", "a rule without a suite", "docs/protocol.md", "### S2 More\n\n`src/base/a.h`\n"),
    ("rules", "a suite without a rule", "tests/base/b_test.cpp", "TEST_P(RuleX9, Holds) {}\n"),
    ("rules", "a rule stated twice", "docs/protocol.md", "### S1 Again\n\n`src/base/a.h`\n"),
    ("rules", "a rule that stands nowhere", "docs/protocol.md", "### S3 Lost\n"),
    ("rules", "a source that is gone", "docs/protocol.md", "and `src/base/gone.h`\n"),
    ("settings", "a setting without a description", "src/wire/config.h",
     "struct WireConfig {\n    std::vector<std::byte> secret_knob;\n};\n"),
    ("settings", "the second of two on a line", "src/wire/config.h",
     "struct WireConfig {\n    unsigned probe_interval = 0, secret_knob = 2;\n};\n"),
    ("settings", "a row of the agent's table", "src/agent/config/settings_table.cpp",
     'Setting x[]{\n    Setting{"secret-knob",\n            "secret_knob", "N"},\n};\n'),
    ("settings", "an agent's table that is not understood", "src/agent/config/settings_table.cpp", "int x;\n"),
    ("nothing_stray", "a source in no room", "src/attic/x.cpp", "int x;\n"),
    ("nothing_stray", "a source beside the rooms", "src/x.cpp", "int x;\n"),
    ("nothing_stray", "a main that is no program's", "src/base/main.cpp", "int main() {}\n"),
    ("nothing_stray", "a test of no room", "tests/attic/x_test.cpp", "int x;\n"),
    ("nothing_stray", "a benchmark by another name", "bench/fast.cpp", "int x;\n"),
    ("nothing_stray", "a header that no file includes", "src/wire/lonely.h", "int x;\n"),
    ("licence", "a source without a licence", "src/base/c.h", None),
    ("licence", "a script without a licence", "tools/x.py", None),
    ("lengths", "a file that is too long", "src/base/a.cpp", "int x;\n" * 500),
    ("leftovers", "something left for later", "src/base/a.cpp", "// TO" "DO: this\n"),
    ("links", "a link to nowhere", "docs/protocol.md", "See [more](more.md).\n"),
    ("links", "a page without a link to it", "docs/attic.md", "Lonely.\n"),
    ("leftovers", "something left for later in a page", "docs/protocol.md", "FIX" "ME\n"),
]


def write(root, path, content):
    path = pathlib.Path(root) / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


class EveryCheck(unittest.TestCase):
    def tree(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for path, content in HONEST.items():
            write(folder.name, path, content)
        return folder.name

    def test_is_kept_by_an_honest_tree(self):
        root = self.tree()
        for name, check in ALL.items():
            self.assertEqual(check(root), [], name)

    def test_is_broken_by_each_of_these(self):
        for name, what, path, added in BREAKS:
            with self.subTest(check=name, broken_by=what):
                root = self.tree()
                spdx = HASH_SPDX if path.endswith((".txt", ".py")) else SPDX
                before = HONEST.get(path, "" if path.endswith(".md") else spdx)
                write(root, path, "int x = 1;\n" if added is None else before + added)
                problems = ALL[name](root)
                self.assertTrue(problems, "went unnoticed")
                # Of a drawing that is wrong it is the drawing that is named.
                place = rooms.PAGE if name == "rooms" else path
                for problem in problems:
                    self.assertIn(place, problem)

    def test_has_a_way_to_be_broken_here(self):
        self.assertEqual(set(ALL), {name for name, *_ in BREAKS})

    def test_a_large_room_says_why(self):
        root = self.tree()
        for number in range(rooms.MOST_FILES):
            write(root, f"src/wire/bits/b{number}.h", SPDX)
        page = HONEST[rooms.PAGE].replace("| wire/bits | 1 |", f"| wire/bits | {rooms.MOST_FILES + 1} |")
        write(root, rooms.PAGE, page)
        self.assertEqual(len(rooms.check(root)), 1)
        why = "| wire/bits | 26 | 0 | 0 | none |"
        write(root, rooms.PAGE, page.replace(why + " |", why + " for the test |"))
        self.assertEqual(rooms.check(root), [])

    def test_does_not_pass_when_there_is_nothing_to_look_at(self):
        root = self.tree()
        for path in ("docs/architecture.md", "docs/protocol.md"):
            write(root, path, "nothing\n")
        write(root, "src/base/config.h", SPDX)
        for name in ("include_matrix", "rooms", "rules", "settings"):
            self.assertTrue(ALL[name](root), name)


class ReadingCode(unittest.TestCase):
    def test_comments_and_strings_are_gone_and_lines_stay(self):
        source = 'a; // now()\n"now()"; /* now()\n now() */ b;\nR"x(now()\n)x"; \'"\'; now();\n'
        lines = tree.code_lines(source)
        self.assertEqual(len(lines), len(source.split("\n")))
        self.assertEqual([n for n, line in enumerate(lines) if "now()" in line], [4])

    def test_a_digit_separator_opens_no_character(self):
        self.assertIn("now()", tree.code_lines("int x = 30'000; now(); int y = 1'000;")[0])

    def test_settings_are_the_fields_and_not_the_methods(self):
        source = ("struct AConfig {\n    std::string name;   // which\n    Duration wait = std::chrono::seconds{1};\n"
                  "    std::map<std::string, int> tags;\n    unsigned a = 0, b = 1;\n    Tags own{};\n"
                  "    [[nodiscard]] static AConfig lan();\n    std::optional<E> validate() const;\n};\n"
                  "struct Other {\n    int unseen;\n};\n")
        self.assertEqual([field for _, field in settings.fields(source)],
                         ["name", "wait", "tags", "a", "b", "own"])


if __name__ == "__main__":
    unittest.main()
