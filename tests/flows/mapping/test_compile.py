"""Compiled mappings: everything wrong is found at once, and applying never raises for what a record holds."""

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors.canonical.time_entry import TIME_ENTRY
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.compiled import CompiledMapping, MappingError, Reference
from apps.flows.mapping.explain import explain
from apps.flows.mapping.layers import LayeredLine, LayerError, Origin, merge_layers, parse_layer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
ERP_FIELDS = (
    FieldSpec("external_id", required=True, label="Reference"),
    FieldSpec("company", ValueKind.WHOLE, "Company"),
    FieldSpec("project", ValueKind.REFERENCE, "Project"),
    FieldSpec("posting_date", ValueKind.DATE, "Posting date"),
    FieldSpec("quantity", ValueKind.HOURS, "Hours"),
    FieldSpec("amount", ValueKind.MONEY, "Amount"),
    FieldSpec("price_text", ValueKind.TEXT, "Price"),
    FieldSpec("unit", ValueKind.CHOICE, "Unit", choices=("hour", "day")),
    FieldSpec("description", ValueKind.TEXT, "Text", max_length=20),
    FieldSpec("billable", ValueKind.YES_NO, "Billable"),
    FieldSpec("tags", ValueKind.NESTED, "Tags"),
    FieldSpec("approved", ValueKind.INSTANT, "Approved at"),
)
ENTRY = {
    "id": "te-1",
    "region": "EMEA",
    "project": "PRJ-0001",
    "project_name": "Audit",
    "hours": Decimal("7.50"),
    "bill_rate": Decimal("100.10"),
    "work_date": date(2026, 11, 3),
    "approved_at": datetime(2026, 11, 4, 9, tzinfo=UTC),
    "task_name": "Fieldwork",
    "resource_name": "Ann",
    "billable": True,
}


def outgoing(*lines: MappingLine, origin: Origin = "system") -> CompiledMapping:
    identified = (
        lines if any(line.target == "external_id" for line in lines) else (MappingLine("external_id", "id"), *lines)
    )
    return compile_mapping(
        [LayeredLine(line, origin) for line in identified],
        source_fields=TIME_ENTRY.fields,
        target_fields=ERP_FIELDS,
        outgoing=True,
    )


def incoming(*lines: MappingLine, origin: Origin = "system", fields: tuple[FieldSpec, ...] = ()) -> CompiledMapping:
    needed = [
        MappingLine(field.name, field.name)
        for field in TIME_ENTRY.fields
        if field.required and not any(line.target == field.name for line in lines)
    ]
    layered = [LayeredLine(line, origin) for line in lines] + [LayeredLine(line, "system") for line in needed]
    return compile_mapping(layered, source_fields=fields, target_fields=TIME_ENTRY.fields)


NEEDED = ("resource", "project", "work_date")
VALUES = [
    pytest.param(MappingLine("external_id", "id"), "te-1", id="a text"),
    pytest.param(MappingLine("company", "region", value_map={"EMEA": 100}), 100, id="a value map"),
    pytest.param(MappingLine("company", "project", value_map={}, value_map_default=7), 7, id="a value map's default"),
    pytest.param(MappingLine("billable", "billable", value_map={"true": False}), False, id="yes in a value map"),
    pytest.param(MappingLine("posting_date", "work_date"), "2026-11-03", id="a day"),
    pytest.param(
        MappingLine("posting_date", "approved_at", transforms=("date_format:%d.%m.%Y",)),
        "04.11.2026",
        id="a formed day",
    ),
    pytest.param(MappingLine("quantity", "hours"), 7.5, id="hours"),
    pytest.param(MappingLine("price_text", "bill_rate"), "100.10", id="money as text"),
    pytest.param(
        MappingLine("amount", expression="r.hours * r.bill_rate", transforms=("money_round",)), 750.75, id="a product"
    ),
    pytest.param(MappingLine("unit", default="hour"), "hour", id="a constant"),
    pytest.param(MappingLine("unit", "service_item", default="day"), "day", id="a default for a missing value"),
    pytest.param(MappingLine("unit", "service_item", ("trim",), default="day"), "day", id="a default behind a step"),
    pytest.param(MappingLine("unit", "service_item", ("default_text:hour", "lower")), "hour", id="a default as a step"),
    pytest.param(
        MappingLine("description", expression='r.task_name + ", " + r.resource_name'), "Fieldwork, Ann", id="concat"
    ),
    pytest.param(MappingLine("description", "note"), None, id="a missing value"),
    pytest.param(MappingLine("description", "note", value_map={"a": "b"}), None, id="a missing value in a value map"),
    pytest.param(MappingLine("approved", "approved_at"), "2026-11-04T09:00:00+00:00", id="an instant"),
    pytest.param(MappingLine("project", default=7, reference="Project"), "7", id="a constant reference"),
    pytest.param(MappingLine("tags", expression='["a", r.task_name]'), ["a", "Fieldwork"], id="a list"),
    pytest.param(MappingLine("company", "task", ("whole",)), None, id="a missing value through a step"),
]


