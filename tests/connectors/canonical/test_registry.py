"""Canonical types: complete, consistent, and readable from JSON and forms."""

from datetime import date
from decimal import Decimal

import pytest

from apps.connectors.canonical.amounts import month_of, no_amount
from apps.connectors.canonical.currencies import KNOWN_CURRENCIES, round_money
from apps.connectors.canonical.registry import (
    CANONICAL_TYPES,
    Amount,
    AmountQuality,
    CanonicalType,
    Owner,
    UnknownTypeError,
    canonical_type,
    restore,
)
from apps.connectors.canonical.shapes import LedgerReferences
from apps.connectors.manifest import ValueKind
from apps.connectors.registry import all_manifests

TYPES = [pytest.param(described, id=name) for name, described in CANONICAL_TYPES.items()]
NUMBERS = {ValueKind.DECIMAL, ValueKind.MONEY, ValueKind.HOURS}
TODAY = date(2026, 11, 21)
ENTRY = {
    "id": "1",
    "resource": "E1",
    "resource_name": "Ann Lee",
    "project": "PRJ-0001",
    "project_name": "Audit",
    "client_name": "Northwind",
    "work_date": date(2026, 11, 3),
    "hours": Decimal("7.50"),
    "bill_rate": Decimal("100.10"),
    "currency": "EUR",
}


@pytest.mark.parametrize("described", TYPES)
def test_a_type_is_consistent(described: CanonicalType) -> None:
    names = [field.name for field in described.fields]
    assert len(set(names)) == len(names)
    assert "id" in names
    assert set(described.key_fields) <= set(names)
    assert len({check.name for check in described.checks}) == len(described.checks)
    assert all(field.label for field in described.fields)
    assert all(field.currency in names for field in described.fields if field.kind is ValueKind.MONEY), (
        "money has a currency beside it"
    )
    assert all(field.measured_in for field in described.fields if field.kind in NUMBERS), "a number counts something"
    assert described.identity[0]
    assert {name for fields in described.identity for name in fields} <= set(names)
    assert all(words.endswith(".") for words in (described.summary, described.amount_rule))
    assert all(field.summary.endswith(".") for field in described.fields if field.summary)


def test_a_field_without_an_owner_belongs_to_its_type() -> None:
    entry = canonical_type("TimeEntry")
    assert (entry.owner_of("hours"), entry.owner_of("approval"), entry.owner_of("posted_at")) == (
        Owner.TIME,
        Owner.PSA,
        Owner.ERP,
    )


def test_owners_are_called_as_the_catalogue_calls_its_systems() -> None:
    unheard_of = set(Owner) - {system.category for system in all_manifests()}
    assert unheard_of == {Owner.PROCUREMENT, Owner.PLATFORM}


@pytest.mark.parametrize("described", TYPES)
def test_a_type_describes_an_empty_record_and_finds_its_problems(described: CanonicalType) -> None:
    assert "?" in described.describe({})
    problems = [found for check in described.checks for found in check.find({}, TODAY)]
    blamed = {found.field for found in problems}
    assert blamed <= {field.name for field in described.fields}
    assert {field.name for field in described.fields if field.required} <= blamed
    assert described.references({}) == LedgerReferences()
    described.amount({})


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownTypeError, match="TimeEntry"):
        canonical_type("Invoice?")


def test_a_time_entry_says_what_it_is_and_what_it_is_worth() -> None:
    described = canonical_type("TimeEntry")
    assert described.describe(ENTRY) == "Time entry of Ann Lee on 2026-11-03, 7.5 h, Audit"
    assert described.amount(ENTRY) == Amount(Decimal("750.75"), "EUR", AmountQuality.KNOWN)
    assert described.references(ENTRY) == LedgerReferences("Northwind", "PRJ-0001", "2026-11", "2026-11-03")
    assert [found for check in described.checks for found in check.find(ENTRY, TODAY)] == []


def test_the_time_to_billing_counts_from_the_day_of_the_expense() -> None:
    spent = {"spent_on": date(2026, 11, 5), "project": "PRJ-0001"}
    assert canonical_type("Expense").references(spent) == LedgerReferences("", "PRJ-0001", "2026-11", "2026-11-05")
    assert canonical_type("Expense").references({}) == LedgerReferences()


AMOUNTS = [
    pytest.param(
        "TimeEntry", {"bill_amount": Decimal(9), "currency": "EUR"}, ("9", "EUR", "known"), id="a stated amount"
    ),
    pytest.param("TimeEntry", {"billable": False, "hours": Decimal(1)}, None, id="time that is not billable"),
    pytest.param("TimeEntry", {"hours": Decimal(1), "bill_rate": Decimal(1)}, ("0", "", "unknown"), id="no currency"),
    pytest.param("TimeEntry", {"currency": "EUR", "hours": Decimal(1)}, ("0", "", "unknown"), id="no rate"),
    pytest.param("Expense", {"amount": Decimal("9.90"), "currency": "USD"}, ("9.90", "USD", "known"), id="an expense"),
    pytest.param(
        "TimeEntry",
        {"currency": "DOGE", "hours": Decimal(1), "bill_rate": Decimal(1)},
        ("0", "", "unknown"),
        id="no money",
    ),
    pytest.param(
        "TimeEntry",
        {"currency": "EUR", "hours": Decimal(10**14), "bill_rate": Decimal(10**14)},
        ("0", "", "unknown"),
        id="more than there is",
    ),
    pytest.param("Expense", {"amount": Decimal("9.90")}, ("0", "", "unknown"), id="an expense without currency"),
    pytest.param(
        "Project", {"budget_money": Decimal(5), "currency": "SEK"}, ("5", "SEK", "estimated"), id="a project's budget"
    ),
    pytest.param("Project", {"currency": "SEK"}, None, id="a project without budget"),
    pytest.param(
        "Opportunity",
        {"stage": "won", "amount": Decimal(7), "currency": "EUR"},
        ("7", "EUR", "known"),
        id="a deal that is won",
    ),
    pytest.param(
        "Opportunity",
        {"stage": "proposal", "amount": Decimal(7), "currency": "EUR"},
        ("7", "EUR", "estimated"),
        id="a deal that is open",
    ),
    pytest.param("Opportunity", {"stage": "lost", "amount": Decimal(7), "currency": "EUR"}, None, id="a lost deal"),
    pytest.param("Opportunity", {"stage": "won", "amount": Decimal(7)}, ("0", "", "unknown"), id="a deal in nothing"),
    pytest.param("Workspace", {}, None, id="a workspace is worth no money"),
    pytest.param("Resource", {}, None, id="a person is worth no money"),
    pytest.param(
        "Assignment",
        {"hours": Decimal(10), "bill_rate": Decimal("99.5"), "currency": "EUR"},
        ("995", "EUR", "estimated"),
        id="planned work",
    ),
    pytest.param(
        "Assignment",
        {"hours": Decimal(10), "bill_rate": Decimal(1), "currency": "EUR", "billable": False},
        None,
        id="planned work that is not billed",
    ),
    pytest.param("Assignment", {"hours": Decimal(10)}, None, id="planned work without a rate"),
]


