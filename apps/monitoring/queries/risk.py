"""The money at risk in one currency: of a case now, and of a customer or flow day by day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, QuerySet, Subquery

from apps.customers.models import Customer
from apps.monitoring.currency_rates import read_rates
from apps.monitoring.models import CaseAmount, ExceptionCase, RiskDay
from apps.monitoring.money import Worth
from apps.monitoring.queries.at_risk import Grouping, sums_at_risk
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


def risk_curves(span: Span, *, now: datetime, zone: tzinfo = UTC) -> list[MoneyCurve]:
    """Return the money at risk at the end of each day, by currency, the largest now first; the last point is now.

    Days are as they were written down, each root record once and in the customer's currency; days before the first that
    was written down are as the cases tell them. At most eight queries.
    """
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(span.days - 1, -1, -1)]
    amounts = {curve.currency: list(curve.amounts) for curve in money_at_risk_over(span, now=now, zone=zone)}
    written = _written(span, days)
    by: Grouping = "flow_id" if span.flow_id else "customer_id"
    at_risk = sums_at_risk(by, customer_id=span.customer_id, flow_id=span.flow_id, own_currency_at=now)
    written[today] = _by_currency((part.currency, part.amount) for sums in at_risk.values() for part in sums)
    for currency in {currency for sums in written.values() for currency in sums} - set(amounts):
        amounts[currency] = [_ZERO] * len(days)
    for currency, line in amounts.items():
        for at, day in enumerate(days):
            if day in written:
                line[at] = written[day].get(currency, _ZERO)
    curves = [MoneyCurve(currency, tuple(line)) for currency, line in amounts.items() if any(line)]
    return sorted(curves, key=lambda curve: (-curve.amounts[-1], -max(curve.amounts), curve.currency))


def written_days(days: Sequence[date]) -> dict[date, dict[str, Decimal]]:
    """Return the money at risk at the end of days, of all customers in scope by currency; only days that were written down.

    Two queries.
    """
    return _written(Span(len(days)), days)


@dataclass(frozen=True, slots=True)
class _WrittenDay:
    """What a sum over customers and days needs of a row; a month of them is read by the thousand."""

    customer_id: UUID
    day: date
    currency: str
    known: Decimal
    estimated: Decimal
    left: dict[str, str]


_READ = ("customer_id", "day", "currency", "known", "estimated", "left")


def _written(span: Span, days: Sequence[date]) -> dict[date, dict[str, Decimal]]:
    """Return what was written down of each day from the first on; a customer without a row is as on its day before."""
    latest = {row.customer_id: row for row in _latest(span, before=days[0])}
    by_day: defaultdict[date, list[_WrittenDay]] = defaultdict(list)
    rows = _rows_of(span).filter(customer_id__in=Customer.objects.values("id"), day__gte=days[0], day__lte=days[-1])
    for row in rows.values_list(*_READ):
        by_day[row[1]].append(_WrittenDay(*row))
    found: dict[date, dict[str, Decimal]] = {}
    for day in days:
        latest |= {row.customer_id: row for row in by_day[day]}
        if latest:
            found[day] = _by_currency(_amounts(latest.values()))
    return found


def _latest(span: Span, *, before: date) -> list[_WrittenDay]:
    """Return each customer's last row before a day."""
    of_customer = _rows_of(span).filter(customer=OuterRef("pk"), day__lt=before).order_by("-day")
    customers = Customer.objects.annotate(last=Subquery(of_customer.values("id")[:1])).filter(last__isnull=False)
    rows = RiskDay.objects.filter(id__in=list(customers.values_list("last", flat=True)))
    return [_WrittenDay(*row) for row in rows.values_list(*_READ)]


def _rows_of(span: Span) -> QuerySet[RiskDay]:
    rows = RiskDay.objects.filter(flow_id=span.flow_id) if span.flow_id else RiskDay.objects.filter(flow__isnull=True)
    return rows.filter(customer_id=span.customer_id) if span.customer_id else rows


def _amounts(rows: Iterable[_WrittenDay]) -> Iterable[tuple[str, Decimal]]:
    for row in rows:
        yield row.currency, row.known + row.estimated
        yield from ((currency, Decimal(amount)) for currency, amount in row.left.items())


def _by_currency(parts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for currency, amount in parts:
        found[currency] = found.get(currency, _ZERO) + amount
    return {currency: amount for currency, amount in found.items() if amount}


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
