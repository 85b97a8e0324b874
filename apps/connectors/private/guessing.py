"""Guesses what the fields of a record mean by their names and kinds: its number, the time of its last change (pure)."""

from apps.connectors.manifest import FieldSpec, ValueKind
from apps.connectors.private.readings import Candidate

CHANGED = ("updated", "modified", "changed", "lastedit")


def plain(name: str) -> str:
    """Return a name as it is compared: "per_page", "perPage" and "$per-page" are the same."""
    return "".join(sign for sign in name.lower() if sign.isalnum())


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
