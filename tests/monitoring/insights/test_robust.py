"""What is usual, by medians: a few wild values change nothing, and what is told is far out whatever the scale."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.insights.robust import FAR, NEAR, is_unusual, score, usual_of

D = Decimal
EIGHTS = [D(8)] * 6 + [D("7.5"), D("7.5"), D("8.5"), D("8.5"), D(7), D(9)]
MONEY = st.decimals(min_value="0.01", max_value=1_000_000, places=2, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "gap", "unusual"),
    [
        pytest.param(D(8), D(4), False, id="the usual"),
        pytest.param(D(10), D(4), False, id="far by the spread and too little to matter"),
        pytest.param(D("12.5"), D(4), True, id="far and much"),
        pytest.param(D(2), D(4), True, id="far below"),
        pytest.param(D(10), D(1), True, id="a smaller gap matters"),
    ],
)
def test_a_value_is_unusual_when_it_is_far_out_and_far_enough_to_matter(value: D, gap: D, unusual: bool) -> None:
    usual = usual_of(EIGHTS)
    assert usual is not None
    assert (usual.low, usual.middle, usual.high, usual.seen) == (D("7.5"), D(8), D("8.5"), 12)
    assert is_unusual(value, usual, gap=gap) is unusual


def test_too_few_values_say_nothing() -> None:
    assert usual_of(EIGHTS[:11]) is None
    assert usual_of([D(1)], least=1) is None
    assert usual_of([D(0)] * 20 + [D(5)] * 11, by_ratio=True) is None, "nothing has no ratio"


def test_where_more_than_half_are_the_same_the_mean_deviation_counts() -> None:
    usual = usual_of([D(95)] * 11 + [D(100)])
    assert usual is not None
    assert 0 < usual.spread < 1
    assert not is_unusual(D(95), usual, gap=D(0))


def test_where_all_are_the_same_anything_else_is_infinitely_far() -> None:
    usual = usual_of([D(95)] * 12)
    assert usual is not None
    assert (score(D(95), usual), score(D(96), usual), score(D(94), usual)) == (0.0, float("inf"), float("-inf"))
    assert not is_unusual(D(96), usual, gap=D(2))
    assert is_unusual(D(250), usual, gap=D(2))


def test_what_was_found_goes_only_when_it_is_clearly_usual_again() -> None:
    usual = usual_of(EIGHTS)
    assert usual is not None
    between = usual.middle + D(str(usual.spread * (FAR + NEAR) / 2))
    assert not is_unusual(between, usual, gap=D(0))
    assert is_unusual(between, usual, gap=D(0), known=True)


@given(st.lists(MONEY, min_size=12, max_size=60), st.lists(MONEY, min_size=1, max_size=5))
def test_a_few_wild_values_do_not_make_the_middle_wild(values: list[D], wild: list[D]) -> None:
    usual = usual_of([*values, *(value * 1_000_000 for value in wild)])
    assert usual is not None
    assert min(values) <= usual.middle <= max(values)


@given(st.lists(MONEY, min_size=12, max_size=40), MONEY, st.integers(1, 1000))
def test_money_is_judged_alike_in_any_currency(values: list[D], value: D, factor: int) -> None:
    here = usual_of(values, by_ratio=True)
    there = usual_of([one * factor for one in values], by_ratio=True)
    assert here is not None
    assert there is not None
    assert score(value * factor, there) == pytest.approx(score(value, here), abs=1e-6, rel=1e-6)


@given(st.lists(MONEY, min_size=12, max_size=40), st.randoms())
def test_the_order_of_the_values_says_nothing(values: list[D], chance: object) -> None:
    mixed = list(values)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert usual_of(mixed) == usual_of(values)
