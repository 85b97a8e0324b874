"""A compiled mapping: plain functions in order, which can only fail for what a record holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apps.connectors.canonical.values import NULL, UnusableValueError, parse_text
from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import MappingLine
from apps.flows.mapping.expressions import Scope

Produce = Callable[[Mapping[str, Any], Scope], Any]
UNUSABLE = (UnusableValueError, ArithmeticError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class LineProblem:
    """One thing wrong with one line. `column` is the place in the expression, from 1; 0 when there is none.

    `key` is the key of MappingLine that a person would mend, "" where it is the line as a whole.
    """

    target: str
    message: str
    column: int = 0
    key: str = field(default="", compare=False)  # where it is shown; two problems are the same by what they say


class MappingError(ValueError):
    """A mapping cannot be published; `problems` holds everything that is wrong with it."""

    def __init__(self, problems: Sequence[LineProblem]) -> None:
        super().__init__("; ".join(f"{problem.target}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


class Reference(NamedTuple):
    """A target field whose value is the canonical key of another record, to be turned into that record's target id."""

    field: str
    canonical_type: str
    key: str


class Mapped(NamedTuple):
    """What came of one record. With problems the values are incomplete and must not be delivered."""

    values: dict[str, Any]
    references: tuple[Reference, ...]
    problems: tuple[FieldProblem, ...]


@dataclass(frozen=True, slots=True)
class CompiledLine:
    """One line, ready to run. `blame` is the canonical field a person would correct; `how` says in words what it does.

    `plain_text` lines carry a top-level text over and need no function of their own.
    """

    target: str
    label: str
    origin: str
    line: MappingLine
    how: str
    blame: str
    required: bool
    produce: Produce
    plain_text: bool = False


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """A whole mapping, ready to run over any number of records."""

    lines: tuple[CompiledLine, ...]
    build_scope: Callable[[Mapping[str, Any]], Scope] | None
    _texts: tuple[tuple[str, str], ...]
    _producers: tuple[tuple[str, Produce], ...]
    _required: frozenset[str]
    _references: tuple[tuple[str, str], ...]

    def apply(self, values: Mapping[str, Any]) -> Mapped:
        """Map one record. Never raises for what it holds: each unusable value becomes one problem."""
        mapped, failures = self._run(values)
        problems: tuple[FieldProblem, ...] = ()
        if failures or not self._required.issubset(mapped):
            problems = tuple(self._problems(mapped, failures).values())
        references: tuple[Reference, ...] = ()
        if self._references:
            references = tuple(
                [Reference(target, kind, mapped[target]) for target, kind in self._references if target in mapped]
            )
        return Mapped(mapped, references, problems)

    def problems_by_target(self, values: Mapping[str, Any]) -> dict[str, FieldProblem]:
        """Return what is wrong with one record, by target field: for the preview."""
        return self._problems(*self._run(values))

    def _run(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, Exception]]]:
        scope = None if self.build_scope is None else self.build_scope(values)
        mapped: dict[str, Any] = {}
        failures: list[tuple[str, Exception]] = []
        # Most lines carry a text over as it is: they are read here, without a call for each.
        for target, source in self._texts:
            value = values.get(source)
            if type(value) is str and NULL not in value:
                value = value.strip()
                if value:
                    mapped[target] = value
            elif value is not None:
                _try(mapped, failures, target, value)
        for target, produce in self._producers:
            try:
                value = produce(values, scope)
            # A record may hold anything; only what reading a value can raise is caught.
            except UNUSABLE as failure:
                failures.append((target, failure))
                continue
            if value is not None:
                mapped[target] = value
        return mapped, failures

    def _problems(
        self, mapped: Mapping[str, Any], failures: Sequence[tuple[str, Exception]]
    ) -> dict[str, FieldProblem]:
        lines = {line.target: line for line in self.lines}
        problems = {target: _field_problem(lines[target], failure) for target, failure in failures}
        missing = [
            line for line in self.lines if line.required and line.target not in mapped and line.target not in problems
        ]
        return problems | {line.target: _missing(line) for line in missing}


def _try(mapped: dict[str, Any], failures: list[tuple[str, Exception]], target: str, value: Any) -> None:
    try:
        mapped[target] = parse_text(value)
    except UNUSABLE as failure:
        failures.append((target, failure))


def _field_problem(line: CompiledLine, failure: Exception) -> FieldProblem:
    if isinstance(failure, UnusableValueError):
        message, business_class = failure.message, failure.business_class
    else:
        message, business_class = f"the value cannot be used ({type(failure).__name__})", BusinessClass.PARSE
    return FieldProblem(line.blame, f"{line.label}: {message}.", business_class, "unusable")


def _missing(line: CompiledLine) -> FieldProblem:
    sentence = f"{line.label} is missing. Fill it in at {{source}}, or give it a default in the mapping."
    return FieldProblem(line.blame, sentence, BusinessClass.MISSING_REFERENCE, "missing")
