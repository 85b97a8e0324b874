"""What a person changes of a flow, its definition and the customer's own lines, and how two people's changes meet (pure).

Everything is compared in three: as both began, as one has it, as the other has it. A step and a line are compared key by
key, a table of values row by row; what only one side changed is kept, what both changed differently is a conflict that a
person decides.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.flows.mapping.places import StoredLines
from apps.flows.mapping.rebase import Choice, Conflict, PlacedConflict

STEPS = "steps"  # the place of conflicts about the definition
ORDER, WHOLE_STEP, WHOLE_LINE, ORIGIN = "order", "step", "line", "source"
_ORIGIN_KEYS = ("source", "expression")
_TABLE = "value_map"
_MISSING: Any = object()

Entity = tuple[str, ...]  # ("part", key), ("step", name) or ("line", place, target)
Keys = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FlowContent:
    """A definition as it is stored, and the customer's own lines by place; a place without own lines may be left out."""

    definition: Mapping[str, Any]
    lines: Mapping[str, StoredLines] = field(default_factory=dict)

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        """The stored steps in order."""
        return list(self.definition.get("steps") or [])

    def with_steps(self, steps: Sequence[Mapping[str, Any]]) -> "FlowContent":
        """Return the content with other steps."""
        return FlowContent({**self.definition, "steps": list(steps)}, self.lines)

    def to_json(self) -> dict[str, Any]:
        """Return the content as it is stored."""
        return {"definition": dict(self.definition), "lines": {name: list(kept) for name, kept in self.lines.items()}}


def read_content(stored: Mapping[str, Any]) -> FlowContent:
    """Read back what `to_json` wrote."""
    return FlowContent(stored["definition"], stored["lines"])


def step_name(step: Mapping[str, Any]) -> str:
    """Return what a stored step is called: its kind where it has no name of its own."""
    return str(step.get("name") or step["kind"])


def same_content(one: FlowContent, other: FlowContent) -> bool:
    """Tell whether two contents mean the same, in whatever order their lines are kept."""
    return _entities(one) == _entities(other) and _order(one) == _order(other)


@dataclass(frozen=True, slots=True)
class Merged:
    """Both sides' changes in one, and what is not decided; an undecided conflict stands as ours."""

    content: FlowContent
    conflicts: tuple[PlacedConflict, ...]


def merge_contents(
    start: FlowContent, ours: FlowContent, theirs: FlowContent, choices: Mapping[str, Choice] | None = None
) -> Merged:
    """Bring what `ours` and `theirs` each changed since `start` together. `choices` go by the conflicts' names."""
    work = _Work(choices or {})
    base, own, other = _entities(start), _entities(ours), _entities(theirs)
    merged: dict[Entity, Keys] = {}
    for entity in dict.fromkeys((*own, *other, *base)):
        kept = work.merge_entity(entity, base.get(entity), own.get(entity), other.get(entity))
        if kept is not None:
            merged[entity] = kept
    order = work.merge_order(_order(start), _order(ours), _order(theirs))
    present = [name for name in order if ("step", name) in merged]
    return Merged(_content(merged, present), tuple(work.conflicts))


def _order(content: FlowContent) -> list[str]:
    return [step_name(step) for step in content.steps]


def _entities(content: FlowContent) -> dict[Entity, Keys]:
    entities: dict[Entity, Keys] = {
        ("part", key): {"": value} for key, value in content.definition.items() if key != "steps"
    }
    entities |= {("step", step_name(step)): dict(step) for step in content.steps}
    for place, lines in content.lines.items():
        for line in lines:
            changes = {key: value for key, value in line.items() if key != "target"}
            entities["line", place, line["target"]] = changes
    return entities


def _content(entities: Mapping[Entity, Keys], order: Iterable[str]) -> FlowContent:
    definition = {entity[1]: keys[""] for entity, keys in entities.items() if entity[0] == "part"}
    definition["steps"] = [entities["step", name] for name in order]
    lines: dict[str, list[Mapping[str, Any]]] = {}
    for entity, keys in entities.items():
        if entity[0] == "line":
            lines.setdefault(entity[1], []).append({"target": entity[2], **keys})
    return FlowContent(definition, lines)


