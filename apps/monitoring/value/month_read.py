"""What happened in a month, of one customer or of all, as its summary and its review tell it: read once, for every reader."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from apps.customers.models import Customer
from apps.monitoring.models import ExceptionCase, SlaBreach, SlaClock
from apps.monitoring.months import last_day
from apps.monitoring.queries.reports import ActivityRow, ReasonRow, ReportSpan, activity_of, reasons_of
from apps.monitoring.queries.sla_statement import get_statement
from apps.monitoring.sla_pages import PromiseLine

CAUSES_TOLD = 3


@dataclass(frozen=True, slots=True)
class MonthRead:
    """What was posted, what was held back, how its exceptions ended, and how many promised times were kept and missed.

    `ends` counts by kind of failure, {"mapping_gap": {"settled": 2}}, for the CAUSES_TOLD first reasons. `promises` says it of
    each promise; there are none of all customers together.
    """

    month: date
    activity: Sequence[ActivityRow]
    reasons: Sequence[ReasonRow]
    ends: Mapping[str, Counter[str]]
    kept: int
    missed: int
    promises: tuple[PromiseLine, ...] = ()

    @property
    def posted(self) -> int:
        """Return how many records were posted."""
        return sum(row.arrived for row in self.activity)


def read_month(customer: Customer, month: date, now: datetime) -> MonthRead:
    """Return a customer's month, by its first day."""
    span = ReportSpan(month, last_day(month), customer.id)
    reasons, promises = reasons_of(span), get_statement(customer, month, now).lines
    return MonthRead(
        month=month,
        activity=activity_of(span),
        reasons=reasons,
        ends=_ends(span, reasons),
        kept=sum(line.kept for line in promises),
        missed=sum(line.missed for line in promises),
        promises=promises,
    )


def read_month_of_all(month: date) -> MonthRead:
    """Return the month of all customers, by its first day."""
    span = ReportSpan(month, last_day(month))
    kept = SlaClock.objects.filter(span.moments("stopped_at"), agreement__isnull=False, breached_at__isnull=True)
    missed = SlaBreach.objects.filter(
        span.moments("breached_at"), clock__agreement__isnull=False, excused_at__isnull=True
    )
    reasons = reasons_of(span)
    return MonthRead(
        month=month,
        activity=activity_of(span),
        reasons=reasons,
        ends=_ends(span, reasons),
        kept=kept.count(),
        missed=missed.count(),
    )


def _ends(span: ReportSpan, reasons: Sequence[ReasonRow]) -> Mapping[str, Counter[str]]:
    classes = [row.error_class for row in reasons[:CAUSES_TOLD]]
    over = ExceptionCase.objects.filter(span.moments("closed_at"), error_class__in=classes)
    ended = span.of(over.exclude(closed_how=ExceptionCase.ClosedHow.MERGED))
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for error_class, how in ended.order_by().values_list("error_class", "closed_how"):
        found[error_class][how] += 1
    return found
