# SPDX-License-Identifier: Apache-2.0
"""A median and how sure it is: the middle 95 % of the medians of samples drawn from the sample."""

import dataclasses
import random
import statistics

RESAMPLES = 2000
WITHIN = 0.10  # real and simulated medians agree when neither is further off than this


@dataclasses.dataclass(frozen=True)
class Median:
    count: int
    value: float
    low: float
    high: float


def median_of(values, seed=1):
    """None of nothing. The same values give the same interval."""
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