@pytest.mark.parametrize(("name", "values", "expected"), AMOUNTS)
def test_an_amount_says_how_sure_it_is(
    name: str, values: dict[str, object], expected: tuple[str, str, str] | None
) -> None:
    amount = canonical_type(name).amount(values)
    assert amount == (
        None if expected is None else Amount(Decimal(expected[0]), expected[1], AmountQuality(expected[2]))
    )


def test_no_amount_means_none() -> None:
    assert no_amount({}) is None
    assert month_of(None) == ""


DERIVED = [
    pytest.param(
        {"hours": Decimal("0.67"), "bill_rate": Decimal("1.5")}, {"bill_amount": Decimal("1.01")}, id="half up"
    ),
    pytest.param(
        {"hours": Decimal(1), "bill_rate": Decimal("1.5"), "currency": "JPY"},
        {"bill_amount": Decimal(2)},
        id="whole yen",
    ),
    pytest.param({"hours": Decimal(1)}, {}, id="no rate"),
    pytest.param(
        {"bill_amount": Decimal(1), "hours": Decimal(1), "bill_rate": Decimal(2)}, {}, id="the source's amount wins"
    ),
]


@pytest.mark.parametrize(("values", "expected"), DERIVED)
def test_the_bill_amount_follows_from_hours_and_rate(values: dict[str, object], expected: dict[str, object]) -> None:
    assert canonical_type("TimeEntry").derive(values) == expected


DEAL = {
    "id": "OP-0001",
    "name": "Cloud move",
    "client_name": "Northwind",
    "stage": "won",
    "amount": Decimal("120000.00"),
    "currency": "EUR",
    "close_date": date(2026, 11, 3),
    "legal_entity": "100",
    "service_line": "Data",
}


def test_a_deal_says_what_it_is_and_where_it_belongs() -> None:
    described = canonical_type("Opportunity")
    assert described.describe(DEAL) == "Deal Cloud move, Northwind, 120000 EUR"
    assert described.references(DEAL) == LedgerReferences("Northwind", "", "2026-11")
    assert [found for check in described.checks for found in check.find(DEAL, TODAY)] == []


@pytest.mark.parametrize("field", ["amount", "close_date", "legal_entity", "service_line"])
def test_a_deal_needs_more_once_it_is_won(field: str) -> None:
    described = canonical_type("Opportunity")
    lacking = {name: value for name, value in DEAL.items() if name != field}
    problems = [found for check in described.checks for found in check.find(lacking, TODAY)]
    assert [(found.field, found.code) for found in problems] == [(field, "missing")]
    still_open = {**lacking, "stage": "proposal"}
    assert [found for check in described.checks for found in check.find(still_open, TODAY)] == []


def test_a_workspace_belongs_to_its_project() -> None:
    described = canonical_type("Workspace")
    values = {"project": "PRJ-0001", "name": "Northwind audit", "client_name": "Northwind"}
    assert described.describe(values) == "Workspace Northwind audit of project PRJ-0001"
    assert described.references(values) == LedgerReferences("Northwind", "PRJ-0001")
    assert [found for check in described.checks for found in check.find(values, TODAY)] == []


def test_values_are_restored_from_a_form() -> None:
    values, problems = restore(
        canonical_type("TimeEntry"), {"hours": "7.5", "note": "", "work_date": "3 Nov", "colour": "red"}
    )
    assert values == {"hours": Decimal("7.5")}
    assert [found.field for found in problems] == ["work_date", "colour"]
    assert "Day of the work" in problems[0].message


def test_a_field_or_check_that_is_not_there_is_none() -> None:
    described = canonical_type("Customer")
    assert described.field_named("hours") is None
    assert described.check_named("hours") is None
    assert described.check_named("name_present") is not None


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("1.005", "EUR", "1.01"),
        ("1.005", "", "1.01"),
        ("2.5", "JPY", "3"),
        ("1.0005", "KWD", "1.001"),
        ("-1.005", "EUR", "-1.01"),
    ],
)
def test_money_is_rounded_half_up_to_the_currency(value: str, currency: str, expected: str) -> None:
    assert round_money(Decimal(value), currency) == Decimal(expected)


def test_currencies_are_three_capital_letters_without_test_codes() -> None:
    assert all(len(code) == 3 and code.isupper() for code in KNOWN_CURRENCIES)
    assert not {"XXX", "XTS", "XAU"} & KNOWN_CURRENCIES
