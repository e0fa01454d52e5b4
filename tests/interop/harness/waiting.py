# SPDX-License-Identifier: Apache-2.0
"""Waiting for what must become true, with a limit; and doing the same in several places at once.

Never a bare sleep: a wait ends the moment its condition holds, and a wait that runs out says what it
was for and what it saw last.
"""

import os
import threading
import time

# A slow or busy machine may be given more of it: 2 doubles every limit.
PATIENCE = float(os.environ.get("ROLLCALL_INTEROP_PATIENCE", "1"))


class Expired(AssertionError):
    """A condition did not come true within its limit."""


def wait_until(predicate, limit, what, saw=None, every=0.05):
    """Polls `predicate` until it returns something true, and returns that.

    `saw` is called once, when time is up: it tells the reader what was there instead. An OSError of
    the predicate (an agent that is not up yet, a connection that breaks) counts as "not yet".
    """
    deadline = time.monotonic() + limit * PATIENCE
    trouble = None
    while True:
        try:
            outcome = predicate()
            trouble = None
        except OSError as error:
            outcome, trouble = None, error
        if outcome:
            return outcome
        if time.monotonic() >= deadline:
            seen = f"; instead:\n{saw()}" if saw else ""
            raise Expired(f"not within {limit * PATIENCE:g} s: {what}"
                          f"{f' ({trouble})' if trouble else ''}{seen}")
        time.sleep(every)


def hold_for(predicate, seconds, what, saw=None, every=0.1):
    """The opposite: `predicate` must stay true for all of `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not predicate():
            raise AssertionError(f"did not stay so for {seconds:g} s: {what}"
                                 f"{'; instead: ' + saw() if saw else ''}")
        time.sleep(every)


def in_parallel(places, action):
    """Runs action(place) for every named place at once; {name: place} in, {name: result} out.

    Every place is run to its end; the failures of all are then raised as one, each under its name.
    """
    results, failures = {}, {}

    def run(name, place):
        try:
            results[name] = action(place)
        except BaseException as error:  # handed to the thread that asked, below
            failures[name] = error

    threads = [threading.Thread(target=run, args=item, name=item[0]) for item in places.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(places) == 1 and failures:
        raise next(iter(failures.values()))
    if failures:
        text = "\n\n".join(f"[{name}] {type(error).__name__}: {error}"
                           for name, error in failures.items())
        raise SeveralFailed(text, failures) from next(iter(failures.values()))
    return results


class SeveralFailed(AssertionError):
    """What went wrong in some of the places of in_parallel."""

    def __init__(self, text, failures):
        super().__init__(text)
        self.failures = failures