@pytest.mark.parametrize(("line", "expected"), VALUES)
def test_a_line_gives_its_value(line: MappingLine, expected: Any) -> None:
    mapped = outgoing(line).apply(ENTRY)
    assert mapped.problems == ()
    assert mapped.values.get(line.target) == expected
    assert type(mapped.values.get(line.target)) is type(expected)


READINGS = [
    pytest.param(MappingLine("hours", "duration"), {"duration": 7.1}, Decimal("7.1"), id="a float"),
    pytest.param(
        MappingLine("hours", "duration", ("decimal_comma",)), {"duration": "7,5"}, Decimal("7.5"), id="a comma"
    ),
    pytest.param(
        MappingLine("work_date", "at.day"), {"at": {"day": "2026-11-03"}}, date(2026, 11, 3), id="a nested day"
    ),
    pytest.param(MappingLine("region", "a.b.c"), {"a": {"b": {"c": "N"}}}, "N", id="a deep text"),
    pytest.param(MappingLine("region", "a.b.c"), {"a": {"b": 5}}, None, id="a deep path that ends early"),
    pytest.param(MappingLine("region", "a.b.c"), {"a": 5}, None, id="a deep path that never starts"),
    pytest.param(MappingLine("region", "fields[id=3].value"), {"fields": [{"id": 3, "value": "N"}]}, "N", id="a list"),
    pytest.param(MappingLine("billable", "b"), {"b": "no"}, False, id="a word for no"),
    pytest.param(MappingLine("note", "n"), {"n": 5}, "5", id="a number as a note"),
    pytest.param(MappingLine("note", "n"), {"n": "  "}, None, id="an empty note"),
    pytest.param(
        MappingLine("bill_rate", expression="r.cents / 100.0"), {"cents": 12345}, Decimal("123.45"), id="cents"
    ),
]


@pytest.mark.parametrize(("line", "record", "expected"), READINGS)
def test_a_reading_line_gives_a_canonical_value(line: MappingLine, record: dict[str, Any], expected: Any) -> None:
    mapped = incoming(line).apply(record)
    assert mapped.values.get(line.target) == expected
    assert type(mapped.values.get(line.target)) is type(expected)


PROBLEMS = [
    pytest.param(
        MappingLine("company", "region", value_map={"AMER": 200}, label="Company"),
        "region",
        "Company: “EMEA” has no value in the table of Company. Add it to the table in the mapping.",
        BusinessClass.MAPPING_GAP,
        id="a value map without the value",
    ),
    pytest.param(
        MappingLine("unit", "task_name"),
        "task_name",
        "is not one of hour, day",
        BusinessClass.MAPPING_GAP,
        id="no choice",
    ),
    pytest.param(
        MappingLine("description", expression='r.task_name + " with a long tail"'),
        "task_name",
        "26 characters, 20 fit",
        BusinessClass.TOO_LARGE,
        id="a text that does not fit",
    ),
    pytest.param(
        MappingLine("amount", expression="r.hours * r.cost_rate"),
        "amount",
        "value that is missing",
        BusinessClass.MAPPING_GAP,
        id="an expression over a missing value",
    ),
    pytest.param(
        MappingLine("price_text", "note", required=True),
        "note",
        "Price is missing. Fill it in at {source}",
        BusinessClass.MISSING_REFERENCE,
        id="a required value that is missing",
    ),
    pytest.param(
        MappingLine("company", "task_name"), "task_name", "Company: “Fieldwork” is not a number", None, id="no number"
    ),
    pytest.param(
        MappingLine("quantity", "hours", checks=("more_than:0", "at_most:5")),
        "hours",
        "Hours: “7.5” must be at most 5. Correct it in {source}",
        BusinessClass.VALIDATION,
        id="a value that a check refuses",
    ),
    pytest.param(
        MappingLine("description", "note", checks=("not_empty",)),
        "note",
        "there is no value, but it must not be empty",
        BusinessClass.VALIDATION,
        id="a missing value that a check refuses",
    ),
]


