"""Writes down the money at risk of each day, so that its history outlives the ledger's lines and can be drawn."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max, Value
from django.db.models.functions import Coalesce, NullIf

from apps.customers.models import Customer
from apps.monitoring.currency_rates import read_rates
from apps.monitoring.impact import Split, Stake, split_by_quality
from apps.monitoring.models import CaseOperation, CurrencyRate, ExceptionCase, RiskDay
from apps.monitoring.money import Rates

AT_MOST_EVERY = timedelta(minutes=10)
# A case is dated by when its change began; it can be seen only after that was committed.
_SEEN_LATE = timedelta(minutes=5)


def record_risk(now: datetime) -> int:
    """Bring today's figures up to date where anything changed; returns of how many customers.

    Each customer in a transaction of its own; safe to call at any time. A customer whose cases did not change since the
    last figures costs nothing.
    """
    with transaction.atomic():
        due = _due(now)
        rates = read_rates() if due else Rates(())
    for customer in due:
        with transaction.atomic():
            _measure(customer, rates, now)
    return len(due)


def _due(now: datetime) -> list[Customer]:
    """Return the customers whose cases, or the rates, changed since their last figures."""
    changed = _last_changes()
    last = dict(RiskDay.objects.filter(flow=None).order_by().values_list("customer_id").annotate(at=Max("measured_at")))
    rates_at = CurrencyRate.objects.aggregate(at=Max("entered_at"))["at"]
    found = []
    for customer in Customer.objects.filter(id__in=changed):
        since = max(filter(None, (changed[customer.id], rates_at)))
        if not _is_measured(customer, last.get(customer.id), since, now):
            found.append(customer)
    return found


def _last_changes() -> dict[UUID, datetime]:
    rows = ExceptionCase.objects.order_by().values_list("customer_id").annotate(at=Max("changed_at"))
    return dict(rows)


def _is_measured(customer: Customer, last: datetime | None, changed: datetime, now: datetime) -> bool:
    if last is None:
        return False
    if _day_of(customer, last) != _day_of(customer, now):
        # A day as the one before needs no row of its own.
        return last > changed + _SEEN_LATE
    return last > now - AT_MOST_EVERY or last > changed + _SEEN_LATE


def _day_of(customer: Customer, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(customer.time_zone)).date()


def _measure(customer: Customer, rates: Rates, now: datetime) -> None:
    by_flow: defaultdict[UUID | None, list[Stake]] = defaultdict(list)
    for flow_id, stake in _stakes(customer):
        by_flow[flow_id].append(stake)
        by_flow[None].append(stake)
    # A flow that nothing is held up in any more has to say so once.
    flows = {None, *by_flow, *_flows_at_risk(customer)}
    rows = [
        _row(customer, flow_id, split_by_quality(by_flow.get(flow_id, ())), rates, now)
        for flow_id in sorted(flows, key=str)
    ]
    RiskDay.objects.filter(customer=customer, day=_day_of(customer, now)).delete()
    RiskDay.objects.bulk_create(rows)


def _stakes(customer: Customer) -> Iterable[tuple[UUID, Stake]]:
    rows = (
        CaseOperation.objects.filter(customer=customer, open=True)
        .exclude(case__state=ExceptionCase.State.CLOSED)
        .order_by("operation_id")
        .values_list(
            "operation__flow_id",
            "operation__canonical_type",
            Coalesce(NullIf("root", Value("")), "operation__business_key"),
            "operation__amount",
            "operation__currency",
            "operation__amount_quality",
        )
    )
    for flow_id, kind, key, amount, currency, quality in rows.iterator(chunk_size=5000):
        yield flow_id, Stake(kind, key, amount, currency, quality)


def _flows_at_risk(customer: Customer) -> list[UUID]:
    """Return the flows whose latest row says that something is held up in them."""
    latest = (
        RiskDay.objects.filter(customer=customer, flow__isnull=False).order_by("flow_id", "-day").distinct("flow_id")
    )
    return [row.flow_id for row in latest if row.records and row.flow_id]


def _row(customer: Customer, flow_id: UUID | None, split: Split, rates: Rates, now: datetime) -> RiskDay:
    day = _day_of(customer, now)
    known = rates.worth(split.known, customer.currency, day)
    estimated = rates.worth(split.estimated, customer.currency, day)
    left = {
        currency: str(known.left.get(currency, 0) + estimated.left.get(currency, 0))
        for currency in sorted({*known.left, *estimated.left})
    }
    return RiskDay(
        customer=customer,
        flow_id=flow_id,
        day=day,
        currency=customer.currency,
        known=known.amount,
        estimated=estimated.amount,
        left=left,
        records=split.records,
        unknown_records=split.unknown_records,
        measured_at=now,
    )
