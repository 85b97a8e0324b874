"""Green, amber, red, and the reason in words."""

from datetime import UTC, datetime

import pytest

from apps.monitoring.health import Because, Colour, Figures, Reason, judge
from apps.monitoring.health_words import reason_words, said

AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("figures", "colour", "reason"),
    [
        pytest.param(Figures(), Colour.GREY, "Nothing is live yet.", id="nothing set up"),
        pytest.param(
            Figures(live_flows=1), Colour.GREY, "Live, but nothing has been transferred yet.", id="no record yet"
        ),
        pytest.param(Figures(live_flows=1, last_success_at=AT), Colour.GREEN, "Everything flows.", id="all well"),
        pytest.param(
            Figures(live_flows=1, last_success_at=AT, open_cases=1), Colour.AMBER, "1 exception open.", id="a case"
        ),
        pytest.param(Figures(live_flows=1, open_cases=2), Colour.AMBER, "2 exceptions open.", id="two cases"),
        pytest.param(
            Figures(live_flows=1, open_cases=2, late_cases=1),
            Colour.AMBER,
            "1 exception past the agreed time.",
            id="late",
        ),
        pytest.param(
            Figures(live_flows=1, paused_flows=1, last_success_at=AT), Colour.AMBER, "1 flow paused.", id="a pause"
        ),
        pytest.param(
            Figures(live_flows=1, severe_cases=1, open_cases=1), Colour.RED, "1 severe exception open.", id="severe"
        ),
        pytest.param(
            Figures(live_flows=1, broken_connections=2, severe_cases=1),
            Colour.RED,
            "2 connections cannot be used.",
            id="connections first",
        ),
        pytest.param(
            Figures(live_flows=1, silent_flows=1), Colour.RED, "1 flow overdue: nothing arrived in time.", id="silence"
        ),
        pytest.param(
            Figures(live_flows=1, read=10, rejected=6, last_success_at=AT),
            Colour.RED,
            "6 of 10 records were refused.",
            id="mostly refused",
        ),
        pytest.param(
            Figures(live_flows=1, read=10, rejected=5, last_success_at=AT),
            Colour.GREEN,
            "Everything flows.",
            id="half refused, cases closed",
        ),
    ],
)
def test_it_judges(figures: Figures, colour: Colour, reason: str) -> None:
    health = said(judge(figures))
    assert (health.colour, health.reason) == (colour, reason)


def test_red_keeps_the_lesser_reasons_behind_the_gravest() -> None:
    health = said(judge(Figures(live_flows=1, severe_cases=1, open_cases=3, paused_flows=1)))
    assert health.reasons == ("1 severe exception open.", "3 exceptions open.", "1 flow paused.")


@pytest.mark.parametrize("because", Because)
def test_every_reason_has_words_for_one_and_for_many(because: Because) -> None:
    for count in (1, 7):
        words = reason_words(Reason(because, count, 9))
        assert words.endswith(".")
        assert "%" not in words
