"""Statements: what is asked for stands in them, and nothing that is looked for can become a part of the question."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.manifest import ObjectManifest, Reading
from apps.connectors.protocols.statements import BETWEEN_KEYS, Dialect, backslashed, doubled, statement_of

ALL = {"from": "Customer", "where": "Active IN (true, false)", "orderby": "Changed"}
ASKED = {
    "everything": ({}, "SELECT * FROM Customer WHERE Active IN (true, false) ORDER BY Changed"),
    "what changed": (
        {"Changed >=": "2026-11-21T08:00:00Z"},
        "SELECT * FROM Customer WHERE Active IN (true, false) AND Changed >= '2026-11-21T08:00:00Z' ORDER BY Changed",
    ),
    "some names": (
        {"Name IN": BETWEEN_KEYS.join(("O'Neil", "Smith, Jones"))},
        "SELECT * FROM Customer WHERE Active IN (true, false) AND Name IN ('O''Neil', 'Smith, Jones') ORDER BY Changed",
    ),
    "some fields": (
        {"select": "id, name", "where": "", "orderby": ""},
        "SELECT id, name FROM Customer",
    ),
}


@pytest.mark.parametrize(("parameters", "statement"), ASKED.values(), ids=ASKED.keys())
def test_a_statement_asks_for_what_its_parameters_say(parameters: dict[str, str], statement: str) -> None:
    assert statement_of(Dialect(quote=doubled), _spec(), parameters) == statement


def test_an_instant_may_be_written_in_the_languages_own_way() -> None:
    dialect = Dialect(quote=doubled, order="ORDERBY", instant=lambda text: f"TO_TIMESTAMP({doubled(text)})")
    asked = statement_of(dialect, _spec(), {"where": "", "Changed >=": "2026"})
    assert asked == "SELECT * FROM Customer WHERE Changed >= TO_TIMESTAMP('2026') ORDERBY Changed"


@given(st.text(alphabet=st.sampled_from("ab'\\\"() =,")))
def test_no_text_can_leave_its_literal(text: str) -> None:
    assert re.fullmatch(r"'(?:[^'\\]|\\.)*'", backslashed(text))
    assert re.sub(r"\\(.)", r"\1", backslashed(text)[1:-1]) == text
    assert re.fullmatch(r"'(?:[^']|'')*'", doubled(text))
    assert doubled(text)[1:-1].replace("''", "'") == text


def _spec() -> ObjectManifest:
    return ObjectManifest("customers", "Customers", "Customer", reading=Reading("query", parameters=ALL))
