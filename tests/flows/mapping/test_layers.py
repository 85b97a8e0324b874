"""Layers: differences in, whole lines out, and back again."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors.manifest import MappingLine, WriteMode
from apps.flows.mapping.layers import (
    LayerError,
    LineChange,
    build_difference,
    build_line_differences,
    merge_layers,
    parse_layer,
    write_layer,
)

SYSTEM = (
    MappingLine("amount", "bill_amount"),
    MappingLine("company", "region", value_map={"EMEA": 100}),
    MappingLine("description", expression="r.task_name"),
)

texts = st.text(alphabet="ab", max_size=2)
lines = st.builds(
    MappingLine,
    target=st.sampled_from(["t1", "t2", "t3", "t4"]),
    source=texts,
    transforms=st.lists(st.sampled_from(["trim", "upper"]), max_size=2).map(tuple),
    value_map=st.none() | st.dictionaries(texts, texts, max_size=2),
    value_map_default=st.none() | texts,
    default=st.none() | texts,
    expression=texts,
    write_mode=st.sampled_from(WriteMode),
    required=st.booleans(),
    reference=texts,
    label=texts,
)
mappings = st.lists(lines, max_size=4, unique_by=lambda line: line.target)


def test_upper_layers_change_replace_add_and_remove() -> None:
    merged = merge_layers(
        SYSTEM,
        template=(LineChange("amount", {"transforms": ("money_round",)}),),
        partner=(LineChange("company", removed=True), LineChange("region_code", {"source": "region"})),
        customer=(MappingLine("description", "note"), LineChange("nothing", removed=True)),
    )
    assert [(layered.line.target, layered.origin) for layered in merged] == [
        ("amount", "template"),
        ("description", "customer"),
        ("region_code", "partner"),
    ]
    assert merged[0].line == MappingLine("amount", "bill_amount", transforms=("money_round",))
    assert merged[1].line == MappingLine("description", "note")


def test_choosing_a_source_drops_the_expression_below_and_the_other_way_round() -> None:
    (by_source,) = merge_layers(SYSTEM[2:], customer=(LineChange("description", {"source": "note"}),))
    assert (by_source.line.source, by_source.line.expression) == ("note", "")
    (by_expression,) = merge_layers(SYSTEM[:1], customer=(LineChange("amount", {"expression": "1.0"}),))
    assert (by_expression.line.source, by_expression.line.expression) == ("", "1.0")


@settings(max_examples=50)
@given(lower=mappings, edited=mappings)
def test_a_stored_difference_gives_back_what_was_edited(lower: list[MappingLine], edited: list[MappingLine]) -> None:
    difference = build_difference(lower, edited)
    stored = parse_layer(write_layer(difference))
    merged = {layered.line.target: layered.line for layered in merge_layers(lower, customer=stored)}
    assert merged == {line.target: line for line in edited}


@settings(max_examples=50)
@given(lower=mappings, edited=mappings)
def test_merging_a_layer_twice_changes_nothing_more(lower: list[MappingLine], edited: list[MappingLine]) -> None:
    layer = build_difference(lower, edited)
    once = [layered.line for layered in merge_layers(lower, customer=layer)]
    again = [layered.line for layered in merge_layers(once, customer=layer)]
    assert {line.target: line for line in once} == {line.target: line for line in again}


@settings(max_examples=50)
@given(mapping=mappings)
def test_nothing_is_stored_where_nothing_differs(mapping: list[MappingLine]) -> None:
    assert build_difference(mapping, mapping) == ()


@settings(max_examples=50)
@given(mapping=mappings)
def test_whole_lines_survive_storing(mapping: list[MappingLine]) -> None:
    stored = parse_layer(write_layer(mapping))
    assert [layered.line for layered in merge_layers((), template=stored)] == mapping


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        pytest.param({}, "must be a list", id="not a list"),
        pytest.param(["x"], "line 1: must be a group", id="not a line"),
        pytest.param([{}], "line 1: target is missing", id="no target"),
        pytest.param([{"target": "a"}, {"target": "a"}], "'a' has two lines", id="one field twice"),
        pytest.param([{"target": "a", "sauce": "b"}], "unknown key 'sauce'", id="a misspelt key"),
        pytest.param(
            [{"target": "a", "source": 1}], r"line 1 \(a\).source: must be a text", id="a source of another kind"
        ),
        pytest.param([{"target": "a", "transforms": "trim"}], "must be a list of texts", id="transforms as a text"),
        pytest.param([{"target": "a", "transforms": [1]}], "must be a list of texts", id="transforms of another kind"),
        pytest.param([{"target": "a", "value_map": []}], "must be a group of values", id="a value map as a list"),
        pytest.param([{"target": "a", "required": "yes"}], "must be true or false", id="required as a text"),
        pytest.param([{"target": "a", "write_mode": "merge"}], "must be one of overwrite", id="an unknown write mode"),
        pytest.param([{"target": "a", "write_mode": 1}], "must be one of overwrite", id="a write mode of another kind"),
    ],
)
def test_a_stored_layer_that_cannot_be_read_names_the_line(stored: Any, words: str) -> None:
    with pytest.raises(LayerError, match=words):
        parse_layer(stored)


def test_the_differences_of_two_mappings_name_the_keys() -> None:
    before = merge_layers(SYSTEM)
    after = merge_layers(
        SYSTEM, customer=(LineChange("amount", {"required": True}), LineChange("company", removed=True), SYSTEM[2])
    )
    changed, gone = build_line_differences(before, after)
    assert (changed.target, changed.keys) == ("amount", ("required",))
    assert gone.target == "company"
    assert gone.after is None
    assert build_line_differences(after, before)[1].before is None
