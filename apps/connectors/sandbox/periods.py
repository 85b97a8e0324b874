"""The months that a firm's books and pay lists know: two years back and two ahead, closed before its first booked day."""

from dataclasses import dataclass
from datetime import date, timedelta

from apps.connectors.sandbox.firm import Firm


@dataclass(frozen=True, slots=True)
class Period:
    """One month."""

    starts: date
    is_open: bool

    @property
    def code(self) -> str:
        """Return the month as people write it: "2026-11"."""
        return f"{self.starts:%Y-%m}"

    @property
    def ends(self) -> date:
        """Return its last day."""
        return (self.starts.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    @property
    def state(self) -> str:
        """Return "open" or "closed"."""
        return "open" if self.is_open else "closed"


def periods_of(firm: Firm) -> list[Period]:
    """Return the months of a firm, oldest first."""
    this, first = firm.as_of.year * 12 + firm.as_of.month - 1, firm.first_day.replace(day=1)
    months = (date(month // 12, month % 12 + 1, 1) for month in range(this - 24, this + 3))
    return [Period(month, month >= first) for month in months]
