"""Mapping layers: the system's lines at the bottom, then template, partner and customer, each storing only differences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

from apps.connectors.manifest import MappingLine, WriteMode

Origin = Literal["system", "template", "partner", "customer"]
ORIGINS: tuple[Origin, ...] = get_args(Origin)
_DEFAULTS = MappingLine(target="")
_LINE_KEYS = tuple(entry.name for entry in fields(MappingLine) if entry.name != "target")
_TEXT_KEYS = frozenset({"source", "expression", "reference", "label"})


class LayerError(ValueError):
    """A stored layer cannot be read; the text names the line and the key."""


@dataclass(frozen=True, slots=True)
class LineChange:
    """What a layer changes about one target field: some keys of its line, or the whole line's removal."""

    target: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    removed: bool = False


@dataclass(frozen=True, slots=True)
class LayeredLine:
    """A line as it holds after merging, and the highest layer that touched it."""

    line: MappingLine
    origin: Origin


Layer = Sequence[LineChange | MappingLine]


@dataclass(frozen=True, slots=True)
class Layers:
    """What template, partner and customer change about the lines of a mapping."""

    template: Layer = ()
    partner: Layer = ()
    customer: Layer = ()


NO_LAYERS = Layers()


def merge_layers(
    system: Sequence[MappingLine], template: Layer = (), partner: Layer = (), customer: Layer = ()
) -> list[LayeredLine]:
    """Lay four layers over each other, by target field. A full MappingLine replaces, a LineChange changes or removes."""
    merged: dict[str, LayeredLine] = {line.target: LayeredLine(line, "system") for line in system}
    upper: tuple[tuple[Origin, Layer], ...] = (("template", template), ("partner", partner), ("customer", customer))
    for origin, layer in upper:
        for entry in layer:
            if isinstance(entry, MappingLine):
                merged[entry.target] = LayeredLine(entry, origin)
            elif entry.removed:
                merged.pop(entry.target, None)
            else:
                below = merged.get(entry.target)
                line = below.line if below else MappingLine(target=entry.target)
                merged[entry.target] = LayeredLine(changed_line(line, entry.changes), origin)
    return list(merged.values())


def changed_line(line: MappingLine, changes: Mapping[str, Any]) -> MappingLine:
    """Return a line with some of its keys changed."""
    changes = dict(changes)
    # A line has one origin of its value: choosing another drops the lower layer's.
    if changes.get("source"):
        changes.setdefault("expression", "")
    elif changes.get("expression"):
        changes.setdefault("source", "")
    return replace(line, **changes)


def build_difference(lower: Iterable[MappingLine], edited: Iterable[MappingLine]) -> tuple[LineChange, ...]:
    """Return what a layer must store so that laying it over `lower` gives `edited`; lines left out are removed."""
    below = {line.target: line for line in lower}
    kept = list(edited)
    changes = [LineChange(line.target, _different_keys(below.get(line.target), line)) for line in kept]
    targets = {line.target for line in kept}
    removed = [LineChange(target, removed=True) for target in below if target not in targets]
    return tuple(change for change in changes if change.changes or change.target not in below) + tuple(removed)


def _different_keys(below: MappingLine | None, line: MappingLine) -> dict[str, Any]:
    base = below or _DEFAULTS
    different = {key: getattr(line, key) for key in _LINE_KEYS if getattr(line, key) != getattr(base, key)}
    # Said aloud, so that merging does not take the other origin's absence for a choice.
    if "source" in different or "expression" in different:
        different |= {"source": line.source, "expression": line.expression}
    return different


def parse_layer(stored: Any) -> tuple[LineChange, ...]:
    """Read a layer as stored: [{"target": "amount", "transforms": ["money_round"]}, {"target": "x", "removed": true}].

    Raises LayerError naming the first line and key that is wrong.
    """
    if not isinstance(stored, list):
        raise LayerError("a layer must be a list of lines")
    changes = tuple(_parse_change(entry, f"line {number}") for number, entry in enumerate(stored, start=1))
    seen: set[str] = set()
    for change in changes:
        if change.target in seen:
            raise LayerError(f"the field {change.target!r} has two lines in one layer: keep one")
        seen.add(change.target)
    return changes


def _parse_change(entry: Any, where: str) -> LineChange:
    if not isinstance(entry, Mapping):
        raise LayerError(f"{where}: must be a group of keys with a target")
    target = entry.get("target")
    if not isinstance(target, str) or not target:
        raise LayerError(f"{where}: target is missing: name the field the line fills")
    if entry.get("removed"):
        return LineChange(target, removed=True)
    changes = {}
    for key, value in entry.items():
        if key in {"target", "removed"}:
            continue
        if key not in _LINE_KEYS:
            raise LayerError(f"{where} ({target}): unknown key {key!r}; choose among {', '.join(_LINE_KEYS)}")
        changes[key] = _parse_key(key, value, f"{where} ({target}).{key}")
    return LineChange(target, changes)


def _parse_key(key: str, value: Any, where: str) -> Any:
    if key in _TEXT_KEYS:
        return _expect(value, isinstance(value, str), f"{where}: must be a text")
    if key in {"transforms", "checks"}:
        fits = isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value)
        return tuple(_expect(value, fits, f"{where}: must be a list of texts"))
    if key == "value_map":
        return _expect(value, value is None or isinstance(value, Mapping), f"{where}: must be a group of values")
    if key == "required":
        return _expect(value, isinstance(value, bool), f"{where}: must be true or false")
    if key == "write_mode":
        known = isinstance(value, str) and value in set(WriteMode)
        return WriteMode(_expect(value, known, f"{where}: must be one of {', '.join(WriteMode)}"))
    return value


def _expect(value: Any, fits: bool, sentence: str) -> Any:  # noqa: FBT001  the outcome of a test written at the call
    if not fits:
        raise LayerError(sentence)
    return value


def write_layer(layer: Layer) -> list[dict[str, Any]]:
    """Return a layer as it is stored; `parse_layer` reads it back."""
    return [_written(entry) for entry in layer]


def _written(entry: LineChange | MappingLine) -> dict[str, Any]:
    if isinstance(entry, MappingLine):
        return {"target": entry.target} | {key: _plain(getattr(entry, key)) for key in _LINE_KEYS}
    if entry.removed:
        return {"target": entry.target, "removed": True}
    return {"target": entry.target} | {key: _plain(value) for key, value in entry.changes.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if isinstance(value, Mapping) else value


@dataclass(frozen=True, slots=True)
class LineDifference:
    """How one target field's line differs between two mappings; None on the side where there is no line."""

    target: str
    before: MappingLine | None
    after: MappingLine | None
    keys: tuple[str, ...]


def build_line_differences(before: Iterable[LayeredLine], after: Iterable[LayeredLine]) -> tuple[LineDifference, ...]:
    """Compare two merged mappings, for the page that shows what a new version changes."""
    old = {layered.line.target: layered.line for layered in before}
    new = {layered.line.target: layered.line for layered in after}
    differences = []
    for target in {**old, **new}:
        first, second = old.get(target), new.get(target)
        if first == second:
            continue
        keys = tuple(key for key in _LINE_KEYS if getattr(first or _DEFAULTS, key) != getattr(second or _DEFAULTS, key))
        differences.append(LineDifference(target, first, second, keys))
    return tuple(differences)
