"""A promise that ran out is written down at its time, once, whether somebody looked every minute or not for days."""

from datetime import time, timedelta

import pytest

from apps.customers.cut_offs import Rhythm, Rule
from apps.customers.services import add_cut_off, remove_cut_off
from apps.flows.models import ApprovalRequest, FlowDay, Operation
from apps.monitoring import case_book, sla_settings
from apps.monitoring.models import ExceptionCase, SlaClock
from apps.monitoring.sla.terms import Promise
from apps.monitoring.sla_watch import AT_ONCE, watch_clocks
from tests.service_levels import START, Firm, at


def _look(minutes: float) -> int:
    return watch_clocks(at(minutes), lambda: None)


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param([59, 60, 61, 62], id="a look every minute"),
        pytest.param([4 * 24 * 60], id="the first look after four days"),
    ],
)
def test_a_breach_is_known_at_its_time_and_once(firm: Firm, looks: list[int]) -> None:
    firm.promise()
    firm.open()
    found = [_look(minutes) for minutes in looks]
    first = firm.breaches()[0]
    assert first.breached_at == at(60)
    assert first.clock.promise == Promise.ACKNOWLEDGE
    assert sum(found) == len(firm.breaches())
    assert _look(looks[-1]) == 0


def test_a_paused_clock_is_never_broken(firm: Firm) -> None:
    firm.promise()
    firm.open("closed_period")
    _look(100_000)
    assert [breach.clock.promise for breach in firm.breaches()] == [Promise.ACKNOWLEDGE]


def test_how_late_it_was_is_settled_when_it_ends(firm: Firm) -> None:
    firm.promise()
    case = firm.open()
    _look(500)
    assert {breach.late_seconds for breach in firm.breaches()} == {None}
    case_book.close_case(case, ExceptionCase.ClosedHow.SETTLED, reason="done.", now=at(580))
    assert [(b.late_seconds, b.credit) for b in firm.breaches()] == [(520 * 60, 50), (100 * 60, 50)]


def test_more_than_fit_into_one_transaction_are_all_found(firm: Firm) -> None:
    SlaClock.objects.bulk_create(
        SlaClock(customer=firm.customer, promise="resolve", started_at=START, due_at=at(n)) for n in range(AT_ONCE + 5)
    )
    assert _look(1000) == AT_ONCE + 5


def test_a_record_on_its_way_for_too_long_breaks_the_delivery(firm: Firm) -> None:
    firm.promise()
    operation = firm.operation("1", "waiting", created_at=at(0))
    assert _look(29) == 0
    assert _look(31) == 1
    Operation.objects.filter(id=operation.id).update(state="written", changed_at=at(50))
    FlowDay.objects.create(customer=firm.customer, flow=firm.flow, day=START.date(), last_success_at=at(50))
    _look(60)
    (breach,) = firm.breaches()
    assert (breach.breached_at, breach.late_seconds) == (at(30), 20 * 60)


def test_a_delivery_in_time_leaves_nothing_behind(firm: Firm) -> None:
    firm.promise()
    operation = firm.operation("1", "waiting", created_at=at(0))
    _look(10)
    Operation.objects.filter(id=operation.id).update(state="written", changed_at=at(20))
    FlowDay.objects.create(customer=firm.customer, flow=firm.flow, day=START.date(), last_success_at=at(20))
    _look(40)
    assert not SlaClock.objects.filter(promise=Promise.DELIVERY).exists()


def test_an_approval_that_is_missing_is_not_our_time(firm: Firm) -> None:
    firm.promise()
    operation = firm.operation("1", "waiting", created_at=at(0))
    ApprovalRequest.objects.create(
        customer=firm.customer,
        flow=firm.flow,
        operation=operation,
        step="ask",
        question="?",
        role="owner",
        asked_at=START,
    )
    assert _look(100) == 0


def _friday_cut_off(firm: Firm) -> None:
    """Fridays at ten in Berlin: 20 November 2026, 09:00 UTC, is the first after the start."""
    add_cut_off(firm.customer, name="Billing", purpose="", rule=Rule(Rhythm.WEEKLY, 4, time(10)))


CUT_OFF = 3 * 24 * 60  # minutes after the start


@pytest.mark.parametrize(
    ("settled", "looks", "late"),
    [
        pytest.param(CUT_OFF - 10, [0, CUT_OFF + 1], None, id="all was posted in time"),
        pytest.param(CUT_OFF + 90, [0, CUT_OFF + 1, CUT_OFF + 100], 90 * 60, id="posted an hour and a half late"),
        pytest.param(CUT_OFF + 90, [0, CUT_OFF + 1000], 90 * 60, id="the same, found only after a standstill"),
        pytest.param(None, [0, CUT_OFF + 1, CUT_OFF + 100], 0, id="still blocked"),
    ],
)
def test_a_cut_off_is_met_when_all_that_was_read_by_then_is_posted(
    firm: Firm, settled: int | None, looks: list[int], late: int | None
) -> None:
    firm.promise()
    _friday_cut_off(firm)
    operation = firm.operation("1", "rejected", created_at=at(5))
    firm.operation("2", "waiting", created_at=at(CUT_OFF + 0.5))  # read after it: the next one's matter
    for minutes in looks:
        if settled is not None and minutes >= settled:
            Operation.objects.filter(id=operation.id).update(state="written", changed_at=at(settled))
        _look(minutes)
    broken = [breach for breach in firm.breaches() if breach.clock.promise == Promise.CUT_OFF]
    assert [breach.breached_at for breach in broken] == ([] if late is None else [at(CUT_OFF)])
    assert [breach.late_seconds or 0 for breach in broken] == ([] if late is None else [late])
    ended = SlaClock.objects.filter(promise=Promise.CUT_OFF, due_at=at(CUT_OFF), stopped_at__isnull=False)
    assert ended.exists() == (settled is not None)


def test_a_cut_off_that_is_removed_has_no_clock_any_more(firm: Firm) -> None:
    firm.promise()
    _friday_cut_off(firm)
    _look(0)
    clock = SlaClock.objects.get(promise=Promise.CUT_OFF)
    assert clock.due_at == START + timedelta(days=3)
    assert clock.cut_off is not None
    remove_cut_off(clock.cut_off)
    _look(1)
    assert not SlaClock.objects.filter(promise=Promise.CUT_OFF).exists()


def test_nothing_is_watched_for_a_customer_without_a_package(firm: Firm) -> None:
    firm.promise()
    sla_settings.end_agreement(firm.customer)
    _friday_cut_off(firm)
    firm.operation("1", "waiting", created_at=at(0))
    assert _look(100_000) == 0
    assert not SlaClock.objects.exists()
