"""Compile mapping lines into plain functions once, so that applying them can only fail for what a record holds.

Everything that is wrong with a line is found here, all of it at once: a path the source does not have, an unknown
transform or check, kinds that do not fit, a table that is too large, a required field without a line, an expression that
cannot be read. One line's compilation is told in one place: compiled.py holds what comes of it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.shapes import CanonicalField
from apps.connectors.canonical.values import PARSERS, WRITERS, UnusableValueError, parse_text, shown
from apps.connectors.manifest import FieldSpec, MappingLine, ValueKind
from apps.flows.mapping.compiled import UNUSABLE, CompiledLine, CompiledMapping, LineProblem, MappingError, Produce
from apps.flows.mapping.expressions import (
    Expression,
    ExpressionError,
    Scope,
    build_scope_builder,
    compile_expression,
    unknown_settings,
)
from apps.flows.mapping.fitting import build_limits, build_value_map, value_map_problems
from apps.flows.mapping.layers import LayeredLine
from apps.flows.mapping.line_checks import MOST_CHECKS, LineCheck, LineCheckError, build_line_check, build_line_checks
from apps.flows.mapping.paths import FieldPath, PathError, build_getter, parse_path
from apps.flows.mapping.transforms import Transform, TransformError, build_transform

Field = FieldSpec | CanonicalField
MOST_LINES = 300
MOST_TRANSFORMS = 20
LONGEST_DEFAULT = 2_000

_Work = Callable[[Any], Any]

_K = ValueKind
_NUMBERS = frozenset({_K.WHOLE, _K.DECIMAL, _K.MONEY, _K.HOURS})
_TEXTS = frozenset({_K.TEXT, _K.CHOICE, _K.REFERENCE})
# What may become what. Any text may be read as a number or a date: whether it can is a question for each record.
_ACCEPTS: Mapping[ValueKind, frozenset[ValueKind]] = {
    **dict.fromkeys(_TEXTS, frozenset(_K) - {_K.NESTED}),
    **dict.fromkeys(_NUMBERS, _NUMBERS | _TEXTS),
    _K.DATE: frozenset({_K.DATE, _K.INSTANT}) | _TEXTS,
    _K.INSTANT: frozenset({_K.INSTANT}) | _TEXTS,
    _K.YES_NO: frozenset({_K.YES_NO, _K.WHOLE}) | _TEXTS,
    _K.NESTED: frozenset({_K.NESTED}),
}


def may_become(kind: ValueKind, wanted: ValueKind) -> bool:
    """Return whether a value of a kind may be carried over to a field of the wanted one without a step in between."""
    return kind in _ACCEPTS[wanted]


def compile_mapping(
    lines: Sequence[LayeredLine],
    *,
    source_fields: Sequence[Field],
    target_fields: Sequence[Field],
    outgoing: bool = False,
    settings: Mapping[str, Any] | None = None,
) -> CompiledMapping:
    """Compile merged lines. `outgoing` means canonical -> outside: values become JSON, sources must be canonical fields.

    Expressions read `settings` by name; None: which there are is not known yet, so none is held unknown.
    Raises MappingError with every problem of every line.
    """
    if len(lines) > MOST_LINES:
        sentence = f"the mapping has {len(lines)} lines, and {MOST_LINES} fit: remove those that no record needs"
        raise MappingError([LineProblem("", sentence)])
    targets = {field.name: field for field in target_fields}
    sources = {field.name: field for field in source_fields}
    problems: list[LineProblem] = []
    compiled: list[CompiledLine] = []
    expressions: list[Expression] = []
    for layered in lines:
        one = _LineCompiler(layered, sources, targets, outgoing)
        compiled_line = one.compile()
        problems += one.problems
        if compiled_line is not None:
            compiled.append(compiled_line)
        if one.expression is not None:
            expressions.append(one.expression)
            if settings is not None:
                unknown = unknown_settings(one.expression, settings)
                problems += [LineProblem(layered.line.target, sentence) for sentence in unknown]
    problems += _unmapped(lines, target_fields, outgoing=outgoing)
    if problems:
        raise MappingError(problems)
    return CompiledMapping(
        lines=tuple(compiled),
        build_scope=build_scope_builder(expressions, settings) if expressions else None,
        _texts=tuple((line.target, line.line.source) for line in compiled if line.plain_text),
        _producers=tuple((line.target, line.produce) for line in compiled if not line.plain_text),
        _required=frozenset(line.target for line in compiled if line.required),
        _references=tuple((line.target, line.line.reference) for line in compiled if line.line.reference),
    )


def _unmapped(lines: Sequence[LayeredLine], target_fields: Sequence[Field], *, outgoing: bool) -> list[LineProblem]:
    mapped = {layered.line.target for layered in lines}
    side = "the target needs" if outgoing else "every record needs"
    return [
        LineProblem(field.name, f"{side} {field.label or field.name}, but no line fills it: add one")
        for field in target_fields
        if field.required and field.name not in mapped
    ]


class _LineCompiler:
    """Compiles one line and collects everything wrong with it."""

    def __init__(
        self,
        layered: LayeredLine,
        sources: Mapping[str, Field],
        targets: Mapping[str, Field],
        outgoing: bool,  # noqa: FBT001  private, always passed on
    ) -> None:
        self.line = layered.line
        self.origin = layered.origin
        self.sources = sources
        self.field = targets.get(layered.line.target)
        self.undeclared = bool(targets) and self.field is None
        self.outgoing = outgoing
        self.problems: list[LineProblem] = []
        self.expression: Expression | None = None
        self.path: FieldPath | None = None

    def complain(self, message: str, key: str = "", column: int = 0) -> None:
        self.problems.append(LineProblem(self.line.target, message, column, key))

    def compile(self) -> CompiledLine | None:
        if self.undeclared:
            self.complain(f"there is no field {self.line.target!r} to fill: remove the line or correct its name")
        kind = self._read_origin()
        transforms = self._read_transforms()
        given = self._require_fitting(kind, [transform for transform, _ in transforms])
        checks = self._read_checks(given)
        self._read_reference()
        self._read_table()
        default = self._read_default()
        if self.problems:
            return None
        works, sees_missing = self._works(transforms)
        return CompiledLine(
            target=self.line.target,
            label=self.line.label or (self.field.label if self.field else "") or self.line.target,
            origin=self.origin,
            line=self.line,
            how=line_words(self.line),
            blame=self._blame(),
            required=self.line.required or bool(self.outgoing and self.field and self.field.required),
            produce=_after_checks(self._produce(works, default, sees_missing=sees_missing), self.line.checks),
            plain_text=works == [parse_text] and default is None and not checks and self._is_top_level(),
        )

    def _read_origin(self) -> ValueKind | None:
        """Parse the path or expression; return the kind of value it yields, None when that is not known."""
        line = self.line
        if line.source and line.expression:
            self.complain("a source and an expression are both given: keep one", "expression")
        elif line.source:
            return self._read_path(line.source)
        elif line.expression:
            self._read_expression(line.expression)
        elif line.default is None:
            self.complain(
                "neither a source, an expression nor a default is given: the field would stay empty", "source"
            )
        return None

    def _read_path(self, source: str) -> ValueKind | None:
        try:
            self.path = parse_path(source)
        except PathError as wrong:
            self.complain(str(wrong), "source")
            return None
        declared = self.sources.get(source)
        if declared is not None:
            return declared.kind
        # A system's own lines may read what its manifest does not list; people choose from what is listed.
        if self.sources and (self.outgoing or self.origin != "system") and not self._is_inside(source):
            self.complain(f"the source has no field {source!r}: choose one of {_some(self.sources)}", "source")
        return None

    def _is_inside(self, source: str) -> bool:
        return any(
            name.startswith(f"{source}.")
            or (field.kind is ValueKind.NESTED and (source.startswith((f"{name}.", f"{name}["))))
            for name, field in self.sources.items()
        )

    def _read_expression(self, text: str) -> None:
        try:
            self.expression = compile_expression(text)
        except ExpressionError as wrong:
            self.complain(wrong.message, "expression", wrong.column)
            return
        known = {name.partition(".")[0] for name in self.sources}
        if known and (self.outgoing or self.origin != "system"):
            for root in sorted((self.expression.roots or frozenset()) - known):
                self.complain(f"the source has no field {root!r}: choose one of {_some(self.sources)}", "expression")

    def _read_transforms(self) -> list[tuple[Transform, _Work]]:
        built: list[tuple[Transform, _Work]] = []
        if len(self.line.transforms) > MOST_TRANSFORMS:
            sentence = f"the line has {len(self.line.transforms)} steps, and {MOST_TRANSFORMS} fit: use fewer"
            self.complain(sentence, "transforms")
            return built
        for written in self.line.transforms:
            try:
                built.append(build_transform(written))
            except TransformError as wrong:
                self.complain(str(wrong), "transforms")
        return built

    def _require_fitting(self, kind: ValueKind | None, transforms: Sequence[Transform]) -> ValueKind | None:
        """Complain where a step gets what it cannot take; return the kind of the result, None when that is not known."""
        for transform in transforms:
            self._require_kind(kind, transform.takes, f"the step {transform.name}", "transforms")
            # What it gives is what the next one gets; a step that gives any kind leaves it open.
            kind = transform.gives
        if self.line.value_map is None and self.field is not None and not self._is_formed_day(kind):
            self._require_kind(kind, self.field.kind, f"the field {self.line.target}")
        formed = self.line.value_map is None and self._is_formed_day(kind)
        return kind if formed or self.field is None else self.field.kind

    def _read_checks(self, kind: ValueKind | None) -> list[LineCheck]:
        if len(self.line.checks) > MOST_CHECKS:
            self.complain(f"the line has {len(self.line.checks)} checks, and {MOST_CHECKS} fit: use fewer", "checks")
            return []
        built = []
        for written in self.line.checks:
            try:
                built.append(build_line_check(written)[0])
            except LineCheckError as wrong:
                self.complain(str(wrong), "checks")
        for check in built:
            self._require_kind(kind, check.takes, f"the check {check.name}", "checks")
        return built

    def _read_reference(self) -> None:
        kind = self.line.reference
        if kind and kind not in CANONICAL_TYPES:
            known = ", ".join(sorted(CANONICAL_TYPES))
            self.complain(f"there is no type {shown(kind)} to refer to: choose among {known}", "reference")

    def _read_table(self) -> None:
        if self.line.value_map is not None:
            for sentence in value_map_problems(self.line.value_map, self._accept()):
                self.complain(sentence, "value_map")
        if self.line.value_map_default is not None:
            sentence = "what any other value becomes does not fit"
            self._require_value(self.line.value_map_default, sentence, "value_map_default")

    def _accept(self) -> _Work:
        """Return what a fixed value of the line goes through: the conversion to its field, with the field's limits."""
        works = [self._converter(), *build_limits(self.field)]
        return _build_chain(works, None, sees_missing=False)

    def _require_value(self, value: Any, where: str, key: str) -> None:
        if isinstance(value, str) and len(value) > LONGEST_DEFAULT:
            self.complain(f"{where}: it has {len(value)} characters, and {LONGEST_DEFAULT} fit", key)
            return
        try:
            self._accept()(value)
        except UNUSABLE as wrong:
            reason = wrong.message if isinstance(wrong, UnusableValueError) else f"{shown(value)} cannot be used"
            self.complain(f"{where}: {reason}", key)

    def _is_formed_day(self, kind: ValueKind | None) -> bool:
        # A date step has written the day in the target's own form: it is sent as that text.
        return self.outgoing and kind is ValueKind.TEXT

    def _require_kind(self, kind: ValueKind | None, wanted: ValueKind | None, where: str, key: str = "source") -> None:
        if kind is not None and wanted is not None and not may_become(kind, wanted):
            self.complain(f"{where} needs {_KIND_WORDS[wanted]}, but gets {_KIND_WORDS[kind]}", key)

    def _read_default(self) -> Any:
        if self.line.default is None:
            return None
        told = len(self.problems)
        self._require_value(self.line.default, "the default does not fit", "default")
        if len(self.problems) > told:
            return None
        default = self._converter()(self.line.default)
        self._require_checked(default)
        return default

    def _require_checked(self, default: Any) -> None:
        try:
            build_line_checks(self.line.checks[:MOST_CHECKS])(default)
        except LineCheckError:
            return  # told already
        except UNUSABLE as wrong:
            reason = wrong.message.partition(". ")[0] if isinstance(wrong, UnusableValueError) else shown(default)
            self.complain(f"the default does not pass a check of its own line: {reason}", "default")

    def _converter(self) -> _Work:
        kind = ValueKind.TEXT if self.field is None or self.line.reference else self.field.kind
        return (WRITERS if self.outgoing else PARSERS)[kind]

    def _works(self, transforms: Sequence[tuple[Transform, _Work]]) -> tuple[list[_Work], bool]:
        works = [function for _, function in transforms]
        if self.line.value_map is not None:
            works.append(build_value_map(self.line))
        works.append(self._converter())
        works += build_limits(self.field)
        return works, any(transform.sees_missing for transform, _ in transforms)

    def _produce(self, works: Sequence[_Work], default: Any, *, sees_missing: bool) -> Produce:
        if self.expression is not None:
            return _after_expression(self.expression.evaluate, works, default, sees_missing=sees_missing)
        if self.path is None:
            return lambda _values, _scope: default
        if self._is_top_level() and len(works) == 1 and default is None:
            return _direct(self.path.root, works[0])
        return _after_path(build_getter(self.path), works, default, sees_missing=sees_missing)

    def _is_top_level(self) -> bool:
        return self.path is not None and len(self.path.segments) == 1 and not self.path.segments[0].key

    def _blame(self) -> str:
        if not self.outgoing:
            return self.line.target
        if self.path is not None:
            return self.path.root
        roots = self.expression.roots if self.expression else None
        return next(iter(roots)) if roots is not None and len(roots) == 1 else self.line.target


