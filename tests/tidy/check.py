#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check.py [CHECK...] [--root FOLDER]: the repository's own checks; all of them when none is named.

Prints one line per problem and exits with 1 when there is any.
"""

import argparse
import pathlib
import sys

from checks import ALL

ROOT = pathlib.Path(__file__).resolve().parents[2]


def problems_of(name, root):
    try:
        return ALL[name](root)
    except FileNotFoundError as missing:
        return [f"{missing.filename}: does not exist, so the check cannot run"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("check", nargs="*", metavar="CHECK", help=", ".join(ALL))
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    chosen = parser.parse_args()
    unknown = set(chosen.check) - set(ALL)
    if unknown:
        parser.error(f"no such check: {', '.join(sorted(unknown))}; there are: {', '.join(ALL)}")
    problems = 0
    for name in chosen.check or ALL:
        for problem in problems_of(name, chosen.root):
            print(f"{name}: {problem}")
            problems += 1
    if problems:
        print(f"{problems} problem{'s' if problems > 1 else ''}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
