# SPDX-License-Identifier: Apache-2.0
"""Every relative link in a page leads to a file of this repository, and every page is linked from
somewhere."""

import pathlib
import re

from . import tree

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def check(root):
    root = pathlib.Path(root).resolve()
    pages = [path for path in tree.files(root, suffixes=(".md",)) if "vectors" not in path.parts]
    pages += [path.relative_to(root) for path in sorted(root.glob("*.md"))]
    problems, linked = [], {root / "README.md"}
    for page in pages:
        prose = re.sub(r"```.*?```|`[^`]*`", "", tree.text(root, page), flags=re.DOTALL)
        for target in LINK.findall(prose):
            if re.match(r"[a-z]+:|#", target):
                continue
            goal = (root / page.parent / target.split("#")[0]).resolve()
            if not goal.exists():
                problems.append(f"{page}: links to {target}, which does not exist")
            linked.add(goal)
    problems += [f"{page}: no page links here" for page in pages if (root / page).resolve() not in linked]
    return problems
