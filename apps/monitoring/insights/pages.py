"""What the pages of insights show (pure values)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from apps.tenants.charts import Chart


@dataclass(frozen=True, slots=True)
class InsightRow:
    """One insight in the list. `decision` is what was decided last, which may be before it came back.

    It, who decided and `reason` are "" for those whom it does not concern.
    """

    id: UUID
    title: str
    sentence: str
    customer_id: UUID
    customer: str
    kind: str
    cause: str
    project: str
    client: str
    happened_on: date | None
    urgency: int
    urgency_words: str
    amount: Decimal | None
    currency: str
    quality: str
    state: str
    state_words: str
    found_at: datetime
    decision: str
    decided_at: datetime | None
    decided_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class InsightPage:
    """One insight with what it goes by. `record_url` leads to its record, `outside_url` to the record in its own system."""

    row: InsightRow
    is_earlier: bool  # what was decided was about an earlier time: it came back, or is over, since
    advice: str
    chart: Chart | None
    fits: tuple[str, ...]
    record_url: str
    record_label: str
    outside_url: str
    gone_at: datetime | None
    ended: str
    seen_at: datetime
    returned: int
    can_decide: bool
    can_accept: bool
    can_dismiss: bool


@dataclass(frozen=True, slots=True)
class LookLine:
    """What one part of a customer's last look went by."""

    customer: str
    looked_at: datetime
    part: str
    words: str
    is_blind: bool
