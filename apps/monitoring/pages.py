"""What the room's pages and mails show, as plain values: templates read these and compute nothing (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from apps.monitoring.health_words import SaidHealth
from apps.monitoring.impact import Sum


@dataclass(frozen=True, slots=True)
class MailedCase:
    """A case as a mail tells it. `band` is roughly the money where the amount itself is not told."""

    title: str
    sentence: str
    next_step: str
    customer: str
    flow: str
    queue: str
    records: int
    amount: Decimal | None
    currency: str
    is_severe: bool
    due_at: datetime | None
    url: str
    band: str = ""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in a list. `owner` is "" when nobody has it."""

    id: UUID
    title: str
    sentence: str
    customer_id: UUID
    customer: str
    flow: str
    queue: str
    waiting_on: str
    state: str
    is_severe: bool
    is_late: bool
    records: int
    amount: Decimal | None
    currency: str
    quality: str
    owner: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    priority: int = 3  # a CasePriority
    priority_words: str = ""
    team: str = ""
    tags: tuple[str, ...] = ()
    snoozed_until: datetime | None = None
    reopened: int = 0
    proposal: str = ""  # what is proposed and waits for a decision

    @property
    def has_priority(self) -> bool:
        """Return whether somebody, or a rule, wants it worked before or after others."""
        return self.priority != 3


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer on the partner's home; records are today's, `trend` is what was written on each of the last days.

    `next_cut_off_at` None: there is none.
    """

    id: UUID
    name: str
    segment: str
    owner: str
    state: str
    health: SaidHealth
    open_cases: int
    with_customer: int
    late_cases: int
    at_risk: tuple[Sum, ...]
    last_success_at: datetime | None
    read: int
    written: int
    rejected: int
    connections: int
    broken_connections: int
    flows: int
    trend: tuple[int, ...]
    next_cut_off: str
    next_cut_off_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Return whether the customer is past its onboarding and neither paused nor gone."""
        return self.state == "live"


@dataclass(frozen=True, slots=True)
class Strip:
    """The figures on top of the partner's home. `cases` counts open ones by what is special about them.

    `at_risk_before` is the money at risk a week ago, by currency; `at_risk_line` the largest currency's day by day until now.
    """

    at_risk: tuple[Sum, ...]
    at_risk_before: Mapping[str, Decimal]
    cases: dict[str, int]
    red: int
    amber: int
    green: int
    grey: int
    broken_connections: int
    written: int
    rejected: int
    read: int
    at_risk_line: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class PartnerHome:
    """The partner's home: all customers, the gravest first, and what to do first."""

    strip: Strip
    customers: tuple[CustomerRow, ...]
    urgent: tuple[CaseRow, ...]
    risk_days: Mapping[date, Mapping[str, Decimal]]  # the money at risk by currency of the days that were written down
