"""The mapping studio: the fields of source, canonical type and target as trees, with the lines between them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from apps.connectors import shape_book
from apps.connectors.canonical.shapes import CanonicalField
from apps.connectors.manifest import MappingLine
from apps.connectors.models import ObjectShape
from apps.connectors.shape_words import kind_words
from apps.flows.mapping.compile import Field, line_words
from apps.flows.mapping.explain import ExplainedLine, explain
from apps.flows.mapping.expressions import ExpressionError, compile_expression
from apps.flows.mapping.layers import LayeredLine
from apps.flows.mapping.paths import PathError, build_getter, parse_path
from apps.flows.mapping.places import DELIVERY, READING, read_places
from apps.flows.mapping.suggest import Suggestion, suggest_matches
from apps.flows.models import Flow, FlowVersion
from apps.flows.queries.mapped_places import MappedPlace, own_change
from apps.flows.queries.studio_samples import Sample, shown

SOURCE, CANONICAL, TARGET = "source", "canonical", "target"
_ITSELF = object()  # where a group of a tree keeps the field of its own name
_MOST_COMPARED = 20  # other flows that are asked what they do


@dataclass(frozen=True, slots=True)
class StudioRow:
    """One field of a column, or a group of fields of which nothing is filled itself.

    `place` is where its line is changed, "" where it only is read. `links` are the rows of the column before it that its
    line reads, `uses` how many lines read it. `is_known` False: the system has it, but its connector does not read it.
    """

    side: str
    name: str
    label: str
    depth: int = 0
    is_group: bool = False
    kind: str = ""
    unit: str = ""
    owner: str = ""
    is_required: bool = False
    is_known: bool = True
    value: str = ""
    place: str = ""
    how: str = ""
    origin: str = ""
    problem: str = ""
    links: tuple[str, ...] = ()
    uses: int = 0
    is_drafted: bool = False
    suggestion: Suggestion | None = None

    @property
    def is_fillable(self) -> bool:
        """Whether a line may fill it here."""
        return bool(self.place) and not self.is_group

    @property
    def marks(self) -> str:
        """The words by which the row is found by a filter."""
        if not self.is_fillable:
            return "" if self.uses or self.is_group else "unmapped"
        found = {
            "unmapped": not self.how,
            "required": self.is_required,
            "own": self.origin == "customer",
            "problem": bool(self.problem),
            "drafted": self.is_drafted,
            "suggested": self.suggestion is not None,
        }
        return " ".join(name for name, holds in found.items() if holds)


@dataclass(frozen=True, slots=True)
class Columns:
    """The three columns of one place. `source` is empty where another step makes the canonical record."""

    source: list[StudioRow]
    canonical: list[StudioRow]
    target: list[StudioRow]

    @property
    def fillable(self) -> list[StudioRow]:
        """Every row that a line may fill."""
        return [row for row in (*self.canonical, *self.target) if row.is_fillable]

    def count(self, mark: str) -> int:
        """Return how many rows that a line may fill have a mark."""
        return sum(mark in row.marks.split() for row in self.fillable)


@dataclass(frozen=True, slots=True)
class _Side:
    """One place as its column needs it: what the sample gives, what the draft changes, what may be suggested."""

    place: MappedPlace
    values: Mapping[str, Any]
    explained: Mapping[str, ExplainedLine]
    drafted: frozenset[str]
    suggestions: Mapping[str, tuple[Suggestion, ...]] = field(default_factory=dict)


def build_columns(
    places: Sequence[MappedPlace], chosen: MappedPlace, sample: Sample | None, draft: FlowVersion, live: FlowVersion
) -> Columns:
    """Return the columns of one place that writes: the flow's source, the canonical type, and the object written there.

    Where another step makes the canonical record the source stays empty. Two queries.
    """
    reading = places[0]
    writing = _side(chosen, reading, sample, draft, live)
    if chosen.mapped_by:
        middle = _valued(build_tree(CANONICAL, chosen.sources), writing.values)
        target = _filled(writing, TARGET, middle)
        return Columns([], _read_by(middle, target), target)
    read = _side(reading, reading, sample, draft, live)
    source = _valued([*build_tree(SOURCE, reading.sources), *_unknown_fields(reading)], read.values)
    middle = _filled(read, CANONICAL, source)
    target = _filled(writing, TARGET, middle)
    return Columns(_read_by(source, middle), _read_by(middle, target), target)


def suggestions_for(place: MappedPlace) -> dict[str, tuple[Suggestion, ...]]:
    """Return what may fill the fields of a place that nothing fills, by field. One query."""
    filled = {layered.line.target for layered in place.lines}
    unfilled = [spec for spec in place.targets if spec.name not in filled]
    uses = _uses_elsewhere(place) if unfilled else {}
    return suggest_matches(unfilled, place.sources, uses=uses)


def _side(
    place: MappedPlace, reading: MappedPlace, sample: Sample | None, draft: FlowVersion, live: FlowVersion
) -> _Side:
    values = sample.values_at(reading, place) if sample else {}
    explained = {row.target: row for row in explain(place.survey.compiled, values)} if values else {}
    targets = {line.get("target", "") for one in (draft, live) for line in _own_lines(one, place.name)}
    drafted = {name for name in targets if own_change(draft, place.name, name) != own_change(live, place.name, name)}
    return _Side(place, values, explained, frozenset(drafted), suggestions_for(place))


def _own_lines(version: FlowVersion, place: str) -> Sequence[Mapping[str, Any]]:
    stored = read_places(version.layers).get(place)
    return stored.customer if stored else ()


def _uses_elsewhere(place: MappedPlace) -> dict[tuple[str, str], int]:
    """Return how many other flows fill a field of the same system from which source: their own and the partner's lines."""
    side = "source" if place.is_reading else "target"
    others = Flow.objects.filter(live_version__isnull=False, **{f"{side}__system": place.connection.system})
    name = place.name if place.name in (READING, DELIVERY) else None
    uses: dict[tuple[str, str], int] = {}
    for layers in others.order_by("-id").values_list("live_version__layers", flat=True)[:_MOST_COMPARED]:
        found: set[tuple[str, str]] = set()
        for key, stored in read_places(layers).items():
            if stored.object in ("", place.kind.name) and (name is None or key == name):
                own = (*stored.partner, *stored.customer)
                found |= {(line["target"], line["source"]) for line in own if line.get("source")}
        for pair in found:
            uses[pair] = uses.get(pair, 0) + 1
    return uses


