"""Business rules before posting: what the books would not take is held back with a name, and passes once the fact is mended."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from apps.flows.business_rules.library import RULES
from apps.flows.models import Operation, Run
from apps.flows.services.evidence import attempts_of
from apps.flows.services.replay import replay_operations
from apps.monitoring.case_words import runbook_words
from apps.monitoring.judging import judge_ledger
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]
_TODAY = datetime.now(UTC)
_OLD = _TODAY.replace(day=1, hour=9, minute=0, second=0, microsecond=0).replace(year=_TODAY.year - 1)


def _erp(line: Line, kind: str, key: str, **changes: Any) -> None:
    line.sandbox.do(lambda client: client.change_record("erp", line.company, kind, key, **changes))


def _entries(line: Line, count: int) -> list[dict[str, Any]]:
    """Return entries to be billed, each of a person of its own; all others are drafts."""
    approved = line.entries(status="approved", billable=True)
    for place, entry in enumerate(approved, 1):
        _set(line, entry, **({"person_id": f"E-{place:04d}"} if place <= count else {"status": "draft"}))
    assert len(approved) >= count
    return approved[:count]


def _set(line: Line, entry: dict[str, Any], **changes: Any) -> None:
    line.psa("PATCH", f"time-entries/{entry['id']}", changes)


def _blocked(line: Line) -> dict[str, Operation]:
    return {operation.source_key: operation for operation in line.operations(state="rejected")}


def _posted(line: Line) -> set[str]:
    effects = line.sandbox.do(lambda client: client.effects("erp", line.company))
    return {effect["external_id"] for effect in effects if effect["object"] == "time-lines"}


def _cases(line: Line) -> dict[str, ExceptionCase]:
    with scope.work_in(line.partner):
        judge_ledger()
        return {case.title: case for case in ExceptionCase.objects.exclude(state="closed")}


def _retry(line: Line, operations: list[Operation]) -> Run:
    with scope.work_in(line.partner):
        (run,) = replay_operations([operation.id for operation in operations], started_by="test")
    line.work()
    return line.reload(run)


def test_what_the_books_would_not_take_is_held_back_by_name_and_passes_once_the_fact_is_mended(
    make_line: MakeLine,
) -> None:
    line = make_line(people=12, entries=14)
    late, stopped, center, costly, long, longer, first, second = _entries(line, 8)
    project, budget, free = line.erp("GET", "projects")["records"][:3]
    plain = {"project_code": free["code"], "hours": 1.5}
    for entry in (late, center, long, longer, first, second):
        _set(line, entry, **plain)
    _set(line, late, approved_at=_OLD.isoformat(), worked_on=_OLD.date().isoformat())
    _set(line, stopped, project_code=project["code"], hours=2.0)
    _erp(line, "projects", project["id"], state="closed")
    _set(line, center, cost_center="CC-777")
    _set(line, costly, project_code=budget["code"], currency=budget["currency"], hours=3.0)
    _erp(line, "projects", budget["id"], budget_amount="1.00")
    for entry, hours in ((long, 13.0), (longer, 12.0)):
        _set(line, entry, person_id="E-0005", worked_on=long["worked_on"], hours=hours)
    twin = {"person_id": "E-0007", "worked_on": first["worked_on"], "task_id": "T-1", "notes": "Steering committee"}
    for entry in (first, second):
        _set(line, entry, **twin, **plain)

    line.run()
    blocked = _blocked(line)
    expected = {
        late["id"]: "period_open",
        stopped["id"]: "project_open",
        center["id"]: "cost_center_mapped",
        costly["id"]: "budget_left",
        long["id"]: "hours_of_day",
        longer["id"]: "hours_of_day",
        second["id"]: "duplicate",
    }
    found = {key: blocked[key].error_code.removeprefix("rule:") for key in expected}
    assert found == expected
    assert {blocked[key].step for key in expected} == {"check"}
    assert not _posted(line) & set(expected)
    assert first["id"] in _posted(line)
    with scope.work_in(line.partner):
        assert all(attempt.exchange is None for key in expected for attempt in attempts_of(blocked[key]))
    assert f"the same as {first['id']}" in blocked[second["id"]].error_message
    assert "has 25 hours on" in blocked[long["id"]].error_message
    assert "is 1.00 " in blocked[costly["id"]].error_message
    assert "Cost centre CC-777 does not exist in Sandbox ERP." in blocked[center["id"]].error_message

    cases = _cases(line)
    for name in sorted(set(expected.values())):
        rule = RULES[name]
        case = cases[rule.title]
        assert (case.queue, case.error_class) == (rule.queue, rule.business_class)
        assert runbook_words(case.title, case.error_class) == rule.runbook
        assert case.amount is not None
        assert case.amount > Decimal(0)

    line.sandbox.do(
        lambda client: client.create_record("erp", line.company, "cost-centers", code="CC-777", name="New", active=True)
    )
    _erp(line, "periods", f"pe-{_OLD:%Y-%m}", state="open")
    _erp(line, "projects", project["id"], state="active")
    _erp(line, "projects", budget["id"], budget_amount="1000000.00")
    _set(line, longer, hours=4.0)
    _set(line, second, notes="The second committee")
    line.run()  # what was mended at its source is read again by itself
    left = list(_blocked(line).values())
    assert {operation.source_key for operation in left} == set(expected) - {longer["id"], second["id"]}
    assert _retry(line, left).state == "clean"
    assert set(expected) <= _posted(line)
    assert _cases(line) == {}
