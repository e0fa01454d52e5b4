# SPDX-License-Identifier: Apache-2.0
"""Prints both sides, as a table or as JSON."""

import dataclasses
import functools
import json
import os
import sys
import typing

import medians
import promises
import stories

# An agent's timers have whole milliseconds, and a process on a busy machine takes one or two to wake up.
# Shorter times depend on the machine, not on the protocol: printed but not compared.
RESOLUTION = 0.005  # seconds

VERDICTS = {"agrees": "✓", "differs": "✗", "too few runs to tell": "~", "too short to tell": "·",
            "not measured": "?", "never": "✓", "not simulated": " "}
GOOD = ("agrees", "too short to tell", "never", "not simulated")


@dataclasses.dataclass
class Figure:
    what: str
    real: typing.Optional[medians.Median]
    simulated: typing.Optional[medians.Median]
    compared: bool = True  # False: only agents did it
    both_ran: bool = False

    @property
    def ratio(self):
        return medians.ratio(self.real, self.simulated)

    @property
    def verdict(self):
        if not self.compared:
            return "not simulated"
        if not self.real and not self.simulated and self.both_ran:
            return "never"
        if not self.real or not self.simulated:
            return "not measured"
        if self.real.value < RESOLUTION and self.simulated.value < RESOLUTION:
            return "too short to tell"
        if medians.agree(self.real, self.simulated):
            return "agrees"
        apart = self.real.high < self.simulated.low or self.simulated.high < self.real.low
        return "differs" if apart else "too few runs to tell"


@dataclasses.dataclass
class Row:
    """One story, both sides."""
    story: stories.Story
    profile: str = "lan"
    real: list = dataclasses.field(default_factory=list)
    simulated: list = dataclasses.field(default_factory=list)
    broken: int = 0                       # simulated runs that broke an invariant
    skipped: typing.Optional[str] = None  # why
    lost: typing.Optional[float] = None   # the share of packets that the kernel lost

    @functools.cached_property
    def figures(self):
        """Only once both sides are measured."""
        sides = [stories.figures(self.story, runs) for runs in (self.real, self.simulated)]
        return [Figure(what, *(medians.median_of(side[what]) for side in sides),
                       compared=not self.story.serf, both_ran=bool(self.real and self.simulated))
                for what, _ in self.story.figures]

    @property
    def promises(self):
        return promises.judged(self.profile, self.story, self.figures)

    def holds(self):
        return bool(self.skipped) or (all(figure.verdict in GOOD for figure in self.figures)
                                      and all(promise.kept for promise in self.promises))


def _cell(median):
    if median is None:
        return f"{'-':>9} {'':>17}"
    return f"{median.value:>9.4f} {f'[{median.low:.4f}, {median.high:.4f}]':>17}"


def _style(code, text):
    return f"\033[{code}m{text}\033[0m" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else text


def head(arguments, preferred):
    text = (f"{stories.MEMBERS} members, profile {arguments.profile}; medians in seconds, 95 % intervals; "
            "ratio is simulated / real\n")
    if not preferred:
        text += "without root: the agents ran with ordinary priority\n"
    return text


def story(row):
    lines = ["", _style("1", f"{row.story.name}: {row.story.deed}")]
    if row.skipped:
        return "\n".join([*lines, f"  skipped: {row.skipped}", ""])
    summary = f"  {len(row.real)} clusters of agents, {len(row.simulated)} simulated"
    if row.lost is not None:
        summary += f"; the kernel lost {100 * row.lost:.2f} % of the packets"
    if row.broken:
        summary += f"; {row.broken} of these broke an invariant, see rollcall-sim run"
    lines += [summary, _style("2", f"  {'':<29}{'real':>9}{'':>18} {'simulated':>10}{'':>18}  ratio")]
    for figure in row.figures:
        ratio = f"{figure.ratio:>6.3f}" if figure.ratio is not None else f"{'-':>6}"
        missing = [f"{side} in {median.count if median else 0} of {len(runs)}"
                   for side, median, runs in (("real", figure.real, row.real),
                                              ("simulated", figure.simulated, row.simulated))
                   if (median.count if median else 0) != len(runs) and figure.verdict != "never"]
        lines.append(f"  {figure.what:<29}{_cell(figure.real)} {_cell(figure.simulated)}  {ratio}  "
                     f"{VERDICTS[figure.verdict]}" + (f"  ({', '.join(missing)})" if missing else ""))
    for promise in row.promises:
        median = f"{promise.median:.2f} s" if promise.median is not None else "it did not happen"
        lines.append(f"  promised, {promise.what}: {promise.least:g} to {promise.most:g} s: {median}  "
                     + ("✓" if promise.kept else "✗"))
    return "\n".join(lines) + "\n"


LEGEND = (f"\n✓ within {100 * medians.WITHIN:g} % or {1000 * medians.CLOSE:g} ms   ✗ not   "
          "~ not, but the intervals overlap: use more --reps\n"
          f"· both under {1000 * RESOLUTION:g} ms: too short to compare on this machine\n")


def as_json(rows, arguments, preferred):
    def side(median):
        return median and {"median_s": median.value, "low_s": median.low, "high_s": median.high,
                           "runs": median.count}

    return json.dumps({
        "members": stories.MEMBERS, "profile": arguments.profile, "preferred": preferred,
        "stories": [{
            "name": row.story.name, "deed": row.story.deed, "skipped": row.skipped,
            "lost_share": row.lost, "real_runs": len(row.real), "simulated_runs": len(row.simulated),
            "simulated_broken": row.broken,
            "figures": [] if row.skipped else [
                {"what": figure.what, "real": side(figure.real), "simulated": side(figure.simulated),
                 "ratio": figure.ratio, "verdict": figure.verdict} for figure in row.figures],
            "promises": [] if row.skipped else [
                {"what": promise.what, "least_s": promise.least, "most_s": promise.most,
                 "median_s": promise.median, "kept": promise.kept} for promise in row.promises],
        } for row in rows],
        "holds": all(row.holds() for row in rows)}, indent=2) + "\n"
