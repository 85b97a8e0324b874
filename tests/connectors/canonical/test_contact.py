"""Contact: who it is, whose it is, and what is told where neither can be said."""

from datetime import date

import pytest

from apps.connectors.canonical.registry import canonical_type
from apps.connectors.canonical.shapes import LedgerReferences
from apps.connectors.errors import BusinessClass

CONTACT = canonical_type("Contact")
TODAY = date(2026, 11, 21)
ANN = {"given": "Ann", "family": "Lee", "name": "Ann Lee", "email": "ann@northwind.example", "client_name": "Northwind"}

NAMES = {
    "both parts": ({"given": "Ann", "family": "Lee"}, {"name": "Ann Lee"}),
    "a family name alone": ({"family": "Lee"}, {"name": "Lee"}),
    "the source's own name wins": ({"given": "Ann", "family": "Lee", "name": "Dr Lee"}, {}),
    "no part": ({"email": "ann@northwind.example"}, {}),
}
WRONG = {
    "nobody": ({"phone": "+4930123"}, "name", "missing"),
    "no sign": ({"email": "ann.northwind.example"}, "email", "wrong_form"),
    "two signs": ({"email": "ann@north@wind"}, "email", "wrong_form"),
    "nothing before it": ({"email": "@northwind.example"}, "email", "wrong_form"),
    "nothing behind it": ({"email": "ann@"}, "email", "wrong_form"),
    "a blank": ({"email": "ann lee@northwind.example"}, "email", "wrong_form"),
    "a name beyond measure": ({"name": "x" * 256}, "name", "too_long"),
}


def test_a_contact_says_who_it_is_and_whose() -> None:
    assert CONTACT.describe(ANN) == "Contact Ann Lee, ann@northwind.example"
    assert CONTACT.references(ANN) == LedgerReferences("Northwind")
    assert CONTACT.references({"client": "C-1"}) == LedgerReferences("C-1")
    assert CONTACT.amount(ANN) is None


@pytest.mark.parametrize("what", NAMES)
def test_the_name_follows_from_its_parts(what: str) -> None:
    values, derived = NAMES[what]
    assert CONTACT.derive(values) == derived


@pytest.mark.parametrize("values", [ANN, {"email": "ann@northwind.example"}, {"family": "Lee"}, {"name": "Zoë 李"}])
def test_a_contact_with_a_name_or_an_e_mail_is_taken(values: dict[str, str]) -> None:
    assert [found for check in CONTACT.checks for found in check.find(values, TODAY)] == []


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_with_its_field(what: str) -> None:
    values, field, code = WRONG[what]
    (found,) = [found for check in CONTACT.checks for found in check.find(values, TODAY)]
    assert (found.field, found.code) == (field, code)
    assert "{source}" in found.message
    assert found.business_class in {BusinessClass.MISSING_REFERENCE, BusinessClass.VALIDATION, BusinessClass.TOO_LARGE}
