# SPDX-License-Identifier: Apache-2.0
"""Every numbered rule of docs/protocol.md has a test suite of its number, and the reverse; every rule
names a source file that exists."""

import pathlib
import re

from . import tree

HEADING = re.compile(r"^### ([A-Z]\d+)\b", re.MULTILINE)
SUITE = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\(\s*Rule([A-Z]\d+)(?:[A-Z_]\w*)?\s*,", re.MULTILINE)
SOURCE = re.compile(r"`((?:src|sim)/[^`\s]+)`")


def rules_of(protocol):
    """[(number, its section's text)]"""
    parts = HEADING.split(protocol)
    return list(zip(parts[1::2], parts[2::2]))


def check(root):
    protocol = tree.text(root, "docs/protocol.md")
    rules = rules_of(protocol)
    if not rules:
        return ["docs/protocol.md: no rule found; a rule is a heading like '### S1 Title'"]
    suites = {}
    for path in tree.files(root, ("tests",), (".cpp",)):
        for number in SUITE.findall(tree.text(root, path)):
            suites.setdefault(number, path)

    problems = []
    numbers = [number for number, _ in rules]
    for number in sorted({n for n in numbers if numbers.count(n) > 1}):
        problems.append(f"docs/protocol.md: rule {number} is stated twice")
    for number, section in rules:
        if number not in suites:
            problems.append(f"docs/protocol.md: rule {number} has no test suite Rule{number}")
        sources = SOURCE.findall(section)
        if not sources:
            problems.append(f"docs/protocol.md: rule {number} does not say where it stands")
        problems += [f"docs/protocol.md: rule {number} names {source}, which does not exist"
                     for source in sources if not (pathlib.Path(root) / source).exists()]
    problems += [f"{path}: suite Rule{number} holds a rule that docs/protocol.md does not state"
                 for number, path in sorted(suites.items()) if number not in numbers]
    return problems
