"""What the room's pages and mails show, as plain values: templates read these and compute nothing (pure)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.monitoring.blame import Fix
from apps.monitoring.health_words import SaidHealth
from apps.monitoring.impact import Sum


@dataclass(frozen=True, slots=True)
class MailedCase:
    """A case as a mail tells it."""

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
    due_at: datetime
    url: str


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
    due_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer on the partner's home; records are today's."""

    id: UUID
    name: str
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


@dataclass(frozen=True, slots=True)
class Strip:
    """The figures on top of the partner's home."""

    at_risk: tuple[Sum, ...]
    open_cases: int
    mine: int
    late: int
    red: int
    amber: int
    green: int
    grey: int
    broken_connections: int
    written: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Chip:
    """A ready-made filter."""

    label: str
    url: str
    active: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class PartnerHome:
    """The partner's home; `has_customers` tells an empty portal from a filter that matches nothing.

    `page` and `pages` count from 1; `fitting` is how many customers the colour leaves.
    """

    strip: Strip
    customers: tuple[CustomerRow, ...]
    urgent: tuple[CaseRow, ...]
    has_customers: bool
    colour: str = ""
    fitting: int = 0
    page: int = 1
    pages: int = 1


@dataclass(frozen=True, slots=True)
class CaseList:
    """One page of cases with its filters. Addresses are "" where there is no further page."""

    rows: tuple[CaseRow, ...]
    chips: tuple[Chip, ...]
    total: int
    words: str
    newer_url: str
    older_url: str
    customer_name: str
    is_filtered: bool


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record of a case. `can_be_mended` while it is still blocked; `blamed` is its value of the field to blame."""

    id: UUID
    label: str
    business_key: str
    state: str
    sentence: str
    client: str
    project: str
    period: str
    amount: Decimal | None
    currency: str
    quality: str
    changed_at: datetime
    can_be_mended: bool
    blamed: str = ""


@dataclass(frozen=True, slots=True)
class ValueLine:
    """A canonical value in words."""

    name: str
    label: str
    value: str
    is_blamed: bool


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One try of a record with what was sent and answered; the texts are "" without the right to see them."""

    number: int
    run_id: UUID
    at: datetime
    error: str
    method: str
    url: str
    status: int | None
    milliseconds: int
    request: str
    response: str
    source: dict[str, Any] | None
    mapped: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A way out the product offers: `disabled_reason` says why it cannot be taken just now."""

    fix: Fix
    label: str
    sentence: str
    disabled_reason: str = ""


@dataclass(frozen=True, slots=True)
class MissingValue:
    """A value without a translation, and how many of the case's records have it."""

    value: str
    records: int


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A line of a case's history or a note; shown with the timeline component."""

    title: str
    moment: datetime
    text: str = ""
    actor: str = ""
    icon: str = ""
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class CasePage:
    """Everything the case page shows."""

    row: CaseRow
    explanation: str
    runbook: str
    sums: tuple[Sum, ...]
    is_open: bool
    is_resolving: bool
    closed_how: str
    closed_reason: str
    flow_id: UUID | None
    run_id: UUID | None
    retry_run_id: UUID | None
    owner_id: UUID | None
    blamed_field: str
    records: tuple[RecordRow, ...]
    more_records: int
    selected: RecordRow | None
    values: tuple[ValueLine, ...]
    attempts: tuple[AttemptView, ...]
    proposals: tuple[Proposal, ...]
    missing_values: tuple[MissingValue, ...]
    history: tuple[HistoryEntry, ...]
    connection_ids: tuple[UUID, ...] = ()

    @property
    def mendable(self) -> RecordRow | None:
        """Return the record that a correction starts with: the chosen one if it is blocked, else the first that is."""
        chosen = (self.selected, *self.records)
        return next((row for row in chosen if row is not None and row.can_be_mended), None)


@dataclass(frozen=True, slots=True)
class CaseProgress:
    """Where a case stands, for the part of its page that keeps itself up to date."""

    id: UUID
    state: str
    records: int
    still_blocked: int
    on_their_way: int
    settled: int
    retry_run_id: UUID | None
    is_resolving: bool

    @property
    def words(self) -> str:
        """Return "2 of 5 settled"."""
        return f"{self.settled:,} of {self.records:,} settled"

    @property
    def tone(self) -> str:
        """Return how what is left is shown."""
        return "danger" if self.still_blocked else "success"
