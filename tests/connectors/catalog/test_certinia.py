"""Certinia: weeks become days with keys that stay, corrections reach the same day, records are read in canonical terms."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors import registry
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.catalog.certinia.days import WEEKDAYS, days_of, hours_field, note_field, timecard_of
from apps.connectors.catalog.certinia.manifest import MANIFEST
from apps.connectors.contract import SourceRecord
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.rate_budget import NoBudget
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import merge_layers
from tests.connectors.catalog import soql_stand_in as soql
from tests.connectors.catalog.certinia_stand_in import CertiniaStandIn

TIMECARDS = "pse__Timecard_Header__c"
KEY = "00p0000000000001AA"


def week(start: Any, hours: dict[str, Any], **values: Any) -> SourceRecord:
    columns = {hours_field(name): hours.get(mark, 0) for mark, name in WEEKDAYS.items()}
    held = {"Id": KEY, "pse__Start_Date__c": start, **columns, **values}
    return SourceRecord(TIMECARDS, KEY, "2026-11-09T10:00:00.000+0000", held)


def days(record: SourceRecord, **how: bool) -> list[tuple[str, Any, Any]]:
    return [(day.key, day.values["day"]["date"], day.values["day"]["hours"]) for day in days_of(record, **how)]


@given(
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    st.lists(st.decimals(0, 24, places=2), min_size=7, max_size=7),
)
def test_every_hour_of_a_week_stands_on_its_own_weekday_once(start: date, hours: list[Decimal]) -> None:
    found = days(week(start.isoformat(), dict(zip(WEEKDAYS, hours, strict=True))))
    assert sum(hour for _, _, hour in found) == sum(hours)
    assert all(hour for _, _, hour in found)
    assert len({key for key, _, _ in found}) == len(found)
    told = [date.fromisoformat(day) for _, day, _ in found]
    assert told == sorted(told)
    assert all(start <= day < start + timedelta(days=7) for day in told)
    marks = list(WEEKDAYS)
    assert [marks[day.weekday()] for day in told] == [key.rpartition("-")[2] for key, _, _ in found]
    assert {timecard_of(key) for key, _, _ in found} <= {KEY}


def test_a_week_that_begins_on_sunday_keeps_its_sunday_in_front() -> None:
    found = days(week("2026-11-01", {"sun": 2, "mon": 8}))
    assert found == [(f"{KEY}-sun", "2026-11-01", 2), (f"{KEY}-mon", "2026-11-02", 8)]


ODD: dict[str, tuple[Any, dict[str, Any], dict[str, Any], list[tuple[str, Any, Any]]]] = {
    "no hours at all": ("2026-11-02", {"mon": None, "tue": 0, "wed": "0.00"}, {}, []),
    "a note without hours": ("2026-11-02", {}, {note_field("Friday"): "Moved to PR-2"}, [("fri", "2026-11-06", 0)]),
    "a correction below zero": ("2026-11-02", {"mon": -8}, {}, [("mon", "2026-11-02", -8)]),
    "hours that are no number": ("2026-11-02", {"mon": "7,5"}, {}, [("mon", "2026-11-02", "7,5")]),
    "no first day": (None, {"mon": 8}, {}, [("mon", None, 8)]),
    "a first day that does not exist": ("2026-02-31", {"mon": 8}, {}, [("mon", None, 8)]),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_week_loses_nothing_and_invents_nothing(what: str) -> None:
    start, hours, values, told = ODD[what]
    assert days(week(start, hours, **values)) == [(f"{KEY}-{mark}", day, hour) for mark, day, hour in told]


@pytest.mark.parametrize("key", ["", "mon", "nobody-1", "a/b", f"{KEY}-xyz", ".."])
def test_a_key_of_something_else_is_no_day(key: str) -> None:
    assert timecard_of(key) == ""


def test_a_day_is_read_as_the_canonical_model_has_it() -> None:
    spec = MANIFEST.object_named(TIMECARDS)
    described = canonical_type("TimeEntry")
    compiled = compile_mapping(
        merge_layers(spec.reading_lines), source_fields=spec.fields, target_fields=described.fields
    )
    record = week(
        "2026-11-02", {"tue": 7.5}, **{note_field("Tuesday"): "Workshop"}, pse__Status__c="Submitted",
        pse__Billable__c=True, pse__Bill_Rate__c=120.5, CurrencyIsoCode="EUR",
        pse__Resource__r={"Name": "Ann Lee", "Email": "ann@firm.example"},
        pse__Project__r={"Name": "Audit", "pse__Project_ID__c": "PR-00001", "pse__Account__r": {"Name": "Northwind"}},
        SystemModstamp="2026-11-09T10:00:00.000+0000",
    )  # fmt: skip
    (day,) = days_of(record)
    canonical, problems = ExtractStep(described, compiled).plan(day)
    assert problems == ()
    told = {
        "id": f"{KEY}-tue", "resource": "ann@firm.example", "project": "PR-00001", "client_name": "Northwind",
        "work_date": date(2026, 11, 3), "hours": Decimal("7.5"), "note": "Workshop", "approval": "submitted",
        "bill_rate": Decimal("120.5"), "currency": "EUR", "bill_amount": Decimal("903.75"),
    }  # fmt: skip
    assert {field: canonical.get(field) for field in told} == told


@asynccontextmanager
async def connected(stand_in: CertiniaStandIn) -> AsyncIterator[RestConnector]:
    async with soql.serve(stand_in) as port:
        connector = registry.open_system(
            registry.manifest("certinia"), base_url=f"http://127.0.0.1:{port}", settings=soql.SETTINGS, secrets=soql.secrets(),
            allow=(f"127.0.0.1:{port}",), budget=NoBudget(),
        )  # fmt: skip
        async with connector:
            assert isinstance(connector, RestConnector)
            yield connector
    assert stand_in.violations == []


async def hours_read(
    connector: RestConnector, checkpoint: dict[str, Any] | None = None, keys: tuple[str, ...] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    pages = [page async for page in connector.read(TIMECARDS, checkpoint, keys)]
    found = {record.key: record.values["day"]["hours"] for page in pages for record in page.records}
    return found, dict(pages[-1].checkpoint)


async def test_a_corrected_week_reaches_the_same_days() -> None:
    stand_in = CertiniaStandIn()
    project = stand_in.project(1)["Id"]
    row = stand_in.week("2026-11-02", {"mon": 8, "tue": 8}, pse__Project__c=project)
    monday, tuesday = f"{row['Id']}-mon", f"{row['Id']}-tue"
    async with connected(stand_in) as connector:
        first, checkpoint = await hours_read(connector)
        assert first == {monday: 8, tuesday: 8}
        stand_in.clock += timedelta(hours=1)
        row |= {hours_field("Monday"): 6, hours_field("Tuesday"): 0, hours_field("Sunday"): 1.5}
        stand_in.stamp(row)
        news, _ = await hours_read(connector, checkpoint)
        assert news == {monday: 6, f"{row['Id']}-sun": 1.5}
        named, _ = await hours_read(connector, keys=(tuesday, monday, "nobody-1"))
        assert named == {monday: 6, tuesday: 0}
        assert (await connector.find(TIMECARDS, [tuesday]))[tuesday].values["day"]["date"] == "2026-11-03"
