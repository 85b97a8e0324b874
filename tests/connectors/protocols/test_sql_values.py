"""What is bound for a value, which column a refusal is about, and whether a row holds what was written."""

from collections.abc import Mapping
from typing import Any

import pytest

from apps.connectors.errors import BusinessClass
from apps.connectors.protocols.sql_layout import Column, fitting_keys
from apps.connectors.protocols.sql_values import UnsuitableValueError, bound, explain, same
from apps.connectors.sql_problems import RefusedStatementError

COLUMNS = {
    "amount": Column("amount", "numeric", whole_digits=6),
    "count": Column("count", "int2"),
    "day": Column("day", "date"),
    "at": Column("at", "timestamptz"),
    "paid": Column("paid", "bool"),
    "state": Column("state", "state", choices=("open", "done")),
    "note": Column("note", "varchar", max_length=5),
    "lines": Column("lines", "jsonb"),
    "id": Column("id", "uuid"),
}
GOOD = {
    "amount": "12.50", "count": "7", "day": "2026-11-03", "at": "2026-11-03T10:15:00+01:00", "paid": "yes",
    "state": "open", "note": "short", "lines": "[]", "id": "0d4d1a52-4ce5-4a31-9d3c-6d8f7a3a3b11",
}  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("amount", 7.5, "7.5"),
        ("amount", None, None),
        ("paid", False, "false"),
        ("lines", [{"text": "a"}], '[{"text":"a"}]'),
        ("lines", "a text", '"a text"'),
        ("note", 5, "5"),
    ],
)
def test_a_value_is_bound_as_its_text(column: str, value: Any, text: str | None) -> None:
    assert bound(COLUMNS[column], value) == text


@pytest.mark.parametrize(
    ("column", "value"), [("note", "a\x00b"), ("lines", ["a\x00b"]), ("note", ["a"]), ("note", {"a": 1})]
)
def test_a_value_that_no_column_of_its_kind_holds_is_refused(column: str, value: Any) -> None:
    with pytest.raises(UnsuitableValueError, match=r"null character|single values"):
        bound(COLUMNS[column], value)


def _explained(
    code: str, wrong: Mapping[str, str | None], columns: tuple[str, ...] = (), constraint: str = ""
) -> tuple[str, BusinessClass]:
    sent = {name: (COLUMNS[name], text) for name, text in {**GOOD, **wrong}.items()}
    told = explain(RefusedStatementError(code, "said {so}", columns, constraint), sent, {"limit": ("count",)})
    assert told.sentence.format(table="delivery.x", field="Field")
    return told.column, told.business_class


B = BusinessClass


@pytest.mark.parametrize(
    ("code", "wrong", "column", "business_class"),
    [
        ("22001", {"note": "too long"}, "note", B.VALIDATION),
        ("22003", {"amount": "1234567.5"}, "amount", B.VALIDATION),
        ("22003", {"count": "32768"}, "count", B.VALIDATION),
        ("22P02", {"count": "7.5"}, "count", B.PARSE),
        ("22P02", {"amount": "12,50"}, "amount", B.PARSE),
        ("22P02", {"state": "gone"}, "state", B.MAPPING_GAP),
        ("22P02", {"id": "17"}, "id", B.PARSE),
        ("22P02", {"paid": "perhaps"}, "paid", B.PARSE),
        ("22007", {"day": "03.11.2026"}, "day", B.PARSE),
        ("22008", {"at": "2026-02-31T10:00:00Z"}, "at", B.PARSE),
        ("22P02", {}, "", B.PARSE),
        ("P0001", {}, "", B.VALIDATION),
    ],
)
def test_a_refusal_that_names_no_column_is_explained_by_what_was_sent(
    code: str, wrong: Mapping[str, str], column: str, business_class: BusinessClass
) -> None:
    assert _explained(code, wrong) == (column, business_class)


def test_the_column_that_the_server_names_comes_first_then_that_of_its_rule() -> None:
    assert _explained("23505", {}, ("note",), "limit") == ("note", B.DUPLICATE)
    assert _explained("23514", {}, (), "limit") == ("count", B.VALIDATION)
    assert _explained("23503", {}, ("amount",)) == ("amount", B.MISSING_REFERENCE)


@pytest.mark.parametrize(
    ("column", "text", "held", "equal"),
    [
        ("amount", "12.5", "12.5000", True),
        ("amount", "12.5", "12.51", False),
        ("count", "7", 7, True),
        ("paid", "true", True, True),
        ("paid", "0", False, True),
        ("at", "2026-11-03T10:15:00+01:00", "2026-11-03T09:15:00Z", True),
        ("at", "2026-11-03T10:15:00+01:00", "infinity", False),
        ("day", "2026-11-03", "2026-11-03", True),
        ("lines", '[{"a":1}]', [{"a": 1}], True),
        ("note", "0012", "12", False),
        ("note", None, None, True),
        ("note", "", None, False),
    ],
)
def test_a_row_holds_what_was_written_whatever_its_form(column: str, text: str | None, held: Any, equal: bool) -> None:
    assert same(COLUMNS[column], text, held) is equal


def test_only_keys_that_can_stand_in_a_column_are_asked_for() -> None:
    assert fitting_keys(COLUMNS["count"], ["7", "-7", "07", "..", "a/b", "40000", "٣", "9" * 30]) == [7, -7, 7]
    assert [str(key) for key in fitting_keys(COLUMNS["id"], [GOOD["id"], "7"])] == [GOOD["id"]]
    assert fitting_keys(COLUMNS["note"], ["7", "a\x00b"]) == ["7"]
