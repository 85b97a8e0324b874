"""Delivery to a target that holds something already: what a line keeps, and what it changes."""

from collections.abc import Callable

import pytest

from apps.flows.models import Flow
from apps.flows.services.publish import change_line
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]


@pytest.mark.parametrize(
    ("mode", "held"),
    [
        pytest.param("overwrite", "the new note", id="overwrite takes the new value"),
        pytest.param("fill_empty", "Typed by finance", id="fill empty keeps what somebody typed"),
        pytest.param("append", "Typed by finance\nthe new note", id="append adds to it"),
        pytest.param("set_on_create", "Typed by finance", id="set on create leaves it alone"),
    ],
)
def test_an_update_minds_what_the_target_holds(make_line: MakeLine, mode: str, held: str) -> None:
    line = make_line()
    with scope.work_in(line.partner):
        changes = {"expression": "r.note", "write_mode": mode}
        change_line(
            Flow.objects.get(id=line.flow.id),
            target="description",
            changes=changes,
            made_by="t",
            despite="samples have no notes",
        )
    line.run()
    key = line.operations(state="written")[0].source_key
    entry = next(entry for entry in line.time_lines() if entry["external_id"] == key)
    line.sandbox.do(
        lambda client: client.change_record(
            "erp", line.company, "time-lines", entry["id"], description="Typed by finance"
        )
    )
    line.sandbox.do(
        lambda client: client.change_record("psa", line.company, "time-entries", key, notes="the new note", hours=3.5)
    )
    run = line.run()
    assert run.written == 1
    now = next(entry for entry in line.time_lines() if entry["external_id"] == key)
    assert (now["description"], float(now["quantity"])) == (held, 3.5)
