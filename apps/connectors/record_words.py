"""Says the stored sentence of a record in the reader's language, with its days as the reader writes them."""

import re
from datetime import date
from functools import cache
from string import Formatter

from django.utils.translation import gettext as _

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.tenants.templatetags.wording import day_words

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def record_words(label: str) -> str:
    """Return "Time entry of Vera Doyle on 12 Oct 2026, 6 h, Beacon" for a stored "Time entry of Vera Doyle on 2026-10-12, 6 h, Beacon".

    A label that is no sentence of the canonical model (a business key, a name) is returned as it is.
    """
    for sentence, pattern in _patterns():
        if found := pattern.fullmatch(label):
            return _(sentence).format_map({name: _value(value) for name, value in found.groupdict().items()})
    return label


def record_name(label: str, key: str) -> str:
    """Return a record's stored sentence as `record_words` says it; its key where there is none."""
    return record_words(label) or key


def _value(value: str) -> str:
    if not _DAY.fullmatch(value):
        return value
    try:
        return day_words(date.fromisoformat(value))
    except ValueError:  # a day that no calendar has, as somebody typed it
        return value


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return each sentence with the pattern of its text; those that begin with a value come last, as they fit too much."""
    sentences = sorted((kind.sentence for kind in CANONICAL_TYPES.values()), key=lambda words: words.startswith("{"))
    return tuple((words, _pattern(words)) for words in sentences)


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = (
        re.escape(text) + (f"(?P<{name}>.+?)" if name else "")
        for text, name, _spec, _how in Formatter().parse(sentence)
    )
    return re.compile("".join(parts), re.DOTALL)
