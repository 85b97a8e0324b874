"""What happens to a case starts, pauses, moves and stops its clocks, in the same transaction."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from apps.accounts.actions import Role
from apps.monitoring import case_book, case_clocks, cases, clock_book
from apps.monitoring.blame import Severity, WorkQueue, time_to_resolve
from apps.monitoring.customer_answers import answer_case
from apps.monitoring.models import ExceptionCase, SlaBreach, SlaClock, SlaPause
from apps.monitoring.queries.sla_statement import get_statement
from apps.monitoring.sla.opening import BusinessHours
from apps.monitoring.sla.terms import Promise, Target
from tests.service_levels import GOLD, START, Firm, at

OFFICE = BusinessHours("Europe/Berlin", (((540, 1020),),) * 5 + ((), ()))


def _again(case: ExceptionCase) -> ExceptionCase:
    return ExceptionCase.objects.get(id=case.id)


def _close(case: ExceptionCase, now: datetime) -> None:
    case_book.close_case(case, ExceptionCase.ClosedHow.SETTLED, reason="done.", now=now)


def _waits_for(case: ExceptionCase, party: str, now: datetime) -> None:
    case.waiting_on = party
    case.save(update_fields=["waiting_on"])
    case_clocks.follow_waiting(case, now)


def test_without_a_package_the_queue_decides_when_it_is_due(firm: Firm) -> None:
    case = firm.open("closed_period")
    assert _again(case).due_at == START + time_to_resolve(WorkQueue.FINANCE, Severity.NORMAL)
    assert [clock.promise for clock in SlaClock.objects.filter(case=case)] == [Promise.RESOLVE]


def test_a_package_starts_a_clock_for_each_promise(firm: Firm) -> None:
    firm.promise()
    case = firm.open(failed_at=at(-5))
    assert _again(case).due_at == at(480)
    assert firm.clock(case, Promise.ACKNOWLEDGE).due_at == at(60)
    detected = firm.clock(case, Promise.DETECT)
    assert (detected.stopped_at, detected.elapsed_seconds, detected.breached_at) == (START, 300, None)


def test_what_was_found_too_late_is_broken_at_once(firm: Firm) -> None:
    firm.promise()
    firm.open(failed_at=at(-100))
    (breach,) = firm.breaches()
    assert (breach.breached_at, breach.late_seconds, breach.credit) == (at(-85), 85 * 60, 50)


def test_time_counts_in_opening_hours_only(firm: Firm) -> None:
    firm.promise(hours=OFFICE)
    case = firm.open(now=datetime(2026, 11, 20, 15, 0, tzinfo=UTC))  # Friday, four in the afternoon in Berlin
    assert _again(case).due_at == datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def test_waiting_for_the_customer_pauses_and_the_answer_goes_on(firm: Firm) -> None:
    firm.promise()
    case = firm.open()
    _waits_for(case, "customer", at(60))
    assert _again(case).due_at is None
    assert not _again(case).is_late(at(5000))
    _waits_for(case, "partner", at(1060))
    assert _again(case).due_at == at(1480)
    assert [(pause.cause, pause.ended_at) for pause in SlaPause.objects.all()] == [("customer", at(1060))]


def test_a_case_that_waits_for_the_customer_from_the_start_is_not_due(firm: Firm) -> None:
    firm.promise()
    case = firm.open("closed_period")
    assert _again(case).due_at is None
    assert firm.clock(case, Promise.ACKNOWLEDGE).due_at == at(60)  # that somebody looks is promised all the same


def test_what_the_terms_do_not_name_pauses_nothing(firm: Firm) -> None:
    firm.promise()
    case = firm.open()
    _waits_for(case, "provider", at(60))
    assert _again(case).due_at == at(480)


@pytest.mark.parametrize(
    ("closed_at", "late"),
    [
        pytest.param(480, None, id="in the very instant"),
        pytest.param(481, 60, id="a minute late, though nobody had looked since"),
        pytest.param(600, 7200, id="two hours late"),
    ],
)
def test_closing_stops_the_clocks_and_finds_what_was_late(firm: Firm, closed_at: int, late: int | None) -> None:
    firm.promise()
    case = firm.open()
    case_clocks.acknowledge(case, at(10))
    _close(case, at(closed_at))
    clock = firm.clock(case, Promise.RESOLVE)
    assert (clock.stopped_at, clock.elapsed_seconds) == (at(closed_at), closed_at * 60)
    assert [breach.late_seconds for breach in firm.breaches()] == ([] if late is None else [late])


def test_a_graver_case_has_less_time_and_keeps_what_was_paused(firm: Firm) -> None:
    firm.promise()
    case = firm.open()
    _waits_for(case, "customer", at(60))
    _waits_for(case, "partner", at(120))
    case.severity = Severity.HIGH
    case.save(update_fields=["severity"])
    case_clocks.retarget(case)
    assert _again(case).due_at == at(300)
    case.severity = Severity.NORMAL
    case_clocks.retarget(case)
    assert _again(case).due_at == at(300)


def test_a_reopened_case_goes_on_where_it_stood(firm: Firm) -> None:
    firm.promise()
    case = firm.open()
    _close(case, at(100))
    case.state, case.closed_at = ExceptionCase.State.OPEN, None
    case.save(update_fields=["state", "closed_at"])
    case_clocks.reopen(case, at(1100))
    assert _again(case).due_at == at(1480)
    _close(case, at(1500))
    (breach,) = SlaBreach.objects.filter(clock__promise=Promise.RESOLVE)
    assert breach.late_seconds == 20 * 60


def test_a_given_due_time_is_moved_by_nothing(firm: Firm) -> None:
    firm.promise()
    case = firm.open("closed_period")
    case_clocks.fix_due(case, at(3000))
    _waits_for(case, "customer", at(60))
    assert _again(case).due_at == at(3000)
    _close(case, at(2000))
    assert firm.clock(case, Promise.RESOLVE).breached_at is None


def test_whatever_one_of_us_does_takes_the_case_up_once(firm: Firm) -> None:
    firm.promise()
    case, by = firm.open(), firm.person(Role.SUPPORT).as_actor()
    cases.note_case(case.id, text="Looking into it.", by=by)
    first = _again(case).acknowledged_at
    cases.assign_case(case.id, owner_id=by.user_id, by=by)
    assert first is not None
    assert _again(case).acknowledged_at == first
    assert firm.clock(case, Promise.ACKNOWLEDGE).stopped_at == first


def test_giving_it_to_nobody_takes_nothing_up(firm: Firm) -> None:
    case = firm.open()
    cases.assign_case(case.id, owner_id=None, by=firm.person(Role.SUPPORT).as_actor())
    assert _again(case).acknowledged_at is None


def test_a_customers_answer_lets_the_clock_go_on_but_takes_nothing_up(firm: Firm) -> None:
    firm.promise()
    case = firm.open("closed_period")
    answer_case(case.id, text="We opened the period.", by=firm.person(Role.FINANCE_APPROVER).as_actor())
    again = _again(case)
    assert again.due_at is not None
    assert again.acknowledged_at is None


def test_cases_from_before_the_clocks_are_given_one(firm: Firm) -> None:
    case = firm.open()
    SlaClock.objects.all().delete()
    assert case_clocks.adopt_unclocked() == 1
    assert case_clocks.adopt_unclocked() == 0
    clock = firm.clock(case, Promise.RESOLVE)
    assert (clock.due_at, clock.target_seconds) == (_again(case).due_at, None)
    _close(case, at(100) + timedelta(days=9))
    assert len(firm.breaches()) == 1


@pytest.mark.parametrize("warning", ["partial", "cut_off_risk", "expiring", "slow"])
def test_a_warning_costs_nothing_beside_what_it_warned_of(firm: Firm, warning: str) -> None:
    firm.promise()
    refused = firm.open(name="refused")
    warned = firm.open(warning, failed_at=at(-100), name="warned")
    for case in (refused, warned):
        _close(case, at(5000))
    costs = {(breach.clock.case_id, breach.clock.promise): breach.credit for breach in firm.breaches()}
    assert {key[1] for key, credit in costs.items() if credit} == {Promise.ACKNOWLEDGE, Promise.RESOLVE}
    assert {key[0] for key, credit in costs.items() if credit} == {refused.id}
    assert firm.clock(warned, Promise.RESOLVE).agreement is None  # on the board, on nobody's statement
    assert not SlaClock.objects.filter(case=warned).exclude(promise=Promise.RESOLVE).exists()


def test_a_slow_run_is_a_claim_where_no_delivery_is_promised(firm: Firm) -> None:
    resolve = replace(GOLD, targets=(Target(Promise.RESOLVE, 480),))
    agreed = firm.promise(resolve)
    assert firm.clock(firm.open("slow"), Promise.RESOLVE).agreement == agreed


def test_a_missed_cut_off_gives_its_credit_once_though_it_was_warned_of(firm: Firm) -> None:
    agreed = firm.promise()
    warned = firm.open("cut_off_risk", now=at(30))
    case_clocks.fix_due(warned, at(60))
    cut_off = SlaClock.objects.create(
        customer=firm.customer,
        agreement=agreed,
        promise=Promise.CUT_OFF,
        cut_off_name="Billing",
        started_at=START,
        due_at=at(60),
    )
    clock_book.stop(cut_off, at(90))
    _close(warned, at(91))
    assert [(breach.clock.promise, breach.credit) for breach in firm.breaches()] == [("cut_off", 10), ("resolve", None)]
    statement = get_statement(firm.customer, date(2026, 11, 1), at(200))
    assert [(one.promise, one.credit) for one in statement.breaches] == [("Posted by the cut-off", 10)]
