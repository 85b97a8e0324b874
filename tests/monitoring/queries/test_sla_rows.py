"""How much of a promise is left, in words: never "left" beside "Missed"."""

from datetime import timedelta

import pytest

from apps.monitoring.queries.sla_rows import left_words


@pytest.mark.parametrize(
    ("left", "is_late", "words"),
    [
        pytest.param(timedelta(hours=4), False, "4 h left", id="time is left"),
        pytest.param(timedelta(hours=-3), True, "3 h late", id="missed three business hours ago"),
        pytest.param(timedelta(), True, "less than a minute late", id="missed as the desk closed for the weekend"),
        pytest.param(timedelta(), False, "less than a minute left", id="the last minute"),
    ],
)
def test_what_is_left_agrees_with_the_state(left: timedelta, is_late: bool, words: str) -> None:
    assert left_words(left, is_late=is_late) == words
