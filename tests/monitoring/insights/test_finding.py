"""What the rules are given of the records that were read, whatever their systems call things."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from apps.connectors.contract import Page
from apps.flows.models import Operation
from apps.monitoring.insights import found as pure
from apps.monitoring.insights import outside
from apps.monitoring.insights.gathering import work_of
from apps.monitoring.insights.looking import Seen, find
from apps.monitoring.insights.outside import Outside, OutsideRecord
from apps.monitoring.insights.reading import Record, Records
from apps.monitoring.models import Insight

TODAY = date(2026, 11, 20)


def entry(number: int, project: str, hours: str) -> Record:
    """Return a time entry that passed through."""
    line = Operation(
        id=uuid4(),
        business_key=f"TimeEntry:psa:{number}",
        label="Time entry",
        project_ref=project,
        created_at=datetime(2026, 11, 19, tzinfo=UTC),
    )
    on = TODAY - timedelta(days=number)
    return Record(line, {"work_date": on, "resource": "E-1", "hours": Decimal(hours), "project": project})


def test_hours_of_a_project_count_under_each_of_its_names() -> None:
    facts = {"code": "PRJ-1", "id": "p1", "name": "Beacon", "budget_hours": Decimal(100)}
    projects = Outside("PSA", rows=[OutsideRecord("Project:psa:p1", "Project Beacon", facts)])
    entries = Records([entry(1, "PRJ-1", "50"), entry(2, "p1", "40"), entry(3, "another", "40")])
    found, _parts = find(Seen({"TimeEntry": entries}, {"Project": projects}, TODAY))
    (budget,) = (one for one in found.findings if one.cause is pure.Cause.BUDGET_HOURS)
    assert (budget.facts["used"], budget.facts["entries"]) == ("90", 2)


@pytest.mark.parametrize(
    ("start", "zone", "minutes"),
    [
        pytest.param(datetime(2026, 11, 19, 2, 10, tzinfo=UTC), "Europe/Berlin", 190, id="on the customer's clock"),
        pytest.param(datetime(2026, 11, 19, 23, 30, tzinfo=UTC), "Europe/Berlin", 30, id="after its midnight"),
        pytest.param(datetime(2026, 11, 19, tzinfo=UTC), "Europe/Berlin", None, id="a day without a time"),
        pytest.param(datetime(2026, 11, 18, 23, tzinfo=UTC), "Europe/Berlin", None, id="a day without a time there"),
        pytest.param("02:10", "Europe/Berlin", None, id="nothing that could be read"),
        pytest.param(None, "Europe/Berlin", None, id="nothing at all"),
    ],
)
def test_when_an_entry_began_is_read_on_the_customers_clock(start: object, zone: str, minutes: int | None) -> None:
    record = entry(1, "PRJ-1", "8")
    (work,) = work_of([Record(record.line, {**record.values, "start_at": start})], TODAY, zone)
    assert work.start == minutes


def test_kinds_causes_and_urgencies_are_those_of_the_table() -> None:
    assert [kind.value for kind in pure.Kind] == Insight.Kind.values
    assert [cause.value for cause in pure.Cause] == Insight.Cause.values
    assert Insight.Urgency.values == [pure.LOOK, pure.SOON, pure.NOW]


class Silent:
    """A system that takes the question and never answers."""

    async def __aenter__(self) -> "Silent":
        return self

    async def __aexit__(self, *_what: object) -> None:
        return None

    async def read(self, _kind: str, _checkpoint: object) -> AsyncIterator[Page]:
        """Wait for ever."""
        await asyncio.sleep(60)
        yield Page((), {})


def test_a_system_that_says_nothing_in_time_did_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "SECONDS", 0.01)
    question: Any = SimpleNamespace(
        answer=Outside("PSA"),
        connection=None,
        kind=SimpleNamespace(name="projects"),
        extract=SimpleNamespace(described=None),
    )
    asyncio.run(outside._ask_all(Silent(), [question]))  # type: ignore[arg-type]
    assert (question.answer.problem, question.answer.cut) == ("It did not answer in time.", False)
    entries = {"Project": Records([entry(1, "PRJ-1", "5")])}
    assert len(Seen(entries, {"Project": question.answer}, TODAY).sheets("Project")) == 1, (
        "what passed through counts then"
    )
