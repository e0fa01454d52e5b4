# SPDX-License-Identifier: Apache-2.0
"""What the docs show of `rollcall-sim plan` is what the program prints: a simulated figure is the same on every machine."""

import pathlib
import re
import shlex
import subprocess

import pytest

from harness.agents import ROLLCALL

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLE = re.compile(r"^```\n\$ (rollcall-sim plan [^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DURATION = re.compile(r"runs in [0-9.]+ s on \d+ threads?")
EXAMPLES = [(page.relative_to(ROOT), *example) for page in sorted((ROOT / "docs").rglob("*.md"))
            for example in EXAMPLE.findall(page.read_text(encoding="utf-8"))]


def test_the_docs_show_plans():
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize("page, command, shown", EXAMPLES, ids=lambda value: str(value).split("\n", maxsplit=1)[0])
def test_a_plan_in_the_docs_is_what_the_program_prints(page, command, shown):
    """The page may leave out the end."""
    program, *arguments = shlex.split(command)
    printed = subprocess.run([ROLLCALL.parent / program, *arguments], capture_output=True, text=True, timeout=300,
                             check=True).stdout
    printed = DURATION.sub("runs in a while", printed).rstrip("\n").split("\n")
    shown = DURATION.sub("runs in a while", shown).rstrip("\n").split("\n")
    assert printed[:len(shown)] == shown, f"{page}: {command}"
