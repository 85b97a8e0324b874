"""The money at risk in one currency: of a case now, and of a customer or flow day by day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from apps.customers.models import Customer
from apps.monitoring.currency_rates import read_rates
from apps.monitoring.impact import Sum
from apps.monitoring.models import CaseAmount, ExceptionCase, RiskDay
from apps.monitoring.money import Worth
from apps.monitoring.queries.trends import MoneyCurve, Span, money_at_risk_over

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """The money at risk at the end of a day; before the first figures were taken there is none."""

    day: date
    known: Decimal | None
    estimated: Decimal | None


@dataclass(frozen=True, slots=True)
class RiskCurve:
    """A customer's or flow's money at risk over some days, in the customer's currency, and what is left beside it now."""

    currency: str
    points: tuple[RiskPoint, ...]
    records: int
    unknown_records: int
    left: dict[str, Decimal]

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to draw: nothing was ever at risk in these days."""
        return not any(point.known or point.estimated for point in self.points)


def risk_curve(customer: Customer, *, days: int, now: datetime, flow_id: UUID | None = None) -> RiskCurve:
    """Return the last `days` days of the customer, or of one of its flows. Two queries."""
    today = now.astimezone(ZoneInfo(customer.time_zone)).date()
    first = today - timedelta(days=days - 1)
    rows = RiskDay.objects.filter(customer=customer, currency=customer.currency)
    rows = rows.filter(flow_id=flow_id) if flow_id else rows.filter(flow__isnull=True)
    before = rows.filter(day__lt=first).order_by("-day").first()
    by_day = {row.day: row for row in rows.filter(day__gte=first, day__lte=today)}
    points, last = [], before
    for back in range(days - 1, -1, -1):
        day = today - timedelta(days=back)
        last = by_day.get(day, last)
        points.append(RiskPoint(day, last.known if last else None, last.estimated if last else None))
    return RiskCurve(
        currency=customer.currency,
        points=tuple(points),
        records=last.records if last else 0,
        unknown_records=last.unknown_records if last else 0,
        left={currency: Decimal(amount) for currency, amount in last.left.items()} if last else {},
    )


@dataclass(frozen=True, slots=True)
class RiskOfDay:
    """What a customer had at risk at the end of a day: how many records, worth what, and how many nobody knows the worth of."""

    day: date
    currency: str
    known: Decimal
    estimated: Decimal
    records: int
    unknown_records: int

    @property
    def amount(self) -> Decimal:
        """Return what is known and what is estimated together."""
        return self.known + self.estimated


def list_risk_days(customer: Customer, first: date, last: date, now: datetime) -> list[RiskOfDay]:
    """Return each day of a span up to today, a day that was not written down as the one before. Two queries.

    Days before the first that was written down are left out: nobody knows them.
    """
    rows = RiskDay.objects.filter(customer=customer, flow__isnull=True)
    latest = rows.filter(day__lt=first).order_by("-day").first()
    written = {row.day: row for row in rows.filter(day__gte=first, day__lte=last)}
    until = min(last, now.astimezone(ZoneInfo(customer.time_zone)).date())
    found = []
    for number in range((until - first).days + 1):
        day = first + timedelta(days=number)
        latest = written.get(day, latest)
        if latest is not None:
            found.append(_of_day(latest, day))
    return found


def _of_day(row: RiskDay, day: date) -> RiskOfDay:
    return RiskOfDay(day, row.currency, row.known, row.estimated, row.records, row.unknown_records)


def risk_curves(
    written: Mapping[date, Mapping[str, Decimal]],
    at_risk: Iterable[Sum],
    *,
    of: Span,
    now: datetime,
    zone: tzinfo = UTC,
    until: date | None = None,
) -> list[MoneyCurve]:
    """Return the money at risk at the end of each day up to `until` (None: today), by currency, the largest last amount first.

    Days are as `written_days` found them; those before the first that was written down are as the cases tell them. `at_risk`
    is what is at risk now, in the customers' currencies: the point of today. No query where every day was written down, else four.
    """
    today = now.astimezone(zone).date()
    last = until or today
    shown = [last - timedelta(days=back) for back in range(of.days - 1, -1, -1)]
    whole = Span(of.days + (today - last).days, of.customer_id, of.flow_id)
    told = [] if shown[0] in written else money_at_risk_over(whole, now=now, zone=zone)
    amounts = {curve.currency: list(curve.amounts[: of.days]) for curve in told}
    known = {**written, today: {part.currency: part.amount for part in at_risk}}
    for currency in {currency for day in shown for currency in known.get(day, ())} - set(amounts):
        amounts[currency] = [_ZERO] * of.days
    for currency, line in amounts.items():
        for at, day in enumerate(shown):
            if day in known:
                line[at] = known[day].get(currency, _ZERO)
    curves = [MoneyCurve(currency, tuple(line)) for currency, line in amounts.items() if any(line)]
    return sorted(curves, key=lambda curve: (-curve.amounts[-1], -max(curve.amounts), curve.currency))


# Of each customer its latest row up to each of the days: it holds until the next one. The order is that of the index of its rows.
_HELD_ON = """
WITH held AS (
    SELECT asked.day, line.*
    FROM unnest(%(days)s::date[]) AS asked (day)
    CROSS JOIN customers_customer AS customer
    CROSS JOIN LATERAL (
        SELECT currency, known + estimated AS amount, "left" AS without_rate
        FROM monitoring_riskday AS row
        WHERE row.customer_id = customer.id AND {of_flow} AND row.day <= asked.day
        ORDER BY row.customer_id DESC, row.flow_id DESC, row.day DESC LIMIT 1
    ) AS line
    WHERE {whose}
)
SELECT day, currency, sum(amount) FROM (
    SELECT day, currency, amount FROM held
    UNION ALL
    SELECT held.day, other.key, other.value::numeric FROM held CROSS JOIN jsonb_each_text(without_rate) AS other
    WHERE without_rate <> '{{}}'
) AS part GROUP BY 1, 2
"""


def written_days(days: Iterable[date], *, of: Span | None = None) -> dict[date, dict[str, Decimal]]:
    """Return the money at risk at the end of each of these days, by currency, without those before the first that was written down.

    Of all customers, or of the customer or flow of `of`. Who has no row of a day is as on its day before. One query.
    """
    customer_id, flow_id = (of.customer_id, of.flow_id) if of else (None, None)
    whose = "customer.id = %(customer)s" if customer_id else "TRUE"
    if flow_id:
        whose = "customer.id = (SELECT customer_id FROM flows_flow WHERE id = %(flow)s)"
    of_flow = "row.flow_id = %(flow)s" if flow_id else "row.flow_id IS NULL"
    with connection.cursor() as cursor:
        asked = {"days": sorted(set(days)), "customer": customer_id, "flow": flow_id}
        cursor.execute(_HELD_ON.format(whose=whose, of_flow=of_flow), asked)
        sums = cursor.fetchall()
    found: dict[date, dict[str, Decimal]] = {}
    for day, currency, amount in sums:
        found.setdefault(day, {}).update({currency: amount} if amount else {})
    return found


def worth_of_case(case: ExceptionCase, now: datetime) -> Worth | None:
    """Return a case's money in its customer's currency; None where it is in that already, or there is none. Two queries."""
    amounts = {part.currency: part.amount for part in CaseAmount.objects.filter(case=case)}
    if not set(amounts) - {case.customer.currency}:
        return None
    day = now.astimezone(ZoneInfo(case.customer.time_zone)).date()
    return read_rates().worth(amounts, case.customer.currency, day)


def risk_days() -> QuerySet[RiskDay]:
    """Return the figures of all days in scope, the newest first."""
    return RiskDay.objects.order_by("-day", "id")
