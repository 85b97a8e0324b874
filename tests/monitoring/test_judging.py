"""The cases follow the ledger: one per cause, closed by themselves, never doubled, whoever looks and however often."""

from collections.abc import Callable
from decimal import Decimal
from threading import Thread

from django.db import connection
from django.utils import timezone

from apps.dispatch.models import DueWork, Queue
from apps.flows.models import Operation
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import CaseAmount, CaseOperation, ExceptionCase
from apps.monitoring.tasks import JUDGE
from apps.tenants import scope
from tests.lines import Line
from tests.monitoring.conftest import Blocked

MakeLine = Callable[..., Line]


def _rejected(blocked: Blocked) -> set[object]:
    return {line.id for line in blocked.line.operations(state="rejected")}


def _held(blocked: Blocked) -> set[object]:
    with scope.work_in(blocked.line.partner):
        return set(CaseOperation.objects.filter(open=True).values_list("operation_id", flat=True))


def test_every_rejected_record_is_in_exactly_one_open_case(blocked: Blocked) -> None:
    assert _rejected(blocked)
    assert _held(blocked) == _rejected(blocked)
    assert sum(case.operation_count for case in blocked.cases()) == len(_rejected(blocked))


def test_a_cases_money_is_that_of_its_records(blocked: Blocked) -> None:
    for case in blocked.cases():
        amounts = [record.amount for record in blocked.records(case) if record.amount_quality != "unknown"]
        assert case.amount == (sum(amounts, Decimal(0)) if amounts else None), case.title


def test_looking_again_changes_nothing(blocked: Blocked) -> None:
    before = [(case.id, case.state, case.changed_at) for case in blocked.cases()]
    with scope.enter(blocked.line.partner):
        judged = judge_ledger()
    assert (judged.failures, judged.opened, judged.closed) == (0, 0, 0)
    assert [(case.id, case.state, case.changed_at) for case in blocked.cases()] == before


def test_several_judges_at_once_open_each_case_once(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    blocked = Blocked(line, line.run())

    def judge() -> None:
        try:
            with scope.enter(line.partner):
                judge_ledger()
        finally:
            connection.close()

    judges = [Thread(target=judge) for _ in range(4)]
    for thread in judges:
        thread.start()
    for thread in judges:
        thread.join()
    assert _held(blocked) == _rejected(blocked)
    keys = [(case.flow_id, case.fingerprint) for case in blocked.cases()]
    assert len(keys) == len(set(keys))


def test_a_changed_ledger_asks_for_one_look_and_the_worker_opens_the_cases(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    blocked = Blocked(line, line.run())
    assert DueWork.objects.filter(kind=JUDGE).count() == 1
    DueWork.objects.filter(kind=JUDGE).update(due_at=line.reload(blocked.run).created_at)
    line.work(Queue.MAINT)
    assert _held(blocked) == _rejected(blocked)


def test_a_record_mended_in_its_source_closes_its_case(blocked: Blocked) -> None:
    case = blocked.case("hours")
    (record,) = blocked.records(case)
    blocked.line.psa("PATCH", f"time-entries/{record.source_key}", {"hours": 6})
    blocked.line.run()
    blocked.judge()
    closed = blocked.again(case)
    assert (closed.state, closed.closed_how) == ("closed", "settled")


def test_the_same_failure_after_a_close_by_hand_opens_the_case_again_when_it_is_tried_again(blocked: Blocked) -> None:
    case = blocked.case("resource")
    blocked.owner.post(f"/exceptions/{case.id}/close/", {"reason": "Later."})
    blocked.judge()
    assert blocked.cases(error_field="resource", closed_at=None) == []
    (record,) = blocked.records(case)
    blocked.owner.post(f"/operations/{record.id}/retry/")
    blocked.work()
    (again,) = blocked.cases(error_field="resource", closed_at=None)
    assert (again.id, again.reopened) == (case.id, 1)


def test_two_records_with_one_cause_share_a_case(blocked: Blocked) -> None:
    case = blocked.case("resource")
    (record,) = blocked.records(case)
    fields = {"state": "rejected", "error_class": record.error_class, "error_field": record.error_field}
    words = {"step": record.step, "error_code": record.error_code, "error_message": record.error_message}
    written = blocked.line.operations(state="written")[0]
    with scope.work_in(blocked.line.partner):
        Operation.objects.filter(id=written.id).update(**fields, **words)
    blocked.judge()
    assert blocked.again(case).operation_count == 2
    assert written.id in {line.id for line in blocked.records(case)}


def test_a_record_that_fails_for_another_reason_moves_to_that_reasons_case(blocked: Blocked) -> None:
    first = blocked.case("resource")
    (record,) = blocked.records(first)
    with scope.work_in(blocked.line.partner):
        Operation.objects.filter(id=record.id).update(
            error_class="closed_period",
            error_message="The period is closed.",
            error_field="",
            changed_at=timezone.now(),
        )
    blocked.judge()
    assert (blocked.again(first).state, blocked.again(first).operation_count) == ("closed", 0)
    assert blocked.again(first).closed_reason == "1 record settled: 1 carried on in another case."
    assert _held(blocked) == _rejected(blocked)


def test_money_of_two_currencies_is_kept_apart(blocked: Blocked) -> None:
    case = blocked.case("resource")
    (record,) = blocked.records(case)
    written = blocked.line.operations(state="written")[0]
    fields = ("step", "error_class", "error_field", "error_code", "error_message")
    same_cause = {name: getattr(record, name) for name in fields}
    with scope.work_in(blocked.line.partner):
        Operation.objects.filter(id=record.id).update(amount=Decimal(100), currency="EUR", amount_quality="known")
        Operation.objects.filter(id=written.id).update(
            state="rejected", amount=Decimal(250), currency="CHF", amount_quality="estimated", **same_cause
        )
    blocked.judge()
    now = blocked.again(case)
    assert (now.amount, now.currency, now.amount_quality) == (Decimal(250), "CHF", "estimated")
    with scope.work_in(blocked.line.partner):
        amounts = {part.currency: (part.amount, part.quality) for part in CaseAmount.objects.filter(case=case)}
    assert amounts == {"CHF": (Decimal(250), "estimated"), "EUR": (Decimal(100), "known")}


def test_a_customers_cases_are_the_customers_own(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner, blocked.line.customer.id):
        assert ExceptionCase.objects.count() == len(blocked.cases())
    with scope.work_in(blocked.line.partner, blocked.line.partner.id):
        assert ExceptionCase.objects.count() == 0
