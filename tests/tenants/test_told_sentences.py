"""A stored sentence is found again part by part, whatever names it holds."""

from collections.abc import Iterator

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from apps.tenants.told_sentences import Part, ToldSentences

TABLE = ToldSentences(
    "%(name)s gave %(count)s to %(other)s on %(weekday)s, %(day)s.",
    "It took %(span)s.",
    "At %(moment)s %(ours_money)s became %(theirs_money)s (%(share)s).",
    "Because: %(rest)s",
    "Nothing.",
    "Shouted: %(loud)s!",
    parts={"loud": Part(r"[a-z]+", str.upper)},
)


@pytest.fixture(autouse=True)
def _berlin() -> Iterator[None]:
    with translation.override("en-gb"), timezone.override("Europe/Berlin"):
        yield


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("Nothing.", "Nothing."),
        ("It took 4 min 10 s.", "It took 4 min 10 s."),
        ("A. gave 1,200 to B on Sunday, 01 Nov 2026.", "A. gave 1,200 to B on Sunday, 1 Nov 2026."),
        (
            "At 19 Nov 2026, 23:30 UTC EUR 1,200.50 became no amount (12 %).",
            "At 20 Nov 2026, 00:30 CET EUR\u00a01,200.50 became no amount (12 %).",
        ),
        ("Because: he said\nnothing. It took 2 h.", "Because: he said\nnothing. It took 2 h."),
        ("Nothing. It took 2 h. Nothing.", "Nothing. It took 2 h. Nothing."),
        ("Shouted: hey!", "Shouted: HEY!"),
    ],
)
def test_a_sentence_of_the_table_is_said_in_the_readers_zone(stored: str, said: str) -> None:
    assert TABLE.said(stored) == said


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("A gave 1,200 to B on Sunday, 01 Nov 2026.", "A gave 1.200 to B on Sonntag, 1. Nov 2026."),
        (
            "At 19 Nov 2026, 23:30 UTC EUR 1,200.50 became USD -7.00 (12 %).",
            "At 20. Nov 2026, 00:30 CET EUR\u00a01.200,50 became USD\u00a0\u22127,00 (12 %).",
        ),
    ],
)
def test_days_numbers_and_money_are_written_as_the_reader_writes_them(stored: str, said: str) -> None:
    with translation.override("de"):
        assert TABLE.said(stored) == said


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param("", id="nothing at all"),
        pytest.param("Nothing", id="no full stop"),
        pytest.param("nothing.", id="another letter"),
        pytest.param("Nothing.It took 2 h.", id="no space between two"),
        pytest.param("Nothing. And then?", id="the second is not known"),
        pytest.param("It took 4 weeks.", id="no span"),
        pytest.param("A gave 2 to B on Someday, 01 Nov 2026.", id="no day of the week"),
        pytest.param("A gave 2 to B on Sunday, 31 Feb 2026.", id="a day that never was"),
        pytest.param("At 19 Nov 2026, 25:30 UTC EUR 1.00 became EUR 2.00 (1 %).", id="an hour that never was"),
    ],
)
def test_what_is_not_in_the_table_is_not_known(stored: str) -> None:
    assert TABLE.said(stored) is None


@given(
    st.text(min_size=1, max_size=40),
    st.integers(0, 10**9),
    st.sampled_from(["B", " to ", "2 to B on Sunday, ", "It took 2 h."]),
)
def test_whatever_a_name_holds_nothing_of_it_is_lost(name: str, number: int, other: str) -> None:
    stored = f"{name} gave {number:,} to {other} on Sunday, 10 Nov 2026."
    assert TABLE.said(stored) == stored
