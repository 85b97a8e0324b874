"""The money at risk of all customers day by day, added up by the database as a reader of the rows would."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.utils import timezone

from apps.customers.models import Customer
from apps.flows.models import Flow
from apps.monitoring.impact import Quality, Sum
from apps.monitoring.models import CaseOperation, RiskDay
from apps.monitoring.queries.risk import risk_curves, written_days
from apps.monitoring.queries.trends import Span
from apps.tenants import scope
from apps.tenants.scope import PartnerRef
from tests.monitoring.conftest import Blocked

FIRST = date(2026, 11, 1)


def _row(customer: Customer, day: date, currency: str, known: int, **more: object) -> RiskDay:
    usual = {"estimated": 0, "records": 1, "unknown_records": 0, "measured_at": timezone.now()}
    return RiskDay(customer=customer, day=day, currency=currency, known=known, **{**usual, **more})


def _read(rows: list[RiskDay], days: list[date]) -> dict[date, dict[str, Decimal]]:
    """Add up as it is told: each customer's latest row up to the day."""
    found = {}
    for day in days:
        latest = {row.customer_id: row for row in sorted(rows, key=lambda row: row.day) if row.day <= day}
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in latest.values():
            sums[row.currency] += Decimal(row.known) + Decimal(row.estimated)
            for currency, amount in row.left.items():
                sums[currency] += Decimal(amount)
        if latest:
            found[day] = {currency: amount for currency, amount in sums.items() if amount}
    return found


@pytest.mark.parametrize("seed", range(6))
def test_days_are_added_up_as_they_were_written_and_last_until_the_next_one(committed: PartnerRef, seed: int) -> None:
    chance = Random(seed)
    days = [FIRST + timedelta(days=number) for number in range(12)]
    with scope.work_in(committed):
        rows = []
        for name in ("Firm A", "Firm B", "Firm C", "Firm D"):
            customer = Customer.objects.create(name=name)
            # From long before the first day on, with gaps, in a currency that may change, some of it without a rate.
            for back in sorted(chance.sample(range(-20, 15), chance.randint(0, 9))):
                left = {"USD": "12.50", "SEK": "3"} if chance.random() < 0.3 else {}
                currency, day = chance.choice(["EUR", "GBP"]), FIRST + timedelta(days=back)
                more = {"estimated": chance.choice([0, 7]), "left": left}
                rows.append(_row(customer, day, currency, chance.choice([0, 5, 40]), **more))
        RiskDay.objects.bulk_create(rows)
        assert written_days(days) == _read(rows, days)
        assert written_days([days[7], days[3], days[7]]) == _read(rows, [days[3], days[7]])
        own = [row for row in rows if row.customer_id == customer.id]
        assert written_days(days, of=Span(12, customer.id)) == _read(own, days)


def test_a_flows_rows_count_in_their_customers_and_nothing_written_is_no_day(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        RiskDay.objects.all().delete()
        assert written_days([FIRST]) == {}
        (flow,) = Flow.objects.all()
        rows = [
            _row(flow.customer, FIRST, "EUR", 10, flow=flow),
            _row(flow.customer, FIRST + timedelta(days=1), "EUR", 30),
        ]
        RiskDay.objects.bulk_create(rows)
        days = [FIRST + timedelta(days=number) for number in range(3)]
        found = written_days(days)
        of_flow = written_days(days, of=Span(3, flow_id=flow.id))
    assert found == {FIRST + timedelta(days=number): {"EUR": Decimal(30)} for number in (1, 2)}
    assert of_flow == {FIRST + timedelta(days=number): {"EUR": Decimal(10)} for number in range(3)}


def test_the_curve_ends_with_what_is_at_risk_now_and_asks_nothing_where_all_days_are_known(
    committed: PartnerRef, django_assert_num_queries: object
) -> None:
    now = datetime(2026, 11, 4, 12, tzinfo=UTC)
    days = [FIRST + timedelta(days=number) for number in range(4)]
    written = {day: {"EUR": Decimal(number)} for number, day in enumerate(days)}
    with scope.work_in(committed), django_assert_num_queries(0):  # type: ignore[operator]
        curves = risk_curves(written, [Sum("SEK", Decimal(9), Quality.KNOWN, 1)], of=Span(4), now=now)
        earlier = risk_curves(written, [], of=Span(2), until=days[2], now=now)
    assert {curve.currency: curve.amounts for curve in curves} == {
        "SEK": (0, 0, 0, 9),
        "EUR": (0, 1, 2, 0),
    }
    assert [(curve.currency, curve.amounts) for curve in earlier] == [("EUR", (1, 2))]


def test_days_before_the_first_that_was_written_are_as_the_cases_tell_them(blocked: Blocked) -> None:
    now = timezone.now()
    with scope.work_in(blocked.line.partner):
        CaseOperation.objects.update(added_at=now - timedelta(days=9))
        written = {now.date() - timedelta(days=1): {"EUR": Decimal(1)}}
        told = {curve.currency: curve.amounts for curve in risk_curves({}, [], of=Span(3), now=now)}["EUR"]
        (curve,) = (one for one in risk_curves(written, [], of=Span(3), now=now) if one.currency == "EUR")
    assert told[0] == told[1] > 1
    assert told[2] == 0, "what is given as at risk now: nothing"
    assert curve.amounts == (told[0], 1, 0)
