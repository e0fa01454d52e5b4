#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the results of the suites of a run and prints the totals.

summary.py FOLDER SUITE...: each suite has FOLDER/SUITE.xml (JUnit, from ctest or pytest) or
FOLDER/SUITE.count ("name passed failed skipped"), or several of either, as SUITE-PART. A suite without
any counts as one failure.
Exit code 1 if anything failed.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count_junit(path):
    """(passed, failed, skipped, names of the failed)."""
    passed, failed, skipped, names = 0, 0, 0, []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        status = case.get("status", "run")  # only ctest writes it
        if case.find("failure") is not None or case.find("error") is not None or status == "fail":
            failed += 1
            names.append(case.get("name"))
        elif case.find("skipped") is not None or status in ("disabled", "notrun"):
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped, names


def count_part(path):
    try:
        if path.suffix == ".xml":
            return count_junit(path)
        passed, failed, skipped = map(int, path.read_text().split()[1:4])
        return passed, failed, skipped, [path.stem] if failed else []
    except (ElementTree.ParseError, ValueError) as error:
        return 0, 1, 0, [f"{path.stem} (its result is unreadable: {error})"]


def count_suite(folder, suite):
    parts = [path for pattern in (f"{suite}.*", f"{suite}-*.*") for path in sorted(folder.glob(pattern))
             if path.suffix in (".xml", ".count")]
    if not parts:
        return 0, 1, 0, [f"{suite} (no result)"]
    counts = [count_part(path) for path in parts]
    return (*(sum(column) for column in list(zip(*counts))[:3]), [name for c in counts for name in c[3]])


def main(folder, suites):
    total = [0, 0, 0]
    for suite in suites:
        *counts, names = count_suite(pathlib.Path(folder), suite)
        total = [a + b for a, b in zip(total, counts)]
        print(f"    {suite}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped")
        for name in names:
            print(f"      FAILED {name}")
    if sum(total) == 0:
        print("no test ran", file=sys.stderr)
        return 1
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