def _unknown_fields(reading: MappedPlace) -> list[StudioRow]:
    """Return what the system told of its object besides what its connector reads."""
    row = ObjectShape.objects.filter(connection=reading.connection, object_name=reading.kind.name).first()
    if row is None:
        return []
    known = {spec.name for spec in reading.sources}
    return [
        StudioRow(SOURCE, one.name, one.label or one.name, kind=kind_words(one.kind), is_known=False)
        for one in shape_book.stored_shape(row).fields
        if not one.known and one.name not in known
    ]


def build_tree(side: str, fields: Iterable[Field]) -> list[StudioRow]:
    """Return fields as rows of a tree, by the dots of their names: what lies in a group stands below it, in its order."""
    root: dict[Any, Any] = {}
    for spec in fields:
        inner = root
        for name in spec.name.split("."):
            inner = inner.setdefault(name, {})
        inner[_ITSELF] = spec
    return list(_walk(side, root, "", 0))


def _walk(side: str, groups: Mapping[Any, Any], path: str, depth: int) -> Iterator[StudioRow]:
    for name, entry in groups.items():
        if name is _ITSELF:
            continue
        whole = f"{path}.{name}" if path else name
        yield (
            _row(side, entry[_ITSELF], depth)
            if _ITSELF in entry
            else StudioRow(side, whole, name, depth, is_group=True)
        )
        yield from _walk(side, entry, whole, depth + 1)


def _row(side: str, spec: Field, depth: int) -> StudioRow:
    label = spec.label or spec.name.rpartition(".")[2]
    row = StudioRow(side, spec.name, label, depth, kind=kind_words(spec.kind), is_required=spec.required)
    if not isinstance(spec, CanonicalField):
        return row
    return replace(row, unit=spec.measured_in, owner=spec.owner.value if spec.owner else "")


def _valued(rows: Sequence[StudioRow], values: Mapping[str, Any]) -> list[StudioRow]:
    """Return rows with what the sample has at their paths."""
    if not values:
        return list(rows)
    return [row if row.is_group else replace(row, value=shown(_value_at(row.name, values))) for row in rows]


def _value_at(path: str, values: Mapping[str, Any]) -> Any:
    if path in values:
        return values[path]
    try:
        return build_getter(parse_path(path))(values)
    except PathError:
        return None


def _filled(side: _Side, name: str, before: Sequence[StudioRow]) -> list[StudioRow]:
    """Return the column that the lines of a place fill, linked with the rows of the column before it."""
    place = side.place
    rows = build_tree(name, place.targets)
    known = {row.name for row in rows}
    lines = {layered.line.target: layered for layered in place.lines}
    # A system's own lines may fill what its manifest does not list, and a broken one what is gone.
    rows += [
        StudioRow(name, target, layered.line.label or target)
        for target, layered in lines.items()
        if target not in known
    ]
    names = frozenset(row.name for row in before)
    return [row if row.is_group else _with_line(row, side, lines.get(row.name), names) for row in rows]


def _with_line(row: StudioRow, side: _Side, layered: LayeredLine | None, names: frozenset[str]) -> StudioRow:
    place, explained = side.place, side.explained.get(row.name)
    wrong = [problem.message for problem in place.problems_of(row.name)]
    if explained is not None and explained.problem is not None:
        wrong.append(explained.problem.message.replace("{source}", place.connection.name))
    suggested = side.suggestions.get(row.name, ())
    row = replace(
        row,
        place=place.name,
        problem=" ".join(wrong),
        is_drafted=row.name in side.drafted,
        suggestion=suggested[0] if suggested and layered is None else None,
    )
    if layered is None:
        return row
    return replace(
        row,
        label=layered.line.label or row.label,
        how=line_words(layered.line),
        origin=layered.origin,
        is_required=row.is_required or layered.line.required,
        value=shown(explained.value) if explained else "",
        links=linked_rows(layered.line, names),
    )


def linked_rows(line: MappingLine, names: frozenset[str]) -> tuple[str, ...]:
    """Return the names of the rows that a line reads: each path's own row, or the nearest group above it."""
    found = (_nearest(path, names) for path in _paths_read(line))
    return tuple(dict.fromkeys(name for name in found if name))


def _paths_read(line: MappingLine) -> Sequence[str]:
    if line.source:
        return (line.source,)
    if not line.expression:
        return ()
    try:
        return sorted(compile_expression(line.expression).roots or ())
    except ExpressionError:
        return ()


def _nearest(path: str, names: frozenset[str]) -> str:
    while path and path not in names:
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return path


def _read_by(rows: Sequence[StudioRow], reader: Sequence[StudioRow]) -> list[StudioRow]:
    """Return rows with how many rows of the next column read them."""
    uses: dict[str, int] = {}
    for row in reader:
        for name in row.links:
            uses[name] = uses.get(name, 0) + 1
    return [replace(row, uses=uses.get(row.name, 0)) for row in rows]
