# SPDX-License-Identifier: Apache-2.0
"""A median with its 95 % interval: the middle 95 % of the medians of resamples (bootstrap)."""

import dataclasses
import random
import statistics

RESAMPLES = 2000
# Real and simulated medians agree if they differ by at most this share, or by so many seconds: between an unanswered
# ping and the gossip of its verdict a process sleeps ten times and more, and wakes up late each time.
WITHIN = 0.10
CLOSE = 0.02


@dataclasses.dataclass(frozen=True)
class Median:
    count: int
    value: float
    low: float
    high: float


def median_of(values, seed=1):
    """None without values. Deterministic."""
    if not values:
        return None
    rng = random.Random(seed)
    values = sorted(values)
    medians = sorted(statistics.median(rng.choices(values, k=len(values))) for _ in range(RESAMPLES))
    cut = round(RESAMPLES * 0.025)
    return Median(len(values), statistics.median(values), medians[cut], medians[-1 - cut])


def ratio(real, simulated):
    return simulated.value / real.value if real and simulated and real.value > 0 else None


def agree(real, simulated):
    if not real or not simulated:
        return False
    apart = abs(simulated.value - real.value)
    return apart <= max(WITHIN * real.value, CLOSE)
