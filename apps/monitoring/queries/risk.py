"""The money at risk in one currency: of a case now, and of a customer or flow day by day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from apps.customers.models import Customer
from apps.monitoring.currency_rates import read_rates
from apps.monitoring.models import CaseAmount, ExceptionCase, RiskDay
from apps.monitoring.money import Worth

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
