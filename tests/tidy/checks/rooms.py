# SPDX-License-Identifier: Apache-2.0
"""The rooms as docs/architecture.md draws them are the rooms that there are: one table with every
room from the top of the building down, its files, its arrows and its libraries, and a drawing for
each room that has rooms inside. An arrow leads down; a room that grows too large says why."""

import re

from . import tree
from .include_matrix import library_of

PAGE = "docs/architecture.md"
MOST_FILES = 25
HEAD = ["room", "files", "arrows", "backward", "libraries", f"more than {MOST_FILES} files, because"]
DRAWING = re.compile(r"^```mermaid\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Measured:
    """What the sources say: files, arrows and libraries of every room."""

    def __init__(self, root):
        self.files, self.arrows, self.libraries = {}, {}, {}
        includes = []
        for path in tree.files(root, ("src", "sim"), tree.CPP):
            room = tree.room_of(path)
            self.files[room] = self.files.get(room, 0) + 1
            includes += [(room, name, quoted) for _, name, quoted in tree.includes(tree.text(root, path))]
        for room in self.files:
            self.arrows[room], self.libraries[room] = set(), set()
        for room, name, quoted in includes:
            other = tree.include_room(name) if quoted else None
            if library_of(name):
                self.libraries[room].add(library_of(name))
            elif other in self.files and other != room:
                self.arrows[room].add(other)

    def drawn(self, top):
        """The arrows that lead to the rooms of `top`: between them, and from other top rooms."""
        arrows = set()
        for room, others in self.arrows.items():
            here = tree.top_of(room) == top
            arrows |= {(room if here else tree.top_of(room), other)
                       for other in others if tree.top_of(other) == top}
        return arrows


def read_table(page):
    """[(room, cells)] from the top down; None if there is no such table."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in page.split("\n") if line.startswith("|")]
    if HEAD not in rows:
        return None
    table = []
    for row in rows[rows.index(HEAD) + 2:]:
        if len(row) != len(HEAD):
            break
        table.append((row[0].strip("*` "), row[1:]))
    return table


def read_drawings(page, rooms):
    """{top room: its arrows as drawn}. A drawing opens with `%% agent`; `log` is agent/log there."""
    drawings = {}
    for text in DRAWING.findall(page):
        top = re.search(r"^\s*%% (\S+)$", text, re.MULTILINE)
        if not top:
            continue
        def whole(name, top=top.group(1)):
            return f"{top}/{name}" if f"{top}/{name}" in rooms else name
        arrows = drawings.setdefault(top.group(1), set())
        for source, targets in re.findall(r"^\s*(\S+) --> (.+)$", text, re.MULTILINE):
            arrows |= {(whole(source), whole(target)) for target in re.split(r"\s*&\s*", targets.strip())}
    return drawings


def _rows(measured, order):
    """What the table should say: {room: cells without the reason}."""
    place = {room: number for number, room in enumerate(order)}
    rows = {}
    for room in measured.files:
        arrows = measured.arrows[room]
        backward = sum(1 for other in arrows if place.get(other, -1) <= place.get(room, -1))
        libraries = ", ".join(sorted(measured.libraries[room], key=str.lower)) or "none"
        rows[room] = [str(measured.files[room]), str(len(arrows)), str(backward), libraries]
    return rows


def _check_table(measured, table):
    problems, order = [], [room for room, _ in table]
    wanted = _rows(measured, order)
    problems += [f"{PAGE}: the table of rooms has no row for {room}" for room in measured.files if room not in order]
    problems += [f"{PAGE}: the table of rooms has {room} more than once" for room in set(order) if order.count(room) > 1]
    for room, cells in table:
        if room not in wanted:
            problems.append(f"{PAGE}: the table of rooms has {room}, which has no files")
            continue
        problems += [f"{PAGE}: {room}: {name} is {said}, and the sources say {true}"
                     for name, said, true in zip(HEAD[1:], cells, wanted[room]) if said != true]
        problems += [f"{PAGE}: {room} includes {other}, which does not stand below it"
                     for other in sorted(measured.arrows[room]) if other in order
                     and order.index(other) <= order.index(room)]
        if (measured.files[room] > MOST_FILES) != bool(cells[-1]):
            problems.append(f"{PAGE}: {room} has {measured.files[room]} files: a reason stands where there are "
                            f"more than {MOST_FILES}, and only there")
    return problems


def _check_drawings(measured, page):
    problems, drawings = [], read_drawings(page, measured.files)
    tops = {tree.top_of(room) for room in measured.files if room != tree.top_of(room)}
    problems += [f"{PAGE}: there is no drawing of the rooms of {top}" for top in sorted(tops - set(drawings))]
    for top, drawn in drawings.items():
        true = measured.drawn(top)
        problems += [f"{PAGE}: the drawing of {top} has {a} --> {b}, and no file includes that"
                     for a, b in sorted(drawn - true)]
        problems += [f"{PAGE}: the drawing of {top} lacks {a} --> {b}" for a, b in sorted(true - drawn)]
    return problems


def check(root):
    page = tree.text(root, PAGE)
    table = read_table(page)
    if not table:
        return [f"{PAGE}: the table of rooms is not found"]
    measured = Measured(root)
    return _check_table(measured, table) + _check_drawings(measured, page)
