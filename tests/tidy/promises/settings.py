# SPDX-License-Identifier: Apache-2.0
"""Every setting has its line for operators: each field of a ...Config struct in a config.h appears in
docs/operations.md, under its own name or as a flag (snake_case or with dashes)."""

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


def check(root):
    problems, found = [], 0
    operations = tree.text(root, "docs/operations.md")
    for path in tree.files(root, ("src", "sim"), (".h",)):
        if path.name != "config.h":
            continue
        for struct, field in fields(tree.text(root, path)):
            found += 1
            forms = {field, field.replace("_", "-")}
            if not any(re.search(rf"(?<![\w]){re.escape(form)}(?![\w])", operations) for form in forms):
                problems.append(f"{path}: {struct}::{field} is not described in docs/operations.md")
    return problems if found else ["src/*/config.h: no setting found, so nothing was checked"]
