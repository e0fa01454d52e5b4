# SPDX-License-Identifier: Apache-2.0
"""A program on a terminal of its own, as a user sees it: what it printed, and what the screen shows.

Emulates what rollcall uses: the alternate screen, cursor home, erasing, line ends. Anything else that controls
a terminal is an error of the program under test, except colours.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
import unicodedata

from .agents import clean_environment
from .waiting import PATIENCE, Expired, wait_until

SEQUENCE = re.compile(r"\x1b\[(\??[0-9;]*)([A-Za-z])|\x18|\x1b[^\[]")


def columns_of(character):
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    """The main and the alternate screen: one line per row; the main one only grows."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.main, self.alternate = [""], None
        self.cursor_hidden = self.no_wrap = False
        self.row = 0
        self._at_begin = True  # of a line
        self._rest = ""

    def feed(self, text):
        text = self._rest + text
        # A sequence that is not complete waits for the rest.
        cut = text.rfind("\x1b")
        if cut >= 0 and not SEQUENCE.match(text, cut):
            text, self._rest = text[:cut], text[cut:]
        else:
            self._rest = ""
        at = 0
        for found in SEQUENCE.finditer(text):
            self._print(text[at:found.start()])
            self._control(found)
            at = found.end()
        self._print(text[at:])

    def _print(self, text):
        for character in text:
            lines = self.main if self.alternate is None else self.alternate
            if character == "\n":
                self.row += 1
                if self.row == len(lines):
                    lines.append("")
            elif character == "\r":
                self._at_begin = True
            else:
                self._begin_line(lines)
                lines[self.row] += character

    def _begin_line(self, lines):
        """Lines are always written as a whole."""
        if self._at_begin:
            lines[self.row] = ""
        self._at_begin = False

    def _control(self, found):
        argument, letter = found[1], found[2]
        if found[0] == "\x18" or letter == "m":
            return
        if letter in "hl" and argument == "?1049":
            self.alternate = [""] if letter == "h" else None
            self.row, self._at_begin = (0 if letter == "h" else len(self.main) - 1), True
        elif letter in "hl" and argument == "?25":
            self.cursor_hidden = letter == "l"
        elif letter in "hl" and argument == "?7":
            self.no_wrap = letter == "l"
        elif letter == "H" and argument == "" and self.alternate is not None:
            self.row, self._at_begin = 0, True
        elif letter == "K" and argument == "":
            self._begin_line(self.main if self.alternate is None else self.alternate)
        elif letter == "J" and argument == "" and self.alternate is not None:
            del self.alternate[self.row + 1:]
        else:
            raise AssertionError(f"unexpected sequence {found[0]!r}")


class Terminal:
    """A program that runs on a pseudo-terminal. Ends with close()."""

    def __init__(self, argv, columns=80, rows=24, environment=None):
        self.screen = Screen(columns, rows)
        self.raw = ""
        self._changed = threading.Condition()
        self._master, slave = pty.openpty()
        self._slave = slave  # kept open: its modes are looked at
        self._set_size(columns, rows)
        self.modes_before = termios.tcgetattr(slave)
        settings = clean_environment() | {"TERM": "xterm-256color"} | (environment or {})
        settings.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [str(word) for word in argv], stdin=slave, stdout=slave, stderr=slave, env=settings,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self._open = True
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _set_size(self, columns, rows):
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows):
        with self._changed:
            self.screen.columns, self.screen.rows = columns, rows
        self._set_size(columns, rows)  # the kernel sends SIGWINCH

    def _read(self):
        rest = b""
        while self._open:
            readable, _, _ = select.select([self._master], [], [], 0.2)
            if not readable:
                continue
            try:
                data = rest + os.read(self._master, 65536)
            except OSError:
                break
            text = data.decode("utf-8", "ignore")
            rest = b""
            for cut in range(1, 4):  # a character in two parts
                try:
                    text = data.decode("utf-8")
                    break
                except UnicodeDecodeError as error:
                    if error.start >= len(data) - 3:
                        rest, text = data[error.start:], data[:error.start].decode("utf-8")
                        break
            with self._changed:
                self.raw += text
                self.screen.feed(text)
                self._changed.notify_all()

    def type(self, text):
        os.write(self._master, text.encode())

    def wait_for(self, condition, limit, what):
        """condition(this) must become true after some output."""
        deadline = time.monotonic() + limit * PATIENCE
        with self._changed:
            while not (found := condition(self)):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Expired(f"not within {limit * PATIENCE:g} s: {what}; the terminal shows:\n{self.shown()}")
                self._changed.wait(left)
            return found

    def wait_text(self, text, limit=10, since=0):
        return self.wait_for(lambda t: text in t.raw[since:], limit, f"{text!r} is printed")

    def lines(self):
        with self._changed:
            return list(self.screen.alternate or self.screen.main)

    def shown(self):
        return "\n".join(self.screen.alternate or self.screen.main)

    @property
    def on_alternate(self):
        return self.screen.alternate is not None

    @property
    def modes(self):
        return termios.tcgetattr(self._slave)

    def restored(self):
        """The terminal is as it was before the program: screen, cursor, wrapping, modes."""
        return (not self.on_alternate and not self.screen.cursor_hidden and not self.screen.no_wrap
                and self.modes == self.modes_before)

    def signal(self, number):
        self.process.send_signal(number)

    def state(self):
        """The kernel's letter for the process: T is stopped."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    def wait_state(self, letters, limit=5):
        wait_until(lambda: self.state() in letters, limit, f"the process is in state {letters}")

    def wait_exit(self, limit=15):
        try:
            return self.process.wait(limit * PATIENCE)
        except subprocess.TimeoutExpired:
            raise Expired(f"did not exit within {limit * PATIENCE:g} s; the terminal shows:\n{self.shown()}") from None

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._open = False
        self._reader.join(5)
        os.close(self._master)
        os.close(self._slave)
