"""The wait a system asks for is read in every form it is written in."""

from datetime import UTC, datetime

import pytest

from apps.connectors.judgement import retry_after

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
