"""Harvest: what its records mean, and whom they name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from apps.connectors import registry
from apps.connectors.contract import Connector, Exchange
from apps.connectors.error_adapter import failure_of
from apps.connectors.errors import BusinessClass, MisconfiguredError, RejectedError
from apps.connectors.judgement import Answer
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog.canonical_reading import canonical
from tests.connectors.catalog.harvest_stand_in import ACCOUNT, HarvestStandIn

B = BusinessClass
CHANGED = "2026-11-03T09:00:00Z"
CHANGED_AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
NORDWIND = {"id": 3, "name": "Nordwind", "currency": "EUR"}
AUDIT = {"id": 4, "name": "Audit", "code": "NW-101"}
ROBIN = {"id": 5, "name": "Robin Vale", "email": "robin@firm.example"}

READ = [
    pytest.param(
        "time_entries",
        {
            "id": 7, "spent_date": "2026-11-02", "hours": 1.11, "notes": None, "user": ROBIN, "project": AUDIT,
            "task": {"id": 9, "name": "Design"}, "client": NORDWIND, "billable": True, "billable_rate": 120.5,
            "is_closed": True, "updated_at": CHANGED,
        },
        {
            "id": "7", "resource": "robin@firm.example", "resource_name": "Robin Vale", "project": "NW-101",
            "project_name": "Audit", "task": "9", "task_name": "Design", "client_name": "Nordwind",
            "work_date": date(2026, 11, 2), "hours": Decimal("1.11"), "billable": True, "approval": "approved",
            "bill_rate": Decimal("120.5"), "bill_amount": Decimal("133.76"), "currency": "EUR",
            "updated_at": CHANGED_AT,
        },
        id="a time entry",
    ),
    pytest.param(
        "expenses",
        {
            "id": 8, "spent_date": "2026-11-02", "total_cost": 33.4, "notes": "Train", "user": ROBIN, "project": AUDIT,
            "client": NORDWIND, "expense_category": {"id": 1, "name": "Travel"}, "billable": False, "is_closed": False,
            "updated_at": CHANGED,
        },
        {
            "id": "8", "resource": "robin@firm.example", "resource_name": "Robin Vale", "project": "NW-101",
            "project_name": "Audit", "client_name": "Nordwind", "category": "Travel", "spent_on": date(2026, 11, 2),
            "amount": Decimal("33.4"), "currency": "EUR", "billable": False, "note": "Train", "approval": "open",
            "updated_at": CHANGED_AT,
        },
        id="an expense",
    ),
    pytest.param(
        "projects",
        {
            "id": 4, "code": "NW-101", "name": "Audit", "client": NORDWIND, "is_active": False, "is_billable": True,
            "budget": 200.0, "cost_budget": None, "starts_on": "2026-11-01", "ends_on": None, "updated_at": CHANGED,
        },
        {
            "id": "4", "code": "NW-101", "name": "Audit", "client_name": "Nordwind", "starts": date(2026, 11, 1),
            "currency": "EUR", "budget_hours": Decimal("200.0"), "billable": True, "state": "closed",
            "updated_at": CHANGED_AT,
        },
        id="an archived project",
    ),
    pytest.param(
        "task_assignments",
        {
            "id": 60, "project": AUDIT, "task": {"id": 9, "name": "Design"}, "billable": True, "is_active": True,
            "updated_at": CHANGED,
        },
        {
            "id": "60", "project": "NW-101", "code": "9", "name": "Design", "billable": True, "open_for_time": True,
            "updated_at": CHANGED_AT,
        },
        id="a task of a project",
    ),
    pytest.param(
        "users",
        {
            "id": 5, "first_name": "Robin", "last_name": "Vale", "email": "robin@firm.example", "is_contractor": True,
            "is_active": True, "weekly_capacity": 126000, "updated_at": CHANGED,
        },
        {
            "id": "5", "name": "Robin Vale", "given": "Robin", "family": "Vale", "email": "robin@firm.example",
            "kind": "contractor", "capacity_hours_week": Decimal(35), "active": True, "updated_at": CHANGED_AT,
        },
        id="a person",
    ),
    pytest.param(
        "clients",
        {
            "id": 3, "name": "Nordwind", "address": "Hafen 1\n20457 Hamburg", "currency": "EUR", "is_active": True,
            "updated_at": CHANGED,
        },
        {
            "id": "3", "name": "Nordwind", "street": "Hafen 1 20457 Hamburg", "currency": "EUR", "state": "active",
            "updated_at": CHANGED_AT,
        },
        id="a client",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "expected"), READ)
def test_a_record_is_read_canonically(name: str, values: dict[str, Any], expected: dict[str, Any]) -> None:
    assert canonical("harvest", name, values) == (expected, ())


@asynccontextmanager
async def connected(system: HarvestStandIn, **settings: str) -> AsyncIterator[Connector]:
    async with system.serve() as address:
        opened = registry.open_system(
            registry.manifest("harvest"),
            base_url=f"{address}/v2",
            settings={"account": ACCOUNT, "contact": "it@firm.example", **settings},
            secrets={"token": system.bearer},
            allow=(address.partition("://")[2],),
            budget=NoBudget(),
        )
        async with opened as connector:
            yield connector


async def test_an_entry_names_its_person_by_e_mail_and_a_running_one_is_left_out() -> None:
    system = HarvestStandIn()
    person = system.enter("users", first_name="Robin", last_name="Vale", email="robin@firm.example")
    user = {"id": person["id"], "name": "Robin Vale"}
    system.enter("time_entries", user=user, spent_date="2026-11-02", hours=1, is_running=False)
    system.enter("time_entries", user=user, spent_date="2026-11-02", hours=0.1, is_running=True)
    async with connected(system) as connector:
        read = [record.values async for page in connector.read("time_entries", None) for record in page.records]
    assert [row["user"] for row in read] == [{**user, "email": "robin@firm.example"}]
    assert system.violations == []


REFUSED = [
    pytest.param("Client must exist", B.MISSING_REFERENCE, "client", id="no such client"),
    pytest.param("Project is archived", B.INACTIVE_PROJECT, "", id="an archived project"),
    pytest.param("Name has already been taken", B.DUPLICATE, "name", id="a name that is taken"),
    pytest.param("Currency is not included in the list", B.VALIDATION, "currency", id="no such currency"),
    pytest.param("Name can't be blank", B.VALIDATION, "name", id="no name"),
    pytest.param("The moon is full", B.VALIDATION, "", id="words nobody knows"),
]


@pytest.mark.parametrize(("message", "business_class", "field"), REFUSED)
def test_a_refusal_has_its_class_and_field(message: str, business_class: BusinessClass, field: str) -> None:
    manifest, body = registry.manifest("harvest"), orjson.dumps({"message": message})
    answer = Answer(422, {"Content-Type": "application/json"}, body, 1, Exchange("POST", "u", 422, 1), writes=True)
    error = failure_of(manifest, answer, spec=manifest.object_named("projects"))
    assert isinstance(error, RejectedError)
    assert (error.problems[0].business_class, error.problems[0].field) == (business_class, field)


@pytest.mark.parametrize("name", ["account", "contact"])
async def test_an_empty_setting_is_named_before_anything_is_sent(name: str) -> None:
    system = HarvestStandIn()
    async with connected(system, **{name: ""}) as connector:
        with pytest.raises(MisconfiguredError, match=f"'{name}'"):
            await anext(connector.read("users", None))
    assert system.asked == []
