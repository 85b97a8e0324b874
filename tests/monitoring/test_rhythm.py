"""When silence is a failure."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.monitoring.rhythm import silence

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("last_ended_at", "expected_since", "every", "overdue"),
    [
        pytest.param(ago(5), ago(600), 3600, False, id="ran five minutes ago"),
        pytest.param(ago(80), ago(600), 3600, False, id="late, but within half a rhythm"),
        pytest.param(ago(90), ago(600), 3600, False, id="exactly at the limit"),
        pytest.param(ago(91), ago(600), 3600, True, id="past the limit"),
        pytest.param(None, ago(20), 3600, False, id="never ran, just went live"),
        pytest.param(None, ago(200), 3600, True, id="never ran since it went live"),
        pytest.param(ago(900), ago(10), 3600, False, id="published again ten minutes ago"),
        pytest.param(ago(9000), ago(9000), None, False, id="nobody expects anything"),
        pytest.param(ago(9000), ago(9000), 0, False, id="an expectation of zero is none"),
    ],
)
def test_it_knows_when_silence_is_too_long(
    last_ended_at: datetime | None, expected_since: datetime, every: int | None, overdue: bool
) -> None:
    found = silence(last_ended_at=last_ended_at, expected_since=expected_since, expected_every_seconds=every, now=NOW)
    assert (found is not None) is overdue


def test_it_says_since_when() -> None:
    found = silence(last_ended_at=ago(120), expected_since=ago(600), expected_every_seconds=3600, now=NOW)
    assert found is not None
    assert (found.since, found.overdue_since) == (ago(120), ago(30))
