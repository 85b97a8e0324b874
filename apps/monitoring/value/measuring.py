"""Measures what was posted day by day, so that value outlives the ledger's lines and a month is never counted from scratch."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Max

from apps.customers.models import Customer
from apps.flows.models import FlowDay, Operation
from apps.flows.services.ledger_writes import moment_of
from apps.monitoring.models import ValueDay
from apps.monitoring.queries.ledger_rows import RowFilter, fitting_rows, start_of
from apps.monitoring.value.delays import delay_of

LOOKS_BACK = timedelta(days=92)  # what was posted before is not measured any more
A_DAYS_SAMPLE = 2_000  # records of a day, the latest ones, whose delay is looked at: enough for an average, and bounded
# A record is dated by when it was settled; it can be seen only after that was committed.
_SEEN_LATE = timedelta(minutes=5)
# A turn that is taken up again goes on where it stopped: what was done a moment ago is not done again.
A_MOMENT_AGO = timedelta(minutes=30)


def due_days(customer: Customer, now: datetime) -> list[date]:
    """Return the days on which something was posted and that were not measured since they were over, nor a moment ago.

    Two queries.
    """
    first = (now - LOOKS_BACK).date()
    busy = FlowDay.objects.filter(customer=customer, written__gt=0, day__gte=first, day__lte=now.date())
    measured = dict(
        ValueDay.objects.filter(customer=customer, day__gte=first)
        .order_by()
        .values_list("day")
        .annotate(Max("measured_at"))
    )
    days = sorted(set(busy.order_by().values_list("day", flat=True)))
    return [day for day in days if day not in measured or measured[day] < min(_final_from(day), now - A_MOMENT_AGO)]


def measure_day(customer: Customer, day: date, now: datetime) -> None:
    """Write down what was posted on a day, instead of what was written down before. Call it inside a transaction."""
    posted = fitting_rows(RowFilter(what="arrived", customer_id=customer.id, since=day, until=day))
    counts = dict(posted.order_by().values_list("canonical_type").annotate(Count("pk")))
    delays = _delays(posted[:A_DAYS_SAMPLE])
    ValueDay.objects.filter(customer=customer, day=day).delete()
    # A day on which nothing is left of what was posted says so: else it would be looked at again and again.
    ValueDay.objects.bulk_create(
        ValueDay(
            customer=customer,
            day=day,
            canonical_type=name,
            posted=counts.get(name, 0),
            delay_records=len(delays.get(name, ())),
            delay_seconds=sum((Decimal(str(one.total_seconds())) for one in delays.get(name, ())), Decimal(0)),
            measured_at=now,
        )
        for name in sorted(counts) or [""]
    )


def _delays(operations: Iterable[Operation]) -> defaultdict[str, list[timedelta]]:
    found: defaultdict[str, list[timedelta]] = defaultdict(list)
    for row in operations:
        read_at = moment_of(row.attempts[0]) if row.attempts else None  # an attempt is named by its batch
        delay = delay_of(row.source_version, read_at, row.changed_at)
        if delay is not None:
            found[row.canonical_type].append(delay)
    return found


def _final_from(day: date) -> datetime:
    return start_of(day + timedelta(days=1)) + _SEEN_LATE
