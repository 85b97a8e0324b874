"""The past of the demo."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from config.demo_history import EVENING, WEEKS, clock_at, days_before


def test_with_the_clock_set_back_time_goes_on_from_there_and_returns() -> None:
    then = datetime(2026, 1, 5, 18, 0, tzinfo=UTC)
    with clock_at(then):
        first, second = timezone.now(), timezone.now()
        assert then <= first <= second < then + timedelta(seconds=5)
    assert timezone.now() > datetime(2026, 11, 1, tzinfo=UTC)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001  bounds are bare
def test_the_evenings_lived_through_are_past_working_days_in_order(now: datetime) -> None:
    evenings = days_before(now)
    assert evenings == sorted(set(evenings))
    assert len(evenings) >= WEEKS * 5 - 1
    for evening in evenings:
        assert evening.hour == EVENING
        assert evening.weekday() < 5
        assert now - timedelta(days=WEEKS * 7 + 1) < evening < now
