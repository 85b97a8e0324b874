"""The schemas of the canonical types say what `restore` reads, no less and no more."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors.canonical.json_schema import build_schema, schema_name
from apps.connectors.canonical.registry import CANONICAL_TYPES, canonical_type, restore
from apps.connectors.canonical.shapes import CanonicalField, CanonicalType
from apps.connectors.canonical.values import write_plain
from apps.connectors.manifest import ValueKind

FORMATS = jsonschema.FormatChecker(["date"])
TYPES = [pytest.param(described, id=name) for name, described in CANONICAL_TYPES.items()]
DECIMALS = st.decimals(-(10**14), 10**14, allow_nan=False, places=6)
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=12)
KINDS: dict[ValueKind, st.SearchStrategy[Any]] = {
    ValueKind.TEXT: TEXTS,
    ValueKind.REFERENCE: TEXTS,
    ValueKind.WHOLE: st.integers(-(10**15) + 1, 10**15 - 1),
    ValueKind.DECIMAL: DECIMALS,
    ValueKind.MONEY: DECIMALS,
    ValueKind.HOURS: DECIMALS,
    ValueKind.DATE: st.dates(),
    ValueKind.INSTANT: st.datetimes(timezones=st.just(UTC)),
    ValueKind.YES_NO: st.booleans(),
    ValueKind.NESTED: st.lists(st.dictionaries(TEXTS, TEXTS, max_size=2), max_size=2),
}


@FORMATS.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@cache
def _judge(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(build_schema(canonical_type(name)), format_checker=FORMATS)


def _value(field: CanonicalField) -> st.SearchStrategy[Any]:
    if field.parts:
        keys = {part.name: TEXTS for part in field.parts}
        needed = {part.name for part in field.parts if part.required}
        optional = {name: words for name, words in keys.items() if name not in needed}
        return st.lists(st.fixed_dictionaries({name: keys[name] for name in needed}, optional=optional), max_size=2)
    return st.sampled_from(field.choices) if field.choices else KINDS[field.kind]


@st.composite
def records(draw: st.DrawFn) -> tuple[CanonicalType, dict[str, Any]]:
    described = draw(st.sampled_from(list(CANONICAL_TYPES.values())))
    chosen = draw(st.sets(st.sampled_from(described.fields), max_size=6))
    fields = chosen | {field for field in described.fields if field.required}
    return described, {field.name: draw(_value(field)) for field in sorted(fields, key=lambda one: one.name)}


@pytest.mark.parametrize("described", TYPES)
def test_a_schema_is_one_and_names_its_version(described: CanonicalType) -> None:
    schema = build_schema(described)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert schema_name(described) == f"{schema['x-name']}.v{schema['x-version']}"
    assert set(schema["properties"]) == {field.name for field in described.fields}
    assert all(told["title"] and told["x-kind"] and told["x-owner"] for told in schema["properties"].values())


@settings(max_examples=150)
@given(record=records())
def test_what_is_written_fits_the_schema_and_is_read_back_as_it_was(
    record: tuple[CanonicalType, dict[str, Any]],
) -> None:
    described, values = record
    plain = json.loads(json.dumps(write_plain(values)))
    assert list(_judge(described.name).iter_errors(plain)) == []
    restored, problems = restore(described, plain)
    assert problems == ()
    kept = {
        name: value.strip() if type(value) is str else value
        for name, value in values.items()
        if type(value) is not str or value.strip()
    }
    assert restored == kept


SENT = st.one_of(
    st.text(max_size=14),
    st.from_regex(r"[+-]?[0-9]{1,16}(\.[0-9]{1,13})?"),
    st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?(Z|[+-][0-9]{2}:[0-9]{2})?)?"),
    st.integers(-(10**16), 10**16),
    st.floats(),
    st.booleans(),
    st.sampled_from(["approved", "Approved", "open", "true", "", " "]),
    st.lists(st.text(max_size=3), max_size=2),
)


@settings(max_examples=300)
@given(data=st.data())
def test_whatever_fits_the_schema_can_be_read(data: st.DataObject) -> None:
    described = data.draw(
        st.sampled_from([canonical_type(name) for name in ("TimeEntry", "Invoice", "BillingMilestone")])
    )
    field = data.draw(st.sampled_from(described.fields))
    sent = data.draw(SENT)
    schema = {**build_schema(described), "required": []}
    if jsonschema.Draft202012Validator(schema, format_checker=FORMATS).is_valid({field.name: sent}):
        assert restore(described, {field.name: sent})[1] == ()


REFUSED = [
    pytest.param({"hours": 7.5}, "hours", id="a number that may be rounded on its way"),
    pytest.param({"hours": "7,5"}, "hours", id="a decimal comma"),
    pytest.param({"work_date": "2026-02-31"}, "work_date", id="a day that no calendar has"),
    pytest.param({"approved_at": "2026-11-30T09:00:00"}, "approved_at", id="an instant without a zone"),
    pytest.param({"approval": "signed"}, "approval", id="a word that is no choice"),
    pytest.param({"billable": "yes"}, "billable", id="a word for yes"),
    pytest.param({"note": "a\x00b"}, "note", id="a null character"),
    pytest.param({"colour": "red"}, "", id="a field that there is not"),
]
ENTRY = {"resource": "E1", "project": "P1", "work_date": "2026-11-03", "hours": "7.50"}


@pytest.mark.parametrize(("change", "blamed"), REFUSED)
def test_what_a_record_may_not_hold_is_refused(change: dict[str, Any], blamed: str) -> None:
    judge = _judge("TimeEntry")
    assert list(judge.iter_errors(ENTRY)) == []
    errors = list(judge.iter_errors({**ENTRY, **change}))
    assert {".".join(map(str, error.absolute_path)) for error in errors} == {blamed}


def test_a_needed_field_and_the_parts_of_a_list_are_asked_for() -> None:
    assert not _judge("TimeEntry").is_valid({name: value for name, value in ENTRY.items() if name != "hours"})
    paid = {"client": "C1", "received_on": "2026-11-03", "amount": "5", "currency": "EUR"}
    assert _judge("Payment").is_valid({**paid, "allocations": [{"invoice": "INV-1", "amount": 5}]})
    assert not _judge("Payment").is_valid({**paid, "allocations": [{"amount": 5}]})
    assert not _judge("Payment").is_valid({**paid, "allocations": {"invoice": "INV-1"}})


def test_units_owners_and_what_few_may_see_are_said() -> None:
    fields = build_schema(canonical_type("TimeEntry"))["properties"]
    assert fields["bill_rate"]["x-unit"] == "money per hour"
    assert fields["bill_rate"]["x-currency-field"] == "currency"
    assert fields["hours"]["x-unit"] == "hours"
    assert (fields["hours"]["x-owner"], fields["approval"]["x-owner"]) == ("Time", "PSA")
    assert fields["cost_rate"]["x-sensitive"] is True
    assert "x-unit" not in fields["note"]


def test_values_of_every_kind_are_written_as_the_schema_says() -> None:
    written = write_plain(
        {"hours": Decimal("7.50"), "work_date": date(2026, 11, 3), "approved_at": datetime(2026, 11, 4, tzinfo=UTC)}
    )
    assert written == {"hours": "7.50", "work_date": "2026-11-03", "approved_at": "2026-11-04T00:00:00+00:00"}
