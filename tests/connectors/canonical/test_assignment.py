"""Assignment: what makes one usable, and where it belongs."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.canonical.shapes import LedgerReferences

TODAY = date(2026, 11, 21)
PLANNED: dict[str, Any] = {
    "id": "4711",
    "project": "PRJ-0001",
    "project_name": "Audit",
    "client_name": "Northwind",
    "resource": "ann@firm.example",
    "resource_name": "Ann Lee",
    "starts": date(2027, 1, 4),
    "ends": date(2027, 1, 29),
    "hours_per_day": Decimal(4),
}


def test_an_assignment_says_who_works_where_and_when() -> None:
    described = canonical_type("Assignment")
    assert described.describe(PLANNED) == "Assignment of Ann Lee to Audit, 2027-01-04 to 2027-01-29"
    assert described.references(PLANNED) == LedgerReferences("Northwind", "PRJ-0001", "2027-01")
    assert [found for check in described.checks for found in check.find(PLANNED, TODAY)] == []


LACKING = [
    pytest.param({"resource": None}, "resource", "missing", id="nobody and no role"),
    pytest.param({"project": ""}, "project", "missing", id="no project"),
    pytest.param({"starts": None}, "starts", "missing", id="no first day"),
    pytest.param({"ends": date(2027, 1, 1)}, "ends", "ends_before_start", id="an end before the start"),
    pytest.param({"hours_per_day": Decimal(25)}, "hours_per_day", "too_much", id="a day of 25 hours"),
    pytest.param({"percent": Decimal("-0.1")}, "percent", "negative", id="less than no time"),
    pytest.param({"bill_rate": Decimal(90)}, "currency", "", id="a rate in no currency"),
]


@pytest.mark.parametrize(("change", "field", "code"), LACKING)
def test_what_is_wrong_with_an_assignment_is_named(change: dict[str, Any], field: str, code: str) -> None:
    described = canonical_type("Assignment")
    problems = [found for check in described.checks for found in check.find({**PLANNED, **change}, TODAY)]
    assert [(found.field, found.code) for found in problems] == [(field, code)]


def test_a_role_that_is_still_to_be_filled_needs_no_person() -> None:
    described = canonical_type("Assignment")
    open_role = {**PLANNED, "resource": None, "role": "Senior auditor", "status": "request"}
    assert [found for check in described.checks for found in check.find(open_role, TODAY)] == []
