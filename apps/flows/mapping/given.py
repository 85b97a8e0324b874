"""Mapping a change: what a record that is there already receives is only what was given, never a default of a new one."""

from collections.abc import Mapping
from typing import Any

from apps.flows.mapping.compile import CompiledLine, CompiledMapping, Mapped
from apps.flows.mapping.expressions import compile_expression
from apps.flows.mapping.paths import parse_path


def apply_given(mapping: CompiledMapping, values: Mapping[str, Any]) -> Mapped:
    """Map what `values` hold and leave everything else of the target as it is.

    A line counts when its path begins at a field that is given, or its calculation reads one. What a new record would need
    besides is not missing here; a line that was given something unusable is a problem as always.
    """
    whole, wrong = mapping.apply(values), mapping.problems_by_target(values)
    given = [line.target for line in mapping.lines if _reads_any(line, values)]
    return Mapped(
        values={target: whole.values[target] for target in given if target in whole.values},
        references=tuple(reference for reference in whole.references if reference.field in given),
        problems=tuple(wrong[target] for target in given if target in wrong),
    )


def _reads_any(line: CompiledLine, values: Mapping[str, Any]) -> bool:
    if line.line.source:
        return parse_path(line.line.source).root in values
    roots = compile_expression(line.line.expression).roots if line.line.expression else None
    return bool(roots) and not values.keys().isdisjoint(roots or ())
