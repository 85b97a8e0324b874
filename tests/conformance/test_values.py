"""Values: amounts, days and texts are the same on both sides of a system, and what cannot be trusted is refused by name."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.answers import at_path
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.canonical.values import parse_decimal, write_number
from apps.connectors.contract import SourceRecord
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import ObjectManifest, ValueKind
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import merge_layers
from tests.conformance.stage import RefusedOutsideError, Stage, not_applicable, records_of

AMOUNTS = [
    Decimal("0.1") + Decimal("0.2"),
    Decimal("12345678.905"),
    Decimal("0.01"),
    Decimal("99999999.9999"),
    Decimal("1.10"),
    Decimal("7"),
]
TEXTS = {
    "combining": "Ame\u0301lie Bergstro\u0308m",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "emoji": "Review \U0001f469\u200d\U0001f4bb done",
    "other planes": "\U00020bb7\u91ce\u5bb6",
    "quotes and slashes": "\"a\" 'b' \\ / <b>&amp;</b> %s {x}",
    "what looks like a formula": "=1+1;--",
}
_AMOUNT_KINDS = {ValueKind.DECIMAL, ValueKind.MONEY, ValueKind.HOURS}


@pytest.mark.parametrize("form", ["as the engine writes it", "exact"])
async def test_amounts_are_exact(stage: Stage, form: str) -> None:
    if not stage.numbers and "number" not in stage.planted:
        assert not [f for spec in stage.manifest.objects for f in spec.fields if f.kind in _AMOUNT_KINDS]
        not_applicable("It holds no amounts and no hours.")
    for place, amount in enumerate(AMOUNTS):
        sent = write_number(amount) if form != "exact" else amount
        for name, field in stage.numbers.items():
            (made,) = await stage.send(name, stage.sample(name, 1 + place, **{field: sent}))
            assert made.error is None, made.error
            (record,) = records_of(await stage.read(name, None, [str(made.target_key)]))
            assert parse_decimal(at_path(record.values, field)) == amount, f"{name}.{field} sent as {sent!r}"
        if "number" in stage.planted:
            held = stage.planted["number"]
            key = await stage.plant("number", format(amount, "f") if form == "exact" else float(amount))
            canonical, problems = await _extracted(stage, held.name, key)
            target = _canonical_field(stage.spec(held.name), held.field)
            assert target not in {problem.field for problem in problems}
            assert (canonical[target], type(canonical[target])) == (amount, Decimal)


async def test_days_are_exact_and_one_that_does_not_exist_is_refused(stage: Stage) -> None:
    if "date" not in stage.planted:
        assert not [f for spec in stage.manifest.objects for f in spec.fields if f.kind is ValueKind.DATE]
        not_applicable("It holds no days.")
    place = stage.planted["date"]
    target = _canonical_field(stage.spec(place.name), place.field)
    for written, day in stage.days():
        try:
            key = await stage.plant("date", written)
        except RefusedOutsideError:
            assert day is None, f"{written} is refused by the system itself"
            continue
        canonical, problems = await _extracted(stage, place.name, key)
        wrong = {problem.field: problem for problem in problems}
        if day is None:
            assert target not in canonical
            assert wrong[target].business_class is BusinessClass.PARSE
            assert wrong[target].message.endswith(".")
        else:
            assert target not in wrong
            assert (canonical[target], type(canonical[target])) == (day, date)


@pytest.mark.parametrize("sort", TEXTS)
async def test_texts_of_all_scripts_are_the_same_on_both_sides(stage: Stage, sort: str) -> None:
    text = TEXTS[sort]
    place = stage.planted["text"]
    key = await stage.plant("text", text)
    named = () if stage.lists else (key,)
    (record,) = [r for r in records_of(await stage.read(place.name, None, named)) if r.key == key]
    assert at_path(record.values, place.field) == text
    for name in stage.writes:
        (made,) = await stage.send(name, stage.sample(name, 1, **{stage.texts[name]: text}))
        assert made.error is None, made.error
        assert stage.text_in(name, await stage.held(name, made.target_key)) == text, name
        (record,) = records_of(await stage.read(name, None, [str(made.target_key)]))
        assert stage.text_in(name, record.values) == text, name


async def test_a_null_character_is_refused_by_name(stage: Stage) -> None:
    place = stage.planted["text"]
    try:
        key = await stage.plant("text", "before\x00after")
    except RefusedOutsideError as refused:
        not_applicable(str(refused))
    canonical, problems = await _extracted(stage, place.name, key)
    target = _canonical_field(stage.spec(place.name), place.field)
    (problem,) = [problem for problem in problems if problem.field == target]
    assert target not in canonical
    assert problem.business_class is BusinessClass.PARSE
    assert "null character" in problem.message
    assert "\x00" not in problem.message


async def _extracted(stage: Stage, name: str, key: str) -> tuple[dict[str, Any], tuple[FieldProblem, ...]]:
    """Read one record and turn it into its canonical form as the engine does."""
    (record,) = records_of(await stage.read(name, None, [key]))
    return _canonical(stage.spec(name), record)


def _canonical(spec: ObjectManifest, record: SourceRecord) -> tuple[dict[str, Any], tuple[FieldProblem, ...]]:
    described = canonical_type(spec.canonical_type)
    # Some lists are read only to find what was written there, and leave out what a flow would need.
    wanted = tuple(replace(field, required=False) for field in described.fields)
    reading = compile_mapping(merge_layers(spec.reading_lines), source_fields=spec.fields, target_fields=wanted)
    return ExtractStep(described, reading).plan(record)


def _canonical_field(spec: ObjectManifest, outside: str) -> str:
    return next(line.target for line in spec.reading_lines if line.source == outside)
