"""Leaving to a target what is its own: canonical fields that are filled where it has nothing, and never overwritten."""

from collections.abc import Collection, Iterable

from apps.connectors.manifest import MappingLine, WriteMode
from apps.flows.mapping.expressions import compile_expression
from apps.flows.mapping.layers import LineChange
from apps.flows.mapping.paths import parse_path


def fill_only(lines: Iterable[MappingLine], fields: Collection[str]) -> tuple[LineChange, ...]:
    """Return what a layer changes so that `lines` bring these canonical fields only where the target has nothing.

    A line that is set on creation alone stays so. A calculation counts when it reads one of the fields.
    """
    return tuple(
        LineChange(line.target, {"write_mode": WriteMode.FILL_EMPTY})
        for line in lines
        if line.write_mode is WriteMode.OVERWRITE and not fields_read(line).isdisjoint(fields)
    )


def fields_read(line: MappingLine) -> frozenset[str]:
    """Return the canonical fields that a line reads; none where it is fixed, or takes the record as a whole."""
    if line.expression:
        return compile_expression(line.expression).roots or frozenset()
    return frozenset({parse_path(line.source).root}) if line.source else frozenset()