@pytest.mark.parametrize(("line", "field", "words", "business_class"), PROBLEMS)
def test_an_unusable_value_is_a_problem_of_its_canonical_field(
    line: MappingLine, field: str, words: str, business_class: BusinessClass | None
) -> None:
    (found,) = outgoing(line).apply(ENTRY).problems
    assert found.field == field
    assert words in found.message
    assert business_class in (None, found.business_class)


def test_a_value_that_python_itself_refuses_is_a_problem_too() -> None:
    (found,) = incoming(MappingLine("note", "n")).apply({"n": 10**5_000} | dict.fromkeys(NEEDED, "2026-11-03")).problems
    assert (found.field, found.business_class) == ("note", BusinessClass.PARSE)
    assert "cannot be used" in found.message


def test_a_text_line_meets_a_group_of_values() -> None:
    mapped = incoming(MappingLine("note", "n")).apply({"n": {"a": 1}})
    assert [found.field for found in mapped.problems] == ["note"]


def test_references_are_collected_for_the_engine_to_resolve() -> None:
    compiled = outgoing(MappingLine("project", "project", reference="Project"), MappingLine("unit", default="day"))
    assert compiled.apply(ENTRY).references == (Reference("project", "Project", "PRJ-0001"),)
    assert compiled.apply({"id": "1"}).references == ()


MISTAKES = [
    pytest.param(MappingLine("nowhere", "id"), "there is no field 'nowhere'", id="an unknown target"),
    pytest.param(MappingLine("company", "regoin"), "no field 'regoin'", id="an unknown source"),
    pytest.param(MappingLine("company", "a..b"), "cannot be read", id="a broken path"),
    pytest.param(MappingLine("company", "region", expression="1"), "both given", id="two origins"),
    pytest.param(MappingLine("company"), "neither a source", id="no origin"),
    pytest.param(MappingLine("company", "region", ("reverse",)), "no transform 'reverse'", id="an unknown step"),
    pytest.param(MappingLine("company", expression="r.hours +"), "line 1, character 10", id="a broken expression"),
    pytest.param(MappingLine("company", expression="r.horus"), "no field 'horus'", id="an expression over nothing"),
    pytest.param(MappingLine("posting_date", "hours"), "needs a date, but gets hours", id="hours for a date"),
    pytest.param(MappingLine("quantity", "work_date"), "needs hours, but gets a date", id="a date for hours"),
    pytest.param(
        MappingLine("quantity", "hours", ("date_format:%d",)), "step date_format needs a date", id="a step's kind"
    ),
    pytest.param(MappingLine("billable", "hours", ("money_round",)), "needs yes or no", id="money for yes or no"),
    pytest.param(MappingLine("company", default="x"), "the default does not fit", id="a default of another kind"),
    pytest.param(MappingLine("tags", "hours"), "list or group", id="a number for a list"),
    pytest.param(MappingLine("project", "project", reference="Projekt"), "no type “Projekt”", id="an unknown type"),
    pytest.param(MappingLine("company", "region", ("trim",) * 21), "21 steps, and 20 fit", id="too many steps"),
    pytest.param(MappingLine("company", default="1" * 2_001), "2001 characters, and 2000 fit", id="a long default"),
    pytest.param(
        MappingLine("unit", default="week"), "“week” is not one of hour, day", id="a default that is no choice"
    ),
    pytest.param(MappingLine("company", default={"a": 1}), "the default does not fit", id="a group as a default"),
    pytest.param(
        MappingLine("company", "region", value_map={"EMEA": "one"}),
        "the row “EMEA” of the table does not fit its field: “one” is not a number",
        id="a table whose values are of another kind",
    ),
    pytest.param(
        MappingLine("unit", "region", value_map={"EMEA": "week"}),
        "not one of hour, day",
        id="a table beside the choices",
    ),
    pytest.param(
        MappingLine("company", "region", value_map={"EMEA": 1}, value_map_default="x"),
        "what any other value becomes does not fit",
        id="another value of another kind",
    ),
    pytest.param(
        MappingLine("company", "region", value_map={str(row): row for row in range(50_000)}),
        "50,000 rows, and 10,000 fit: let the line refer to records by link",
        id="a table of 50,000 rows",
    ),
    pytest.param(MappingLine("company", expression="r.hours" + " " * 10_000), "10007 characters", id="10 kB of CEL"),
    pytest.param(
        MappingLine("tags", expression="r.hours.all(x, r.hours.all(y, r.region.split('').size() > 0))"),
        "run too long",
        id="an expression that would run long",
    ),
    pytest.param(MappingLine("quantity", "hours", checks=("at_most:x",)), "needs a number", id="a broken check"),
    pytest.param(
        MappingLine("quantity", "hours", checks=("at_most:1",) * 11), "11 checks, and 10 fit", id="many checks"
    ),
    pytest.param(
        MappingLine("quantity", "hours", checks=("not_before:2026-01-01",)),
        "the check not_before needs a date, but gets hours",
        id="a check of another kind",
    ),
    pytest.param(
        MappingLine("quantity", "hours", default=30, checks=("at_most:24",)),
        "does not pass a check of its own line: “30” must be at most 24",
        id="a default that its own check refuses",
    ),
]


