"""Amounts in another currency: the latest rate of the day, turned round, or by way of a third currency; never a guess."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.impact import Quality, Stake, amount_at_risk, split_by_quality
from apps.monitoring.money import Rate, Rates

FIRST, SECOND, THIRD = date(2026, 11, 1), date(2026, 11, 10), date(2026, 11, 20)
KNOWN = Rates(
    [
        Rate(FIRST, "EUR", "USD", Decimal("1.10")),
        Rate(SECOND, "EUR", "USD", Decimal("1.25")),
        Rate(SECOND, "EUR", "CHF", Decimal("0.95")),
        Rate(THIRD, "GBP", "SEK", Decimal("13")),
    ]
)


@pytest.mark.parametrize(
    ("source", "target", "day", "value"),
    [
        pytest.param("EUR", "EUR", FIRST, "1", id="itself"),
        pytest.param("EUR", "USD", FIRST, "1.10", id="the day's"),
        pytest.param("EUR", "USD", date(2026, 11, 9), "1.10", id="the latest before"),
        pytest.param("EUR", "USD", THIRD, "1.25", id="a newer one"),
        pytest.param("USD", "EUR", THIRD, "0.8", id="turned round"),
        pytest.param("USD", "CHF", THIRD, "0.76", id="by way of the euro"),
        pytest.param("USD", "CHF", FIRST, None, id="one of the two not yet known"),
        pytest.param("EUR", "USD", date(2026, 10, 31), None, id="before the first"),
        pytest.param("EUR", "SEK", THIRD, None, id="no way there"),
    ],
)
def test_a_rate_is_what_was_known_on_the_day(source: str, target: str, day: date, value: str | None) -> None:
    assert KNOWN.value(source, target, day) == (Decimal(value) if value else None)


def test_a_sum_is_added_up_and_what_has_no_rate_stays_as_it_is() -> None:
    worth = KNOWN.worth({"EUR": Decimal("10"), "USD": Decimal("12.50"), "SEK": Decimal("5")}, "EUR", THIRD)
    assert (worth.amount, worth.left) == (Decimal("20.00"), {"SEK": Decimal("5")})


def test_a_rate_of_nothing_is_none() -> None:
    assert Rates([Rate(FIRST, "EUR", "USD", Decimal(0))]).value("EUR", "USD", THIRD) is None


STAKES = st.builds(
    Stake,
    canonical_type=st.sampled_from(["TimeEntry", "Invoice"]),
    business_key=st.sampled_from("abc"),
    amount=st.none() | st.decimals(0, 1000, places=2),
    currency=st.sampled_from(["", "EUR", "USD"]),
    quality=st.sampled_from([quality.value for quality in Quality]),
)


@given(st.lists(STAKES))
def test_the_parts_by_quality_add_up_to_the_whole_and_each_record_counts_once(stakes: list[Stake]) -> None:
    split, whole = split_by_quality(stakes), amount_at_risk(stakes)
    for part in whole.sums:
        assert split.known.get(part.currency, 0) + split.estimated.get(part.currency, 0) == part.amount
    assert split.unknown_records == whole.unknown_records
    assert split.records == len({(stake.canonical_type, stake.business_key) for stake in stakes})
