# SPDX-License-Identifier: Apache-2.0
"""The stories and their figures, the same for agents and for the simulator.

A run has the events of one cluster after one action: which member reported what about the subject of the
action, and when. Times are in seconds; 0 is the time of the action.
"""

import dataclasses
import typing

MEMBERS = 8  # n1 to n8; in "join", n9 is added


@dataclasses.dataclass(frozen=True)
class Sighting:
    """A member reported a change of another one: an agent in its log, a simulated one in the trace."""
    at: float
    observer: str
    event: str   # as the agent's log calls it: member-suspected, member-failed, ...
    member: str


@dataclasses.dataclass
class Run:
    subject: str
    observers: tuple
    sightings: list = dataclasses.field(default_factory=list)
    resumed: typing.Optional[float] = None

    def firsts(self, *events, since=0.0):
        """When each observer first reported one of these events about the subject since then."""
        found = {}
        for seen in sorted(self.sightings, key=lambda s: s.at):
            if seen.member == self.subject and seen.event in events and seen.at >= since:
                found.setdefault(seen.observer, seen.at)
        return {name: at for name, at in found.items() if name in self.observers}

    def as_json(self):
        return {"subject": self.subject, "observers": self.observers, "resumed": self.resumed,
                "sightings": [dataclasses.astuple(seen) for seen in self.sightings]}

    @staticmethod
    def from_json(record):
        return Run(record["subject"], tuple(record["observers"]),
                   [Sighting(*seen) for seen in record["sightings"]], record["resumed"])

    def seen_by_all(self, *events, since=0.0):
        return len(self.firsts(*events, since=since)) == len(self.observers)


# Each of these returns None for a run in which it did not happen.

def first(*events):
    def measure(run):
        return min(run.firsts(*events).values(), default=None)
    return measure


def last(*events):
    def measure(run):
        return max(run.firsts(*events).values()) if run.seen_by_all(*events) else None
    return measure


def spread(*events):
    def measure(run):
        times = run.firsts(*events).values()
        return max(times) - min(times) if run.seen_by_all(*events) else None
    return measure


def after_resuming(measure_of, *events):
    """`measure_of` is min or max; counted from the end of the pause or the cut, only in runs in which all had
    declared a failure."""
    def measure(run):
        failed = run.firsts("member-failed")
        if run.resumed is None or len(failed) < len(run.observers) or max(failed.values()) > run.resumed:
            return None
        times = run.firsts(*events, since=run.resumed)
        return measure_of(times.values()) - run.resumed if len(times) == len(run.observers) else None
    return measure


@dataclasses.dataclass(frozen=True)
class Story:
    name: str
    subject: str
    deed: str        # the action, on an agent or a simulated process, in words
    settle: tuple    # seconds that the cluster runs before, drawn uniformly
    figures: tuple   # (what, measure)
    over: typing.Callable  # whether the run is complete
    patience: float  # seconds until an incomplete run ends
    loss: float = 0  # share of packets
    joins_late: bool = False
    action: str = "kill"  # one of those of real.py
    lasts: float = 0      # seconds until a pause or a cut ends
    serf: tuple = ()      # members that are Serf agents; those are not simulated
    usual: bool = True    # runs when no story is named

    @property
    def own_network(self):
        """Whether the agents need a network of their own, in which packets are dropped."""
        return self.loss > 0 or self.action == "cut"

    @property
    def longest(self):
        """Seconds that a run takes at most, once the cluster has come together."""
        return self.settle[1] + self.patience


CRASH = (("first suspects it", first("member-suspected")),
         ("first calls it failed", first("member-failed")),
         ("last calls it failed", last("member-failed")),
         ("from first to last", spread("member-failed")))
BACK = (("running again, first shows it", after_resuming(min, "member-join")),
        ("running again, last shows it", after_resuming(max, "member-join")))
AT_ANY_TIME = (2, 9)


def _failed_by_all(run):
    return run.seen_by_all("member-failed")


def _back(run):
    return run.resumed is not None and run.seen_by_all("member-join", since=run.resumed)


def _silence(name, deed, seconds, back_within=30, **more):
    """A member is silent for that long, and comes back."""
    return Story(name, "n8", f"{deed}; {seconds:g} s later it runs again", AT_ANY_TIME, CRASH + BACK, _back,
                 seconds + back_within, lasts=seconds, **more)


# The action comes at a random time of the probe round: `settle` is seven probe intervals wide. With loss,
# the members' health scores settle before. Those that are not usual show what a profile makes of a silence:
# of a process (its kernel still takes connections), or of a whole host.
STORIES = {story.name: story for story in (
    Story("crash", "n8", "SIGKILL; kill", AT_ANY_TIME, CRASH, _failed_by_all, 45),
    Story("leave", "n8", "SIGINT; leave", AT_ANY_TIME,
          (("first knows that it left", first("member-leave")),
           ("last knows that it left", last("member-leave")),
           ("from first to last", spread("member-leave"))),
          lambda run: run.seen_by_all("member-leave"), 30, action="leave"),
    Story("join", "n9", "join through n1", AT_ANY_TIME,
          (("first shows it", first("member-join")),
           ("last shows it", last("member-join")),
           ("from first to last", spread("member-join"))),
          lambda run: run.seen_by_all("member-join"), 70, joins_late=True, action="join"),
    # All members have declared it failed by then.
    _silence("pause", "SIGSTOP; pause", 20.0, action="pause"),
    Story("lossy", "n8", "crash, with 10 % of all packets lost", (10, 17), CRASH, _failed_by_all, 60, loss=0.1),
    _silence("pause-8", "SIGSTOP; pause", 8.0, action="pause", usual=False),
    _silence("pause-15", "SIGSTOP; pause", 15.0, action="pause", usual=False),
    # Each side takes the other for dead: they meet again when one tries to reconnect, every 30 s.
    _silence("cut", "all packets from and to its host are dropped; partition", 20.0, 120, action="cut",
             usual=False),
    Story("lossy-25", "n8", "crash, with 25 % of all packets lost", (10, 17), CRASH, _failed_by_all, 60, loss=0.25,
          usual=False),
    Story("mixed", "n8", "SIGKILL, while n5, n6 and n7 are Serf agents", AT_ANY_TIME, CRASH, _failed_by_all, 45,
          serf=("n5", "n6", "n7"), usual=False),
)}
USUAL = tuple(name for name, story in STORIES.items() if story.usual)


def names(story):
    """Who runs before the deed; and who watches."""
    members = tuple(f"n{number}" for number in range(1, MEMBERS + 1))
    return members, tuple(name for name in members if name != story.subject)


def figures(story, runs):
    """{what: [seconds, ...]} of all runs in which it happened."""
    measured = {}
    for what, measure in story.figures:
        values = [measure(run) for run in runs]
        measured[what] = [value for value in values if value is not None]
    return measured
