# SPDX-License-Identifier: Apache-2.0
"""What a profile promises an operator: between which seconds the median of a figure is, with eight members.

The lower bounds are rules of docs/protocol.md: nobody is declared failed before the detection span is over
(F4), or, of a process that is only paused, before the shortest suspicion (T1, T2). The upper bounds add the wait
for the first ping, a probe, and the spread of the news. Figures without a promise are only compared.
"""

import dataclasses
import typing

_FAILED = ("first calls it failed", "last calls it failed")


def _failed(least, most):
    return dict.fromkeys(_FAILED, (least, most))


_LAN_SUSPICION = _failed(4.0, 9.0)
PROMISES = {
    "lan": {"crash": _failed(3.0, 7.0), "cut": _LAN_SUSPICION, "pause": _LAN_SUSPICION, "pause-8": _LAN_SUSPICION,
            "pause-15": _LAN_SUSPICION, "mixed": _failed(3.0, 7.0)},
    # A paused process is not failed fast: its kernel still takes connections.
    "fast": {"crash": _failed(1.5, 3.5), "cut": _failed(1.5, 3.5), "pause": _LAN_SUSPICION, "pause-8": _LAN_SUSPICION,
             "pause-15": _LAN_SUSPICION, "lossy": _failed(1.5, 4.5), "lossy-25": _failed(1.5, 5.0),
             "mixed": _failed(1.5, 5.0)},
    "fast-wan": {"crash": _failed(3.0, 6.0), "cut": _failed(3.0, 6.0), "pause": _failed(6.0, 12.0),
                 "pause-15": _failed(6.0, 12.0), "lossy": _failed(3.0, 7.0),
                 "lossy-25": _failed(3.0, 9.0), "mixed": _failed(3.0, 9.0)},
}


@dataclasses.dataclass(frozen=True)
class Promise:
    what: str
    least: float
    most: float
    median: typing.Optional[float]  # of the agents; None: it did not happen

    @property
    def kept(self):
        return self.median is not None and self.least <= self.median <= self.most


def judged(profile, story, figures):
    """The promises for this story; `figures` are those of table.Row."""
    bounds = PROMISES.get(profile, {}).get(story.name, {})
    return [Promise(figure.what, *bounds[figure.what], figure.real and figure.real.value)
            for figure in figures if figure.what in bounds]
