"""What the exception queue and a case's page show, as plain values: templates read these and compute nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.flows.queries.operation_undo import Compensation
from apps.monitoring.blame import Fix
from apps.monitoring.impact import Sum
from apps.monitoring.pages import CaseRow
from apps.tenants.templatetags.wording import count_words


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """Cases with one cause, across customers. `key` is "class:field:system"; `rows` are filled while it is open.

    `only` is the case itself where there is just one.
    """

    key: str
    title: str
    system: str
    cases: int
    records: int
    customers: int
    customer_names: tuple[str, ...]
    sums: tuple[Sum, ...]
    oldest_at: datetime
    due_at: datetime | None
    is_late: bool
    is_severe: bool
    priority: int  # the highest among them: a CasePriority
    only: CaseRow | None = None
    is_open: bool = False
    rows: tuple[CaseRow, ...] = ()

    @property
    def more(self) -> int:
        """Return how many of its cases are not among `rows`."""
        return self.cases - len(self.rows)

    @property
    def who(self) -> str:
        """Return whose records these are, in few words."""
        named = ", ".join(self.customer_names)
        more = self.customers - len(self.customer_names)
        if not more:
            return named
        words = ngettext("%(names)s and %(count)d other", "%(names)s and %(count)d others", more)
        return words % {"names": named, "count": more}


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """How many cases each saved view and each work queue would show."""

    by_view: Mapping[str, int]
    by_queue: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Station:
    """One place a record passes on its way; `tone` says how it fared there."""

    label: str
    name: str
    key: str
    words: str
    tone: str
    icon: str
    is_break: bool = False


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
    run_id: UUID | None
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
    contents: str
    dropped_at: datetime | None


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
    stations: tuple[Station, ...] = ()
    holds_up: str = ""
    standing: Compensation | None = None  # of the chosen record, where its walk failed halfway
    can_roll_back: bool = False

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
        figures = {"settled": count_words(self.settled), "records": count_words(self.records)}
        return _("%(settled)s of %(records)s settled") % figures

    @property
    def tone(self) -> str:
        """Return how what is left is shown."""
        return "danger" if self.still_blocked else "success"


class Bar(StrEnum):
    """Why a case cannot be part of a deed; known before anybody confirms it."""

    CLOSED = "closed"
    ON_ITS_WAY = "on_its_way"
    FLOW_STOPPED = "flow_stopped"
    NOTHING_BLOCKED = "nothing_blocked"
    NO_TABLE = "no_table"
    NO_PROPOSAL = "no_proposal"


@dataclass(frozen=True, slots=True)
class Refused:
    """One case of a bulk job that could not be done, and why."""

    case_id: UUID
    title: str
    customer: str
    reason: str


@dataclass(frozen=True, slots=True)
class BulkPage:
    """A bulk job with its true counts; `barred` are (why, how many) that are left alone from the start.

    `records`, `sums` and `customers` are those of the cases that it is about, without the barred ones.
    """

    id: UUID
    kind: str
    title: str
    state: str
    state_words: str
    is_under_way: bool
    is_mine: bool
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    reason: str
    wording: Mapping[str, str]  # of a translation: target, outside_value, new_value
    owner: str
    able: int
    pending: int
    done: int
    failed: int
    cancelled: int
    barred: tuple[tuple[str, int], ...]
    records: int
    sums: tuple[Sum, ...]
    customers: int
    customer_names: tuple[str, ...]
    refused: tuple[Refused, ...]

    @property
    def settled(self) -> int:
        """Return how many need nothing more."""
        return self.done + self.failed + self.cancelled

    @property
    def words(self) -> str:
        """Return "120 of 312"."""
        figures = {"settled": count_words(self.settled), "able": count_words(self.able)}
        return _("%(settled)s of %(able)s") % figures

    @property
    def left_alone(self) -> int:
        """Return how many cannot be done at all."""
        return sum(number for _why, number in self.barred)
