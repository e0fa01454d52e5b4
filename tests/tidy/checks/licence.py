# SPDX-License-Identifier: Apache-2.0
"""Every source file opens with its licence; the LICENSE file is the one that it names."""

import pathlib

from . import tree

LINE = "SPDX-License-Identifier: Apache-2.0"


def check(root):
    problems = []
    sources = tree.files(root, suffixes=tree.CODE)
    sources += [p for p in tree.files(root) if p.name == "CMakeLists.txt"]
    sources += [pathlib.Path(p) for p in ("CMakeLists.txt", "run", ".ci/run")]
    for path in sorted(set(sources)):
        if not (pathlib.Path(root) / path).exists():
            problems.append(f"{path}: does not exist")
        elif LINE not in "\n".join(tree.text(root, path).split("\n")[:3]):
            problems.append(f"{path}: does not open with '{LINE}'")
    if "Apache License" not in tree.text(root, "LICENSE"):
        problems.append("LICENSE: is not the Apache License")
    return problems
