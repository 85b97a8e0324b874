"""Quiet hours, hourly limits, bands of money, and how often a dead channel is tried."""

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring.alerting.pace import QuietHours, band_of, next_try, room_left

NIGHT = QuietHours(time(22), time(7), "Europe/Berlin")


@pytest.mark.parametrize(
    ("hour", "is_severe", "waits"),
    [(20, False, False), (21, False, True), (3, False, True), (6, False, False), (23, True, False)],
)
def test_quiet_hours_go_over_midnight_and_let_what_is_severe_through(
    hour: int, *, is_severe: bool, waits: bool
) -> None:
    assert NIGHT.holds(datetime(2026, 1, 15, hour, 30, tzinfo=UTC), is_severe=is_severe) is waits


def test_hours_of_no_length_are_never_quiet() -> None:
    assert not QuietHours(time(9), time(9), "UTC").covers(datetime(2026, 1, 15, 9, tzinfo=UTC))


def test_a_limit_of_nothing_is_no_limit() -> None:
    assert [room_left(0, 99), room_left(3, 2), room_left(3, 7)] == [None, 1, 0]


@given(st.decimals(0, 10**9, places=2))
def test_an_amount_lies_within_its_band_and_no_two_bands_overlap(amount: Decimal) -> None:
    low, high = band_of(amount)
    assert low <= amount
    assert high is None or amount < high
    assert band_of(low) == (low, high)


def test_a_message_is_tried_four_times() -> None:
    assert [next_try(attempts) for attempts in (1, 2, 3, 4)] == [30, 120, 600, None]
