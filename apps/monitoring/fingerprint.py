"""The root cause of a failure as one short text: same cause, same fingerprint (pure)."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_GAP = "…"
_RULES = (
    re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE),  # a UUID
    re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),  # an e-mail address
    re.compile(r"https?://\S+"),
    re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|‘[^’]*’|«[^»]*»|`[^`]*`"),  # anything quoted
    re.compile(r"\b[A-Za-z]+[-_/.]?\d[\w\-/.]*\w\b|\b[A-Za-z]+[-_/.]?\d\b"),  # a code: PRJ-0042, E17
    re.compile(r"\d+(?:[.,:/-]\d+)*"),  # a number, date or time
)
_PARTICLE = "(?:van|von|zu|de|der|den|del|della|di|da|dos|la|le|bin|al|el|ter) "
# Two or more capitalised words in a row, with the small words that names have between them.
_NAME = re.compile(rf"\b[^\W\d_a-z]\w*(?:[ -](?:{_PARTICLE})*[^\W\d_a-z]\w*)+")
_GAPS = re.compile(rf"{_GAP}(?:[\s,;/-]*{_GAP})+")
_SPACES = re.compile(r"\s+")
_SHORTEST_KNOWN = 3  # a shorter reference ("A", "1") would eat letters of ordinary words


@dataclass(frozen=True, slots=True)
class Cause:
    """Where and why something failed. `place` is the flow (or connection), `step` the step of its version."""

    place: str
    step: str
    business_class: str
    field: str
    code: str
    message: str


def normalised(message: str, known: Iterable[str] = ()) -> str:
    """Return the message with ids, numbers, quoted texts and names replaced by "…".

    `known` are this record's own references (its key, its project, its client), replaced wherever they stand.

    >>> normalised("25 hours for PRJ-7 on 2026-03-02")
    '… hours for … on …'
    """
    text = message
    for reference in sorted({k for k in known if len(k) >= _SHORTEST_KNOWN}, key=len, reverse=True):
        text = text.replace(reference, _GAP)
    for rule in _RULES:
        text = rule.sub(_GAP, text)
    text = _GAPS.sub(_GAP, _NAME.sub(_GAP, text))
    return _SPACES.sub(" ", text).strip().lower()


def fingerprint(cause: Cause, known: Iterable[str] = ()) -> str:
    """Return 32 hexadecimal digits, equal for failures with one root cause. See normalised for `known`."""
    parts = (
        cause.place,
        cause.step,
        cause.business_class,
        cause.field,
        cause.code,
        normalised(cause.message, known),
    )
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
