"""How things went over time: the figures of the past are those that were shown then."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.actions import Role
from apps.flows.models import FlowDay, Operation
from apps.monitoring.case_book import close_case
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.queries.trends import (
    OUTCOMES,
    Span,
    held_up_by_cause,
    money_at_risk_at,
    money_at_risk_over,
    throughput,
    throughput_by_customer,
)
from apps.tenants import scope
from tests.monitoring.conftest import Blocked

TODAY = date(2026, 11, 21)


def _now_by_currency(blocked: Blocked) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for case in blocked.cases():
        if case.amount is not None:
            totals[case.currency] = totals.get(case.currency, Decimal(0)) + case.amount
    return totals


def _age(blocked: Blocked, days: int) -> None:
    """Let everything that failed have failed so many days ago."""
    with scope.work_in(blocked.line.partner):
        CaseOperation.objects.update(added_at=timezone.now() - timedelta(days=days))


def test_the_last_point_is_the_figure_of_the_strip_and_the_days_before_were_without(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        curves = money_at_risk_over(Span(7), now=timezone.now())
    assert {curve.currency: curve.amounts[-1] for curve in curves} == _now_by_currency(blocked)
    assert all(curve.amounts[:-1] == (Decimal(0),) * 6 for curve in curves)


def test_what_has_been_open_for_days_was_at_risk_on_each_of_them(blocked: Blocked) -> None:
    _age(blocked, 3)
    with scope.work_in(blocked.line.partner):
        curves = money_at_risk_over(Span(7), now=timezone.now())
        week_ago = money_at_risk_at(timezone.now() - timedelta(days=7))
        two_days_ago = money_at_risk_at(timezone.now() - timedelta(days=2))
    known = _now_by_currency(blocked)
    assert {curve.currency: curve.amounts for curve in curves} == {
        currency: (Decimal(0),) * 3 + (amount,) * 4 for currency, amount in known.items()
    }
    assert (week_ago, two_days_ago) == ({}, known)


def test_what_was_settled_was_at_risk_until_then(blocked: Blocked) -> None:
    _age(blocked, 5)
    before = _now_by_currency(blocked)
    now = timezone.now()
    with scope.work_in(blocked.line.partner):
        for case in ExceptionCase.objects.filter(closed_at=None):
            close_case(case, ExceptionCase.ClosedHow.BY_PERSON, reason="Not needed.", now=now - timedelta(days=2))
        curves = money_at_risk_over(Span(7), now=now)
        then = money_at_risk_at(now - timedelta(days=3))
        assert money_at_risk_at(now - timedelta(days=1)) == {}
    assert then == before
    for curve in curves:
        # At the end of the day it was settled on, nothing was left.
        assert curve.amounts == (Decimal(0),) + (before[curve.currency],) * 3 + (Decimal(0),) * 3


def test_a_day_ends_at_midnight_of_the_readers_own_zone(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        # Late on the 20th in UTC is early on the 21st in Auckland.
        CaseOperation.objects.update(added_at=datetime(2026, 11, 20, 20, tzinfo=UTC))
        now = datetime(2026, 11, 21, 9, tzinfo=UTC)
        (in_utc, *_) = money_at_risk_over(Span(3), now=now)
        (in_auckland, *_) = money_at_risk_over(Span(3), now=now, zone=ZoneInfo("Pacific/Auckland"))
    assert [bool(amount) for amount in in_utc.amounts] == [False, True, True]
    assert [bool(amount) for amount in in_auckland.amounts] == [False, False, True]


def test_one_customer_and_one_flow_are_counted_alone(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        stranger = blocked.person(Role.CUSTOMER_VIEWER, stranger=True).memberships.get().customer_id
        now = timezone.now()
        assert money_at_risk_over(Span(7, stranger), now=now) == []
        assert money_at_risk_at(now, customer_id=stranger) == {}
        assert held_up_by_cause(Span(7, stranger)) == []
        mine = Span(7, blocked.line.customer.id, blocked.line.flow.id)
        assert money_at_risk_over(mine, now=now) == money_at_risk_over(Span(7), now=now)
        assert held_up_by_cause(mine) == held_up_by_cause(Span(7))


def test_what_is_held_up_is_counted_by_its_cause_the_most_first(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        found = held_up_by_cause(Span(7))
    assert sum(cause.records for cause in found) == len(blocked.line.operations(state="rejected"))
    assert [cause.records for cause in found] == sorted((cause.records for cause in found), reverse=True)
    assert {(cause.error_class, cause.error_field) for cause in found} == {
        (case.error_class, case.error_field) for case in blocked.cases()
    }


def test_every_cause_of_the_chart_leads_to_exactly_its_exceptions(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        found = held_up_by_cause(Span(7))
    for cause in found:
        page = blocked.owner.get("/exceptions/", {"cause": cause.key}).content.decode()
        of_it = {
            case.id
            for case in blocked.cases()
            if (case.error_class, case.error_field) == (cause.error_class, cause.error_field)
        }
        assert {case.id for case in blocked.cases() if f"/exceptions/{case.id}/" in page} == of_it, cause.key


def test_records_per_day_are_those_of_the_rollups_days_without_any_are_nought(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        today = FlowDay.objects.latest("day").day
        found = throughput(Span(5), today=today)
        by_customer = throughput_by_customer(5, today=today)
    assert len(found.days) == 5
    assert set(found.counts) == set(OUTCOMES)
    assert found.counts["written"] == [0, 0, 0, 0, len(blocked.line.operations(state="written"))]
    assert found.counts["rejected"][-1] == len(blocked.line.operations(state="rejected"))
    assert by_customer[blocked.line.customer.id] == found.counts["written"]


@pytest.mark.parametrize("days", [1, 30, 365])
def test_any_span_takes_the_same_few_queries(
    blocked: Blocked, days: int, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    with scope.work_in(blocked.line.partner):
        with django_assert_max_num_queries(5):
            money_at_risk_over(Span(days), now=timezone.now())
        with django_assert_max_num_queries(2):
            throughput(Span(days), today=TODAY)
        with django_assert_max_num_queries(2):
            held_up_by_cause(Span(days))


def test_the_past_says_what_a_record_was_worth_then_and_asks_no_ledger(blocked: Blocked) -> None:
    _age(blocked, 3)
    before, now = _now_by_currency(blocked), timezone.now()
    with scope.work_in(blocked.line.partner):
        for failure in CaseOperation.objects.select_related("operation"):
            line = failure.operation
            kept = (failure.amount, failure.currency, failure.amount_quality)
            assert kept == (line.amount, line.currency, line.amount_quality)
        Operation.objects.update(amount=Decimal(7), currency="SEK")  # changed since, or cut away with its time
        with CaptureQueriesContext(connection) as asked:
            curves = money_at_risk_over(Span(7), now=now)
    assert {curve.currency: curve.amounts for curve in curves} == {
        currency: (Decimal(0),) * 3 + (amount,) * 4 for currency, amount in before.items()
    }
    assert not [query["sql"] for query in asked.captured_queries if "flows_operation" in query["sql"]]
