"""Kantata: what its records mean, put together from the parts of its answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors import registry
from apps.connectors.catalog.kantata.connector import KantataCalls
from apps.connectors.catalog.kantata.manifest import MANIFEST, TIME_ENTRIES
from apps.connectors.contract import Connector
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog.canonical_reading import canonical
from tests.connectors.catalog.kantata_stand_in import KantataStandIn
from tests.connectors.conftest import door_to

DAY = datetime.now(UTC).date() - timedelta(days=2)
EURO = {"currency": "EUR", "currency_base_unit": 100}


@asynccontextmanager
async def connected(system: KantataStandIn) -> AsyncIterator[Connector]:
    async with system.serve() as address:
        opened = registry.open_system(
            registry.manifest("kantata"),
            base_url=f"{address}/api/v1",
            settings={},
            secrets={"token": system.bearer},
            allow=(address.partition("://")[2],),
            budget=NoBudget(),
        )
        async with opened as connector:
            yield connector
    assert system.violations == []


def firm() -> KantataStandIn:
    system = KantataStandIn()
    system.enter("users", full_name="Ann Lee", email_address="ann@firm.example")
    system.enter("workspaces", title="Audit", archived=False, price_in_cents=5_000_000, **EURO)
    return system


async def only_one(system: KantataStandIn, name: str) -> dict[str, Any]:
    async with connected(system) as connector:
        (record,) = [record async for page in connector.read(name, None) for record in page.records]
    read, problems = canonical("kantata", name, record.values)
    assert problems == ()
    del read["updated_at"]
    return read


async def test_time_comes_with_person_project_and_task() -> None:
    system = firm()
    user, workspace = system.rows["users"][0]["id"], system.rows["workspaces"][0]["id"]
    story = system.enter("stories", title="Interviews")["id"]
    entry = system.enter(
        "time_entries", date_performed=str(DAY), time_in_minutes=20, user_id=user, workspace_id=workspace,
        story_id=story, billable=True, approved=True, rate_in_cents=12_050, notes="Workshop", **EURO,
    )  # fmt: skip
    assert await only_one(system, "time_entries") == {
        "id": entry["id"], "resource": "ann@firm.example", "resource_name": "Ann Lee", "project": workspace,
        "project_name": "Audit", "task": story, "task_name": "Interviews", "work_date": DAY, "billable": True,
        "hours": Decimal("0.3333"), "note": "Workshop", "approval": "approved", "bill_rate": Decimal("120.5"),
        "bill_amount": Decimal("40.16"), "currency": "EUR",
    }  # fmt: skip


async def test_an_amount_is_in_whole_units_of_its_currency() -> None:
    system = firm()
    user, workspace = system.rows["users"][0]["id"], system.rows["workspaces"][0]["id"]
    expense = system.enter(
        "expenses", date=str(DAY), amount_in_cents=3340, currency="JPY", currency_base_unit=1, category="Travel",
        user_id=user, workspace_id=workspace, is_billable=True, reimbursable=False,
    )  # fmt: skip
    assert await only_one(system, "expenses") == {
        "id": expense["id"], "resource": "ann@firm.example", "resource_name": "Ann Lee", "project": workspace,
        "project_name": "Audit", "category": "Travel", "spent_on": DAY, "amount": Decimal(3340), "currency": "JPY",
        "reimbursable": False, "billable": True,
    }  # fmt: skip


async def test_an_archived_project_is_read_as_closed() -> None:
    system = firm()
    system.rows["workspaces"][0].update(archived=True, start_date="2026-11-02T00:00:00-08:00", due_date="2026-12-31")
    assert await only_one(system, "workspaces") == {
        "id": system.rows["workspaces"][0]["id"], "code": system.rows["workspaces"][0]["id"], "name": "Audit",
        "starts": date(2026, 11, 2), "ends": date(2026, 12, 31), "budget_money": Decimal(50_000), "currency": "EUR",
        "state": "closed",
    }  # fmt: skip


@pytest.mark.parametrize("named", [True, False], ids=["somebody", "a place still to be filled"])
async def test_an_allocation_says_who_or_at_least_in_which_role(named: bool) -> None:
    system = firm()
    user, workspace = system.rows["users"][0]["id"], system.rows["workspaces"][0]["id"]
    place = system.enter("workspace_resources", label="Auditor", user_id=user if named else None)["id"]
    allocation = system.enter(
        "workspace_allocations", workspace_id=workspace, workspace_resource_id=place, start_date="2027-01-04",
        end_date="2027-01-08", minutes=1200, percentage=50, hard=False,
    )  # fmt: skip
    person = {"resource": "ann@firm.example", "resource_name": "Ann Lee"} if named else {}
    assert await only_one(system, "workspace_allocations") == {
        "id": allocation["id"], "project": workspace, "project_name": "Audit", "role": "Auditor", **person,
        "starts": date(2027, 1, 4), "ends": date(2027, 1, 8), "hours": Decimal(20), "percent": Decimal("0.5"),
        "status": "soft",
    }  # fmt: skip


async def test_time_of_long_ago_is_not_read_again() -> None:
    system = firm()
    system.enter("time_entries", date_performed="2020-01-02", time_in_minutes=20)
    async with connected(system) as connector:
        assert [record async for page in connector.read("time_entries", None) for record in page.records] == []


NO_LISTS = [
    pytest.param({"time_entries": {}}, None, id="no results"),
    pytest.param({"results": [{"key": "time_entries", "id": "7"}]}, None, id="results without records"),
    pytest.param({"results": [{"key": "time_entries", "id": "7"}], "time_entries": {}}, [None], id="a record too few"),
    pytest.param({"results": []}, [], id="nothing found"),
    pytest.param([], None, id="a bare list"),
]


@pytest.mark.parametrize(("body", "expected"), NO_LISTS)
def test_an_answer_without_its_parts_is_no_list(body: Any, expected: Any) -> None:
    calls = KantataCalls(MANIFEST, door_to("http://127.0.0.1:1"), {})
    assert calls.listed(TIME_ENTRIES, body) == expected
