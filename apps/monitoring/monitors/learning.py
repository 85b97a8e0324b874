"""What is usual, learned from what was seen by robust statistics: medians and shares, never means (pure).

A limit is so far out that at most two of a hundred values it was learned from lie beyond it, and it grows with what it was
learned from: ten times the values are ten times the limit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

LEAST_RUNS = 20  # fewer runs say nothing
LEAST_SAME_DAYS = 4  # of one weekday; with fewer, working days and weekends are each taken together
LEAST_DAYS = 8
KEPT = 400
BEYOND = 0.02  # the share of what was learned from that may lie beyond the limit
_FAR = 6 * 1.4826  # six times the spread that a normal distribution of the same median deviation has
_MUCH = 1.5
_FEW = 0.25
_WEEKEND = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One thing seen: `value` in base units, `size` how many records it was about (of a wait: how many starts wait)."""

    at: datetime
    value: float
    size: int = 0

    def to_json(self) -> list[float]:
        """Return what is stored."""
        return [round(self.at.timestamp(), 3), round(self.value, 4), self.size]


@dataclass(frozen=True, slots=True)
class Usual:
    """Eight of ten values lie between `low` and `high`; beyond `limit` something is wrong. `seen` is how many there were."""

    low: float
    middle: float
    high: float
    limit: float
    seen: int


@dataclass(frozen=True, slots=True)
class Learned:
    """What one monitor knows. `days` by weekday (Monday is 0) where it counts by days; `size` how many records are usual.

    `last` is the latest whole day that was counted.
    """

    usual: Usual | None = None
    size: Usual | None = None
    days: Mapping[int, Usual] = field(default_factory=dict)
    last: Sample | None = None
    seen: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "usual": asdict(self.usual) if self.usual else None,
            "size": asdict(self.size) if self.size else None,
            "days": {str(day): asdict(usual) for day, usual in self.days.items()},
            "last": self.last.to_json() if self.last else None,
            "seen": self.seen,
        }


NOTHING = Learned()


def read_learned(stored: Mapping[str, Any] | None) -> Learned:
    """Return what was stored; nothing where it was stored by another version of this program."""
    try:
        return _learned(stored) if stored else NOTHING
    except (KeyError, TypeError, ValueError):
        return NOTHING


def _learned(stored: Mapping[str, Any]) -> Learned:
    days = {int(day): Usual(**usual) for day, usual in stored["days"].items()}
    usual, size, last = stored["usual"], stored["size"], stored["last"]
    return Learned(
        usual=Usual(**usual) if usual else None,
        size=Usual(**size) if size else None,
        days=days,
        last=read_sample(last) if last else None,
        seen=int(stored["seen"]),
    )


def read_sample(stored: Sequence[float]) -> Sample:
    """Return a sample as it was stored."""
    at, value, size = stored
    return Sample(datetime.fromtimestamp(at, tz=UTC), float(value), int(size))


def learn_high(values: Sequence[float], least: int = LEAST_RUNS) -> Usual | None:
    """Return what is usual of values of which too large ones are wrong; None for too few."""
    if len(values) < max(least, 1):
        return None
    seen = sorted(values)
    middle = _share(seen, 0.5)
    limit = max(_share(seen, 1 - BEYOND) * _MUCH, middle + _FAR * _spread(seen, middle), middle * 2)
    return Usual(_share(seen, 0.1), middle, _share(seen, 0.9), limit, len(seen))


def learn_low(values: Sequence[float], least: int = LEAST_SAME_DAYS) -> Usual | None:
    """Return what is usual of values of which too small ones are wrong; None for too few. A limit of 0 is never passed."""
    if len(values) < max(least, 1):
        return None
    seen = sorted(values)
    middle = _share(seen, 0.5)
    lowest = seen[int(len(seen) * BEYOND)]
    return Usual(_share(seen, 0.1), middle, _share(seen, 0.9), min(lowest, middle * _FEW), len(seen))


def learn_days(samples: Sequence[Sample]) -> dict[int, Usual]:
    """Return what is usual on each weekday: of that weekday, or of all working days or weekends where it is too young."""
    found: dict[int, Usual] = {}
    for weekday in range(7):
        same = [one.value for one in samples if one.at.weekday() == weekday]
        alike = [one.value for one in samples if (one.at.weekday() >= _WEEKEND) == (weekday >= _WEEKEND)]
        usual = learn_low(same, LEAST_SAME_DAYS) or learn_low(alike if same else [], LEAST_DAYS)
        if usual is not None:
            found[weekday] = usual
    return found


def day_sample(day: date, value: float) -> Sample:
    """Return what a whole day of the customer's brought; its weekday is that of `at`."""
    return Sample(datetime(day.year, day.month, day.day, 12, tzinfo=UTC), value)


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _spread(ordered: Sequence[float], middle: float) -> float:
    return _share(sorted(abs(value - middle) for value in ordered), 0.5)
