"""When a route may speak, and how it says an amount: quiet hours, the hourly limit, bands of money (pure)."""

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

# A message says roughly how much is held up, never the amount of an invoice.
_EDGES = tuple(Decimal(edge) for edge in (1_000, 10_000, 50_000, 100_000, 500_000, 1_000_000))


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When a route keeps still, on the clocks of a zone; over midnight where it ends before it begins."""

    begins: time
    ends: time
    zone: str
    lets_severe: bool = True

    def covers(self, at: datetime) -> bool:
        """Return whether an aware moment lies within; equal ends are no hours at all."""
        there = at.astimezone(ZoneInfo(self.zone)).time()
        if self.begins <= self.ends:
            return self.begins <= there < self.ends
        return there >= self.begins or there < self.ends

    def holds(self, at: datetime, *, is_severe: bool) -> bool:
        """Return whether a case waits for the end of them."""
        return self.covers(at) and not (is_severe and self.lets_severe)


def room_left(most_an_hour: int, in_last_hour: int) -> int | None:
    """Return how many messages a route may still send in this hour; None: as many as it likes."""
    return None if not most_an_hour else max(0, most_an_hour - in_last_hour)


def band_of(amount: Decimal) -> tuple[Decimal, Decimal | None]:
    """Return from where to where an amount lies; None: there is no upper end."""
    low = Decimal(0)
    for edge in _EDGES:
        if amount < edge:
            return low, edge
        low = edge
    return low, None


# How long after each try that failed for now the next one follows; after the last of them, others are told instead.
RETRY_SECONDS = (30, 120, 600)


def next_try(attempts: int) -> int | None:
    """Return in how many seconds a message is tried again after so many tries, None when it is given up."""
    return RETRY_SECONDS[attempts - 1] if attempts <= len(RETRY_SECONDS) else None
