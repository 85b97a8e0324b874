"""What is usual, learned from what was seen."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.monitoring.monitors.learning import (
    BEYOND,
    LEAST_RUNS,
    Learned,
    Sample,
    day_sample,
    learn_days,
    learn_high,
    learn_low,
    read_learned,
    read_sample,
)

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
seen = st.lists(st.integers(0, 10**6).map(float), min_size=LEAST_RUNS, max_size=60)
few_examples = settings(max_examples=40)


@few_examples
@given(seen)
def test_hardly_any_of_what_it_learned_from_lies_beyond_the_limit(values: list[float]) -> None:
    high, low = learn_high(values), learn_low(values)
    assert high is not None
    assert low is not None
    assert sum(value > high.limit for value in values) <= len(values) * BEYOND
    assert sum(value < low.limit for value in values) <= len(values) * BEYOND


@few_examples
@given(seen, st.sampled_from([0.25, 2.0, 8.0, 1024.0]))
def test_a_limit_grows_with_what_it_was_learned_from(values: list[float], scale: float) -> None:
    plain, scaled = learn_high(values), learn_high([value * scale for value in values])
    assert plain is not None
    assert scaled is not None
    assert scaled.limit == pytest.approx(plain.limit * scale)
    few, many = learn_low(values), learn_low([value * scale for value in values])
    assert few is not None
    assert many is not None
    assert many.limit == pytest.approx(few.limit * scale)


@few_examples
@given(seen, st.randoms(use_true_random=False))
def test_the_order_in_which_it_was_seen_does_not_matter(values: list[float], random: object) -> None:
    mixed = list(values)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert learn_high(mixed) == learn_high(values)


def test_one_wild_value_among_many_changes_nothing() -> None:
    calm = [60.0 + n % 7 for n in range(100)]
    wild = learn_high([*calm[:-1], 86_400.0])
    assert wild is not None
    assert wild.limit < 200


def test_too_little_says_nothing() -> None:
    assert learn_high([1.0] * (LEAST_RUNS - 1)) is None
    assert learn_low([1.0, 2.0, 3.0]) is None


def _weeks(number: int) -> list[Sample]:
    """Mondays bring some fifty records, other working days ten, weekends nothing runs."""
    days = (MONDAY.date() + timedelta(days=n) for n in range(number * 7))
    return [
        day_sample(day, 50.0 + day.day % 5 if day.weekday() == 0 else 10.0 + day.day % 3)
        for day in days
        if day.weekday() < 5
    ]


def test_each_weekday_is_learned_by_itself_once_it_was_seen_often_enough() -> None:
    days = learn_days(_weeks(4))
    assert set(days) == {0, 1, 2, 3, 4}
    assert 50 <= days[0].low <= days[0].high <= 54
    assert 10 <= days[1].low <= days[1].high <= 12
    assert days[0].limit == pytest.approx(days[0].middle / 4)


def test_a_young_weekday_is_judged_by_all_working_days() -> None:
    days = learn_days(_weeks(2))
    assert days[0] == days[3]
    assert days[0].seen == 10
    assert learn_days(_weeks(1)) == {}


def test_what_was_learned_is_stored_and_read_back() -> None:
    learned = Learned(learn_high([1.5] * 30), None, learn_days(_weeks(4)), day_sample(MONDAY.date(), 3), 30)
    assert read_learned(learned.to_json()) == learned
    assert read_sample(learned.last.to_json()) == learned.last if learned.last else False
    assert read_learned({"usual": "of another version"}) == Learned()
    assert read_learned(None) == Learned()
