#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/cli/terminal/width_ranges.h: which characters take two columns of a terminal, and which none.

From the Unicode data of this Python: wide are those with East_Asian_Width W or F, which covers CJK and
emoji; without a width are combining marks (Mn, Me), invisible format characters (Cf, but not the soft hyphen)
and the medial and final letters of Hangul, which join the first one. Unassigned characters between two of a kind
are counted with them. tests/interop/test_members_watch.py compares the file with this program's output.
"""

import sys
import unicodedata

HANGUL_JOINING = range(0x1160, 0x1200)
IDEOGRAPHS = (range(0x20000, 0x2FFFE), range(0x30000, 0x3FFFE))  # wide, assigned or not
SOFT_HYPHEN = 0x00AD


def kind_of(code):
    """"wide", "none", "one", or None if it is not assigned."""
    if any(code in block for block in IDEOGRAPHS):
        return "wide"
    if code in HANGUL_JOINING:
        return "none"
    character = chr(code)
    category = unicodedata.category(character)
    if category == "Cn":
        return None
    if category in ("Mn", "Me") or (category == "Cf" and code != SOFT_HYPHEN):
        return "none"
    return "wide" if unicodedata.east_asian_width(character) in "WF" else "one"


def ranges_of(wanted):
    ranges, last_kind = [], None
    for code in range(0x80, sys.maxunicode + 1):
        kind = kind_of(code)
        if kind is None:
            continue
        if kind == wanted:
            if last_kind == wanted:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
        last_kind = kind
    return ranges


def array(name, ranges):
    cells = [f"{{0x{first:04x}, 0x{last:04x}}}" for first, last in ranges]
    lines, line = [], "   "
    for cell in cells:
        if len(line) + len(cell) + 2 > 100:
            lines.append(line)
            line = "   "
        line += f" {cell},"
    lines.append(line)
    return f"inline constexpr CharacterRange {name}[] = {{\n" + "\n".join(lines) + "\n};\n"


def main():
    print(f"""// SPDX-License-Identifier: Apache-2.0
//
// Characters that take two columns of a terminal, and those that take none; all others take one.
// Unicode {unicodedata.unidata_version}. Written by tools/character_widths.py; do not edit.
#pragma once

namespace rollcall::cli {{

struct CharacterRange {{
    char32_t first, last;
}};

// clang-format off
{array("kWide", ranges_of("wide"))}
{array("kWithoutWidth", ranges_of("none"))}// clang-format on

}}  // namespace rollcall::cli""")


if __name__ == "__main__":
    main()
