# SPDX-License-Identifier: Apache-2.0
"""One idea per file: no file above 500 lines, where a second machine would be hiding."""

from . import tree

MOST_LINES = 500


def check(root):
    problems = []
    for path in tree.files(root, ("src", "sim"), tree.CPP):
        lines = tree.text(root, path).count("\n")
        if lines > MOST_LINES:
            problems.append(f"{path}: {lines} lines, more than {MOST_LINES}")
    return problems
