"""What was done about a case, read back from the lines of its history (pure)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from apps.monitoring.triage.advice import Deed

_VALUE = re.compile(r"(?P<target>.+?): (?P<outside_value>.+) is now translated to (?P<new_value>.+)\. Tried again\.")
_SKIPPED = re.compile(r"[\d,]+ records? (?:was|were) left out: (?P<reason>.*)", re.DOTALL)
_SHAPES: tuple[tuple[Deed, re.Pattern[str]], ...] = (
    (Deed.ADD_VALUE, _VALUE),
    (Deed.SKIP, _SKIPPED),
    (Deed.BRING, re.compile(r"“.+” was started; the records are tried again once it is through\.")),
    (Deed.RETRY, re.compile(r"[\d,]+ records? tried again\.|The flow was started again\.")),
    (Deed.ASK, re.compile(r"Waits for the customer now\..*", re.DOTALL)),
    (Deed.WAIT, re.compile(r"Waits for the system's (?P<party>provider) now\..*", re.DOTALL)),
)


@dataclass(frozen=True, slots=True)
class Done:
    """The deed that ended a case, and what was said with it."""

    deed: Deed
    arguments: tuple[tuple[str, str], ...] = ()


def last_deed(sentences: Sequence[str]) -> Done | None:
    """Return what was done last, from the history in its order; None where nobody did anything that can be proposed.

    A plain retry after the customer was asked is what they were asked for: the asking is what helped.
    """
    done = [found for found in map(_read, sentences) if found is not None]
    if not done:
        return None
    before = done[-2:-1]
    if done[-1].deed is Deed.RETRY and before and before[0].deed is Deed.ASK:
        return before[0]
    return done[-1]


def _read(sentence: str) -> Done | None:
    for deed, shape in _SHAPES:
        if found := shape.fullmatch(sentence):
            return Done(deed, tuple(found.groupdict().items()))
    return None
