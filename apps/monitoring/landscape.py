"""The picture of a customer's systems and flows: where each box stands and how the lines run between them (pure).

Systems that are only read from stand on the left, those that are only written to on the right, all others between them.
Each flow is a box of its own in a gutter between two columns, so that no two words ever lie over each other. A line that
passes a column on its way keeps a place free there, so that it crosses no box.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

SYSTEM_WIDTH, SYSTEM_HEIGHT = 208, 76
FLOW_WIDTH, FLOW_HEIGHT = 236, 84
PASSAGE_HEIGHT = 12  # the place a line keeps free in a column it passes
GAP = 44  # between columns: what the lines bend in
BETWEEN = 22  # between boxes of one column
MARGIN = 8


@dataclass(frozen=True, slots=True)
class Link:
    """A flow: from one system to another, all by id."""

    id: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Box:
    """Where a system or a flow stands."""

    id: str
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> float:
        """Return the height of its middle."""
        return self.y + self.height / 2

    @property
    def right(self) -> int:
        """Return where it ends."""
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class Route:
    """The two halves of a flow's line, as SVG paths: from the source to the flow's box, and from there to the target."""

    id: str
    to_flow: str
    to_target: str


@dataclass(frozen=True, slots=True)
class Landscape:
    """The finished picture; `systems` and `flows` are keyed by id, in the order they were given."""

    width: int
    height: int
    systems: dict[str, Box] = field(default_factory=dict)
    flows: dict[str, Box] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)


Kind = Literal["system", "flow", "passage"]


@dataclass(slots=True)
class _Place:
    """Something that takes room in a column. `pull` is where its neighbours stand: it sorts the column."""

    id: str
    kind: Kind
    pull: float = 0.0

    @property
    def height(self) -> int:
        return {"system": SYSTEM_HEIGHT, "flow": FLOW_HEIGHT, "passage": PASSAGE_HEIGHT}[self.kind]


@dataclass(slots=True)
class _Column:
    is_gutter: bool
    places: list[_Place] = field(default_factory=list)

    @property
    def width(self) -> int:
        return FLOW_WIDTH if self.is_gutter or any(place.kind == "flow" for place in self.places) else SYSTEM_WIDTH

    @property
    def height(self) -> int:
        return sum(place.height for place in self.places) + BETWEEN * max(len(self.places) - 1, 0)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A box, and from where to where its column reaches."""

    box: Box
    left: int
    right: int


def lay_out(systems: Sequence[str], links: Sequence[Link]) -> Landscape:
    """Return the picture of these systems and flows. A link between systems that are not given is left out."""
    known = set(systems)
    drawn = [link for link in links if link.source in known and link.target in known]
    sides = _sides(list(dict.fromkeys(systems)), drawn)
    columns = _columns(sides, drawn)
    spots = _stand(columns)
    boxes = {(kind, id_): spot.box for (kind, id_, _), spot in spots.items() if kind != "passage"}
    height = max((column.height for column in columns), default=0) + 2 * MARGIN
    width = sum(column.width for column in columns) + GAP * max(len(columns) - 1, 0) + 2 * MARGIN
    return Landscape(
        width=width,
        height=height,
        systems={system: boxes["system", system] for system in sides},
        flows={link.id: boxes["flow", link.id] for link in drawn},
        routes={link.id: _route(link, sides, spots, len(columns)) for link in drawn},
    )


def _sides(systems: Sequence[str], links: Sequence[Link]) -> dict[str, int]:
    """Return which of the system columns each stands in: 0, 1, ... from the left, without empty ones."""
    reads = {link.source for link in links}
    written = {link.target for link in links}
    rank = {one: 2 if one in written and one not in reads else 1 if one in written else 0 for one in systems}
    # Systems that exchange in both directions have no side of their own: the ends of the picture are given to them.
    balance = {one: sum((link.source == one) - (link.target == one) for link in links) for one in systems}
    between = [one for one in systems if rank[one] == 1]
    if between and 0 not in rank.values():
        rank[max(between, key=lambda one: (balance[one], -systems.index(one)))] = 0
    between = [one for one in systems if rank[one] == 1]
    if between and 2 not in rank.values():
        rank[min(between, key=lambda one: (balance[one], -systems.index(one)))] = 2
    used = sorted(set(rank.values()))
    return {one: used.index(rank[one]) for one in systems}


