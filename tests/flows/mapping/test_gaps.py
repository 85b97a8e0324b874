"""Which value a line looks up in its table: what a person adds when the table does not know it."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.connectors.manifest import FieldSpec, MappingLine
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.gaps import build_gap_reader, is_cut, suggest_values, value_at_table
from apps.flows.mapping.layers import merge_layers

TABLE = {"EMEA": "100"}
CASES = [
    pytest.param(
        MappingLine("company", "region", value_map=TABLE), {"region": "APAC"}, "APAC", id="the field as it is"
    ),
    pytest.param(MappingLine("company", "region", value_map=TABLE), {"region": 7}, "7", id="a number as text"),
    pytest.param(
        MappingLine("company", "region", transforms=("trim", "upper"), value_map=TABLE),
        {"region": " apac "},
        "APAC",
        id="after the steps before the table",
    ),
    pytest.param(MappingLine("company", "region", value_map=TABLE), {}, "", id="nothing there"),
    pytest.param(MappingLine("company", "region"), {"region": "APAC"}, "", id="a line without a table"),
    pytest.param(MappingLine("company", expression="r.region", value_map=TABLE), {"region": "APAC"}, "", id="a rule"),
]


@pytest.mark.parametrize(("line", "values", "looked_up"), CASES)
def test_the_value_is_the_one_the_table_is_asked_for(line: MappingLine, values: dict[str, Any], looked_up: str) -> None:
    assert value_at_table(line, values) == looked_up


@given(value=st.text(min_size=1, max_size=60).filter(lambda text: text.strip() == text and "” has" not in text))
def test_the_value_is_found_in_the_sentence_of_the_record_it_refused(value: str) -> None:
    line = MappingLine("company", "region", value_map={"EMEA": "100"}, label="Company (books)")
    compiled = compile_mapping(
        merge_layers([line]), source_fields=(FieldSpec("region"),), target_fields=(FieldSpec("company"),), outgoing=True
    )
    sentences = [problem.message for problem in compiled.apply({"region": value}).problems]
    assume(sentences and "has no value in the table" in sentences[0])
    told = f"Hours: too many. {' '.join(sentences)} Note: too long."
    assert build_gap_reader("Company (books)", line)(told) == value
    assert build_gap_reader("Company", line)(told) == ""


def test_a_long_value_is_found_as_far_as_the_sentence_has_it() -> None:
    line = MappingLine("company", "region", value_map={"EMEA": "100"})
    told = f"Company: “{'a' * 60}…” has no value in the table of company. Add it to the table in the mapping."
    found = build_gap_reader("Company", line)(told)
    assert is_cut(found)
    assert found == f"{'a' * 60}…"


def test_a_step_that_cannot_use_the_value_leaves_no_gap() -> None:
    line = MappingLine("company", "region", transforms=("times:2",), value_map={"2": "100"})
    assert value_at_table(line, {"region": "many"}) == ""


@pytest.mark.parametrize(
    ("value", "choices", "table", "suggested"),
    [
        pytest.param("emea ", ("AMER", "EMEA"), {}, ("EMEA",), id="the same letters"),
        pytest.param(
            "Germany", ("DE", "FR"), {"germany": "DE", "France": "FR"}, ("DE",), id="as a known value becomes"
        ),
        pytest.param("Consultng", ("Consulting", "Travel"), {}, ("Consulting",), id="a slip of the pen"),
        pytest.param("Zürich", ("EMEA", "AMER"), {}, (), id="nothing like it"),
        pytest.param("x", tuple(f"x{n}" for n in range(9)), {}, ("x0", "x1", "x2"), id="three at most"),
    ],
)
def test_what_is_alike_is_suggested(
    value: str, choices: tuple[str, ...], table: dict[str, str], suggested: tuple[str, ...]
) -> None:
    assert suggest_values(value, choices, table) == suggested
