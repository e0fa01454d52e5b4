# SPDX-License-Identifier: Apache-2.0
"""A function in a child process; when it ends, however it ends, every process that it left is ended, too.

This process adopts the orphans of the child (daemons, workers of a killed master), so it finds all of them by pid.
"""

import contextlib
import ctypes
import os
import pathlib
import pickle
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def descendants(root=None):
    """[(pid, state)] of all processes below this one, or below `root`."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                after = pathlib.Path(f"/proc/{entry}/stat").read_text(errors="replace").rpartition(")")[2].split()
                children.setdefault(int(after[1]), []).append((int(entry), after[0]))
    found, queue = [], [root or os.getpid()]
    while queue:
        for pid, state in children.get(queue.pop(), ()):
            queue.append(pid)
            found.append((pid, state))
    return found


def end_all(limit=10):
    deadline = time.monotonic() + limit
    while left := descendants():
        for pid, state in left:
            with contextlib.suppress(OSError):
                if state != "Z":
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > deadline:
            raise RuntimeError(f"processes that do not end: {left}")
        time.sleep(0.01)


def _child(action, write):
    try:
        result = action()
    except KeyboardInterrupt:
        result = None
    with os.fdopen(write, "wb") as pipe:
        pickle.dump(result, pipe)


def _reap_until(pid):
    """Waits for `pid`; reaps adopted processes meanwhile, whose parents a script may wait for to be gone."""
    while os.waitpid(-1, 0)[0] != pid:
        pass


def run(action):
    """What action() returned in the child; None when it did not get that far."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    sys.stdout.flush()
    sys.stderr.flush()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(read)
            _child(action, write)
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    os.close(write)
    try:
        with os.fdopen(read, "rb") as pipe:
            _reap_until(child)
            result = pipe.read()
        return pickle.loads(result) if result else None
    except KeyboardInterrupt:
        # A terminal has sent Ctrl-C to the child as well; another signal came to this process alone.
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGTERM)
        raise
    finally:
        end_all()
