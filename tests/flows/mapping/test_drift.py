"""Which lines of a mapping trip over what has changed about a system's fields, and how that is told."""

import pytest

from apps.connectors.canonical.time_entry import TIME_ENTRY
from apps.connectors.errors import BusinessClass, FailureKind
from apps.connectors.manifest import FieldSpec, MappingLine, ObjectManifest, ValueKind, Writing
from apps.connectors.shapes import Change, Difference
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.compiled import CompiledMapping
from apps.flows.mapping.drift import Drift, drift_error, marking_drift, reading_drift, writing_drift
from apps.flows.mapping.layers import LayeredLine

C = Change
SOURCE = ObjectManifest(
    "entries",
    "Entries",
    "TimeEntry",
    version_field="changed",
    fields=(
        FieldSpec("id"),
        FieldSpec("hours", ValueKind.HOURS),
        FieldSpec("custom", ValueKind.NESTED),
        FieldSpec("person.code"),
        FieldSpec("rate", ValueKind.MONEY),
        FieldSpec("colour"),
        FieldSpec("changed", ValueKind.INSTANT),
    ),
)
TARGET = ObjectManifest(
    "lines",
    "Lines",
    "TimeEntry",
    fields=(
        FieldSpec("number"),
        FieldSpec("quantity", ValueKind.HOURS),
        FieldSpec("state", ValueKind.CHOICE, choices=("open", "done", "late")),
        FieldSpec("unit", ValueKind.CHOICE, choices=("h", "d")),
        FieldSpec("colour"),
        FieldSpec("region"),
    ),
    writing=Writing("lines", own_key_field="number"),
)


def _compiled(lines: tuple[MappingLine, ...], *, outgoing: bool) -> CompiledMapping:
    fields = (TIME_ENTRY.fields, TARGET.fields) if outgoing else (SOURCE.fields, TIME_ENTRY.fields)
    layered = [LayeredLine(line, "system") for line in lines]
    return compile_mapping(layered, source_fields=fields[0], target_fields=fields[1], outgoing=outgoing)


READING = _compiled(
    (
        MappingLine("id", "id", required=True, label="Number"),
        MappingLine("work_date", default="2026-11-21"),
        MappingLine("project", default="P-1"),
        MappingLine("hours", "hours", required=True, label="Hours"),
        MappingLine("region", "custom.region", label="Region"),
        MappingLine("resource", "person.code", label="Person"),
        MappingLine("bill_rate", expression="r.rate * 2.0", label="Rate"),
    ),
    outgoing=False,
)
WRITING = _compiled(
    (
        MappingLine("quantity", "hours", label="Hours"),
        MappingLine("state", "approval", value_map={"approved": "done", "open": "open"}, label="State"),
        MappingLine("unit", default="h", label="Unit"),
    ),
    outgoing=True,
)
READ = {
    "the key": (Difference(C.GONE, "id"), {"number of the record", "Number"}),
    "the time of change": (Difference(C.GONE, "changed"), {"time of the last change"}),
    "a field": (Difference(C.GONE, "hours"), {"Hours"}),
    "a field of another kind": (Difference(C.OTHER_KIND, "hours", was="hours", now="text"), {"Hours"}),
    "a group that a line reads from": (Difference(C.GONE, "custom"), {"Region"}),
    "a dotted field": (Difference(C.GONE, "person.code"), {"Person"}),
    "a field of an expression": (Difference(C.GONE, "rate"), {"Rate"}),
    "a field that no line reads": (Difference(C.GONE, "colour"), set()),
    "a field that begins alike": (Difference(C.GONE, "hour"), set()),
    "a field that no mapping can use": (Difference(C.GONE, "hours", known=False), set()),
    "what is demanded of writers": (Difference(C.REQUIRED, "hours"), set()),
    "what cannot be written": (Difference(C.READ_ONLY, "hours"), set()),
    "a choice": (Difference(C.CHOICE_GONE, "hours", choices=("x",)), set()),
    "what is new": (Difference(C.ADDED, "hours"), set()),
}
WRITTEN = {
    "a field": (Difference(C.GONE, "quantity"), {"Hours"}),
    "what can no longer be written": (Difference(C.READ_ONLY, "quantity"), {"Hours"}),
    "another kind": (Difference(C.OTHER_KIND, "quantity", was="hours", now="nested"), {"Hours"}),
    "a field that no line writes": (Difference(C.GONE, "colour"), set()),
    "a choice that a value table gives": (Difference(C.CHOICE_GONE, "state", choices=("late", "done")), {"State"}),
    "a choice that nobody gives": (Difference(C.CHOICE_GONE, "state", choices=("late",)), set()),
    "a choice that is always given": (Difference(C.CHOICE_GONE, "unit", choices=("h",)), {"Unit"}),
    "a demand that no line meets": (Difference(C.REQUIRED, "region"), {""}),
    "a demand that a line meets": (Difference(C.REQUIRED, "quantity"), set()),
    "a demand that our own number meets": (Difference(C.REQUIRED, "number"), set()),
    "a demand of something new": (Difference(C.REQUIRED, "tax", known=False), {""}),
}


