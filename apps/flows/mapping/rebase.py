"""Moving a customer's own lines from the base they were made on to a newer one: a merge of three, line by line.

What only one side changed is kept. What both changed differently is a conflict that a person decides; tables of values are
compared row by row, so that two people's additions meet without one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.connectors.manifest import MappingLine
from apps.flows.mapping.layers import LineChange, merge_layers

_ORIGIN_KEYS = frozenset({"source", "expression"})
_MISSING: Any = object()


class Choice(StrEnum):
    """What a person decides about a conflict."""

    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that the customer and the newer base changed differently.

    `part` is the key of the line, "value_map" with the table's `row`, or "line" where one side has no such line any more.
    `before`, `theirs` and `ours` are the values, None where there is none.
    """

    target: str
    part: str
    before: Any
    theirs: Any
    ours: Any
    row: str = ""

    @property
    def name(self) -> str:
        """What a choice is given under."""
        return ".".join(filter(None, (self.target, self.part, self.row)))


@dataclass(frozen=True, slots=True)
class PlacedConflict:
    """A conflict and the place it is at. A place that is gone altogether has only one: its lines cannot be kept."""

    place: str
    conflict: Conflict

    @property
    def name(self) -> str:
        """What a choice is given under."""
        return f"{self.place}:{self.conflict.name}"

    @property
    def can_be_kept(self) -> bool:
        """True when the customer's side can be chosen."""
        return self.conflict.part != "place"


@dataclass(frozen=True, slots=True)
class Rebased:
    """The customer's lines on the newer base, and what is not decided; an undecided conflict stands as ours."""

    own: tuple[LineChange, ...]
    conflicts: tuple[Conflict, ...]


def rebase(
    before: Iterable[MappingLine],
    after: Iterable[MappingLine],
    own: Iterable[LineChange],
    choices: Mapping[str, Choice] | None = None,
) -> Rebased:
    """Move the customer's `own` changes of the lines `before` onto the lines `after`. `choices` go by conflict name."""
    work = _Work({line.target: line for line in before}, {line.target: line for line in after}, choices or {})
    kept = tuple(filter(None, (work.move(change) for change in own)))
    return Rebased(kept, tuple(work.conflicts))


class _Work:
    def __init__(
        self, before: Mapping[str, MappingLine], after: Mapping[str, MappingLine], choices: Mapping[str, Choice]
    ) -> None:
        self.before, self.after, self.choices = before, after, choices
        self.conflicts: list[Conflict] = []

    def move(self, change: LineChange) -> LineChange | None:
        """Return the change as it has to be on the newer base, None when nothing of it is left."""
        old, new = self.before.get(change.target), self.after.get(change.target)
        if change.removed:
            return self._move_removal(change, old, new)
        if new is None and old is not None:
            whole = merge_layers((old,), customer=(change,))[0].line
            return _as_own(whole) if self._keeps(Conflict(change.target, "line", old, None, whole)) else None
        return self._move_keys(change, old, new)

    def _move_removal(self, change: LineChange, old: MappingLine | None, new: MappingLine | None) -> LineChange | None:
        if new is None:
            return None
        if old == new:
            return change
        return change if self._keeps(Conflict(change.target, "line", old, new, None)) else None

    def _move_keys(self, change: LineChange, old: MappingLine | None, new: MappingLine | None) -> LineChange | None:
        if new is None:
            return change
        kept: dict[str, Any] = {}
        for key, ours in change.changes.items():
            if key not in _ORIGIN_KEYS:
                kept |= self._move_key(change.target, key, ours, old, new)
        kept |= self._move_origin(change, old, new)
        return LineChange(change.target, kept) if kept else None

    def _move_key(self, target: str, key: str, ours: Any, old: MappingLine | None, new: MappingLine) -> dict[str, Any]:
        before, theirs = getattr(old, key, None), getattr(new, key)
        if key == "value_map" and isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            return self._move_table(target, ours, before if isinstance(before, Mapping) else {}, theirs)
        if theirs == ours:
            return {}
        if old is not None and theirs == before:
            return {key: ours}
        return {key: ours} if self._keeps(Conflict(target, key, before, theirs, ours)) else {}

    def _move_origin(self, change: LineChange, old: MappingLine | None, new: MappingLine) -> dict[str, Any]:
        """Move source and expression as one: a line has a single origin of its value."""
        ours = {key: value for key, value in change.changes.items() if key in _ORIGIN_KEYS}
        if not ours:
            return {}
        said = ours.get("expression") or ours.get("source")
        before, theirs = (old.expression or old.source if old else None), new.expression or new.source
        if theirs == said:
            return {}
        if old is not None and theirs == before:
            return ours
        return ours if self._keeps(Conflict(change.target, "source", before, theirs, said)) else {}

    def _move_table(
        self, target: str, ours: Mapping[str, Any], before: Mapping[str, Any], theirs: Mapping[str, Any]
    ) -> dict[str, Any]:
        table = dict(theirs)
        for row in dict.fromkeys((*before, *ours)):
            was, own, now = (rows.get(row, _MISSING) for rows in (before, ours, theirs))
            if own in (was, now):
                continue
            if now == was or self._keeps(Conflict(target, "value_map", _seen(was), _seen(now), _seen(own), row)):
                if own is _MISSING:
                    table.pop(row, None)
                else:
                    table[row] = own
        return {"value_map": table} if table != theirs else {}

    def _keeps(self, conflict: Conflict) -> bool:
        chosen = self.choices.get(conflict.name)
        if chosen is None:
            self.conflicts.append(conflict)
        return chosen is not Choice.THEIRS


def _seen(value: Any) -> Any:
    return None if value is _MISSING else value


def _as_own(line: MappingLine) -> LineChange:
    """Return a whole line as a change of nothing: the base has it no more."""
    changes = {key: value for key, value in _keys(line).items() if value != getattr(_EMPTY, key)}
    return LineChange(line.target, changes)


_EMPTY = MappingLine(target="")


def _keys(line: MappingLine) -> dict[str, Any]:
    return {key: getattr(line, key) for key in MappingLine.__slots__ if key != "target"}
