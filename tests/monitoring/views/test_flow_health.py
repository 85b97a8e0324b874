"""When what is not posted of a flow will be through, in words."""

import pytest

from apps.monitoring.queries.cut_off_board import Backlog
from apps.monitoring.views.flow_health import backlog_words


@pytest.mark.parametrize(
    ("left", "words"),
    [
        pytest.param(Backlog(0, 0, 2, None, None, 0), "Nothing is on its way just now.", id="nothing is ready"),
        pytest.param(
            Backlog(3, 0, 0, None, None, 0),
            "How long it takes is not known yet: no run was measured in two weeks.",
            id="no run was measured",
        ),
        pytest.param(
            Backlog(3, 0, 0, 20.0, 540, 1),
            "over in about 1 min at the present rate: 540 an hour, by 1 run",
            id="under a minute counts as one",
        ),
        pytest.param(
            Backlog(1, 0, 0, 41_400.0, 0, 2),
            "over in about 11 h 30 min at the present rate: less than one an hour, by 2 runs",
            id="a slow walk",
        ),
    ],
)
def test_the_pace_is_told_in_words_that_one_can_weigh(left: Backlog, words: str) -> None:
    assert backlog_words(left) == words
