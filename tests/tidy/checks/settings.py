# SPDX-License-Identifier: Apache-2.0
"""Every setting has its line for operators: each field of a ...Config struct in a config.h appears in
docs/operations/settings.md, under its own name or as a flag (snake_case or with dashes); and each row of the
agent's table of settings has its row there, with flag and key."""

import pathlib
import re

from . import tree

STRUCT = re.compile(r"^struct (\w*Config) \{$(.*?)^\};$", re.MULTILINE | re.DOTALL)
FIELD = re.compile(r"^    (?!using|static|friend|\[\[|template)[\w:<>,*&\s]+?[\s>]"
                   r"(\w+(?:\s*=[^;,]*)?(?:,\s*\w+(?:\s*=[^;,]*)?)*)(?:\{[^;]*\})?\s*(?:=[^;]*)?;")


def fields(source):
    """(struct, field) pairs. Methods have parentheses before anything is assigned."""
    blanked = "\n".join(tree.code_lines(source))
    for struct, body in STRUCT.findall(blanked):
        for line in body.split("\n"):
            match = FIELD.match(line.rstrip())
            if match and "(" not in line.split("=")[0].split("{")[0]:
                for name in match.group(1).split(","):
                    yield struct, name.split("=")[0].strip()

TABLE = pathlib.Path("src/agent/config/settings_table.cpp")
ROW = re.compile(r'^    Setting\{\s*"([^"]+)",\s*"([^"]+)"', re.MULTILINE)


def rows(root):
    """(flag, key) pairs of the agent's table; none in a tree without an agent."""
    return ROW.findall(tree.text(root, TABLE)) if (root / TABLE).is_file() else []


def check(root):
    problems, found = [], 0
    operations = tree.text(root, "docs/operations/settings.md")
    for path in tree.files(root, ("src", "sim"), (".h",)):
        if path.name != "config.h":
            continue
        for struct, field in fields(tree.text(root, path)):
            found += 1
            forms = {field, field.replace("_", "-")}
            if not any(re.search(rf"(?<![\w]){re.escape(form)}(?![\w])", operations) for form in forms):
                problems.append(f"{path}: {struct}::{field} is not described in docs/operations/settings.md")
    for flag, key in rows(root):
        if f"| `--{flag}` | `{key}` |" not in operations:
            problems.append(f"{TABLE}: --{flag} ({key}) has no row in docs/operations/settings.md")
    if (root / TABLE).is_file() and not rows(root):
        problems.append(f"{TABLE}: no setting found, so nothing was checked")
    return problems if found else ["src/*/config.h: no setting found, so nothing was checked"]
