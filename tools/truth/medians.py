# SPDX-License-Identifier: Apache-2.0
"""A median with its 95 % interval: the middle 95 % of the medians of resamples (bootstrap)."""

import dataclasses
import random
import statistics

RESAMPLES = 2000
WITHIN = 0.10  # real and simulated medians agree if they differ by at most this


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
    quotient = ratio(real, simulated)
    return quotient is not None and 1 - WITHIN <= quotient <= 1 + WITHIN
