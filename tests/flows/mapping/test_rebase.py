"""A customer's lines move onto a newer base: what one side changed is kept, what both changed is asked."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.manifest import MappingLine, WriteMode
from apps.flows.mapping.layers import LineChange, build_difference, merge_layers
from apps.flows.mapping.rebase import Choice, rebase

AMOUNT = MappingLine("amount", "bill_amount")
REGION = MappingLine("company", "region", value_map={"EMEA": "100", "APAC": "300"})

texts = st.sampled_from(["", "a", "b"])
lines = st.builds(
    MappingLine,
    target=st.sampled_from(["t1", "t2"]),
    source=texts,
    transforms=st.lists(st.sampled_from(["trim", "upper"]), max_size=1).map(tuple),
    value_map=st.none() | st.dictionaries(texts, texts, max_size=2),
    default=st.none() | texts,
    write_mode=st.sampled_from(WriteMode),
    label=texts,
)
mappings = st.lists(lines, unique_by=lambda line: line.target, max_size=2)


def _merged(base: list[MappingLine], own: tuple[LineChange, ...]) -> dict[str, MappingLine]:
    return {layered.line.target: layered.line for layered in merge_layers(base, customer=own)}


@pytest.mark.parametrize(
    ("after", "own", "expected"),
    [
        pytest.param(
            MappingLine("amount", "bill_amount", label="Net"),
            LineChange("amount", {"transforms": ("money_round",)}),
            LineChange("amount", {"transforms": ("money_round",)}),
            id="each changed another key",
        ),
        pytest.param(
            MappingLine("amount", "bill_amount", transforms=("money_round",)),
            LineChange("amount", {"transforms": ("money_round",)}),
            None,
            id="the base says now what the customer said",
        ),
        pytest.param(
            AMOUNT, LineChange("amount", removed=True), LineChange("amount", removed=True), id="a removal stays"
        ),
        pytest.param(None, LineChange("amount", removed=True), None, id="both removed it"),
        pytest.param(
            AMOUNT,
            LineChange("note", {"source": "note"}),
            LineChange("note", {"source": "note"}),
            id="a line of its own",
        ),
    ],
)
def test_what_only_one_side_changed_needs_nobody(
    after: MappingLine | None, own: LineChange, expected: LineChange | None
) -> None:
    moved = rebase([AMOUNT], [after] if after else [], [own])
    assert moved.conflicts == ()
    assert moved.own == ((expected,) if expected else ())


@pytest.mark.parametrize(
    ("after", "own", "name", "told"),
    [
        pytest.param(
            MappingLine("amount", "net_amount"),
            LineChange("amount", {"expression": "r.hours * r.bill_rate", "source": ""}),
            "amount.source",
            ("bill_amount", "net_amount", "r.hours * r.bill_rate"),
            id="another origin on both sides",
        ),
        pytest.param(
            MappingLine("amount", "bill_amount", default="0"),
            LineChange("amount", {"default": "1"}),
            "amount.default",
            (None, "0", "1"),
            id="another default on both sides",
        ),
        pytest.param(
            None,
            LineChange("amount", {"default": "1"}),
            "amount.line",
            (AMOUNT, None, MappingLine("amount", "bill_amount", default="1")),
            id="the base has no such line any more",
        ),
        pytest.param(
            MappingLine("amount", "net_amount"),
            LineChange("amount", removed=True),
            "amount.line",
            (AMOUNT, MappingLine("amount", "net_amount"), None),
            id="the base changed what the customer removed",
        ),
    ],
)
def test_what_both_changed_is_a_conflict_with_all_three_values(
    after: MappingLine | None, own: LineChange, name: str, told: tuple[Any, Any, Any]
) -> None:
    new = [after] if after else []
    moved = rebase([AMOUNT], new, [own])
    assert [(one.name, one.before, one.theirs, one.ours) for one in moved.conflicts] == [(name, *told)]
    ours = rebase([AMOUNT], new, [own], {name: Choice.OURS})
    assert ours.conflicts == ()
    assert _merged(new, ours.own).get("amount") == (
        None if own.removed else merge_layers([after or AMOUNT], customer=[own])[0].line
    )
    theirs = rebase([AMOUNT], new, [own], {name: Choice.THEIRS})
    assert (theirs.own, theirs.conflicts) == ((), ())


def test_tables_of_values_are_merged_row_by_row() -> None:
    after = MappingLine("company", "region", value_map={"EMEA": "101", "APAC": "300", "LATAM": "400"})
    own = LineChange("company", {"value_map": {"EMEA": "100", "APAC": "301", "AMER": "200"}})
    moved = rebase([REGION], [after], [own])
    assert moved.conflicts == ()
    assert _merged([after], moved.own)["company"].value_map == {
        "EMEA": "101",
        "APAC": "301",
        "LATAM": "400",
        "AMER": "200",
    }


def test_a_row_that_both_changed_is_one_conflict() -> None:
    after = MappingLine("company", "region", value_map={"EMEA": "101", "APAC": "300"})
    own = LineChange("company", {"value_map": {"EMEA": "99", "APAC": "300"}})
    (conflict,) = rebase([REGION], [after], [own]).conflicts
    assert (conflict.name, conflict.before, conflict.theirs, conflict.ours) == (
        "company.value_map.EMEA",
        "100",
        "101",
        "99",
    )


@given(base=mappings, edited=mappings)
def test_on_an_unchanged_base_nothing_changes(base: list[MappingLine], edited: list[MappingLine]) -> None:
    own = build_difference(base, edited)
    moved = rebase(base, base, own)
    assert moved.conflicts == ()
    assert _merged(base, moved.own) == _merged(base, own)


@given(before=mappings, after=mappings)
def test_who_changed_nothing_has_the_newer_base(before: list[MappingLine], after: list[MappingLine]) -> None:
    assert rebase(before, after, ()).own == ()


@given(before=mappings, after=mappings, edited=mappings, choice=st.sampled_from(Choice))
def test_every_conflict_can_be_decided(
    before: list[MappingLine], after: list[MappingLine], edited: list[MappingLine], choice: Choice
) -> None:
    own = build_difference(before, edited)
    found = rebase(before, after, own).conflicts
    decided = rebase(before, after, own, {conflict.name: choice for conflict in found})
    assert decided.conflicts == ()
    if choice is Choice.OURS:
        assert decided.own == rebase(before, after, own).own