def _placed(entity: Entity, part: str, before: Any, theirs: Any, ours: Any, row: str = "") -> PlacedConflict:
    if entity[0] == "line":
        return PlacedConflict(entity[1], Conflict(entity[2], part or WHOLE_LINE, before, theirs, ours, row))
    if entity[0] == "step":
        return PlacedConflict(STEPS, Conflict(entity[1], part or WHOLE_STEP, before, theirs, ours))
    return PlacedConflict(STEPS, Conflict("", entity[1], before, theirs, ours))


class _Work:
    def __init__(self, choices: Mapping[str, Choice]) -> None:
        self.choices = choices
        self.conflicts: list[PlacedConflict] = []

    def merge_entity(self, entity: Entity, base: Keys | None, ours: Keys | None, theirs: Keys | None) -> Keys | None:
        if theirs in (ours, base):
            return ours
        if ours == base:
            return theirs
        if entity[0] == "line" and not any(keys and keys.get("removed") for keys in (base, ours, theirs)):
            base = {} if base is None else base  # no line of one's own is a line that changes nothing
        if base is None or ours is None or theirs is None or entity[0] == "part" or _is_removed(ours, theirs):
            return ours if self._keeps(_placed(entity, "", _told(base), _told(theirs), _told(ours))) else theirs
        return self._merge_keys(entity, base, ours, theirs)

    def _merge_keys(self, entity: Entity, base: Keys, ours: Keys, theirs: Keys) -> Keys:
        merged: Keys = {}
        is_line = entity[0] == "line"
        if is_line:
            was, own, other = ({key: keys[key] for key in _ORIGIN_KEYS if key in keys} for keys in (base, ours, theirs))
            merged |= self._merge_value(entity, ORIGIN, was, own, other)
        for key in dict.fromkeys((*ours, *theirs, *base)):
            if is_line and key in _ORIGIN_KEYS:
                continue
            was, own, other = (keys.get(key, _MISSING) for keys in (base, ours, theirs))
            if key == _TABLE and isinstance(own, Mapping) and isinstance(other, Mapping):
                kept: Any = self._merge_table(entity, was if isinstance(was, Mapping) else {}, own, other)
            else:
                kept = self._merge_value(entity, key, was, own, other)
            if kept is not _MISSING:
                merged[key] = kept
        return merged

    def _merge_table(
        self, entity: Entity, was: Mapping[str, Any], own: Mapping[str, Any], other: Mapping[str, Any]
    ) -> Keys:
        merged: Keys = {}
        for row in dict.fromkeys((*own, *other, *was)):
            before, mine, yours = (table.get(row, _MISSING) for table in (was, own, other))
            merged[row] = self._merge_value(entity, _TABLE, before, mine, yours, row)
        return {row: value for row, value in merged.items() if value is not _MISSING}

    def _merge_value(self, entity: Entity, key: str, was: Any, own: Any, other: Any, row: str = "") -> Any:
        if other in (own, was):
            return own
        if own == was:
            return other
        return own if self._keeps(_placed(entity, key, _seen(was), _seen(other), _seen(own), row)) else other

    def merge_order(self, start: list[str], ours: list[str], theirs: list[str]) -> list[str]:
        """Return the steps in the order that one side gave them, with what the other added behind its neighbour."""
        common = set(start) & set(ours) & set(theirs)
        was, own, other = ([name for name in order if name in common] for order in (start, ours, theirs))
        if other in (was, own):
            return _with_added(ours, theirs)
        if own == was:
            return _with_added(theirs, ours)
        conflict = PlacedConflict(STEPS, Conflict("", ORDER, was, other, own))
        return _with_added(ours, theirs) if self._keeps(conflict) else _with_added(theirs, ours)

    def _keeps(self, placed: PlacedConflict) -> bool:
        chosen = self.choices.get(placed.name)
        if chosen is None:
            self.conflicts.append(placed)
        return chosen is not Choice.THEIRS


def _is_removed(*sides: Keys) -> bool:
    return any(keys.get("removed") for keys in sides)


def _with_added(order: Sequence[str], more: Sequence[str]) -> list[str]:
    merged = list(order)
    for name, before in _neighbours(more):
        if name not in merged:
            merged.insert(merged.index(before) + 1 if before in merged else 0, name)
    return merged


def _neighbours(order: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(order, ("", *order), strict=False)


def _told(keys: Keys | None) -> Any:
    return None if keys is None else keys.get("", keys)


def _seen(value: Any) -> Any:
    return None if value is _MISSING else value
