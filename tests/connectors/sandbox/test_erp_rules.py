"""Every business rule of the sandbox ERP refuses what it should, by its own code, and nothing else."""

from typing import Any

import pytest

from apps.connectors.catalog.sandbox_erp.manifest import MANIFEST
from apps.connectors.sandbox import erp_expense_rules as expense_rules
from apps.connectors.sandbox.erp_rules import FIELDS, Switches, problems_of

RECORDS = {
    ("companies", "100"): {"code": "100"},
    ("projects", "PRJ-0001"): {"code": "PRJ-0001", "state": "active"},
    ("projects", "PRJ-0002"): {"code": "PRJ-0002", "state": "closed"},
    ("employees", "E-0001"): {"number": "E-0001", "active": True},
    ("employees", "E-0002"): {"number": "E-0002", "active": False},
    ("cost-centers", "CC-110"): {"code": "CC-110"},
    ("periods", "2026-11"): {"state": "open"},
    ("periods", "2026-09"): {"state": "closed"},
}
GOOD = {
    "external_id": "TE-1",
    "company": "100",
    "project": "PRJ-0001",
    "employee": "E-0001",
    "posting_date": "20.11.2026",
    "quantity": "7.5",
    "unit_price": "110.01",
    "amount": "825.08",
    "currency": "EUR",
    "cost_center": "CC-110",
    "description": "Build",
    "po_number": "PO-1",
}
AWAY = ...  # the field is left out
RULES: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    ({"quantity": 7.5, "amount": 825.08, "unit_price": 110.01}, []),
    ({"quantity": 24, "amount": "2640.24"}, []),
    ({"cost_center": None, "po_number": AWAY, "description": ""}, []),
    ({"external_id": ""}, [("missing_field", "external_id")]),
    ({"project": None}, [("missing_field", "project")]),
    ({"amount": AWAY}, [("missing_field", "amount")]),
    ({"company": "999"}, [("unknown_company", "company")]),
    ({"project": "PRJ-9999"}, [("unknown_project", "project")]),
    ({"project": "PRJ-0002"}, [("project_inactive", "project")]),
    ({"employee": "E-9"}, [("unknown_employee", "employee")]),
    ({"employee": "E-0002"}, [("unknown_employee", "employee")]),
    ({"posting_date": "20.09.2026"}, [("closed_period", "posting_date")]),
    ({"posting_date": "20.09.1999"}, [("closed_period", "posting_date")]),
    ({"posting_date": "2026-11-20"}, [("invalid_date", "posting_date")]),
    ({"posting_date": "31.02.2026"}, [("invalid_date", "posting_date")]),
    ({"quantity": 25, "amount": "2750.25"}, [("hours_out_of_range", "quantity")]),
    ({"quantity": 0, "amount": "0"}, [("hours_out_of_range", "quantity")]),
    ({"quantity": "-1", "amount": "-110.01"}, [("hours_out_of_range", "quantity")]),
    ({"quantity": "7,5"}, [("invalid_number", "quantity")]),
    ({"quantity": "NaN"}, [("invalid_number", "quantity")]),
    ({"amount": "825.07"}, [("amount_mismatch", "amount")]),
    ({"unit_price": "-1", "amount": "-7.50"}, [("invalid_number", "unit_price")]),
    ({"currency": "ZZZ"}, [("invalid_currency", "currency")]),
    ({"cost_center": "CC-990"}, [("invalid_cost_center", "cost_center")]),
    ({"colour": "red"}, [("unknown_field", "colour")]),
    ({"description": "x" * 201}, [("too_long", "description")]),
    (
        {"employee": "E-9", "cost_center": "CC-990"},
        [("unknown_employee", "employee"), ("invalid_cost_center", "cost_center")],
    ),
]


def _problems(changes: dict[str, Any], switches: Switches = Switches()) -> list[tuple[str, str]]:  # noqa: B008  frozen
    line = {name: value for name, value in {**GOOD, **changes}.items() if value is not AWAY}
    return [(p.code, p.field) for p in problems_of(line, lambda kind, name: RECORDS.get((kind, name)), switches)]


@pytest.mark.parametrize(("changes", "codes"), RULES, ids=[str(rule[0]) for rule in RULES])
def test_a_line_meets_its_rule(changes: dict[str, Any], codes: list[tuple[str, str]]) -> None:
    assert _problems(changes) == codes


def test_the_switches_close_every_period_and_forget_every_cost_centre() -> None:
    assert _problems({}, Switches(closed=True)) == [("closed_period", "posting_date")]
    assert _problems({}, Switches(no_cost_centers=True)) == [("invalid_cost_center", "cost_center")]


def test_every_code_has_a_sentence_in_the_manifest() -> None:
    told = {rule.code for rule in MANIFEST.error_rules}
    assert {code for _, codes in RULES for code, _ in codes} <= told


def test_the_manifest_writes_the_fields_the_erp_knows() -> None:
    assert [field.name for field in MANIFEST.object_named("time-lines").fields] == list(FIELDS)


SPENT = {
    "external_id": "EX-1",
    "company": "100",
    "project": "PRJ-0001",
    "employee": "E-0001",
    "posting_date": "20.11.2026",
    "spent_on": "2026-11-18",
    "category": "Train",
    "amount": "119.00",
    "tax_amount": "19.00",
    "currency": "EUR",
    "billable": True,
    "reimbursable": False,
    "cost_center": "CC-110",
    "receipt": "receipt-1.pdf",
}
SPENDING_RULES: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, []),
    ({"tax_amount": None, "receipt": AWAY, "spent_on": ""}, []),
    ({"amount": ""}, [("missing_field", "amount")]),
    ({"amount": "-1", "tax_amount": AWAY}, [("invalid_number", "amount")]),
    ({"amount": "18.99"}, [("tax_above_amount", "tax_amount")]),
    ({"tax_amount": "a lot"}, [("invalid_number", "tax_amount")]),
    ({"spent_on": "18.11.2026"}, [("invalid_date", "spent_on")]),
    ({"posting_date": "20.09.2026"}, [("closed_period", "posting_date")]),
    ({"project": "PRJ-0002"}, [("project_inactive", "project")]),
    ({"employee": "E-0002"}, [("unknown_employee", "employee")]),
    ({"cost_center": "CC-990"}, [("invalid_cost_center", "cost_center")]),
    ({"currency": "ZZZ"}, [("invalid_currency", "currency")]),
    ({"billable": "maybe"}, [("invalid_choice", "billable")]),
    ({"hours": "2"}, [("unknown_field", "hours")]),
]


@pytest.mark.parametrize(("changes", "codes"), SPENDING_RULES, ids=[str(rule[0]) for rule in SPENDING_RULES])
def test_an_expense_line_meets_its_rule(changes: dict[str, Any], codes: list[tuple[str, str]]) -> None:
    line = {name: value for name, value in {**SPENT, **changes}.items() if value is not AWAY}
    found = expense_rules.problems_of(line, lambda kind, name: RECORDS.get((kind, name)), Switches())
    assert [(problem.code, problem.field) for problem in found] == codes
    assert {code for code, _ in codes} <= {rule.code for rule in MANIFEST.error_rules}
