"""Mapping a change: what a record that is there already receives is only what was given, never a default of a new one."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.manifest import MappingLine
from apps.flows.mapping.compiled import CompiledMapping, Mapped
from apps.flows.mapping.expressions import compile_expression
from apps.flows.mapping.paths import parse_path


def apply_given(mapping: CompiledMapping, values: Mapping[str, Any]) -> Mapped:
    """Map what `values` hold and leave everything else of the target as it is.

    A line counts when its path begins at a field that is given, or its calculation reads one. What a new record would need
    besides is not missing here; a line that was given something unusable is a problem as always.
    """
    whole, wrong = mapping.apply(values), mapping.problems_by_target(values)
    given = [line.target for line in mapping.lines if reads_any(line.line, values)]
    return Mapped(
        values={target: whole.values[target] for target in given if target in whole.values},
        references=tuple(reference for reference in whole.references if reference.field in given),
        problems=tuple(wrong[target] for target in given if target in wrong),
    )


def reads_any(line: MappingLine, values: Mapping[str, Any]) -> bool:
    """Return whether a line's path begins at one of the fields in `values`, or its calculation reads one."""
    if line.source:
        return parse_path(line.source).root in values
    roots = compile_expression(line.expression).roots if line.expression else None
    return bool(roots) and not values.keys().isdisjoint(roots or ())
