"""NetSuite: its refusals in business words, external ids, more rows than a query has, and records in the canonical model."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors import registry
from apps.connectors.catalog.netsuite.connector import external_id, looked_back
from apps.connectors.catalog.netsuite.manifest import MANIFEST
from apps.connectors.contract import Connector
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import BusinessClass, RejectedError
from apps.connectors.manifest import SystemManifest
from apps.connectors.rate_budget import NoBudget
from tests.connectors.catalog import netsuite_stand_in as netsuite
from tests.connectors.catalog.canonical_reading import read_canonical, write_outside

B = BusinessClass
SAID = {
    "a closed period": ("USER_ERROR", "You cannot enter time in a closed accounting period.", B.CLOSED_PERIOD, "work_date"),
    "a locked period": ("USER_ERROR", "The posting period Oct 2026 is locked.", B.CLOSED_PERIOD, "work_date"),
    "an id that is taken": ("USER_ERROR", "This entity already exists.", B.DUPLICATE, ""),
    "an unknown person": ("INVALID_KEY_OR_REF", "Invalid employee reference key 7.", B.MISSING_REFERENCE, "resource"),
    "an unknown project": ("INVALID_KEY_OR_REF", "Invalid customer reference key 7.", B.MISSING_REFERENCE, "project"),
    "an unknown subsidiary": ("INVALID_KEY_OR_REF", "Invalid subsidiary reference key 7.", B.INVALID_DIMENSION, ""),
    "a missing value": ("USER_ERROR", "Please enter value(s) for: Customer", B.VALIDATION, ""),
    "changed meanwhile": ("RCRD_HAS_BEEN_CHANGED", "Record has been changed", B.CONFLICT, ""),
    "gone": ("NONEXISTENT_ID", "The record instance does not exist.", B.MISSING_REFERENCE, ""),
    "anything else": ("USER_ERROR", "The sky is falling.", B.VALIDATION, ""),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_refusal_is_told_in_business_words(what: str) -> None:
    code, detail, business_class, field = SAID[what]
    body = {"status": 400, "o:errorDetails": [{"detail": detail, "o:errorCode": code}]}
    error = record_failure(MANIFEST, 400, body, spec=MANIFEST.object_named("time-bills"), sent={})
    assert isinstance(error, RejectedError)
    assert (error.problems[0].business_class, error.problems[0].field) == (business_class, field)
    assert error.message.endswith((".", ")"))


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200))
def test_a_number_of_ours_becomes_an_external_id_that_netsuite_takes(own: str, other: str) -> None:
    made = external_id(own)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,110}", made)
    assert external_id(own) == made
    assert (external_id(other) == made) is (own == other) or made in {own, other}


@pytest.mark.parametrize(("own", "made"), [("K-1_a", "K-1_a"), ("Time:42", "Time-42-")], ids=["plain", "with a colon"])
def test_a_plain_number_stays_as_it_is(own: str, made: str) -> None:
    assert external_id(own).startswith(made)


BACK = {
    "nothing": (None, None),
    "a finished reading": (
        {"since": "2026-11-21T08:00:00.000Z", "high": "2026-11-21T08:00:00.000Z", "seen": ["1"]},
        {"since": "2026-11-21T07:58:00Z", "high": "2026-11-21T07:58:00Z"},
    ),
    "amid one instant": ({"since": "2026-11-21T08:00:00.000Z", "position": 4}, {"since": "2026-11-21T08:00:00.000Z",
                                                                                  "position": 4}),
}  # fmt: skip


@pytest.mark.parametrize(("checkpoint", "told"), BACK.values(), ids=BACK.keys())
def test_a_reading_begins_a_little_before_where_the_last_one_ended(checkpoint: Any, told: Any) -> None:
    assert looked_back(checkpoint, 120) == told


async def test_more_rows_than_a_query_has_are_all_read() -> None:
    system = netsuite.NetSuiteStandIn()
    system.most_rows = 12
    for number in range(60):
        if number % 3 == 0:
            system.tick()
        system.enter("customers", entityId=f"C-{number}", companyName=f"Client {number}")
    async with _opened(system) as connector:
        keys = [r.key async for page in connector.read("customers", None) for r in page.records]
    assert sorted(keys) == sorted(row["id"] for row in system.rows["customers"])
    assert system.violations == []


READ: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "time": ("time-bills", {
        "id": "28", "employee": {"id": "5", "refName": "Robin Vale"}, "customer": {"id": "7"}, "tranDate": "2026-10-30",
        "hours": "7.5", "isBillable": "T", "lastModifiedDate": "2026-11-02 08:00:00",
    }, {"resource": "5", "project": "7", "hours": "7.5", "billable": "True", "updated_at": "2026-11-02 08:00:00+00:00"}),
    "a person who left": ("employees", {"id": "5", "firstName": "Robin", "lastName": "Vale", "isInactive": "T"},
                          {"name": "Robin Vale", "active": "False"}),
    "a project": ("projects", {"id": "7", "entityId": "P-7", "companyName": "Audit", "parent": {"id": "3"},
                               "isInactive": "F"}, {"code": "P-7", "client": "3", "state": "active"}),
    "a client": ("customers", {"id": "3", "entityId": "C-3", "companyName": "Northwind", "currency": {"refName": "EUR"}},
                 {"number": "C-3", "currency": "EUR"}),
}  # fmt: skip


@pytest.mark.parametrize(("name", "values", "told"), READ.values(), ids=READ.keys())
def test_a_record_is_read_as_the_canonical_model_has_it(
    name: str, values: dict[str, Any], told: dict[str, str]
) -> None:
    canonical = read_canonical(MANIFEST.object_named(name), values)
    assert {field: str(canonical.get(field)) for field in told} == told


@pytest.mark.parametrize(
    ("hours", "written"), [("7.5", "7:30"), ("0.1", "0:06"), ("0.3333", "0:20"), ("24", "24:00"), ("1.9999", "2:00")]
)
def test_hours_are_written_as_netsuite_writes_them(hours: str, written: str) -> None:
    values = {"id": "1", "resource": "R", "project": "P", "hours": Decimal(hours)}
    assert write_outside(MANIFEST.object_named("time-bills"), values)["hours"] == written


def _in_pages_of(size: int) -> SystemManifest:
    specs = []
    for spec in MANIFEST.objects:
        assert spec.reading is not None
        paging = replace(spec.reading.paging, size=size)
        specs.append(replace(spec, reading=replace(spec.reading, paging=paging)))
    return replace(MANIFEST, objects=tuple(specs))


@asynccontextmanager
async def _opened(system: netsuite.NetSuiteStandIn) -> AsyncIterator[Connector]:
    async with (
        system.serve() as address,
        registry.open_system(
            _in_pages_of(4),
            base_url=address,
            settings={"account": netsuite.ACCOUNT},
            secrets=netsuite.PARTS,
            allow=(address.partition("://")[2],),
            budget=NoBudget(),
        ) as connector,
    ):
        yield connector