@pytest.mark.parametrize(("line", "words"), MISTAKES)
def test_a_mistake_is_found_when_compiling(line: MappingLine, words: str) -> None:
    with pytest.raises(MappingError) as refused:
        outgoing(line)
    assert any(words in found.message and found.target == line.target for found in refused.value.problems)


def test_all_mistakes_are_told_at_once_with_their_places() -> None:
    lines = [
        LayeredLine(MappingLine("nowhere", "nothing", ("reverse",)), "customer"),
        LayeredLine(MappingLine("company", expression="r.hours * "), "customer"),
    ]
    with pytest.raises(MappingError) as refused:
        compile_mapping(lines, source_fields=TIME_ENTRY.fields, target_fields=ERP_FIELDS, outgoing=True)
    assert [found.target for found in refused.value.problems] == [
        "nowhere",
        "nowhere",
        "nowhere",
        "company",
        "external_id",
    ]
    assert refused.value.problems[3].column == 11
    assert "needs Reference, but no line fills it" in str(refused.value)


def test_a_mapping_of_too_many_lines_is_refused_as_a_whole() -> None:
    lines = [LayeredLine(MappingLine(f"f{number}", "id"), "customer") for number in range(301)]
    with pytest.raises(MappingError, match="301 lines, and 300 fit"):
        compile_mapping(lines, source_fields=TIME_ENTRY.fields, target_fields=())


def test_a_table_tells_its_first_wrong_rows_and_counts_the_others() -> None:
    table = {"a" * 201: 1, "b": "x" * 501, **{f"c{number}": "x" for number in range(10)}}
    with pytest.raises(MappingError) as refused:
        outgoing(MappingLine("company", "region", value_map=table))
    told = [found.message for found in refused.value.problems]
    assert "has 201 characters, and 200 fit" in told[0]
    assert "becomes 501 characters, and 500 fit" in told[1]
    assert told[3:] == ["9 further rows of the table are wrong as well"]


def test_a_check_sees_what_steps_table_and_default_have_made() -> None:
    compiled = outgoing(
        MappingLine("company", "region", value_map={"EMEA": 100}, checks=("at_least:100",)),
        MappingLine("description", "note", ("upper",), default="NONE", checks=("not_empty", "matches:^[A-Z]+$")),
    )
    assert compiled.apply(ENTRY).problems == ()
    assert compiled.apply({**ENTRY, "note": "abc"}).values["description"] == "ABC"
    (found,) = compiled.apply({**ENTRY, "note": "a1"}).problems
    assert "“A1” must match ^[A-Z]+$" in found.message


OUTSIDE = (FieldSpec("hours", ValueKind.HOURS), FieldSpec("custom", ValueKind.NESTED), FieldSpec("person.key"))


@pytest.mark.parametrize("source", ["hours", "custom.region", "custom[id=1].value", "person.key", "person"])
def test_people_may_read_what_a_source_lists(source: str) -> None:
    incoming(MappingLine("region", source), origin="customer", fields=OUTSIDE)


@pytest.mark.parametrize("line", [MappingLine("region", "colour"), MappingLine("region", expression="r.colour")])
def test_only_a_system_reads_what_its_manifest_does_not_list(line: MappingLine) -> None:
    incoming(line, origin="system", fields=OUTSIDE)
    with pytest.raises(MappingError, match="no field 'colour'"):
        incoming(line, origin="customer", fields=OUTSIDE)


def test_a_source_with_many_fields_is_listed_shortly() -> None:
    fields = tuple(FieldSpec(f"f{number}") for number in range(30))
    with pytest.raises(MappingError, match="f11, …"):
        incoming(MappingLine("region", "colour"), origin="customer", fields=fields)


