"""What is missing of records before work on them can be booked and billed."""

from typing import Any

import pytest

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.monitoring.insights.found import LOOK, SOON
from apps.monitoring.insights.incomplete import EITHER, NEEDED, Sheet, incomplete

WHOLE = {
    "legal_name": "Aster GmbH",
    "currency": "EUR",
    "payment_terms_days": 30,
    "invoice_email": "i@aster.example",
    "country": "DE",
    "tax_id": "DE1",
}
PROJECT = {"client": "C-1", "manager": "M", "currency": "EUR", "billing_kind": "fixed", "budget_hours": 5, "ends": "x"}


def sheet(number: int, kind: str = "Customer", fields: frozenset[str] | None = None, **values: Any) -> Sheet:
    """Return a record whose every field is read."""
    return Sheet(f"{kind}:x:{number}", kind, kind, values, frozenset(NEEDED[kind]) if fields is None else fields)


def told(*sheets: Sheet) -> dict[str, list[str]]:
    """Return the missing fields by record."""
    return {one.key: one.facts["fields"] for one in incomplete(sheets).findings}


def test_every_needed_field_is_one_of_its_type() -> None:
    for kind, fields in NEEDED.items():
        assert set(fields) <= {field.name for field in CANONICAL_TYPES[kind].fields}
        assert all(group <= set(fields) for group in EITHER.get(kind, ()))


@pytest.mark.parametrize(
    ("kind", "values", "fields", "missing"),
    [
        pytest.param("Customer", WHOLE, None, [], id="whole"),
        pytest.param(
            "Customer", {**WHOLE, "tax_id": "", "country": None}, None, ["country", "tax_id"], id="two are empty"
        ),
        pytest.param("Customer", {**WHOLE, "payment_terms_days": 0}, None, [], id="nought days are said"),
        pytest.param("Customer", {}, frozenset({"tax_id"}), ["tax_id"], id="only what is read at all"),
        pytest.param("Customer", {"state": "inactive"}, None, [], id="what is over"),
        pytest.param("Project", PROJECT, None, [], id="a budget in hours is enough"),
        pytest.param(
            "Project", {**PROJECT, "budget_hours": None}, None, ["budget_hours", "budget_money"], id="no budget"
        ),
        pytest.param("Opportunity", {"stage": "open"}, None, [], id="a deal that is not won"),
    ],
)
def test_what_is_missing(kind: str, values: dict[str, Any], fields: frozenset[str] | None, missing: list[str]) -> None:
    assert told(sheet(1, kind, fields, **values)) == ({f"{kind}:x:1": missing} if missing else {})


def test_a_field_that_nobody_ever_fills_is_not_in_use() -> None:
    unused = {**WHOLE, "invoice_email": ""}
    assert told(*(sheet(number, **unused) for number in range(5))) == {}
    assert len(told(*(sheet(number, **unused) for number in range(4)))) == 4, "so few do not tell"
    with_one = [sheet(number, **unused) for number in range(5)] + [sheet(9, **WHOLE)]
    (first, *others) = incomplete(with_one).findings
    assert (len(others), first.facts["others"], first.facts["seen"]) == (4, [1], 6)


def test_what_stops_an_invoice_is_more_urgent_than_what_is_good_to_know() -> None:
    (tax,) = incomplete([sheet(1, **{**WHOLE, "tax_id": ""})]).findings
    (ends,) = incomplete([sheet(1, "Project", **{**PROJECT, "ends": None})]).findings
    assert (tax.urgency, ends.urgency) == (SOON, LOOK)
