"""What is found wrong with a flow, from its figures and what is usual."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from apps.monitoring.monitor_kinds import SILENCED_BY, MonitorKind
from apps.monitoring.monitors.learning import Learned, Sample, Usual, day_sample, learn_days, learn_high
from apps.monitoring.monitors.monitor_words import usual_words
from apps.monitoring.monitors.rules import FlowFigures, episodes, judge, span
from apps.monitoring.rhythm import Silence
from apps.monitoring.told_words import finding_words

K = MonitorKind
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday
HOUR = timedelta(hours=1)
DAYS = [day_sample((NOW - timedelta(days=n)).date(), 40.0 + n % 30) for n in range(2, 60)]
LEARNED = {
    K.SLOW: Learned(learn_high([60.0 + n % 120 for n in range(120)]), learn_high([50.0] * 30), seen=120),
    K.BACKLOG: Learned(learn_high([1.0 + n % 60 for n in range(120)]), seen=120),
    K.PARTIAL: Learned(learn_high([0.0] * 90 + [0.02] * 10), seen=100),
    K.EMPTY: Learned(days=learn_days(DAYS), last=day_sample((NOW - timedelta(days=1)).date(), 55), seen=58),
}
QUIET = Silence(NOW - 9 * HOUR, NOW - HOUR)


def _poor(value: float, days_ago: int = 1) -> dict[K, Learned]:
    last = day_sample((NOW - timedelta(days=days_ago)).date(), value)
    return {**LEARNED, K.EMPTY: replace(LEARNED[K.EMPTY], last=last)}


def _run(minutes: float, read: int = 50) -> Sample:
    return Sample(NOW - HOUR, minutes * 60, read)


def _waits(minutes: float, number: int = 1) -> Sample:
    return Sample(NOW - timedelta(minutes=minutes), minutes * 60, number)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        pytest.param({}, [], id="nothing is wrong"),
        pytest.param({"last": _run(4)}, [], id="the last run took a little longer"),
        pytest.param({"last": _run(20)}, [K.SLOW], id="the last run took far longer"),
        pytest.param({"last": _run(20, read=500)}, [], id="it took far longer for ten times the records"),
        pytest.param({"running": _run(20)}, [K.SLOW], id="a run goes on for far longer"),
        pytest.param({"last": _run(4), "own": {K.SLOW: 180.0}}, [K.SLOW], id="longer than a person's own limit"),
        pytest.param({"last": _run(20), "own": {K.SLOW: 3600.0}}, [], id="within a person's own limit"),
        pytest.param({"last": _run(20), "off": frozenset({K.SLOW})}, [], id="slow, but the monitor is off"),
        pytest.param({"last": _run(600), "learned": {}}, [], id="nobody knows yet what is slow"),
        pytest.param({"wait": _waits(5)}, [], id="a start waits for some minutes"),
        pytest.param({"wait": _waits(40)}, [K.BACKLOG], id="a start waits far longer than usual"),
        pytest.param({"wait": _waits(40), "is_quiet": True}, [], id="it waits for the end of a quiet time"),
        pytest.param({"wait": _waits(40), "learned": {}}, [], id="nobody knows yet, and it is no hour"),
        pytest.param({"wait": _waits(70), "learned": {}}, [K.BACKLOG], id="nobody knows yet, but it is over an hour"),
        pytest.param({"refused": Sample(NOW, 0.4, 120)}, [K.PARTIAL], id="far more are refused than usual"),
        pytest.param({"refused": Sample(NOW, 0.08, 120)}, [], id="some more are refused than usual"),
        pytest.param({"refused": Sample(NOW, 1.0, 4)}, [], id="all four are refused: that is no surge"),
        pytest.param({"silence": QUIET}, [K.OVERDUE], id="nothing ran"),
        pytest.param({"silence": QUIET, "is_quiet": True}, [], id="nothing ran in a quiet time"),
        pytest.param({"silence": QUIET, "ran_since": True}, [K.EMPTY], id="it ran but brought nothing"),
        pytest.param({"learned": _poor(3)}, [K.EMPTY], id="far less than on such a day"),
        pytest.param({"learned": _poor(30)}, [], id="less than on such a day, but not by far"),
        pytest.param({"learned": _poor(3), "today": 60.0}, [], id="today is fine again"),
        pytest.param({"learned": _poor(3), "today": 2.0}, [K.EMPTY], id="today is as poor so far"),
        pytest.param({"learned": _poor(3, days_ago=5)}, [], id="the poor day is long past"),
        pytest.param({"learned": _poor(30), "own": {K.EMPTY: 35.0}}, [K.EMPTY], id="below a person's own limit"),
    ],
)
def test_it_finds_what_is_wrong(given: dict[str, Any], found: list[K]) -> None:
    figures = FlowFigures("Time to bill", **{"learned": LEARNED, **given})
    assert [one.kind for one in judge(figures, NOW).findings] == found


ALL_WRONG = FlowFigures(
    "Time to bill", LEARNED, last=_run(20), refused=Sample(NOW, 0.4, 120), wait=_waits(40), silence=QUIET
)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"last": _run(20)}, id="a slow run"),
        pytest.param(
            {"last": _run(20), "learned": {}, "own": {K.SLOW: 60.0}}, id="a slow run, and nobody knows what is usual"
        ),
        pytest.param({"running": _run(20)}, id="a run that goes on"),
        pytest.param({"wait": _waits(40)}, id="a start that waits"),
        pytest.param({"wait": _waits(70, 1200), "learned": {}}, id="many starts that wait"),
        pytest.param({"refused": Sample(NOW, 0.4, 1200)}, id="many refused records"),
        pytest.param(
            {"refused": Sample(NOW, 0.6, 120), "learned": {}}, id="many refused, and nobody knows what is usual"
        ),
        pytest.param({"silence": QUIET}, id="no run"),
        pytest.param({"silence": QUIET, "ran_since": True}, id="runs without records"),
        pytest.param({"learned": _poor(1)}, id="one record on a day"),
        pytest.param({"learned": _poor(3)}, id="few records on a day"),
    ],
)
def test_what_is_found_is_said_in_the_language_of_who_reads_it(given: dict[str, Any]) -> None:
    figures = FlowFigures("Time to bill. Usually", **{"learned": LEARNED, **given})
    (found,) = judge(figures, NOW).findings
    with translation.override("de"):
        words = finding_words(found.sentence)
    assert "Time to bill. Usually" in words
    assert not re.search(r"\b(of|on|since|to|at|for|with)\b", words.replace("Time to bill. Usually", "")), words


@pytest.mark.parametrize(
    ("causes", "found"),
    [
        pytest.param(set(), [K.BACKLOG, K.SLOW, K.PARTIAL], id="what waits explains that nothing ran"),
        pytest.param({K.CONNECTION}, [], id="a system that is away explains all of it"),
        pytest.param({K.FAILED}, [K.BACKLOG, K.PARTIAL], id="a failed run explains silence and slowness"),
        pytest.param({K.DRIFT}, [K.BACKLOG], id="changed fields explain what they stop"),
    ],
)
def test_one_cause_is_told_once(causes: set[K], found: list[K]) -> None:
    judged = judge(replace(ALL_WRONG, causes=frozenset(causes)), NOW)
    assert [one.kind for one in judged.findings] == found
    assert not set(found) & set(judged.silenced)
    for silent, cause in judged.silenced.items():
        assert cause in SILENCED_BY[silent]


def test_a_cause_that_nobody_is_told_of_silences_nothing() -> None:
    unheard = FlowFigures(
        "Time to bill", LEARNED, silence=QUIET, causes=frozenset({K.FAILED}), off=frozenset({K.FAILED})
    )
    assert [one.kind for one in judge(unheard, NOW).findings] == [K.OVERDUE]


@pytest.mark.parametrize(
    ("given", "failed_at"),
    [
        pytest.param({"silence": QUIET}, NOW - HOUR, id="a silence, once it was too long"),
        pytest.param({"silence": QUIET, "ran_since": True}, NOW - HOUR, id="a silence in which it ran"),
        pytest.param(
            {"wait": _waits(70), "learned": {}}, NOW - timedelta(minutes=10), id="a wait, once it was an hour"
        ),
        pytest.param({"refused": Sample(NOW, 0.4, 120)}, NOW, id="a run that refused much, at its end"),
    ],
)
def test_how_long_it_took_to_find_counts_from_when_it_was_wrong(given: dict[str, Any], failed_at: datetime) -> None:
    (found,) = judge(FlowFigures("Time to bill", **{"learned": LEARNED, **given}), NOW).findings
    assert found.failed_at == failed_at


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"last": _run(20)}, "took 20 min. Usually 1 min 12 s to 2 min 48 s.", id="slow"),
        pytest.param({"wait": _waits(40, 12)}, "12 starts wait for Time to bill, the oldest for 40 min.", id="backlog"),
        pytest.param({"refused": Sample(NOW, 0.4, 120)}, "refused 48 of 120 records (40%).", id="partial"),
        pytest.param({"learned": _poor(3)}, "3 records came through Time to bill on Monday, 23 Nov 2026.", id="empty"),
        pytest.param({"silence": QUIET}, "since 24 Nov 2026, 00:00 UTC", id="overdue"),
    ],
)
def test_it_says_so_in_a_sentence(given: dict[str, Any], words: str) -> None:
    (found,) = judge(FlowFigures("Time to bill", **{"learned": LEARNED, **given}), NOW).findings
    assert words in found.sentence


def test_a_limit_is_tried_on_what_was_seen() -> None:
    took = [60, 70, 900, 950, 65, 800, 60]
    samples = [Sample(NOW + n * HOUR, float(seconds), 10) for n, seconds in enumerate(took)]
    told = episodes(K.SLOW, samples, Learned(), own=600)
    seen = [(one.began_at - NOW, one.ended_at - NOW, one.worst) for one in told]
    assert seen == [(2 * HOUR, 3 * HOUR, 950), (5 * HOUR, 5 * HOUR, 800)]
    assert episodes(K.SLOW, samples, Learned(), own=1000) == []
    assert episodes(K.SLOW, samples, Learned(), own=None) == []


def test_a_usual_figure_is_written_as_its_reader_writes_numbers() -> None:
    learned = Learned(days={0: Usual(1234.0, 2000.0, 3456.0, 300.0, 8)})
    with translation.override("de"):
        assert re.findall(r"\d\.\d{3}", usual_words(K.EMPTY, learned, weekday=0)) == ["1.234", "3.456"]


def test_figures_are_said_shortly() -> None:
    assert [span(seconds) for seconds in (0, 59, 250, 11_100)] == ["0 s", "59 s", "4 min 10 s", "3 h 5 min"]
