"""What is usual, by the median and the median deviation: a few wild values change neither (pure).

The modified z-score and its limit of 3.5 are those of Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean, median

FAR = 3.5
# What was found once goes when it is clearly usual again: a limit that moves a little every night must not blink.
NEAR = 3.0
LEAST = 12  # fewer values say nothing
_OF_MEDIAN, _OF_MEAN = 1.4826, 1.2533  # make both deviations those of a normal distribution


@dataclass(frozen=True, slots=True)
class Usual:
    """Eight of ten values lie between `low` and `high`. `seen` is how many there were.

    `centre` and `spread` are on the scale that is judged on: the values themselves, or with `by_ratio` their logarithms.
    """

    low: Decimal
    middle: Decimal
    high: Decimal
    seen: int
    centre: float
    spread: float
    by_ratio: bool = False


def usual_of(values: Sequence[Decimal], *, least: int = LEAST, by_ratio: bool = False) -> Usual | None:
    """Return what is usual of these values, None of fewer than `least`.

    With `by_ratio` a tenth is as far from usual as ten times as much, as it should be of money; then only values above 0 count.
    """
    counted = sorted(value for value in values if value > 0 or not by_ratio)
    if len(counted) < max(least, 2):
        return None
    scaled = [_scaled(value, by_ratio=by_ratio) for value in counted]
    centre = median(scaled)
    away = [abs(value - centre) for value in scaled]
    # More than half of all values are the same: then the mean deviation tells how far the others lie.
    spread = _OF_MEDIAN * median(away) or _OF_MEAN * fmean(away)
    return Usual(_share(counted, 0.1), median(counted), _share(counted, 0.9), len(counted), centre, spread, by_ratio)


def score(value: Decimal, usual: Usual) -> float:
    """Return by how many spreads a value is above (or, negative, below) what is usual; infinite where nothing ever differs."""
    if usual.by_ratio and value <= 0:
        return -math.inf
    away = _scaled(value, by_ratio=usual.by_ratio) - usual.centre
    if usual.spread:
        return away / usual.spread
    return math.copysign(math.inf, away) if away else 0.0


def is_unusual(value: Decimal, usual: Usual, *, gap: Decimal, known: bool = False) -> bool:
    """Return whether a value lies too far out to be chance, and far enough to matter.

    `gap` is the least distance from the middle that matters: a difference, or with `by_ratio` a factor. `known`: it was
    found before.
    """
    return abs(score(value, usual)) >= (NEAR if known else FAR) and _distance(value, usual) >= gap


def _distance(value: Decimal, usual: Usual) -> Decimal:
    if not usual.by_ratio:
        return abs(value - usual.middle)
    if value <= 0:
        return Decimal("Infinity")
    return max(value / usual.middle, usual.middle / value)


def _scaled(value: Decimal, *, by_ratio: bool) -> float:
    return math.log(value) if by_ratio else float(value)


def _share(ordered: Sequence[Decimal], share: float) -> Decimal:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