def _after_checks(produce: Produce, written: Sequence[str]) -> Produce:
    if not written:
        return produce
    require = build_line_checks(written)
    return lambda values, scope: require(produce(values, scope))


def _direct(name: str, work: _Work) -> Produce:
    return lambda values, _scope: work(values.get(name))


def _after_path(
    get: Callable[[Mapping[str, Any]], Any], works: Sequence[_Work], default: Any, *, sees_missing: bool
) -> Produce:
    if len(works) == 1:
        only = works[0]

        def produce_once(values: Mapping[str, Any], _scope: Scope) -> Any:
            value = only(get(values))
            return default if value is None else value

        return produce_once
    run = _build_chain(works, default, sees_missing=sees_missing)
    return lambda values, _scope: run(get(values))


def _after_expression(
    evaluate: Callable[[Scope], Any], works: Sequence[_Work], default: Any, *, sees_missing: bool
) -> Produce:
    run = _build_chain(works, default, sees_missing=sees_missing)
    return lambda _values, scope: run(evaluate(scope))


def _build_chain(works: Sequence[_Work], default: Any, *, sees_missing: bool) -> _Work:
    steps = tuple(works)

    def run(value: Any) -> Any:
        for step in steps:
            if value is None and not sees_missing:
                return default
            value = step(value)
        return default if value is None else value

    return run


_KIND_WORDS: Mapping[ValueKind, str] = {
    _K.TEXT: "a text",
    _K.WHOLE: "a whole number",
    _K.DECIMAL: "a number",
    _K.MONEY: "an amount of money",
    _K.HOURS: "hours",
    _K.DATE: "a date",
    _K.INSTANT: "a point in time",
    _K.YES_NO: "yes or no",
    _K.CHOICE: "a choice",
    _K.REFERENCE: "a reference",
    _K.NESTED: "a list or group of values",
}


def _some(fields: Mapping[str, Field], most: int = 12) -> str:
    names = list(fields)
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def line_words(line: MappingLine) -> str:
    """Return what a line does, in one short row: \"note → trim → shorten:50\"."""
    parts = []
    if line.source:
        parts.append(line.source)
    elif line.expression:
        parts.append(f"= {line.expression}")
    parts += line.transforms
    if line.value_map is not None:
        parts.append(f"table of {len(line.value_map)}")
    words = " → ".join(parts)
    if line.default is not None:
        words = f"{words}, else {line.default}" if words else f"always {line.default}"
    return f"{words}, checked: {', '.join(line.checks)}" if line.checks else words
