"""Guesses what the fields of a record mean by their names and kinds: its number, the time of its last change (pure)."""

import re

from apps.connectors.manifest import FieldSpec, ValueKind
from apps.connectors.private.readings import Candidate

CHANGED = ("updated", "modified", "changed", "lastedit")
_MONEY = re.compile(r"amount|price|total|cost|rate|budget|salary|fee\b", re.IGNORECASE)
_FIELD = re.compile(r"[A-Za-z_@][A-Za-z0-9_@-]*\Z")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_-]+")


def plain(name: str) -> str:
    """Return a name as it is compared: "per_page", "perPage" and "$per-page" are the same."""
    return "".join(sign for sign in name.lower() if sign.isalnum())


def spelled_out(name: str) -> str:
    """Return a name as words for people: "TimeEntries" is "Time entries"."""
    return " ".join(_WORDS.sub(" ", name).split()).lower().capitalize()[:80]


def can_be_mapped(name: str) -> bool:
    """Return whether a mapping line can name a property."""
    return len(name) <= 100 and _FIELD.match(name) is not None


def number_kind(name: str) -> ValueKind:
    """Return what a number that need not be whole most likely is, by its name."""
    if "hours" in name.lower():
        return ValueKind.HOURS
    return ValueKind.MONEY if _MONEY.search(name) else ValueKind.DECIMAL


def is_key(name: str) -> bool:
    """Return whether a field is named like the number of something."""
    return plain(name).endswith(("id", "uuid", "guid"))


def key_field_of(candidate: Candidate) -> str:
    """Return the field that most likely holds a record's own number."""
    names = [spec.name for spec in candidate.fields if "." not in spec.name]
    best = [name for name in names if plain(name) in {"id", "uuid", "guid", "key"}]
    own = f"{plain(candidate.label).removesuffix('s')}id"
    return next(iter([*best, *(name for name in names if plain(name) == own), *filter(is_key, names)]), "id")


def version_field_of(candidate: Candidate) -> str:
    """Return the field that tells when a record was last changed, "" when none does."""
    names = [spec for spec in candidate.fields if "." not in spec.name and _tells_change(spec)]
    return min(names, key=_trust, default=FieldSpec("")).name


def _tells_change(spec: FieldSpec) -> bool:
    same = plain(spec.name)
    fits = spec.kind in {ValueKind.INSTANT, ValueKind.TEXT, ValueKind.DATE}
    return fits and any(word in same for word in CHANGED) and not same.endswith(("by", "byid", "user"))


def _trust(spec: FieldSpec) -> tuple[bool, bool, int]:
    """Order what may tell a change: points in time first, then what is named like one, then the shortest."""
    named = plain(spec.name).endswith(("at", "on", "date", "time", "utc"))
    return spec.kind is not ValueKind.INSTANT, not named, len(spec.name)
