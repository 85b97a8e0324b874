"""Two versions of a document side by side, field by field, with secrets masked (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.tenants.templatetags.wording import masked

MOST_ROWS = 400
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One field: its path ("entry.hours"), what it was and is, and "same", "changed", "added" or "removed"."""

    label: str
    left: str
    right: str
    kind: str

    @property
    def differs(self) -> bool:
        """Return whether the two sides are not the same."""
        return self.kind != "same"


@dataclass(frozen=True, slots=True)
class DocumentDiff:
    """The rows of a comparison, in the order of the newer document; `same` counts those that are equal."""

    rows: list[DiffRow]
    same: int
    is_cut: bool


def compare_documents(left: object, right: object, *, only_changes: bool = False) -> DocumentDiff:
    """Compare two documents field by field; secrets are masked after comparing, so that a changed one is seen."""
    before, after = dict(_fields(left, "")), dict(_fields(right, ""))
    hidden_before, hidden_after = dict(_fields(masked(left), "")), dict(_fields(masked(right), ""))
    rows = []
    for path in [*after, *(path for path in before if path not in after)]:
        kind = _kind(before.get(path, _ABSENT), after.get(path, _ABSENT))
        rows.append(
            DiffRow(path, _words(hidden_before.get(path, _ABSENT)), _words(hidden_after.get(path, _ABSENT)), kind)
        )
    same = sum(row.kind == "same" for row in rows)
    shown = [row for row in rows if row.differs or not only_changes]
    return DocumentDiff(shown[:MOST_ROWS], same, len(shown) > MOST_ROWS)


def _fields(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _fields(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for place, part in enumerate(value, 1):
            yield from _fields(part, f"{path}[{place}]")
    else:
        yield path, value


def _kind(before: object, after: object) -> str:
    if before is _ABSENT:
        return "added"
    if after is _ABSENT:
        return "removed"
    return "same" if before == after and type(before) is type(after) else "changed"


def _words(value: object) -> str:
    if value is _ABSENT:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
