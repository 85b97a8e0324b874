"""Both sides set against each other: what was deleted, changed or doubled behind our back is found, told once and closed again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from apps.connectors.errors import BusinessClass, MisconfiguredError, RetryableError
from apps.connectors.protocols.rest import RestConnector
from apps.dispatch.models import DueWork, Priority
from apps.flows.models import Flow, Link, Operation, Reconciliation, ReconciliationRow, Run, SeenPage
from apps.flows.services import reconciling
from apps.flows.services.reconciliation_result import digest_of
from apps.flows.services.replay import replay_operations, skip_operations
from apps.flows.triggers.reconciliations import ReconciliationError, reconcile_now
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.flows.services.killed_workers import work_killed_at
from tests.lines import Line, customers_day

MakeLine = Callable[..., Line]
CENT = Decimal("0.01")


def _flow(line: Line) -> Flow:
    return Flow.objects.select_related("customer", "source", "target", "live_version").get(id=line.flow.id)


def _ask(line: Line) -> Run:
    today = customers_day()
    with scope.work_in(line.partner):
        return reconcile_now(_flow(line), first=today, last=today, started_by="Fina")


def _reconcile(line: Line) -> Reconciliation:
    run = _ask(line)
    line.work()
    assert line.reload(run).finished_at is not None, line.reload(run).error_message
    return _found(line, run)


def _found(line: Line, run: Run) -> Reconciliation:
    with scope.work_in(line.partner):
        return Reconciliation.objects.select_related("run").get(run_id=run.id)


def _parts(found: Reconciliation) -> dict[str, int]:
    return {cause: part["records"] for cause, part in found.statement["parts"].items()}


def _rows(line: Line, found: Reconciliation) -> list[ReconciliationRow]:
    with scope.work_in(line.partner):
        return list(found.rows.all())


def _findings(line: Line, **filters: Any) -> list[Operation]:
    return line.operations(error_class=BusinessClass.UNRECONCILED.value, **filters)


def _cases(line: Line) -> list[ExceptionCase]:
    with scope.enter(line.partner):
        judge_ledger()
    with scope.work_in(line.partner):
        return list(ExceptionCase.objects.filter(flow_id=line.flow.id, error_class="unreconciled").order_by("id"))


def _delivered(line: Line) -> list[Operation]:
    return line.operations(state="written")


def _take_away(line: Line, target_key: str) -> None:
    """Delete a line in the ERP as somebody there could, behind our back."""
    line.sandbox.do(lambda client: client.remove_record("erp", line.company, "time-lines", target_key))


def _adds_up(found: Reconciliation) -> bool:
    said, parts = found.statement, found.statement["parts"].values()
    if sum(part["count"] for part in parts) != said["source"]["count"] - said["target"]["count"]:
        return False
    euros = [Decimal(one["sums"].get("EUR", "0")) for one in (said["source"], said["target"], *parts)]
    return euros[0] - euros[1] == sum(euros[2:])


@contextmanager
def _between(name: str, change: Callable[..., Any]) -> Iterator[None]:
    """Let `change(real, connector, *arguments)` stand between the engine and a method of its connectors."""
    real = getattr(RestConnector, name)

    def changed(self: Any, *arguments: Any, **named: Any) -> Any:
        return change(lambda: real(self, *arguments, **named), self, *arguments)

    with patch.object(RestConnector, name, changed):
        yield


async def _failing(error: Exception) -> Any:
    raise error
    yield  # type: ignore[unreachable]  # pragma: no cover  an asynchronous generator needs one


def test_both_sides_agree_and_what_differs_is_explained(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    found = _reconcile(line)
    delivered = len(_delivered(line))
    assert (found.verdict, found.unexplained) == ("agreed", 0)
    assert found.statement["source"]["count"] == len(line.entries())
    assert found.statement["target"]["count"] == found.statement["agreed"] == delivered
    assert _parts(found) == {"filtered": len(line.entries()) - delivered}
    euros = [Decimal(str(one["amount"])) for one in line.time_lines() if one["currency"] == "EUR"]
    assert found.statement["target"]["sums"]["EUR"] == str(sum(euros, Decimal(0)).quantize(CENT))
    assert _adds_up(found)
    assert (found.source_method, found.target_method) == ("listed", "listed")
    assert found.run is not None
    assert found.run.state == "empty"
    assert found.digest == digest_of(found, _rows(line, found))
    assert _findings(line) == []
    with scope.work_in(line.partner):
        assert not SeenPage.objects.exists()
    assert line.run().read == 0, "the checkpoint of the readings stays"


def test_a_record_deleted_behind_our_back_is_an_exception_until_it_is_back(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    victim = _delivered(line)[2]
    [held] = [one for one in line.time_lines() if one["id"] == victim.target_key]
    _take_away(line, victim.target_key)
    assert line.run().read == 0, "no reading notices"
    found = _reconcile(line)
    assert (found.verdict, found.unexplained, _parts(found)["missing_in_target"]) == ("unexplained", 1, 1)
    assert _adds_up(found)
    first = _rows(line, found)[0]
    assert (first.cause, first.business_key, first.target_amount) == ("missing_in_target", victim.business_key, None)
    [told] = _findings(line)
    assert (told.state, told.error_code, told.label) == ("rejected", "missing_in_target", victim.label)
    assert (told.amount, told.currency) == (victim.amount, victim.currency)
    assert f"delivered as {victim.target_key}" in told.error_message
    [case] = _cases(line)
    assert (case.is_open, case.operation_count, case.queue, case.amount) == (True, 1, "finance", victim.amount)

    _reconcile(line)
    assert len(_findings(line)) == 1, "it is told once"
    with scope.work_in(line.partner):
        replay_operations([told.id], started_by="Fina")
    line.work()
    [kept] = _findings(line)
    assert (kept.state, kept.error_code) == ("rejected", "missing_in_target"), "a retry explains nothing"

    mine = {name: value for name, value in held.items() if name not in {"id", "modified_at", "created_at"}}
    line.sandbox.do(lambda client: client.create_record("erp", line.company, "time-lines", **mine))
    assert _reconcile(line).unexplained == 0, "put back by hand, it is known by the number it carries"
    assert [one.state for one in _findings(line)] == ["superseded"]
    assert [one.is_open for one in _cases(line)] == [False]


def test_what_a_person_leaves_as_it_is_is_explained_from_then_on(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    victim = _delivered(line)[0]
    _take_away(line, victim.target_key)
    _reconcile(line)
    [told] = _findings(line)
    assert [one.is_open for one in _cases(line)] == [True]
    with scope.work_in(line.partner):
        skip_operations([told.id], reason="credited by hand", made_by="Fina")
    found = _reconcile(line)
    assert (found.verdict, _parts(found)["accepted"]) == ("agreed", 1)
    assert [(one.state, one.source_version.split(":")[1]) for one in line.operations(id=told.id)] == [
        ("skipped", "missing_in_target")
    ]
    assert [one.is_open for one in _cases(line)] == [False]


def test_an_amount_changed_in_the_target_is_found_and_closes_once_it_is_put_right(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    victim = _delivered(line)[1]
    [held] = [one for one in line.time_lines() if one["id"] == victim.target_key]
    amounts = {name: Decimal(str(held[name])) for name in ("unit_price", "amount")}
    doubled = {name: str(2 * value) for name, value in amounts.items()}
    line.erp("PATCH", f"time-lines/{victim.target_key}", doubled)
    found = _reconcile(line)
    assert _parts(found)["amount_differs"] == found.unexplained == 1
    assert _adds_up(found)
    [told] = _findings(line)
    assert (told.error_code, told.amount) == ("amount_differs", amounts["amount"])
    line.erp("PATCH", f"time-lines/{victim.target_key}", {name: str(value) for name, value in amounts.items()})
    assert _reconcile(line).verdict == "agreed"
    assert [one.state for one in _findings(line)] == ["superseded"]


def test_a_record_the_reading_missed_is_found_and_a_retry_reads_it(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    lost = _delivered(line)[0]
    with scope.work_in(line.partner):
        Operation.objects.filter(id=lost.id).delete()
        Link.objects.filter(business_key=lost.business_key).delete()
    _take_away(line, lost.target_key)
    found = _reconcile(line)
    assert _parts(found)["never_read"] == found.unexplained == 1
    [told] = _findings(line)
    assert (told.source_key, told.business_key, told.amount) == (lost.source_key, lost.business_key, lost.amount)
    assert [one.is_open for one in _cases(line)] == [True]
    with scope.work_in(line.partner):
        replay_operations([told.id], started_by="Ann")
    line.work()
    with scope.work_in(line.partner):
        read = Operation.objects.filter(source_key=lost.source_key).exclude(id=told.id).get()
    # The ERP remembers the line that it was sent once: that it refuses another one is its own story.
    assert (read.amount, read.error_code) == (lost.amount, "idempotency_conflict")
    assert [one.state for one in _findings(line)] == ["superseded"]


def test_what_is_waiting_in_exception_deleted_or_changed_is_no_finding(make_line: MakeLine) -> None:
    line = make_line(problems=True)
    line.run()
    delivered, rejected = _delivered(line), line.operations(state="rejected")
    assert rejected
    line.psa("DELETE", f"time-entries/{delivered[0].source_key}")
    line.psa("PATCH", f"time-entries/{delivered[1].source_key}", {"hours": 1.25})
    found = _reconcile(line)
    parts = _parts(found)
    assert (parts["deleted"], parts["changed_after"]) == (1, 1)
    assert parts.get("in_exception", 0) + parts.get("duplicate", 0) == len({one.source_key for one in rejected})
    assert (found.verdict, _adds_up(found)) == ("agreed", True)
    assert _findings(line) == []


def test_targets_that_list_nothing_are_asked_record_by_record(make_line: MakeLine) -> None:
    line = make_line()
    line.run()

    def unlisted(real: Any, connector: Any, name: str, *_: Any) -> Any:
        if connector.manifest.slug != "sandbox_erp":
            return real()
        return _failing(MisconfiguredError("No spans here.", business_class=BusinessClass.VALIDATION))

    _take_away(line, _delivered(line)[0].target_key)
    with _between("read_window", unlisted):
        found = _reconcile(line)
    assert (found.source_method, found.target_method) == ("listed", "asked")
    assert _parts(found)["missing_in_target"] == found.unexplained == 1


def test_sources_without_spans_of_time_are_listed_whole(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    no_spans = MisconfiguredError("No spans here.", business_class=BusinessClass.VALIDATION)
    with _between("read_window", lambda *_: _failing(no_spans)):
        found = _reconcile(line)
    assert (found.source_method, found.target_method, found.verdict) == ("everything", "asked", "agreed")
    assert found.statement["source"]["count"] == len(line.entries())


def test_a_refused_question_is_no_loss(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    victim = _delivered(line)[0]
    _take_away(line, victim.target_key)
    refused = MisconfiguredError("No right to see it.", business_class=BusinessClass.PERMISSION, status=403)

    def guarded(real: Any, connector: Any, _name: str, _checkpoint: Any, keys: Any = ()) -> Any:
        return _failing(refused) if keys and connector.manifest.slug == "sandbox_erp" else real()

    with _between("read", guarded):
        found = _reconcile(line)
    assert (found.verdict, found.unexplained, found.statement["unproven"]) == ("unproven", 0, 1)
    assert _findings(line) == []


def test_a_system_that_is_away_lets_it_wait_and_loses_nothing(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    away = RetryableError("Down.", business_class=BusinessClass.PROVIDER_OUTAGE)
    with _between("read_window", lambda *_: _failing(away)):
        run = _ask(line)
        line.work()
    assert line.reload(run).state == "waiting"
    with scope.work_in(line.partner):
        DueWork.objects.filter(reference=str(run.id)).update(due_at=timezone.now())
    line.work()
    assert _found(line, run).verdict == "agreed"


def test_it_stands_behind_all_live_work_and_only_one_at_a_time(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    run = _ask(line)
    with scope.work_in(line.partner):
        assert DueWork.objects.get(reference=str(run.id)).priority == Priority.BACKFILL
    with pytest.raises(ReconciliationError, match="under way"):
        _ask(line)


def test_a_killed_worker_goes_on_and_tells_each_finding_once(make_line: MakeLine) -> None:
    line = make_line()
    line.run()
    for number, at in enumerate(("_take", "_ask", "_end_or_ask"), start=1):
        _take_away(line, _delivered(line)[number].target_key)
        run = _ask(line)
        work_killed_at(line.work, run, reconciling._Reconciling, at)
        found = _found(line, run)
        assert (found.unexplained, len(_findings(line)), line.reload(run).rejected) == (number, number, 1), at
        assert _adds_up(found)