def _columns(sides: dict[str, int], links: Sequence[Link]) -> list[_Column]:
    """Return the columns from the left: systems at even places, gutters at odd ones."""
    if not sides:
        return []
    last = 2 * max(sides.values())
    needs_gutter = any(sides[link.source] == sides[link.target] for link in links) and last == 0
    columns = [_Column(is_gutter=bool(at % 2)) for at in range(last + 1 + needs_gutter)]
    for system, side in sides.items():
        columns[2 * side].places.append(_Place(system, "system"))
    rows = {place.id: float(row) for column in columns for row, place in enumerate(column.places)}
    for link in links:
        own, passed = _stations(sides[link.source], sides[link.target], len(columns))
        pull = (rows[link.source] + rows[link.target]) / 2
        columns[own].places.append(_Place(link.id, "flow", pull))
        for at in passed:
            columns[at].places.append(_Place(link.id, "passage", pull))
    for column in columns:
        # Systems keep the order they were given in; what lies between follows its ends. Sorting is stable.
        for row, place in enumerate(one for one in column.places if one.kind == "system"):
            place.pull = float(row)
        column.places.sort(key=lambda place: place.pull)
    return columns


def _stations(source: int, target: int, columns: int) -> tuple[int, list[int]]:
    """Return the column a flow's own box stands in, and the columns its line passes."""
    left, right = sorted((2 * source, 2 * target))
    if left == right:
        return (left + 1 if left + 1 < columns else left - 1), []
    own = (left + right) // 2
    return own, [at for at in range(left + 1, right) if at != own]


def _stand(columns: Sequence[_Column]) -> dict[tuple[Kind, str, int], _Spot]:
    """Return where everything stands, by kind, id and column."""
    spots: dict[tuple[Kind, str, int], _Spot] = {}
    tallest = max((column.height for column in columns), default=0)
    x = MARGIN
    for at, column in enumerate(columns):
        y = MARGIN + (tallest - column.height) // 2
        for place in column.places:
            width = {"system": SYSTEM_WIDTH, "flow": FLOW_WIDTH, "passage": column.width}[place.kind]
            box = Box(place.id, x + (column.width - width) // 2, y, width, place.height)
            spots[place.kind, place.id, at] = _Spot(box, x, x + column.width)
            y += place.height + BETWEEN
        x += column.width + GAP
    return spots


def _route(link: Link, sides: dict[str, int], spots: dict[tuple[Kind, str, int], _Spot], columns: int) -> Route:
    start, end = 2 * sides[link.source], 2 * sides[link.target]
    own, passed = _stations(sides[link.source], sides[link.target], columns)
    if start > end:
        passed.reverse()
    middle = spots["flow", link.id, own]
    before = [spots["passage", link.id, at] for at in passed if (at < own) == (start < own)]
    after = [spots["passage", link.id, at] for at in passed if (at < own) != (start < own)]
    return Route(
        link.id,
        _path([spots["system", link.source, start], *before, middle]),
        _path([middle, *after, spots["system", link.target, end]]),
    )


def _path(spots: Sequence[_Spot]) -> str:
    """Return a line through these spots: it bends in the gaps between columns only, and passes passages straight."""
    forward = spots[-1].left >= spots[0].left
    first = spots[0].box
    parts = [f"M {first.right if forward else first.x:g} {first.middle:g}"]
    for one, other in pairwise(spots):
        start, end = (one.right, other.left) if forward else (one.left, other.right)
        bend = (start + end) / 2
        parts.append(f"L {start:g} {one.box.middle:g}")
        parts.append(f"C {bend:g} {one.box.middle:g} {bend:g} {other.box.middle:g} {end:g} {other.box.middle:g}")
    last = spots[-1].box
    parts.append(f"L {last.x if forward else last.right:g} {last.middle:g}")
    return " ".join(parts)
