"""Lines as files: what is written comes back, what is wrong is told in its row and column, a newer format is refused."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.accounts.csv_export import safe_cell
from apps.connectors.manifest import MappingLine, WriteMode
from apps.flows.mapping.layers import LayeredLine
from apps.flows.mapping.line_files import HEADER, KEYS, LineFileError, line_rows, lines_document
from apps.flows.mapping.line_plan import LinePlan, plan_lines, stored_changes
from apps.flows.services.line_csv import read_line_file

# What means something to CSV, JSON or a spreadsheet, and letters of one to four bytes.
texts = st.text(alphabet=" ,;'\"\n\r\t=+-@[]{}\\a0é\u2028€😀", max_size=6)
values = (
    st.none() | texts | st.integers(-1000, 1000) | st.booleans() | st.sampled_from(["0", "true", " x", '"', "=1+1"])
)
LINES = st.lists(
    st.builds(
        MappingLine,
        target=st.sampled_from(["amount", "memo.text", "-odd", "=evil"]),
        source=texts,
        expression=texts,
        transforms=st.lists(st.sampled_from(["trim", "prefix:a\nb", "shorten:5", "prefix: ["]), max_size=3).map(tuple),
        checks=st.lists(st.sampled_from(["not_empty", "at_most:24", "matches:^[A-Z]+$"]), max_size=2).map(tuple),
        value_map=st.none() | st.dictionaries(texts, values, max_size=3),
        value_map_default=values,
        default=values,
        write_mode=st.sampled_from(WriteMode),
        required=st.booleans(),
        label=texts,
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda line: line.target,
)
BELOW = (MappingLine("amount", "bill_amount"), MappingLine("company", "region", value_map={"EMEA": 100}))


def _as_csv(rows: list[list[str]], header: tuple[str, ...] = HEADER) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([safe_cell(cell) for cell in row] for row in [list(header), *rows])
    return ("\ufeff" + out.getvalue()).encode()


def _whole(lines: list[MappingLine]) -> dict[str, dict[str, Any]]:
    return {line.target: {key: getattr(line, key) for key in KEYS} for line in lines}


@settings(max_examples=80)
@given(lines=LINES)
def test_what_is_written_comes_back_from_both_forms(lines: list[MappingLine]) -> None:
    layered = [LayeredLine(line, "partner") for line in lines]
    for content in (_as_csv(line_rows(layered)), lines_document("delivery", layered).encode()):
        read = read_line_file(content)
        assert {line.target: dict(line.changes) for line in read} == _whole(lines)
        assert [line.target for line in read] == sorted(line.target for line in lines)


def test_no_cell_is_a_formula_for_a_spreadsheet() -> None:
    rows = line_rows([LayeredLine(MappingLine("x", default="=cmd()", label="@home"), "customer")])
    cells = next(csv.reader(io.StringIO(_as_csv(rows).decode("utf-8-sig").splitlines()[1])))
    assert {"'=cmd()", "'@home"} <= set(cells)


@pytest.mark.parametrize(
    ("content", "row", "column", "words"),
    [
        ("source\nhours\n", 1, "target", "the column is missing"),
        ("target,colour\nx,red\n", 1, "colour", "there is no such column"),
        ("target,source,source\nx,a,b\n", 1, "source", "stands there twice"),
        ("target,source\n,hours\n", 2, "target", "is empty"),
        ("target,source\nx,a\nx,b\n", 3, "target", "stands in row 2 already"),
        ("target,source\nx,a,b\n", 2, "", "has 3 cells, and the header 2"),
        ("target,transforms\nx,shout\n", 2, "transforms", "there is no transform 'shout'"),
        ("target,checks\nx,at_most:x\n", 2, "checks", "needs a number"),
        ("target,write_mode\nx,always\n", 2, "write_mode", "must be one of overwrite"),
        ("target,required\nx,perhaps\n", 2, "required", "neither true nor false"),
        ("target,value_map\nx,DE becomes Germany\n", 2, "value_map", "a group of values as JSON"),
        ("target,version\nx,2\n", 2, "version", "written in version 2 of its format"),
        ("target,version\nx,two\n", 2, "version", "is no version"),
        ("target,default\nx,a\x00b\n", 2, "default", "null character"),
        ("target\nx\x00y\n", 2, "target", "null character"),
        ('target,default\nx,"""\\ud800"""\n', 2, "default", "half of one"),
        ('target,value_map\nx,"{""a"": ""\\u0000""}"\n', 2, "value_map", "null character"),
        ("", 1, "target", "the column is missing"),
        ("target\n", 0, "", "holds no lines"),
        ("{}", 0, "", "no exported mapping lines"),
        ('{"format": "mapping-lines", "version": 9, "lines": []}', 0, "version", "written in version 9"),
        ('{"format": "mapping-lines", "version": "1"}', 0, "version", "must be a number"),
        ('{"format": "mapping-lines", "version": 1, "lines": 5}', 0, "lines", "must be a list"),
        ('{"format": "mapping-lines", "version": 1, "lines": [5]}', 1, "", "must be a group of keys"),
        ('{"format": "mapping-lines", "version": 1, "lines": [{"target": "x", "a": 1}]}', 1, "a", "no such key"),
        ('{"format": "mapping-lines", "version": 1, "lines": [{"target": "x", "source": 1}]}', 1, "source", "a text"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, str) else str(value),
)
def test_a_wrong_file_is_refused_with_row_column_and_what_to_do(
    content: str, row: int, column: str, words: str
) -> None:
    with pytest.raises(LineFileError) as refused:
        read_line_file(content.encode())
    (problem, *_) = refused.value.problems
    assert (problem.row, problem.column) == (row, column)
    assert words in problem.message


def test_every_error_of_a_file_is_told_at_once() -> None:
    with pytest.raises(LineFileError) as refused:
        read_line_file(b"target,source,transforms,required\nx,a,shout,maybe\n,b,,\ny,c,shorten:x,\n")
    assert [(one.row, one.column) for one in refused.value.problems] == [
        (2, "required"),
        (2, "transforms"),
        (3, "target"),
        (4, "transforms"),
    ]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 5_000_001], ids=["no UTF-8", "too large"])
def test_what_is_no_text_or_too_large_is_refused(content: bytes) -> None:
    with pytest.raises(LineFileError):
        read_line_file(content)


def _plan(content: str, *, removes_others: bool = False) -> LinePlan:
    now = [
        LayeredLine(BELOW[0], "system"),
        LayeredLine(BELOW[1], "system"),
        LayeredLine(MappingLine("x", "y"), "customer"),
    ]
    return plan_lines(
        now,
        BELOW,
        read_line_file(content.encode()),
        known={"amount", "company", "x", "memo"},
        removes_others=removes_others,
    )


def test_a_plan_says_what_comes_changes_goes_and_is_refused() -> None:
    plan = _plan(
        "target,source,transforms\namount,bill_amount,\nmemo,note,trim\nx,z,\nking,note,\n", removes_others=True
    )
    assert [(line.target, line.row, line.keys) for line in plan.lines] == [
        ("memo", 3, ()),
        ("x", 4, ("source",)),
        ("company", 0, ()),
    ]
    assert plan.same == 1
    assert [(one.target, one.row) for one in plan.refused] == [("king", 5)]
    assert plan.edit() == {
        "memo": {"source": "note", "expression": "", "transforms": ["trim"]},
        "x": {"source": "z", "expression": ""},
        "company": {"removed": True},
    }


def test_a_file_that_says_what_stands_below_takes_the_own_change_away() -> None:
    assert _plan("target,source\namount,bill_amount\n").edit() == {}
    now = [LayeredLine(MappingLine("amount", "other"), "customer")]
    plan = plan_lines(
        now, BELOW, read_line_file(b"target,source\namount,bill_amount\n"), known=(), removes_others=False
    )
    assert plan.edit() == {"amount": None}


def test_a_column_that_is_left_out_leaves_its_key_as_it_is() -> None:
    (line,) = _plan("target,default\ncompany,none\n").changed
    assert line.after is not None
    assert (line.after.source, line.after.value_map, line.after.default) == ("region", {"EMEA": 100}, "none")


def test_what_does_not_compile_is_refused_line_by_line() -> None:
    plan = _plan("target,source\nmemo,note\nx,z\n").without({"x": "the source has no field 'z'"})
    assert [line.target for line in plan.lines] == ["memo"]
    assert [(one.target, one.row, one.reason) for one in plan.refused] == [("x", 3, "the source has no field 'z'")]


def test_the_stored_form_of_a_plan_is_json() -> None:
    line = MappingLine(
        "company", "region", value_map={"EMEA": 200}, write_mode=WriteMode.FILL_EMPTY, transforms=("trim",)
    )
    assert json.loads(json.dumps(stored_changes(BELOW[1], line))) == {
        "transforms": ["trim"],
        "value_map": {"EMEA": 200},
        "write_mode": "fill_empty",
    }
