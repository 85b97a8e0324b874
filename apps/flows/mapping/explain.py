"""Explain what a mapping makes of one sample record: the mapping table and its preview."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from apps.connectors.errors import FieldProblem
from apps.flows.mapping.compiled import CompiledMapping


class ExplainedLine(NamedTuple):
    """One row of the mapping table. `value` None means the field stays empty, or `problem` says why it has none."""

    target: str
    label: str
    value: Any
    origin: str
    how: str
    required: bool
    problem: FieldProblem | None


def explain(compiled: CompiledMapping, values: Mapping[str, Any]) -> list[ExplainedLine]:
    """Return one row for each line of the mapping, applied to one record."""
    shown = compiled.apply(values).values
    problems = compiled.problems_by_target(values)
    return [
        ExplainedLine(
            line.target,
            line.label,
            shown.get(line.target),
            line.origin,
            line.how,
            line.required,
            problems.get(line.target),
        )
        for line in compiled.lines
    ]