def test_explaining_shows_every_line_with_value_origin_and_words() -> None:
    merged = merge_layers(
        (MappingLine("external_id", "id", label="Our number"), MappingLine("company", "region", value_map={"AMER": 1})),
        customer=(
            MappingLine("unit", default="hour"),
            MappingLine("amount", expression="r.hours * r.bill_rate", transforms=("money_round",)),
            MappingLine("description", "note", default="none", required=True),
        ),
    )
    compiled = compile_mapping(merged, source_fields=TIME_ENTRY.fields, target_fields=ERP_FIELDS, outgoing=True)
    rows = {row.target: row for row in explain(compiled, ENTRY)}
    assert list(rows) == ["external_id", "company", "unit", "amount", "description"]
    assert rows["external_id"][:5] == ("external_id", "Our number", "te-1", "system", "id")
    assert rows["external_id"].required
    assert rows["company"].value is None
    assert rows["company"].problem is not None
    assert rows["company"].how == "region → table of 1"
    assert rows["unit"][2:5] == ("hour", "customer", "always hour")
    assert rows["amount"].how == "= r.hours * r.bill_rate → money_round"
    assert rows["description"].how == "note, else none"


LINE_KEYS = (
    "source",
    "expression",
    "default",
    "checks",
    "transforms",
    "value_map",
    "value_map_default",
    "reference",
    "label",
)
LAYER_VALUES = (
    JSON
    | st.sampled_from(["r.hours", "r.hours +", "work_date", "Project", "a[b=c].d", "trim", "at_most:24", "EMEA"])
    | st.lists(
        st.sampled_from(["trim", "upper", "money_round", "at_most:24", "matches:(", "date_parse:%Q"]), max_size=3
    )
    | st.dictionaries(st.text(max_size=4), JSON, max_size=3)
)
LAYER_LINES = st.dictionaries(st.sampled_from(LINE_KEYS), LAYER_VALUES, max_size=4).flatmap(
    lambda keys: st.sampled_from([field.name for field in ERP_FIELDS] + ["nowhere", "\ud800"]).map(
        lambda target: {"target": target, **keys}
    )
)


@settings(max_examples=150)
@given(stored=st.lists(LAYER_LINES, max_size=3))
def test_whatever_a_layer_holds_it_compiles_or_is_refused_by_name(stored: list[dict[str, Any]]) -> None:
    with suppress(LayerError, MappingError):
        merged = merge_layers((MappingLine("external_id", "id"),), customer=parse_layer(stored))
        compiled = compile_mapping(merged, source_fields=TIME_ENTRY.fields, target_fields=ERP_FIELDS, outgoing=True)
        assert len(compiled.lines) == len(merged)
        compiled.apply(ENTRY)


EVERYTHING = outgoing(
    MappingLine("company", "region", value_map={"EMEA": 100}, value_map_default=0),
    MappingLine("project", "project", reference="Project"),
    MappingLine("posting_date", "work_date", ("date_format:%d.%m.%Y",)),
    MappingLine("quantity", "hours"),
    MappingLine("amount", expression="r.hours * r.bill_rate", transforms=("money_round",)),
    MappingLine("price_text", "bill_rate"),
    MappingLine("unit", "service_item", default="hour"),
    MappingLine("description", expression='r.task_name + r["note"]'),
    MappingLine("billable", "billable"),
    MappingLine("tags", expression="[r.region]"),
    MappingLine("approved", "approved_at"),
)
READ_EVERYTHING = incoming(
    *(
        MappingLine(field.name, f"outside.{field.name}" if number % 2 else field.name)
        for number, field in enumerate(TIME_ENTRY.fields)
    )
)
FIELD_NAMES = st.sampled_from([field.name for field in TIME_ENTRY.fields])


@settings(max_examples=120)
@given(values=st.dictionaries(FIELD_NAMES, JSON | st.decimals() | st.dates() | st.datetimes(), max_size=12))
def test_delivery_mapping_never_raises_for_what_a_record_holds(values: dict[str, Any]) -> None:
    mapped = EVERYTHING.apply(values)
    assert all(found.message and found.field for found in mapped.problems)
    assert all(value is not None for value in mapped.values.values())


@settings(max_examples=120)
@given(values=st.dictionaries(FIELD_NAMES, JSON, max_size=12), nested=st.dictionaries(FIELD_NAMES, JSON, max_size=12))
def test_reading_mapping_never_raises_on_arbitrary_json(values: dict[str, Any], nested: dict[str, Any]) -> None:
    mapped = READ_EVERYTHING.apply(values | {"outside": nested})
    for name, value in mapped.values.items():
        field = TIME_ENTRY.field_named(name)
        assert field is not None
        assert isinstance(value, (str, bool, Decimal, date, int, list, dict))
