# SPDX-License-Identifier: Apache-2.0
"""Nothing is left for later in the sources: it is built, or it is an issue."""

import pathlib
import re

from . import tree

# Written apart, so that this file does not report itself.
MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")


def check(root):
    problems = []
    paths = tree.files(root, suffixes=tree.CODE + (".md", ".txt", ".json"))
    paths += [pathlib.Path(p) for p in ("CMakeLists.txt", "run", "README.md", "CONTRIBUTING.md")]
    for path in paths:
        if "vectors" in path.parts or not (pathlib.Path(root) / path).exists():
            continue  # captured bytes may spell anything
        for number, line in enumerate(tree.text(root, path).split("\n"), 1):
            match = MARKS.search(line)
            if match:
                problems.append(f"{path}:{number}: '{match.group(0)}' is left in the tree")
    return problems
