"""Long waits give way to newer versions, and what a flow made is taken back when a later version says so."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from apps.dispatch.models import DueWork
from apps.flows.engine.definition import parse_definition
from apps.flows.models import Link, OperationStep
from apps.flows.templates_library import registry as templates
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]
REST = {"kind": "wait", "name": "rest", "hours": 2_000}


@pytest.fixture
def one_entry(make_line: MakeLine) -> Iterator[Callable[..., Line]]:
    """Return a maker of lines whose flow walks one entry, chosen by its number, through these steps."""
    known = templates.TEMPLATES["approved-time-to-bill"]
    with patch.object(templates, "TEMPLATES", dict(templates.TEMPLATES)) as changed:

        def make(*steps: dict[str, Any]) -> Line:
            stored = {
                "canonical_type": "TimeEntry",
                "steps": [{"kind": "extract"}, {"kind": "check"}, *steps],
                "filter": {"expression": 'r.id == "TE-000001"'},
            }
            changed["approved-time-to-bill"] = replace(
                known, definition=parse_definition(stored), lines=(), shaped_by=None
            )
            line = make_line()
            line.psa("PATCH", "time-entries/TE-000001", {"status": "approved", "billable": True})
            return line

        yield make


def _change(line: Line, **values: Any) -> None:
    line.psa("PATCH", "time-entries/TE-000001", values)


def _walks(line: Line) -> list[tuple[str, str]]:
    return [(one.state, one.step) for one in line.operations(source_key="TE-000001") if one.state != "skipped"]


@pytest.mark.parametrize(
    ("gives_way", "walks"),
    [
        pytest.param(True, [("superseded", "rest"), ("waiting", "rest")], id="the newer version takes its place"),
        pytest.param(False, [("waiting", "rest"), ("waiting", "extract")], id="the newer version waits its turn"),
    ],
)
def test_a_newer_version_and_a_walk_that_rests(
    one_entry: MakeLine, gives_way: bool, walks: list[tuple[str, str]]
) -> None:
    line = one_entry({"kind": "deliver"}, {**REST, "give_way": gives_way})
    first = line.run()
    assert (first.state, len(line.time_lines())) == ("waiting", 1)
    _change(line, hours=1.25)
    line.run()
    assert [state for state, _ in _walks(line)] == [state for state, _ in walks]
    (held,) = line.time_lines()
    assert (float(held["quantity"]) == 1.25) is gives_way
    first = line.reload(first)
    assert first.state == ("clean" if gives_way else "waiting")
    assert first.read == first.written + first.unchanged + first.skipped + first.rejected + first.waiting
    assert DueWork.objects.filter(kind="flows.walk", customer_id=line.customer.id).count() == 1


def test_a_version_that_came_while_the_older_one_was_at_work_takes_over_at_the_rest(one_entry: MakeLine) -> None:
    line = one_entry({"kind": "wait", "name": "go", "event": "go", "about": "r.id"}, {**REST, "give_way": True})
    line.run()
    _change(line, hours=1.25)
    line.run()
    older, newer = line.operations(source_key="TE-000001", state="waiting")
    from apps.flows.services import events

    with scope.work_in(line.partner):
        events.publish("go", customer_id=line.customer.id, subject="TE-000001", payload={}, dedupe_key="go")
    line.work()
    assert [one.state for one in line.operations(id__in=[older.id, newer.id])] == ["superseded", "waiting"]
    with scope.work_in(line.partner):
        assert OperationStep.objects.get(operation_id=newer.id, name="rest").state == "waiting"


def test_what_the_flow_made_is_taken_back_once_and_made_anew_when_it_is_wanted_again(one_entry: MakeLine) -> None:
    back = {"kind": "withdraw", "type": "Project", "condition": "r.hours == 1.0"}
    made = [{"target": name, "source": "id"} for name in ("id", "code", "name")]
    made += [{"target": "legal_entity", "default": "100"}]
    line = one_entry(
        {"kind": "decide", "when": "r.hours == 1.0", "then": "withdraw"},
        {"kind": "map", "type": "Project", "lines": made},
        {"kind": "deliver", "type": "Project", "of": "map"},
        back,
    )

    def projects() -> list[dict[str, Any]]:
        return line.sandbox.do(lambda client: client.records("erp", line.company, "projects"))

    def ours() -> list[str]:
        return [one["code"] for one in projects() if one["code"] == "TE-000001"]

    before = len(projects())
    _change(line, hours=2.0)
    line.run()
    assert (ours(), len(projects())) == (["TE-000001"], before + 1)
    _change(line, hours=1.0)
    line.run()
    assert (ours(), len(projects())) == ([], before)
    with scope.work_in(line.partner):
        assert not Link.objects.filter(business_key__endswith="TE-000001", canonical_type="Project").exists()
    _change(line, hours=1.0, notes="again")
    assert line.run().state == "clean"
    _change(line, hours=3.0)
    assert line.run().state == "clean"
    assert ours() == ["TE-000001"]


def test_what_was_there_before_the_flow_came_stays(one_entry: MakeLine) -> None:
    line = one_entry({"kind": "withdraw", "type": "Project"})
    assert line.run().state == "clean"
    with scope.work_in(line.partner):
        (row,) = OperationStep.objects.filter(flow_id=line.flow.id, kind="withdraw")
    assert (row.state, row.result) == ("done", {"withdrawn": False})
    assert not [one for one in line.sandbox.do(lambda c: c.effects("erp", line.company)) if one["action"] == "remove"]
