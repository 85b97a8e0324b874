"""Values: what is read, what is refused with a sentence, and what goes back out."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.canonical import values
from apps.connectors.canonical.values import PARSERS, WRITERS, UnusableValueError
from apps.connectors.manifest import ValueKind

BERLIN = timezone(timedelta(hours=1))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals() | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)

READ = [
    pytest.param(ValueKind.TEXT, "  Ann ", "Ann", id="text is trimmed"),
    pytest.param(ValueKind.TEXT, "   ", None, id="a text of spaces is missing"),
    pytest.param(ValueKind.TEXT, None, None, id="none is missing"),
    pytest.param(ValueKind.TEXT, 42, "42", id="a number becomes text"),
    pytest.param(ValueKind.TEXT, 42.0, "42", id="a whole float becomes text without a point"),
    pytest.param(ValueKind.TEXT, 1.5, "1.5", id="a float becomes text"),
    pytest.param(ValueKind.TEXT, True, "true", id="yes becomes true"),
    pytest.param(ValueKind.TEXT, False, "false", id="no becomes false"),
    pytest.param(ValueKind.TEXT, Decimal("1E+3"), "1000", id="a decimal is written plainly"),
    pytest.param(ValueKind.TEXT, date(2026, 11, 3), "2026-11-03", id="a date becomes iso text"),
    pytest.param(ValueKind.REFERENCE, 7, "7", id="a reference is text"),
    pytest.param(ValueKind.HOURS, "7.50", Decimal("7.50"), id="hours keep their digits"),
    pytest.param(ValueKind.HOURS, 7.1, Decimal("7.1"), id="a float keeps the digits that were sent"),
    pytest.param(ValueKind.MONEY, " -5.00 ", Decimal("-5.00"), id="money below zero is read"),
    pytest.param(ValueKind.MONEY, 100, Decimal(100), id="a whole number is money"),
    pytest.param(ValueKind.DECIMAL, Decimal("1.5"), Decimal("1.5"), id="a decimal stays"),
    pytest.param(ValueKind.DECIMAL, "", None, id="an empty number is missing"),
    pytest.param(ValueKind.DECIMAL, None, None, id="no number is missing"),
    pytest.param(ValueKind.WHOLE, "12", 12, id="a whole number from text"),
    pytest.param(ValueKind.WHOLE, 12, 12, id="a whole number"),
    pytest.param(ValueKind.WHOLE, 12.0, 12, id="a whole number from a float"),
    pytest.param(ValueKind.WHOLE, "", None, id="a missing whole number"),
    pytest.param(ValueKind.DATE, "2026-11-03", date(2026, 11, 3), id="a day"),
    pytest.param(ValueKind.DATE, "2026-11-03T23:30:00+01:00", date(2026, 11, 3), id="the day an instant shows"),
    pytest.param(ValueKind.DATE, datetime(2026, 11, 3, 23, tzinfo=BERLIN), date(2026, 11, 3), id="a datetime's day"),
    pytest.param(ValueKind.DATE, date(2026, 11, 3), date(2026, 11, 3), id="a date stays"),
    pytest.param(ValueKind.DATE, " ", None, id="an empty day is missing"),
    pytest.param(ValueKind.DATE, None, None, id="no day"),
    pytest.param(ValueKind.INSTANT, "2026-11-03T09:00:00Z", datetime(2026, 11, 3, 9, tzinfo=UTC), id="zulu time"),
    pytest.param(
        ValueKind.INSTANT,
        "2026-11-03T09:00:00+01:00",
        datetime(2026, 11, 3, 8, tzinfo=UTC),
        id="an instant goes to utc",
    ),
    pytest.param(
        ValueKind.INSTANT, datetime(2026, 11, 3, 9, tzinfo=UTC), datetime(2026, 11, 3, 9, tzinfo=UTC), id="utc stays"
    ),
    pytest.param(ValueKind.INSTANT, "", None, id="an empty instant is missing"),
    pytest.param(ValueKind.INSTANT, None, None, id="no instant"),
    pytest.param(ValueKind.YES_NO, True, True, id="true"),
    pytest.param(ValueKind.YES_NO, "Yes", True, id="yes"),
    pytest.param(ValueKind.YES_NO, 0, False, id="zero is no"),
    pytest.param(ValueKind.YES_NO, "off", False, id="off is no"),
    pytest.param(ValueKind.YES_NO, " ", None, id="an empty yes or no is missing"),
    pytest.param(ValueKind.YES_NO, None, None, id="no yes or no"),
    pytest.param(ValueKind.NESTED, [1], [1], id="a list stays"),
    pytest.param(ValueKind.NESTED, None, None, id="no list"),
]


@pytest.mark.parametrize(("kind", "raw", "expected"), READ)
def test_a_value_is_read(kind: ValueKind, raw: Any, expected: Any) -> None:
    value = PARSERS[kind](raw)
    assert value == expected
    assert type(value) is type(expected)


REFUSED = [
    pytest.param(ValueKind.TEXT, {"a": 1}, "group of values", id="a group is no text"),
    pytest.param(ValueKind.HOURS, "7,5", "decimal comma", id="a decimal comma is named"),
    pytest.param(ValueKind.HOURS, "1.234,50", "decimal comma", id="thousands and a comma"),
    pytest.param(ValueKind.HOURS, "seven", "is not a number", id="a word is no number"),
    pytest.param(ValueKind.HOURS, "1_000", "is not a number", id="python's own number forms are refused"),
    pytest.param(ValueKind.HOURS, "NaN", "is not a number", id="not a number"),
    pytest.param(ValueKind.HOURS, "٣", "is not a number", id="digits of other scripts"),
    pytest.param(ValueKind.HOURS, "1e5", "is not a number", id="scientific notation"),
    pytest.param(ValueKind.HOURS, float("inf"), "too large", id="infinity"),
    pytest.param(ValueKind.HOURS, float("nan"), "too large", id="a float that is no number"),
    pytest.param(ValueKind.HOURS, Decimal("NaN"), "too large", id="a decimal that is no number"),
    pytest.param(ValueKind.HOURS, True, "is not a number", id="yes is no number"),
    pytest.param(ValueKind.HOURS, [1], "is not a number", id="a list is no number"),
    pytest.param(ValueKind.MONEY, 10**15, "too large", id="more money than there is"),
    pytest.param(ValueKind.WHOLE, "7.5", "not a whole number", id="a fraction is not whole"),
    pytest.param(ValueKind.DATE, "2026-02-30", "not a day of the calendar", id="a day that does not exist"),
    pytest.param(ValueKind.DATE, "03.11.2026", "date_parse", id="another form names the step that reads it"),
    pytest.param(ValueKind.DATE, "2026-W45-2", "is not a date", id="a week date"),
    pytest.param(ValueKind.DATE, "2026-11-03Tnoon", "is not a date", id="a broken instant as a day"),
    pytest.param(ValueKind.DATE, 20261103, "is not a date", id="a number is no date"),
    pytest.param(ValueKind.INSTANT, "2026-11-03T09:00:00", "assume_utc", id="an instant without a zone"),
    pytest.param(ValueKind.INSTANT, "2026-11-03", "is not a date in the form", id="a day is no instant"),
    pytest.param(ValueKind.INSTANT, 5, "is not a point in time", id="a number is no instant"),
    pytest.param(ValueKind.INSTANT, "0001-01-01T00:00:00+10:00", "outside the calendar", id="before the calendar"),
    pytest.param(ValueKind.YES_NO, "perhaps", "neither yes nor no", id="perhaps"),
    pytest.param(ValueKind.NESTED, "x", "single value", id="a single value is no list"),
]


@pytest.mark.parametrize(("kind", "raw", "words"), REFUSED)
def test_a_value_that_cannot_be_trusted_is_refused_with_a_sentence(kind: ValueKind, raw: Any, words: str) -> None:
    with pytest.raises(UnusableValueError, match=words):
        PARSERS[kind](raw)


WRITTEN = [
    pytest.param(ValueKind.HOURS, Decimal("7.50"), 7.5, id="hours leave as a number"),
    pytest.param(ValueKind.MONEY, Decimal("0.1"), 0.1, id="money leaves with its digits"),
    pytest.param(ValueKind.MONEY, Decimal("123456789012.5"), "123456789012.5", id="very large money leaves as text"),
    pytest.param(ValueKind.MONEY, "12.50", 12.5, id="a text with a number leaves as a number"),
    pytest.param(ValueKind.MONEY, None, None, id="no money"),
    pytest.param(ValueKind.MONEY, "", None, id="an empty text is no money"),
    pytest.param(ValueKind.TEXT, Decimal("7.50"), "7.50", id="a number for a text field keeps its digits"),
    pytest.param(ValueKind.DATE, date(2026, 11, 3), "2026-11-03", id="a day leaves as iso"),
    pytest.param(ValueKind.DATE, "03.11.2026", "03.11.2026", id="a day that has its form keeps it"),
    pytest.param(ValueKind.DATE, "", None, id="an empty day"),
    pytest.param(ValueKind.DATE, None, None, id="no day"),
    pytest.param(ValueKind.INSTANT, datetime(2026, 11, 3, 9, tzinfo=UTC), "2026-11-03T09:00:00+00:00", id="an instant"),
    pytest.param(ValueKind.INSTANT, "09:00", "09:00", id="a formed instant keeps its form"),
    pytest.param(ValueKind.INSTANT, None, None, id="no instant"),
    pytest.param(
        ValueKind.NESTED,
        {"a": [Decimal("1.5"), date(2026, 1, 2), None]},
        {"a": ["1.5", "2026-01-02", None]},
        id="nested",
    ),
]


@pytest.mark.parametrize(("kind", "value", "expected"), WRITTEN)
def test_a_value_is_written_as_json_holds_it(kind: ValueKind, value: Any, expected: Any) -> None:
    assert WRITERS[kind](value) == expected


@given(st.decimals(min_value=-(10**11) + 1, max_value=10**11 - 1, places=4))
def test_a_number_of_four_decimals_survives_the_way_out_and_back(number: Decimal) -> None:
    written = values.write_number(number)
    assert isinstance(written, float)
    assert values.parse_decimal(written) == number


@given(kind=st.sampled_from(list(ValueKind)), raw=JSON)
def test_reading_and_writing_end_in_a_value_or_a_sentence(kind: ValueKind, raw: Any) -> None:
    for convert in (PARSERS[kind], WRITERS[kind]):
        with suppress(UnusableValueError):
            convert(raw)


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_never_written(value: str) -> None:
    with pytest.raises(UnusableValueError, match="is no number"):
        values.write_number(Decimal(value))


def test_a_long_value_is_shown_short() -> None:
    assert len(values.shown("x" * 500)) < 70
    assert values.shown(Decimal("1.50")) == "“1.50”"
