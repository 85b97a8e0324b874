"""How long work lay unposted before go-live, read off from what a flow found when it first looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median

from apps.customers.models import Customer
from apps.flows.models import Operation
from apps.monitoring.queries.ledger_rows import id_at
from apps.monitoring.value.delays import OLDEST, instant_of

FIRST_WEEKS = timedelta(days=14)
LEAST_RECORDS = 30  # fewer say nothing
MOST_RECORDS = 2_000
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Baseline:
    """Half of `records` records lay longer than `days` at their source when they were first read."""

    days: Decimal
    records: int


def find_baseline(customer: Customer) -> Baseline | None:
    """Return the delay of the first weeks; None where too few records say since when they were ready. Two queries."""
    first = Operation.objects.filter(customer=customer).order_by("id").values_list("created_at", flat=True).first()
    if first is None:
        return None
    rows = (
        Operation.objects.filter(customer=customer, id__lt=id_at(first + FIRST_WEEKS))
        .order_by("id")
        .values_list("source_version", "created_at")[:MOST_RECORDS]
    )
    days = [
        Decimal(age.total_seconds()) / _DAY
        for version, read_at in rows
        if (since := instant_of(version)) and timedelta(0) <= (age := read_at - since) <= OLDEST
    ]
    return baseline_of(days)


def baseline_of(days: Sequence[Decimal]) -> Baseline | None:
    """Return the usual one of these ages, None of too few."""
    return Baseline(round(median(days), 1), len(days)) if len(days) >= LEAST_RECORDS else None
