"""How many calls were made, how many of them failed or came too often, and how long they took: a histogram that adds up (pure)."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

# The upper ends of the slots, in milliseconds; one more slot takes what is slower. Rows in the database hold these slots:
# another end needs another table.
ENDS = (
    25, 50, 75, 100, 150, 200, 300, 400, 600, 800, 1200, 1600, 2400, 3200, 4800, 6400, 9600, 12800, 20000, 30000,
)  # fmt: skip
SLOTS = len(ENDS) + 1
NO_SLOTS = (0,) * SLOTS


@dataclass(frozen=True, slots=True)
class CallTimes:
    """Some calls together. `failed` for the system's own reasons, `limited` because they came too often.

    `slots` counts the calls by how long they took: the first those of at most 25 ms, the last those of more than 30 s.
    """

    calls: int = 0
    failed: int = 0
    limited: int = 0
    slots: Sequence[int] = field(default=NO_SLOTS)

    def __add__(self, other: Self) -> "CallTimes":
        """Return both together."""
        slots = tuple(one + two for one, two in zip(self.slots, other.slots, strict=True))
        return CallTimes(self.calls + other.calls, self.failed + other.failed, self.limited + other.limited, slots)

    @property
    def failed_share(self) -> float:
        """Return the share of the calls that failed, 0 without calls."""
        return self.failed / self.calls if self.calls else 0.0

    @property
    def limited_share(self) -> float:
        """Return the share of the calls that came too often, 0 without calls."""
        return self.limited / self.calls if self.calls else 0.0

    def within(self, share: float) -> float | None:
        """Return in how many milliseconds `share` of the calls were answered (0.5: the median); None without calls.

        Within a slot the calls are taken as spread evenly. What is slower than the last end counts as that end.
        """
        timed = sum(self.slots)
        if not timed:
            return None
        wanted, seen = share * timed, 0
        for at, number in enumerate(self.slots[: len(ENDS)]):
            if number and seen + number >= wanted:
                begin = ENDS[at - 1] if at else 0
                return begin + (ENDS[at] - begin) * (wanted - seen) / number
            seen += number
        return float(ENDS[-1])


NO_CALLS = CallTimes()


def start_of_hour(moment: datetime) -> datetime:
    """Return when the hour began that a call of this moment is counted in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def slot_of(milliseconds: int) -> int:
    """Return which slot a call of so many milliseconds belongs to, counted from 0."""
    return bisect_left(ENDS, milliseconds)
