"""Looking at a mapping that may be wrong in places: what is wrong with which line, and what the others make of a record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from apps.connectors.canonical.values import UnusableValueError, shown
from apps.connectors.manifest import MappingLine
from apps.flows.mapping.compile import Field, compile_mapping
from apps.flows.mapping.compiled import CompiledMapping, LineProblem, MappingError
from apps.flows.mapping.expressions import ExpressionError, build_scope_builder, compile_expression
from apps.flows.mapping.fitting import build_value_map
from apps.flows.mapping.layers import LayeredLine
from apps.flows.mapping.paths import PathError, build_getter, parse_path
from apps.flows.mapping.transforms import TransformError, build_transform

_UNUSABLE = (UnusableValueError, ArithmeticError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Survey:
    """A mapping of which every line that can be compiled is. `problems` are by target field, "" for the whole."""

    compiled: CompiledMapping
    problems: Mapping[str, tuple[LineProblem, ...]]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a line on one record: what was done, and what stood there afterwards, or why nothing could.

    `written` is "source", "table", or the step as it is written ("shorten:50").
    """

    written: str
    value: Any
    problem: str = ""


def survey_mapping(
    lines: Sequence[LayeredLine],
    told: Sequence[LineProblem],
    *,
    source_fields: Sequence[Field],
    target_fields: Sequence[Field],
    outgoing: bool,
    settings: Mapping[str, Any] | None,
) -> Survey:
    """Compile every line that nothing is wrong with. `told` is what the whole mapping was refused for, () when it was not.

    Lines that are only wrong together with others (more than fit) leave nothing to apply.
    """
    problems: dict[str, tuple[LineProblem, ...]] = {}
    for problem in told:
        problems[problem.target] = (*problems.get(problem.target, ()), problem)
    # What no line fills was told; here it would only keep the others from being applied.
    targets = [replace(one, required=False) for one in target_fields] if told else list(target_fields)
    sound = [layered for layered in lines if layered.line.target not in problems]
    try:
        compiled = compile_mapping(
            sound, source_fields=source_fields, target_fields=targets, outgoing=outgoing, settings=settings
        )
    except MappingError:
        compiled = compile_mapping((), source_fields=(), target_fields=(), outgoing=outgoing)
    return Survey(compiled, problems)


def trace_line(
    line: MappingLine, values: Mapping[str, Any], settings: Mapping[str, Any] | None = None
) -> tuple[Stage, ...]:
    """Return what becomes of a record's value stage by stage, up to the first one that cannot use it.

    The conversion to the target's kind, the default and the checks come after the last stage: the mapping does them.
    """
    try:
        value = _begin(line, values, settings)
    except (PathError, ExpressionError) as wrong:
        return (Stage("source", None, wrong.message if isinstance(wrong, ExpressionError) else str(wrong)),)
    except _UNUSABLE as wrong:
        return (Stage("source", None, _reason(wrong, None)),)
    stages = [Stage("source", value)]
    for written in line.transforms:
        stage = _worked(written, value)
        stages.append(stage)
        if stage.problem:
            return tuple(stages)
        value = stage.value
    if line.value_map is not None and value is not None:
        try:
            stages.append(Stage("table", build_value_map(line)(value)))
        except _UNUSABLE as wrong:
            stages.append(Stage("table", None, _reason(wrong, value)))
    return tuple(stages)


def _begin(line: MappingLine, values: Mapping[str, Any], settings: Mapping[str, Any] | None) -> Any:
    if line.source:
        return build_getter(parse_path(line.source))(values)
    if not line.expression:
        return None
    expression = compile_expression(line.expression)
    return expression.evaluate(build_scope_builder([expression], settings)(values))


def _worked(written: str, value: Any) -> Stage:
    try:
        transform, function = build_transform(written)
        return Stage(written, function(value) if value is not None or transform.sees_missing else None)
    except TransformError as wrong:
        return Stage(written, None, str(wrong))
    except _UNUSABLE as wrong:
        return Stage(written, None, _reason(wrong, value))


def _reason(wrong: Exception, value: Any) -> str:
    return wrong.message if isinstance(wrong, UnusableValueError) else f"{shown(value)} cannot be used"
