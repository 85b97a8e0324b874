"""Records that a source no longer lists: which may be believed gone, and how a deletion is named in the ledger (pure)."""

from dataclasses import dataclass
from enum import StrEnum

RECONCILIATION = "reconciliation"  # how a deletion was found, as the ledger's error code says
_DELETED = "deleted:"
# Numbers that cannot be asked for: a hash stands for one too long, and the others were made up from the content.
NO_NUMBER = ("hash-", "unnumbered-")


class Doubt(StrEnum):
    """Why what seems gone is not believed."""

    NOTHING_LISTED = "nothing_listed"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Guard:
    """From when on missing records are doubted: more than so many of a hundred, and more than so many altogether."""

    most_percent: int
    most_records: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison counted: numbers `listed`, `known` ones (delivered, not told as deleted), and known but `missing`.

    `surprising` are the missing ones without those that were unlisted the last time too, and there all the same.
    """

    listed: int
    known: int
    missing: int
    surprising: int


def doubt_about(compared: Compared, guard: Guard) -> Doubt | None:
    """Say why the missing records may not be gone at all: lost rights look just like deletions. None: believe them.

    >>> doubt_about(Compared(listed=380, known=400, missing=20, surprising=20), Guard(5, 20))
    >>> doubt_about(Compared(listed=379, known=400, missing=21, surprising=21), Guard(5, 20))
    <Doubt.TOO_MANY: 'too_many'>
    """
    if not compared.surprising:
        return None
    if not compared.listed:
        return Doubt.NOTHING_LISTED
    too_many = compared.surprising > guard.most_records
    too_large = compared.surprising * 100 > compared.known * guard.most_percent
    return Doubt.TOO_MANY if too_many and too_large else None


def deletion_version(run: str) -> str:
    """Return the source version of a deletion that a run found: another run may find the record deleted once more."""
    return f"{_DELETED}{run}"


def is_deletion(source_version: str) -> bool:
    """Say whether a ledger line tells of a deletion."""
    return source_version.startswith(_DELETED)
