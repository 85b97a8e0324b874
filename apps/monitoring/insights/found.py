"""What a look at a customer's records can find, as plain values (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID


class Kind(StrEnum):
    """What an insight is about; lists are narrowed by it."""

    ANOMALY = "anomaly"
    MISSING = "missing"
    RISK = "risk"
    STAFFING = "staffing"


class Cause(StrEnum):
    """Why something is told. A record has at most one insight of each cause."""

    LONG_DAY = "long_day"
    ODD_DAY = "odd_day"
    ODD_HOUR = "odd_hour"
    HOLIDAY = "holiday"
    RATE = "rate"
    AMOUNT = "amount"
    VOLUME = "volume"
    INCOMPLETE = "incomplete"
    BUDGET_HOURS = "budget_hours"
    BUDGET_MONEY = "budget_money"
    END_PASSED = "end_passed"
    BEHIND = "behind"
    MILESTONE_LATE = "milestone_late"
    OPEN_REQUEST = "open_request"
    OVERBOOKED = "overbooked"


KIND_OF: Mapping[Cause, Kind] = {
    Cause.LONG_DAY: Kind.ANOMALY,
    Cause.ODD_DAY: Kind.ANOMALY,
    Cause.ODD_HOUR: Kind.ANOMALY,
    Cause.HOLIDAY: Kind.ANOMALY,
    Cause.RATE: Kind.ANOMALY,
    Cause.AMOUNT: Kind.ANOMALY,
    Cause.VOLUME: Kind.ANOMALY,
    Cause.INCOMPLETE: Kind.MISSING,
    Cause.BUDGET_HOURS: Kind.RISK,
    Cause.BUDGET_MONEY: Kind.RISK,
    Cause.END_PASSED: Kind.RISK,
    Cause.BEHIND: Kind.RISK,
    Cause.MILESTONE_LATE: Kind.RISK,
    Cause.OPEN_REQUEST: Kind.STAFFING,
    Cause.OVERBOOKED: Kind.STAFFING,
}
LOOK, SOON, NOW = 1, 2, 3  # how urgent
Key = tuple[Cause, str]


@dataclass(frozen=True, slots=True)
class Stake:
    """The money that is in it; `sure` False where it follows from an average."""

    amount: Decimal
    currency: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that somebody should look at.

    `key` names what it is about, the same every night. `facts` are plain values that its sentence is made of, in the reader's
    language. `operation_id` is the ledger line that leads to the record, None where no flow carried it.
    """

    cause: Cause
    key: str
    label: str
    facts: Mapping[str, Any]
    urgency: int = SOON
    canonical_type: str = ""
    operation_id: UUID | None = None
    flow_id: UUID | None = None
    project: str = ""
    client: str = ""
    on: date | None = None
    stake: Stake | None = None

    @property
    def kind(self) -> Kind:
        """Return what it is about."""
        return KIND_OF[self.cause]

    @property
    def named(self) -> Key:
        """Return by what it is known again."""
        return self.cause, self.key


@dataclass(slots=True)
class Found:
    """What one part of a look found, and everything it looked at: what was looked at and not found is over."""

    findings: list[Finding] = field(default_factory=list)
    seen: set[Key] = field(default_factory=set)

    def add(self, finding: Finding | None) -> None:
        """Take a finding in, if there is one."""
        if finding is not None:
            self.findings.append(finding)

    def join(self, other: "Found") -> "Found":
        """Take in what another part found."""
        self.findings += other.findings
        self.seen |= other.seen
        return self


def plain(value: Decimal) -> str:
    """Return a number as facts keep it: 7.5 for 7.50, 40 for 4E+1."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def series(points: Iterable[tuple[date, Decimal]]) -> list[list[str]]:
    """Return the points of a small chart as facts keep them."""
    return [[day.isoformat(), plain(value)] for day, value in points]
