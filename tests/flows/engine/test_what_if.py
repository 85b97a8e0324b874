"""Two versions over one record, and over many: what differs, what it moves, and that a version never differs from itself."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors.contract import SourceRecord
from apps.connectors.manifest import FieldSpec, MappingLine, ObjectManifest, ValueKind
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.flow import compile_flow
from apps.flows.engine.records import Correction
from apps.flows.engine.verdict import Seen, Side, judge
from apps.flows.engine.what_if import MOST_KEPT, Kind, Tally, compare
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.layers import Layers, LineChange, merge_layers

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOURCE = ObjectManifest(
    name="entries",
    label="Northwind PSA",
    canonical_type="TimeEntry",
    reading_lines=(
        MappingLine("resource", "person"),
        MappingLine("project", "project"),
        MappingLine("work_date", "day"),
        MappingLine("hours", "hours"),
        MappingLine("bill_rate", "rate"),
        MappingLine("currency", "currency"),
        MappingLine("approval", "status"),
        MappingLine("billable", "billable"),
        MappingLine("note", "note"),
    ),
)
TARGET = ObjectManifest(
    name="lines",
    label="ERP line",
    canonical_type="TimeEntry",
    fields=(
        FieldSpec("reference", required=True),
        FieldSpec("project", ValueKind.REFERENCE),
        FieldSpec("quantity", ValueKind.HOURS),
        FieldSpec("amount", ValueKind.MONEY),
        FieldSpec("text", max_length=30),
    ),
    writing_lines=(
        MappingLine("reference", "id"),
        MappingLine("project", "project", reference="Project"),
        MappingLine("quantity", "hours"),
        MappingLine("amount", "bill_amount"),
        MappingLine("text", "note"),
    ),
)
RAW = {
    "person": "p1", "project": "PRJ-1", "day": "2026-11-03", "hours": 2, "rate": "100.00", "currency": "EUR",
    "status": "approved", "billable": True, "note": "On site",
}  # fmt: skip


def _side(delivery: tuple[LineChange, ...] = (), reading: tuple[LineChange, ...] = (), **definition: Any) -> Side:
    parsed = parse_definition({"canonical_type": "TimeEntry", **definition})
    return Side(
        compile_flow(
            parsed,
            SOURCE,
            TARGET,
            Layers(customer=delivery),
            source_system="psa",
            reading_layers=Layers(customer=reading),
        )
    )


def _seen(correction: Correction | None = None, results: Any = None, **changes: Any) -> Seen:
    return Seen(SourceRecord("entries", "te-1", "1", {**RAW, **changes}), AT, correction, results or {})


PLAIN = _side()
APPROVED = _side(filter={"conditions": ["approved"]})
UPPER = _side((LineChange("text", {"transforms": ("upper",)}),))
STRICT = _side((LineChange("text", {"checks": ("starts_with:PRJ",)}),))
STRICTER = _side((LineChange("text", {"checks": ("starts_with:X",)}),))
DOUBLE = _side((LineChange("amount", {"source": "", "expression": "r.bill_amount * 2.0"}),))
DEARER = _side(reading=(LineChange("bill_rate", {"source": "", "expression": "110.0"}),))


@pytest.mark.parametrize(
    ("before", "after", "changes", "kind", "fields"),
    [
        pytest.param(PLAIN, PLAIN, {}, Kind.SAME, [], id="nothing was changed"),
        pytest.param(
            PLAIN, UPPER, {}, Kind.CHANGED, [("text", "On site", "ON SITE")], id="a line writes another value"
        ),
        pytest.param(PLAIN, UPPER, {"note": "ON SITE"}, Kind.SAME, [], id="a changed line that gives the same"),
        pytest.param(PLAIN, UPPER, {"note": None}, Kind.SAME, [], id="a changed line that has nothing to work on"),
        pytest.param(PLAIN, STRICT, {}, Kind.NOW_REFUSED, [], id="a check refuses it"),
        pytest.param(STRICT, PLAIN, {}, Kind.NOW_PASSES, [], id="a check is gone"),
        pytest.param(STRICT, STRICTER, {}, Kind.REFUSED_OTHERWISE, [], id="another check refuses it"),
        pytest.param(PLAIN, APPROVED, {"status": "submitted"}, Kind.LEFT_OUT, [], id="the filter leaves it out"),
        pytest.param(APPROVED, PLAIN, {"status": "submitted"}, Kind.TAKEN_IN, [], id="the filter takes it in"),
        pytest.param(
            APPROVED, STRICT, {"status": "submitted"}, Kind.NOW_REFUSED, [], id="left out before, refused now"
        ),
        pytest.param(STRICT, APPROVED, {"status": "submitted"}, Kind.LEFT_OUT, [], id="refused before, left out now"),
        pytest.param(
            PLAIN, DOUBLE, {}, Kind.CHANGED, [("amount", 200.0, 400.0)], id="a line writes another amount"
        ),
    ],
)  # fmt: skip
def test_a_record_is_judged_under_both(
    before: Side, after: Side, changes: dict[str, Any], kind: Kind, fields: list[tuple[str, Any, Any]]
) -> None:
    found = compare(before, after, _seen(**changes))
    assert (found.kind, [(name, was, now) for name, was, now in found.fields]) == (kind, fields)


def test_reading_another_rate_moves_what_would_be_delivered() -> None:
    found = compare(PLAIN, DEARER, _seen())
    assert [change.name for change in found.fields] == ["amount"]
    assert [amount and amount.value for amount in found.amounts] == [Decimal("200.00"), Decimal("220.00")]
    assert found.moves_money


def test_what_a_person_mended_holds_under_both() -> None:
    mended = Correction({"hours": "3"})
    assert judge(PLAIN, _seen(mended, hours="many")).sent["quantity"] == 3
    assert compare(PLAIN, PLAIN, _seen(mended, hours="many")).kind is Kind.SAME


def test_a_tally_counts_kinds_fields_money_and_causes() -> None:
    tally = Tally({"amount"})
    for number, note in enumerate(["PRJ one", "PRJ two", "On site"]):
        tally.add(number, compare(PLAIN, STRICT, _seen(note=note)))
    assert (tally.total, tally.counts[Kind.NOW_REFUSED], tally.counts[Kind.SAME]) == (3, 1, 2)
    assert tally.money == {"EUR": [Decimal("600.00"), Decimal("400.00")]}
    assert [(cause.before, cause.after) for cause in tally.failures.values()] == [(0, 1)]
    assert (tally.moved, tally.needs_reason) == (1, True)
    assert [kept.reference for kept in tally.examples()] == [2]


def test_money_that_a_line_writes_is_summed() -> None:
    tally = Tally({"amount"})
    tally.add("one", compare(PLAIN, DOUBLE, _seen()))
    assert (tally.fields["amount"].before, tally.fields["amount"].after) == (Decimal(200), Decimal(400))
    assert (tally.moved, tally.needs_reason) == (1, True)


@pytest.mark.parametrize(("changed", "asked"), [(1, False), (2, True)], ids=["one in a hundred", "two in a hundred"])
def test_a_reason_is_asked_for_above_a_share(changed: int, asked: bool) -> None:
    tally = Tally()
    for number in range(100):
        tally.add(number, compare(PLAIN, UPPER if number < changed else PLAIN, _seen()))
    assert tally.needs_reason is asked


def test_a_frequent_kind_does_not_crowd_out_a_rare_one() -> None:
    tally, changed, refused = Tally(), compare(PLAIN, UPPER, _seen()), compare(PLAIN, STRICT, _seen())
    for number in range(MOST_KEPT + 50):
        tally.add(number, changed)
    tally.add("rare", refused)
    kept = tally.examples()
    assert len(kept) == MOST_KEPT
    assert kept[0].reference == "rare"


WALK: list[dict[str, Any]] = [
    {"kind": "extract"},
    {"kind": "check"},
    {"kind": "lookup", "name": "client", "role": "target", "object": "clients", "key": "r.project", "keep": ["name"]},
    {"kind": "deliver", "role": "target", "type": "TimeEntry"},
]
_LINES = (
    MappingLine("reference", "id"),
    MappingLine("text", expression='r.steps.client.name + ": " + r.note'),
)


def _walking(*lines: MappingLine, key: str = "r.project") -> Side:
    steps = [{**step, "key": key} if step["kind"] == "lookup" else step for step in WALK]
    side = _side(steps=steps)
    compiled = compile_mapping(
        merge_layers(lines or _LINES), source_fields=(), target_fields=TARGET.fields, outgoing=True
    )
    return Side(side.compiled, {"deliver": compiled})


ANSWERED = {"client": {"found": True, "name": "Northwind"}, "deliver": {"key": "7"}}


def test_a_walk_is_judged_with_the_answers_of_then() -> None:
    found = judge(_walking(), _seen(results=ANSWERED))
    assert found.sent == {"deliver.reference": "te-1", "deliver.text": "Northwind: On site"}
    assert found.open_at == ""
    other = _walking(MappingLine("reference", "id"), MappingLine("text", "note"))
    changes = compare(_walking(), other, _seen(results=ANSWERED)).fields
    assert [tuple(change) for change in changes] == [("deliver.text", "Northwind: On site", "On site")]


def test_a_walk_stays_open_where_nothing_was_answered() -> None:
    found = judge(_walking(), _seen())
    assert (found.open_at, found.sent) == ("client", {})
    assert compare(_walking(), _walking(), _seen()).kind is Kind.SAME


def test_an_answer_to_another_question_is_not_taken() -> None:
    found = compare(_walking(), _walking(key="r.resource"), _seen(results=ANSWERED))
    assert found.after.open_at == "client"
    assert found.kind is Kind.CHANGED
    assert ("known_until", None, "client") in [tuple(change) for change in found.fields]


_VALUES = st.one_of(st.none(), st.text(max_size=12), st.integers(-5, 50), st.booleans(), st.just("2026-11-03"))


@settings(max_examples=60)
@given(
    changes=st.dictionaries(st.sampled_from(sorted(RAW)), _VALUES),
    pick=st.sampled_from([PLAIN, APPROVED, STRICT, DOUBLE]),
)
def test_a_version_against_itself_is_always_the_same(changes: dict[str, Any], pick: Side) -> None:
    tally = Tally({"amount"})
    tally.add("one", compare(pick, pick, _seen(**changes)))
    assert tally.counts[Kind.SAME] == tally.total == 1
    assert all(was == now for was, now in tally.money.values())
    assert not tally.needs_reason
