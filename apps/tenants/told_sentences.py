"""Sentences that the product told and stored, in English: found again part by part, and said in the reader's language and zone.

What a person or another system said stays as it was said, also inside such a sentence. Each table holds the English, which is
the key in the catalogue too; one record and several are two sentences of a table. The first that fits is taken.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.tenants.templatetags.wording import absolute_words, count_words, day_words, duration_words, money_words

NO_AMOUNT = gettext_noop("no amount")
_PLACE = re.compile(r"%\((\w+)\)s")
_SECONDS = {"d": 86400, "h": 3600, "min": 60, "s": 1}
_DAY, _MOMENT = "%d %b %Y", "%d %b %Y, %H:%M UTC"
_WEEK = {f"{day:%A}": day for day in (date(2024, 1, number) for number in range(1, 8))}


class Part(NamedTuple):
    """What may stand at a place of a sentence, as a pattern, and how it is said."""

    form: str
    said: Callable[[str], str]


class ToldSentences:
    """A table of sentences with places, such as "No run of %(flow)s has ended since %(moment)s.".

    A place is named by what stands there, with something before it where there are two of a kind (`low_count`): count, moment,
    day, weekday, span, share, money; label and reason are looked up in the catalogue; rest is anything up to the end. Any
    other name holds words that stay. `parts` are kinds of this table alone.
    """

    def __init__(self, *sentences: str, parts: Mapping[str, Part] | None = None) -> None:
        kinds = {**_PARTS, **(parts or {})}
        self._shapes = [_Shape(words, kinds) for words in sentences]

    def said(self, stored: str) -> str | None:
        """Return a stored sentence, or several one after the other, as they are said; None when one of them is not known."""
        try:
            return next(self._readings(stored), None)
        except ValueError:  # it reads like one, but names a day that never was
            return None

    def _readings(self, stored: str) -> Iterator[str]:
        for shape in self._shapes:
            if found := shape.pattern.fullmatch(stored):
                yield shape.said(found)
        for shape in self._shapes:
            found = shape.pattern.match(stored)
            if found and stored[found.end() :].startswith(" "):
                for rest in self._readings(stored[found.end() + 1 :]):
                    yield f"{shape.said(found)} {rest}"


class _Shape:
    def __init__(self, words: str, kinds: Mapping[str, Part]) -> None:
        self._words, self._kinds = words, kinds

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What finds the parts in a stored sentence again."""
        texts = _PLACE.split(self._words)
        parts = (
            f"(?P<{text}>{self._part(text).form})" if number % 2 else re.escape(text)
            for number, text in enumerate(texts)
        )
        return re.compile("".join(parts), re.DOTALL)

    def said(self, found: re.Match[str]) -> str:
        """Return the sentence in the reader's language."""
        return _(self._words) % {place: self._part(place).said(text) for place, text in found.groupdict().items()}

    def _part(self, place: str) -> Part:
        return self._kinds.get(place.rpartition("_")[2], _WORDS)


def _count(text: str) -> str:
    return count_words(int(text.replace(",", "")))


def _moment(text: str) -> str:
    return absolute_words(datetime.strptime(text, _MOMENT).replace(tzinfo=UTC))


def _day(text: str) -> str:
    return day_words(datetime.strptime(text, _DAY).replace(tzinfo=UTC).date())


def _weekday(text: str) -> str:
    return date_format(_WEEK[text], "l")


def _span(text: str) -> str:
    words = text.split()
    return duration_words(
        sum(int(amount) * _SECONDS[unit] for amount, unit in zip(words[::2], words[1::2], strict=True))
    )


def _money(text: str) -> str:
    if text == NO_AMOUNT:
        return _(NO_AMOUNT)
    currency, _space, amount = text.partition(" ")
    return money_words(amount.replace(",", ""), currency)


def _known(text: str) -> str:
    return _(text) if text else ""


_PARTS = {
    "count": Part(r"[\d,]+", _count),
    "moment": Part(r"\d\d [A-Z][a-z]{2} \d{4}, \d\d:\d\d UTC", _moment),
    "day": Part(r"\d\d [A-Z][a-z]{2} \d{4}", _day),
    "weekday": Part("|".join(_WEEK), _weekday),
    "span": Part(r"\d+ (?:d|h|min|s)(?: \d+ (?:h|min|s))?", _span),
    "share": Part(r"[\d.,]+\s?%", str),
    "money": Part(rf"[A-Z]{{3}} -?[\d,]+\.\d+|{NO_AMOUNT}", _money),
    "label": Part(r".+?", _known),
    "reason": Part(r".*", _known),
    "rest": Part(r".*", str),
}
_WORDS = Part(r".+?", str)
