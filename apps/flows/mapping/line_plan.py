"""What taking over a file of lines would do to a place: which lines come, change and go, and what the layer then stores (pure)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.connectors.manifest import MappingLine
from apps.flows.mapping.layers import LayeredLine, build_difference, changed_line, write_layer
from apps.flows.mapping.line_files import FileLine

Changes = dict[str, Any] | None  # what the customer's layer stores of a line; None: nothing, it is as below


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """One line that would change: before and after, None where there is none. `row` is 0 for a line the file leaves out."""

    target: str
    row: int
    before: MappingLine | None
    after: MappingLine | None
    changes: Changes

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that differ, for a line that is there before and after."""
        if self.before is None or self.after is None:
            return ()
        return tuple(
            name for name in MappingLine.__dataclass_fields__ if getattr(self.before, name) != getattr(self.after, name)
        )


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line of the file that is not taken over, and why."""

    target: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class LinePlan:
    """What a file would do. `same` lines are as the file has them already."""

    added: tuple[PlannedLine, ...] = ()
    changed: tuple[PlannedLine, ...] = ()
    removed: tuple[PlannedLine, ...] = ()
    refused: tuple[RefusedLine, ...] = ()
    same: int = 0

    @property
    def lines(self) -> tuple[PlannedLine, ...]:
        """Every line that would change."""
        return (*self.added, *self.changed, *self.removed)

    def edit(self) -> dict[str, Changes]:
        """Return what the layer stores of each line that changes, by target field."""
        return {line.target: line.changes for line in self.lines}

    def without(self, reasons: Mapping[str, str]) -> "LinePlan":
        """Return the plan with some lines refused, each for its reason, by target field."""
        refused = [
            RefusedLine(line.target, line.row, reasons[line.target]) for line in self.lines if line.target in reasons
        ]
        kept = [tuple(one for one in some if one.target not in reasons) for some in self._parts()]
        return LinePlan(kept[0], kept[1], kept[2], (*self.refused, *refused), self.same)

    def _parts(self) -> tuple[tuple[PlannedLine, ...], ...]:
        return self.added, self.changed, self.removed


def stored_changes(lower: MappingLine | None, wanted: MappingLine) -> Changes:
    """Return what a layer stores so that the line over `lower` becomes `wanted`; None when it is so already."""
    difference = build_difference([lower] if lower else [], [wanted])
    if not difference:
        return None
    return {key: value for key, value in write_layer(difference)[0].items() if key != "target"}


def plan_lines(
    current: Iterable[LayeredLine],
    lower: Iterable[MappingLine],
    wanted: Sequence[FileLine],
    *,
    known: Collection[str],
    removes_others: bool,
) -> LinePlan:
    """Compare a file with the lines there are. `lower` are the lines below the layer that is changed, `known` the fields.

    With `removes_others` lines that the file leaves out are removed; else they stay as they are.
    """
    now = {layered.line.target: layered.line for layered in current}
    below = {line.target: line for line in lower}
    added: list[PlannedLine] = []
    changed: list[PlannedLine] = []
    removed: list[PlannedLine] = []
    refused: list[RefusedLine] = []
    same = 0
    for one in wanted:
        before = now.get(one.target)
        if before is None and known and one.target not in known:
            refused.append(
                RefusedLine(one.target, one.row, f"there is no field {one.target!r} to fill: correct its name")
            )
            continue
        after = changed_line(before or MappingLine(target=one.target), one.changes)
        if before is not None and after == before:
            same += 1
            continue
        planned = PlannedLine(one.target, one.row, before, after, stored_changes(below.get(one.target), after))
        (added if before is None else changed).append(planned)
    named = {one.target for one in wanted}
    for target, line in now.items() if removes_others else ():
        if target not in named:
            changes: Changes = {"removed": True} if target in below else None
            removed.append(PlannedLine(target, 0, line, None, changes))
    return LinePlan(tuple(added), tuple(changed), tuple(removed), tuple(refused), same)
