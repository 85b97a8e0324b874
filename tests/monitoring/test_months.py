"""Months follow one another over the ends of years, whatever day they are asked by."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.months import last_day, month_before, months_back, next_month

DAYS = st.dates(date(1900, 1, 1), date(2200, 1, 1))


@given(DAYS)
def test_a_month_ends_on_the_day_before_the_next_one_begins(day: date) -> None:
    first = day.replace(day=1)
    assert last_day(first) + timedelta(days=1) == next_month(day)
    assert month_before(next_month(day)) == next_month(month_before(day)) == first
    assert (last_day(first).year, last_day(first).month) == (day.year, day.month)


@given(DAYS, st.integers(1, 30))
def test_months_are_counted_back_without_a_gap(day: date, number: int) -> None:
    found = months_back(day, number)
    assert (found[0], len(found)) == (day.replace(day=1), number)
    assert all(next_month(earlier) == later for later, earlier in pairwise(found))
