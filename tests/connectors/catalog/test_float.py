"""Float: what a plan means, for whom, and on which days."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest

from apps.connectors import registry
from apps.connectors.catalog.float.occurrences import base_of, occurrences
from apps.connectors.contract import Connector, Exchange, SourceRecord
from apps.connectors.error_adapter import failure_of
from apps.connectors.errors import BusinessClass, RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog.canonical_reading import canonical
from tests.connectors.catalog.float_stand_in import FloatStandIn

B = BusinessClass
ONE = {"task_id": 7, "start_date": "2027-01-31", "end_date": "2027-02-01", "people_id": 5, "repeat_state": 0}

REPEATS = [
    pytest.param({}, ["7"], id="once"),
    pytest.param({"repeat_state": None}, ["7"], id="nothing said of repeating"),
    pytest.param(
        {"repeat_state": 1, "repeat_end_date": "2027-02-14"}, ["7", "7@2027-02-07", "7@2027-02-14"], id="weekly"
    ),
    pytest.param(
        {"repeat_state": 2, "repeat_end_date": "2027-03-31"}, ["7", "7@2027-02-28", "7@2027-03-31"], id="monthly"
    ),
    pytest.param({"repeat_state": 9, "repeat_end_date": "2028-02-01"}, ["7", "7@2028-01-31"], id="yearly"),
    pytest.param({"repeat_state": 1, "repeat_end_date": None}, ["7"], id="no end of repeating"),
    pytest.param({"repeat_state": 1, "repeat_end_date": "9999-12-31"}, 400, id="for ever"),
    pytest.param({"people_id": None, "people_ids": [5, 6]}, ["7#5", "7#6"], id="two people"),
    pytest.param(
        {"people_id": None, "people_ids": [5, 6], "repeat_state": 3, "repeat_end_date": "2027-02-20"},
        ["7#5", "7#6", "7@2027-02-14#5", "7@2027-02-14#6"],
        id="two people every second week",
    ),
    pytest.param({"repeat_state": 1, "repeat_end_date": "2027-02-14", "start_date": "soon"}, ["7"], id="no first day"),
]


@pytest.mark.parametrize(("change", "keys"), REPEATS)
def test_an_allocation_is_read_time_by_time_and_person_by_person(change: dict[str, Any], keys: list[str] | int) -> None:
    found = list(occurrences(SourceRecord("tasks", "7", "v1", {**ONE, **change})))
    assert ([record.key for record in found] if isinstance(keys, list) else len(found)) == keys
    assert {base_of(record.key) for record in found} == {"7"}
    assert len({record.key for record in found}) == len(found)


def test_each_time_has_days_of_its_own() -> None:
    values = {**ONE, "repeat_state": 1, "repeat_end_date": "2027-02-07"}
    found = list(occurrences(SourceRecord("tasks", "7", "v1", values)))
    assert [(r.values["task_id"], r.values["start_date"], r.values["end_date"]) for r in found] == [
        ("7", "2027-01-31", "2027-02-01"),
        ("7@2027-02-07", "2027-02-07", "2027-02-08"),
    ]


@asynccontextmanager
async def connected(system: FloatStandIn) -> AsyncIterator[Connector]:
    async with system.serve() as address:
        opened = registry.open_system(
            registry.manifest("float"),
            base_url=f"{address}/v3",
            settings={"contact": "it@firm.example"},
            secrets={"token": system.bearer},
            allow=(address.partition("://")[2],),
            budget=NoBudget(),
        )
        async with opened as connector:
            yield connector
    assert system.violations == []


def firm() -> FloatStandIn:
    system = FloatStandIn()
    client = system.enter("clients", name="Nordwind")
    system.enter("projects", name="Audit", project_code="NW-101", client_id=client["id"], active=1, non_billable=0)
    for name in ("ann", "bo"):
        system.enter("people", name=name.title(), email=f"{name}@firm.example")
    return system


def plan(system: FloatStandIn, **more: Any) -> int:
    """Plan the first person for two days next week."""
    monday = datetime.now(UTC).date() + timedelta(days=7)
    values = {"start_date": str(monday), "end_date": str(monday + timedelta(days=1)), "hours": "2.5", "status": 2,
              "people_id": system.rows["people"][0]["id"], "project_id": system.rows["projects"][0]["id"],
              "billable": 1, "repeat_state": 0, "name": "Concepting", **more}  # fmt: skip
    return int(system.enter("tasks", **values)["id"])


async def test_an_allocation_is_read_canonically() -> None:
    system = firm()
    number = plan(system, start_date="2027-01-04", end_date="2027-01-05")
    async with connected(system) as connector:
        (record,) = [record async for page in connector.read("tasks", None) for record in page.records]
    assert canonical("float", "tasks", record.values) == (
        {
            "id": str(number), "project": "NW-101", "project_name": "Audit", "client_name": "Nordwind",
            "task_name": "Concepting", "resource": "ann@firm.example", "resource_name": "Ann",
            "starts": date(2027, 1, 4), "ends": date(2027, 1, 5), "hours_per_day": Decimal("2.5"), "status": "hard",
            "billable": True,
        },
        (),
    )  # fmt: skip


async def test_one_of_several_times_and_people_can_be_read_alone() -> None:
    system = firm()
    both = [row["id"] for row in system.rows["people"]]
    number = plan(system, people_id=None, people_ids=both)
    async with connected(system) as connector:
        wanted = f"{number}#{both[1]}"
        (record,) = [record async for page in connector.read("tasks", None, [wanted]) for record in page.records]
    assert (record.key, record.values["person"]["email"]) == (wanted, "bo@firm.example")


async def test_a_plan_of_long_ago_is_not_read_and_a_full_last_page_ends_the_reading() -> None:
    system = firm()
    plan(system, start_date="2020-01-06", end_date="2020-01-07")
    numbers = {str(plan(system)) for _ in range(200)}
    async with connected(system) as connector:
        keys = [record.key async for page in connector.read("tasks", None) for record in page.records]
    assert set(keys) == numbers
    assert len(keys) == 200


REFUSED = [
    pytest.param("client_id", "Client is invalid.", B.MISSING_REFERENCE, "client", id="no such client"),
    pytest.param("name", "Name has already been taken.", B.DUPLICATE, "name", id="a name that is taken"),
    pytest.param("name", "Name should contain at most 100 characters.", B.TOO_LARGE, "name", id="a long name"),
    pytest.param("name", "Name cannot be blank.", B.VALIDATION, "name", id="no name"),
]


@pytest.mark.parametrize(("field", "message", "business_class", "blamed"), REFUSED)
def test_a_refusal_has_its_class_and_field(
    field: str, message: str, business_class: BusinessClass, blamed: str
) -> None:
    manifest, body = registry.manifest("float"), orjson.dumps([{"field": field, "message": message}])
    answer = Answer(422, {"Content-Type": "application/json"}, body, 1, Exchange("POST", "u", 422, 1), writes=True)
    error = failure_of(manifest, answer, spec=manifest.object_named("projects"))
    assert isinstance(error, RejectedError)
    assert (error.problems[0].business_class, error.problems[0].field) == (business_class, blamed)


OTHERS = [
    pytest.param(
        "projects",
        {"project_id": 4, "name": "Audit", "project_code": "NW-101", "client": {"name": "Nordwind"}, "active": 0,
         "non_billable": 1},
        {"id": "4", "code": "NW-101", "name": "Audit", "client_name": "Nordwind", "billable": False, "state": "closed"},
        id="an archived project",
    ),
    pytest.param(
        "people",
        {"people_id": 5, "name": "Ann", "email": "ann@firm.example", "job_title": "Auditor",
         "department": {"department_id": 1, "name": "Tax"}, "start_date": "2026-01-05", "end_date": None, "active": 1},
        {"id": "5", "name": "Ann", "email": "ann@firm.example", "job_title": "Auditor", "department": "Tax",
         "hired": date(2026, 1, 5), "active": True},
        id="a person",
    ),
    pytest.param("clients", {"client_id": 3, "name": "Nordwind"}, {"id": "3", "name": "Nordwind"}, id="a client"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "expected"), OTHERS)
def test_a_record_is_read_canonically(name: str, values: dict[str, Any], expected: dict[str, Any]) -> None:
    assert canonical("float", name, values) == (expected, ())
