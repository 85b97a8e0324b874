"""What steps wrote is compared to the cent with what their systems say, where nothing of us wrote it again since."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from apps.flows.engine.definition import parse_definition
from apps.flows.models import Link
from apps.flows.templates_library import registry as templates
from apps.tenants import scope
from tests.flows.services.step_statements import adds_up, findings_of, parts_of, reconcile, rows_of, step_of
from tests.lines import Line


@pytest.fixture
def walk_of(make_line: Callable[..., Line]) -> Iterator[Callable[..., Line]]:
    """Return a maker of lines whose flow walks these steps after the check."""
    known = templates.TEMPLATES["approved-time-to-bill"]
    with patch.object(templates, "TEMPLATES", dict(templates.TEMPLATES)) as changed:

        def make(*steps: dict[str, Any], **wishes: Any) -> Line:
            checked = [{"kind": "extract"}, {"kind": "check"}, *steps]
            stored = {
                "canonical_type": "TimeEntry",
                "steps": checked,
                "filter": {"conditions": ["approved", "billable"]},
            }
            changed["approved-time-to-bill"] = replace(
                known, definition=parse_definition(stored), lines=(), shaped_by=None
            )
            return make_line(**wishes)

        yield make


def test_amounts_of_what_was_made_are_compared_and_put_right(walk_of: Callable[..., Line]) -> None:
    line = walk_of({"kind": "deliver", "title": "Time in the ERP"})
    line.run()
    found = reconcile(line)
    made = step_of(found, "deliver")
    euros = [Decimal(str(one["amount"])) for one in line.time_lines() if one["currency"] == "EUR"]
    assert Decimal(made["source"]["sums"]["EUR"]) == Decimal(made["target"]["sums"]["EUR"]) == sum(euros, Decimal(0))
    assert (found.verdict, adds_up(found)) == ("agreed", True)

    held = line.time_lines()[0]
    amounts = {name: Decimal(str(held[name])) for name in ("unit_price", "amount")}
    line.erp("PATCH", f"time-lines/{held['id']}", {name: str(2 * value) for name, value in amounts.items()})
    found = reconcile(line)
    assert (parts_of(found)["amount_differs"], found.unexplained, adds_up(found)) == (1, 1, True)
    [told] = findings_of(line)
    assert (told.error_code, told.amount, told.step) == ("amount_differs", amounts["amount"], "deliver")
    assert "The step “Time in the ERP” wrote" in told.error_message
    assert rows_of(line, found)[0].target_amount == 2 * amounts["amount"]
    line.erp("PATCH", f"time-lines/{held['id']}", {name: str(value) for name, value in amounts.items()})
    assert reconcile(line).verdict == "agreed"
    assert [one.state for one in findings_of(line)] == ["superseded"]


def test_what_we_wrote_again_later_is_not_compared_with_what_was_written_first(walk_of: Callable[..., Line]) -> None:
    line = walk_of({"kind": "deliver"})
    line.run()
    held = line.time_lines()[0]
    amounts = {name: Decimal(str(held[name])) for name in ("unit_price", "amount")}
    line.erp("PATCH", f"time-lines/{held['id']}", {name: str(2 * value) for name, value in amounts.items()})
    with scope.work_in(line.partner):  # another flow changed it since
        Link.objects.filter(connection_id=line.target.id, outside_key=held["id"]).update(
            delivered_at=timezone.now() + timedelta(minutes=5)
        )
    assert reconcile(line).verdict == "agreed"
