"""The wait a system asks for is read in every form it is written in."""

from datetime import UTC, datetime

import pytest

from apps.connectors.judgement import retry_after, wait_asked

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WAITS = [
    ("7", 7.0),
    ("0", 0.5),
    ("1.5", 1.5),
    ("-3", 0.5),
    ("86400", 3600.0),
    ("Sat, 21 Nov 2026 12:01:00 GMT", 60.0),
    ("Sat, 21 Nov 2026 11:00:00 GMT", 0.5),
    ("Sun, 22 Nov 2026 12:00:00 GMT", 3600.0),
    ("soon", 60.0),
    ("", 60.0),
    ("nan", 60.0),
    ("inf", 3600.0),
]


@pytest.mark.parametrize(("text", "seconds"), WAITS)
def test_a_retry_after_is_read_in_every_form_and_capped_at_an_hour(text: str, seconds: float) -> None:
    assert retry_after(text, now=NOW) == seconds


RESETS = {
    "Retry-After counts first": ({"Retry-After": "7", "X-Rate-Limit-Reset": "30"}, 7.0),
    "the time the window begins anew": ({"X-Rate-Limit-Reset": str(int(NOW.timestamp()) + 25)}, 25.0),
    "a time that has passed": ({"X-Rate-Limit-Reset": str(int(NOW.timestamp()) - 25)}, 0.5),
    "the next full hour": ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 7200)}, 3600.0),
    "a number of seconds": ({"RateLimit-Reset": "12"}, 12.0),
    "something else": ({"X-RateLimit-Reset": "2026-11-21T12:00:25Z"}, 60.0),
    "nothing": ({}, 60.0),
}


@pytest.mark.parametrize(("headers", "seconds"), RESETS.values(), ids=RESETS.keys())
def test_the_end_of_a_rate_window_is_a_wait_where_nothing_else_is_asked(
    headers: dict[str, str], seconds: float
) -> None:
    assert wait_asked(headers, now=NOW) == seconds