@pytest.mark.parametrize("case", READ)
def test_a_reading_line_trips_over_what_it_reads_and_nothing_else(case: str) -> None:
    difference, lines = READ[case]
    assert {drift.line for drift in reading_drift(READING.lines, SOURCE, [difference])} == lines


@pytest.mark.parametrize("case", WRITTEN)
def test_a_writing_line_trips_over_what_it_writes_and_nothing_else(case: str) -> None:
    difference, lines = WRITTEN[case]
    assert {drift.line for drift in writing_drift(WRITING.lines, TARGET, [difference])} == lines


def test_what_is_written_back_trips_over_what_can_no_longer_be_written() -> None:
    found = [Difference(C.READ_ONLY, "exported"), Difference(C.GONE, "note"), Difference(C.CHOICE_GONE, "state")]
    told = marking_drift({"exported": "Mark it", "note": "Mark it", "state": "Mark it"}, found)
    assert [(drift.difference.field, drift.line) for drift in told] == [("exported", "Mark it"), ("note", "Mark it")]
    assert marking_drift({"colour": "Mark it"}, found) == ()


SENTENCES = {
    "gone": (Difference(C.GONE, "hours"), "Tim no longer has the field “hours” in its entries, which the mapping line"),
    "another kind": (
        Difference(C.OTHER_KIND, "hours", was="hours", now="choice"),
        "The field “hours” of the entries in Tim, which the mapping line “Hours” reads, was a number of hours and is now "
        "a text.",
    ),
    "demanded": (Difference(C.REQUIRED, "tax"), "Tim now demands the field “tax” of its entries, and no mapping line"),
    "read only": (Difference(C.READ_ONLY, "hours"), "no longer lets the field “hours” of its entries be changed"),
    "choices": (Difference(C.CHOICE_GONE, "state", choices=("a", "b")), "Tim no longer takes “a”, “b” for the field"),
}


@pytest.mark.parametrize("case", SENTENCES)
def test_the_exception_names_system_object_field_line_and_remedy(case: str) -> None:
    difference, words = SENTENCES[case]
    error = drift_error("Tim", "Entries", [Drift(difference, "Hours", reads=True)])
    assert (error.kind, error.business_class) == (FailureKind.MISCONFIGURED, BusinessClass.SCHEMA_DRIFT)
    assert words in error.message
    assert error.message.endswith("the next run goes on by itself.")


def test_many_changes_are_told_as_a_few_and_a_number() -> None:
    drifts = [Drift(Difference(C.GONE, f"field_{number}"), "Line", reads=True) for number in range(9)]
    error = drift_error("Tim", "Entries", drifts)
    assert "field_1" in error.message
    assert "field_2" not in error.message
    assert "7 further changes" in error.message
    assert len(error.message) <= 600
