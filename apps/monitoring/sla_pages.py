"""What pages and the API show of service levels."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from apps.monitoring.impact import Sum
from apps.monitoring.sla_words import pace_words


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A promise under way. `left` is business time, negative once it is late and the desk was open since; None: nobody can say.

    `state` is running, paused or breached; `cause` and `paused_at` say why it stands still. `expected_at` is derived from
    `sample` clocks of the same kind that ended; None: it cannot be said.
    """

    id: UUID
    promise: str
    subject: str
    url: str
    customer_id: UUID
    customer: str
    package: str
    state: str
    started_at: datetime
    due_at: datetime | None
    left: timedelta | None
    left_words: str
    cause: str
    paused_at: datetime | None
    expected_at: datetime | None
    at_risk: bool
    sample: int


@dataclass(frozen=True, slots=True)
class BreachRow:
    """A promise that was not kept. `late` so far while it `is_running`; `credit` None: none was agreed."""

    id: UUID
    promise: str
    subject: str
    url: str
    customer_id: UUID
    customer: str
    package: str
    breached_at: datetime
    late: timedelta
    late_words: str
    is_running: bool
    credit: Decimal | None
    currency: str
    is_excused: bool
    excuse: str
    excused_by: str


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One promise in a month: how often it was kept and how often not, excused ones apart. `sentence` says what counts."""

    promise: str
    sentence: str
    kept: int
    missed: int
    excused: int

    @property
    def share(self) -> int | None:
        """Return the percent kept, rounded down so that a miss never reads as 100; None where nothing was due."""
        total = self.kept + self.missed
        return self.kept * 100 // total if total else None


@dataclass(frozen=True, slots=True)
class Credit:
    """What a month's breaches give back in one currency; `full` is what they would without the cap."""

    currency: str
    amount: Decimal
    full: Decimal

    @property
    def is_capped(self) -> bool:
        """Return whether the cap cut it."""
        return self.amount < self.full


@dataclass(frozen=True, slots=True)
class Statement:
    """A customer's month: what was promised, kept, missed, paused and given back. Days are those of `zone`."""

    month: date
    zone: str
    is_running: bool
    lines: tuple[PromiseLine, ...]
    breaches: tuple[BreachRow, ...]
    pauses: tuple[tuple[str, str], ...]
    credits: tuple[Credit, ...]


@dataclass(frozen=True, slots=True)
class PromisedTime:
    """One target in words: "Resolved", "urgent", "4 h"."""

    promise: str
    fits: str
    time: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a customer is promised now, in words; `fee` None: no credits."""

    package: str
    since: datetime
    agreed_by: str
    times: tuple[PromisedTime, ...]
    opening: tuple[tuple[str, str], ...]
    zone: str
    holidays: tuple[tuple[date, str], ...]
    pauses: tuple[str, ...]
    bands: tuple[str, ...]
    fee: Decimal | None
    currency: str
    cap: Decimal | None


@dataclass(frozen=True, slots=True)
class CutOffRow:
    """A cut-off to come and what stands between now and it; records of the flows that count for it.

    `posted` since the cut-off before; `ready` are on their way by themselves, `to_approve` wait for somebody's yes, `blocked`
    are in exceptions, with `money`. `expected_at` is derived from `per_hour` and `sample`, the pace and the runs of the flow
    that is through last (0: less than one an hour); None: nothing is left, or nobody can say. `risks` say why it is at risk,
    nothing when it is not.
    """

    id: UUID
    name: str
    words: str
    purpose: str
    customer_id: UUID
    customer: str
    next_at: datetime
    flows: int
    flows_chosen: bool
    posted: int
    ready: int
    to_approve: int
    blocked: int
    money: tuple[Sum, ...]
    expected_at: datetime | None
    per_hour: int | None
    sample: int
    risks: tuple[str, ...]

    @property
    def pace(self) -> str:
        """Return the pace in words, "" when there is none."""
        return pace_words(self.per_hour, self.sample) if self.per_hour is not None else ""

    @property
    def must_be_posted(self) -> int:
        """Return how many records must be posted by then, as far as they were read."""
        return self.posted + self.ready + self.to_approve + self.blocked

    @property
    def is_at_risk(self) -> bool:
        """Return whether anything speaks against its being reached."""
        return bool(self.risks)

    @property
    def state(self) -> str:
        """Return the badge of it."""
        return "at_risk" if self.risks else "on_time"
