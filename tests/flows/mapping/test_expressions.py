"""Expressions: what they calculate, what they refuse, and that they always end."""

from datetime import UTC, date, datetime
from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.connectors.canonical.values import UnusableValueError
from apps.flows.mapping.expressions import ExpressionError, build_scope_builder, compile_expression

RECORD = {
    "hours": Decimal("7.5"),
    "bill_rate": Decimal("100.10"),
    "task_name": "Audit",
    "resource_name": "Ann",
    "billable": True,
    "work_date": date(2026, 11, 3),
    "approved_at": datetime(2026, 11, 4, 9, tzinfo=UTC),
    "custom": {"region": "EMEA", "tags": ["a", "b"], "count": 3},
    "note": None,
}


def evaluate(text: str, record: dict[str, Any]) -> Any:
    expression = compile_expression(text)
    return expression.evaluate(build_scope_builder([expression])(record))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("r.hours * r.bill_rate", 750.75),
        ('r.task_name + " - " + r.resource_name', "Audit - Ann"),
        ('"%s (%s)".format([r.task_name, r.resource_name])', "Audit (Ann)"),
        ("r.billable && r.hours > 7.0", True),
        ('r.work_date < "2026-12-01"', True),
        ("r.approved_at", "2026-11-04T09:00:00+00:00"),
        ("has(r.note)", False),
        ('r.?note.orValue("none")', "none"),
        ('has(r.bill_rate) ? "yes" : "no"', "yes"),
        ("r.custom.region", "EMEA"),
        ("r.custom.count + 1.0", 4.0),
        ('r.custom.tags.join(", ")', "a, b"),
        ('"a" in r.custom.tags', True),
        ("[1, 2].map(x, x * 2)", [2, 4]),
        ('{"region": r.custom.region}', {"region": "EMEA"}),
        ('r["task_name"]', "Audit"),
        ("null", None),
        ("7", 7),
        ("math.round(2.5)", 3.0),
        ('timestamp("2026-01-01T00:00:00Z")', datetime(2026, 1, 1, tzinfo=UTC)),
        ('r.task_name.replace("u", "o").lowerAscii()', "aodit"),
        ('"r.nothing is only text"', "r.nothing is only text"),
    ],
)
def test_an_expression_calculates(text: str, expected: Any) -> None:
    result = evaluate(text, RECORD)
    assert result == expected
    assert type(result) is type(expected)


def test_a_product_of_doubles_loses_its_noise() -> None:
    assert evaluate("r.hours * r.bill_rate", {"hours": Decimal("1.15"), "bill_rate": Decimal("1.10")}) == 1.265


@pytest.mark.parametrize(
    ("text", "column"),
    [
        pytest.param("r.a + ", 7, id="an unfinished sum"),
        pytest.param("foo(r)", 4, id="an unknown function"),
        pytest.param("x.y", 2, id="another variable"),
        pytest.param('r.h + "', 7, id="an open text"),
    ],
)
def test_a_bad_expression_names_the_place(text: str, column: int) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_expression(text)
    assert (refused.value.line, refused.value.column) == (1, column)
    assert f"character {column}" in refused.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param("1" * 2_001, "2001 characters", id="too long"),
        pytest.param("(" * 900 + "1" + ")" * 900, "recursion", id="too deep"),
        pytest.param("r.a.replace(r.b, r.a).replace(r.b, r.a)", "without bound", id="replacing twice"),
        pytest.param('r.a.split("").join(r.a).split("").join(r.a)', "without bound", id="joining twice"),
        pytest.param("[1].map(x, [2].map(y, r.a))", "without bound", id="nested maps"),
        pytest.param('r.a.replace("a","b")' + '.replace("a","b")' * 4, "without bound", id="many small replacements"),
        pytest.param("r.a.all(x, r.a.all(y, r.s.split('').size() > 0))", "run too long", id="splitting in two loops"),
        pytest.param(
            "r.a.all(x, r.a.all(y, " + " && ".join(["!(x in r.a)"] * 9) + "))", "too long", id="searching lists"
        ),
        pytest.param(
            "r.a.all(x, " + " && ".join(["r.s.split('').size() > 0"] * 9) + ")", "too long", id="one long body"
        ),
        pytest.param("r" + "[0]" * 600, "recursion", id="a deep path"),
        pytest.param("1" + "+1" * 900, "recursion", id="a long sum"),
        pytest.param("'\ud800'", "recognition|half a character", id="half a character"),
        pytest.param("cel.bind(a, r.a + r.a, a + a)", "undeclared", id="bindings"),
    ],
)
def test_an_expression_that_could_run_away_is_refused(text: str, words: str) -> None:
    with pytest.raises(ExpressionError, match=words):
        compile_expression(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("r.nope", 'value that is missing: "nope"', id="a missing field"),
        pytest.param("r.note", "missing", id="an empty field"),
        pytest.param("r.hours * 2", "write whole numbers as 1.0", id="a double times a whole number"),
        pytest.param("r.hours + r.task_name", "do not fit together", id="a number and a text"),
        pytest.param("1 / 0", "divides by zero", id="a division by zero"),
        pytest.param("r.hours / 0.0", "no result", id="a division of doubles by zero"),
        pytest.param('int("x")', "failed", id="a text that is no number"),
        pytest.param('b"abc"', "no text, number", id="bytes"),
        pytest.param('duration("3s")', "no text, number", id="a length of time"),
    ],
)
def test_an_error_is_a_sentence_and_never_a_value(text: str, words: str) -> None:
    with pytest.raises(UnusableValueError, match=words):
        evaluate(text, RECORD)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * 2_001, id="a long text"),
        pytest.param(list(range(1_001)), id="a long list"),
        pytest.param([[[[[[[[[[1]]]]]]]]]], id="a deep list"),
        pytest.param({str(row): list(range(999)) for row in range(11)}, id="many lists"),
        pytest.param("\ud800", id="half a character"),
        pytest.param(10**400, id="a number without end"),
    ],
)
def test_an_input_that_is_too_large_is_refused(value: Any) -> None:
    with pytest.raises(UnusableValueError):
        evaluate("r.a == r.a", {"a": value})


