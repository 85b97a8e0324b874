"""Transforms: every example of every one, and every wrong argument."""

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.canonical.values import UnusableValueError
from apps.flows.mapping.transforms import TRANSFORMS, TransformError, build_transform

EXAMPLES = [
    pytest.param(*example, id=f"{example[0]} of {example[1]!r}")
    for transform in TRANSFORMS.values()
    for example in transform.examples
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes() | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(("written", "given_value", "expected"), EXAMPLES)
def test_an_example_holds(written: str, given_value: Any, expected: Any) -> None:
    _, run = build_transform(written)
    result = run(given_value)
    assert result == expected
    assert isinstance(result, type(expected))


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_a_transform_is_documented_with_an_example(name: str) -> None:
    transform = TRANSFORMS[name]
    assert transform.name == name
    assert transform.summary.endswith(".")
    assert transform.examples
    assert all(example[0].partition(":")[0] == name for example in transform.examples)
    assert transform.argument or all(":" not in example[0] for example in transform.examples)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("reverse", "there is no transform 'reverse'"),
        ("trim:x", "takes nothing"),
        ("trim:", "takes nothing"),
        ("prefix", "needs a text"),
        ("prefix:", "needs a text"),
        ("slice:a", "one or two whole numbers"),
        ("slice:1,2,3", "one or two whole numbers"),
        ("shorten:0", "from 1"),
        ("shorten:x", "whole number"),
        ("zeros:500", "to 100"),
        ("replace:abc", "a comma"),
        ("replace:,abc", "old text"),
        ("money_round:9", "from 0 to 6"),
        ("times:x", "needs a number"),
        ("times: ", "needs a number"),
        ("divided_by:0", "has no result"),
        ("date_format:%Q", "does not know '%Q'"),
        ("date_format:100%", "does not know '%'"),
        ("date_parse:%A", "does not know '%A'"),
        ("yes_no_as:Y", "two words"),
        ("yes_no_as:,N", "two words"),
    ],
)
def test_a_wrong_transform_is_refused_with_what_would_be_right(written: str, words: str) -> None:
    with pytest.raises(TransformError, match=words):
        build_transform(written)


@pytest.mark.parametrize(
    ("written", "given_value", "words"),
    [
        ("decimal_comma", "1.23,5", "decimal comma"),
        ("decimal_comma", "a,5", "decimal comma"),
        ("decimal_comma", "1,a", "not a number"),
        ("hours", "7:75", "length of time"),
        ("hours", "PT", "length of time"),
        ("date_parse:%d.%m.%Y", "31.02.2026", "not a day in the form"),
        ("assume_utc", "noon", "not a point in time"),
        ("assume_utc", 5, "not a point in time"),
        ("epoch_seconds", "99999999999999", "outside the calendar"),
        ("text", {"a": 1}, "group of values"),
        ("first", "abc", "single value"),
        ("decimal", "7,5", "decimal comma"),
    ],
)
def test_a_value_a_transform_cannot_use_is_refused_with_a_sentence(written: str, given_value: Any, words: str) -> None:
    _, run = build_transform(written)
    with pytest.raises(UnusableValueError, match=words):
        run(given_value)


MORE = [
    ("assume_utc", " ", None),
    ("assume_utc", datetime(2026, 1, 2, 3), datetime(2026, 1, 2, 3, tzinfo=UTC)),  # noqa: DTZ001  the point of it
    ("join:-", {"a": 1, "b": None}, "1"),
    ("join:-", [], None),
    ("first", {"a": 1}, None),
    ("date_format:%y/%j/%V/%G/%%", "2026-01-02", "26/002/01/2026/%"),
    ("month_end", date(9999, 12, 5), date(9999, 12, 31)),
    ("minutes_to_hours", 450, 7.5),
    ("hours", "7:30:30", 7.5083),
    ("seconds_to_hours", 3600, 1),
]


@pytest.mark.parametrize(("written", "given_value", "expected"), MORE)
def test_a_transform_at_its_edges(written: str, given_value: Any, expected: Any) -> None:
    result = build_transform(written)[1](given_value)
    assert (float(result) if isinstance(expected, float) else result) == expected


WRITTEN = sorted({example[0] for transform in TRANSFORMS.values() for example in transform.examples})


@given(written=st.sampled_from(WRITTEN), value=JSON)
def test_any_value_ends_in_a_result_or_a_named_error(written: str, value: Any) -> None:
    _, run = build_transform(written)
    with suppress(UnusableValueError, ArithmeticError, ValueError):
        run(value)