@pytest.mark.parametrize(
    "text",
    [
        'r.lines.filter(l, l.kind == "hours" && l.billable).map(l, l.amount * l.rate)',
        'r.lines.all(l, l.dimensions.exists(d, d.code.startsWith("CC")))',
        'r.lines.exists(l, l.dimensions.exists(d, d.code == "CC" && d.value != ""))',
        'r.tags.exists(t, t.matches("^CC-[0-9]+$")) ? r.tags.filter(t, t != "x").join(", ") : "none"',
    ],
)
def test_what_people_calculate_over_lists_is_no_long_run(text: str) -> None:
    assert compile_expression(text).text == text


def test_a_result_that_is_too_long_is_refused() -> None:
    with pytest.raises(UnusableValueError, match="too long"):
        evaluate('r.a.replace("a", r.a)', {"a": "a" * 1_000})


def test_only_the_fields_an_expression_reads_are_handed_over() -> None:
    assert compile_expression("r.hours + r.?bill_rate.orValue(0.0)").roots == {"hours", "bill_rate"}
    assert compile_expression('r["hours"]').roots is None
    assert compile_expression('"r.hours"').roots == frozenset()
    assert evaluate("r.hours", {"hours": 1, "bill_rate": "x" * 5_000}) == 1.0


def test_several_expressions_share_one_scope() -> None:
    first, second = compile_expression("r.hours"), compile_expression("r.task_name")
    scope = build_scope_builder([first, second])(RECORD)
    assert (first.evaluate(scope), second.evaluate(scope)) == (7.5, "Audit")


def test_a_strange_value_is_given_as_text() -> None:
    assert evaluate("r.a", {"a": {1}}) == "{1}"
    assert evaluate("r.a", {"a": [None, {"b": True}]}) == [None, {"b": True}]


@pytest.mark.parametrize(
    "text",
    [
        "r.a.exists(x, r.a.exists(y, r.a.exists(z, x + y + z < 0.0)))",
        "r.a.all(x, r.a.all(y, r.a.all(z, r.a.all(w, x + y + z + w >= 0.0))))",
        'r.s.matches("(a+)+$")',
        'r.s.replace("a", r.s).size()',
        'r.s.split("").join(r.s).size()',
        'r.s.split("").map(x, r.s).size()',
    ],
)
def test_an_expensive_expression_ends_soon(text: str) -> None:
    record = {"a": [float(number) for number in range(300)], "s": "a" * 1_999 + "b"}
    started = process_time()
    try:
        evaluate(text, record)
    except UnusableValueError as ended:
        assert ended.message  # noqa: PT017  ending with a sentence is as good as ending with a result
    assert process_time() - started < 5


@settings(max_examples=100, deadline=2_000)
@given(
    text=st.text(alphabet="r.abs+-*/()[]{}\"'<>=!&|?:,0123456789 eqmap", max_size=60),
    value=st.none() | st.floats() | st.text(max_size=10) | st.lists(st.booleans(), max_size=3),
)
def test_any_text_and_any_value_end_in_a_result_or_a_named_error(text: str, value: Any) -> None:
    try:
        evaluate(text, {"a": value, "b": value})
    except (ExpressionError, UnusableValueError) as ended:
        assert str(ended)  # noqa: PT017  either end is right
