"""What a change of a system's fields means for a mapping: which of its lines rely on what is no longer as it was agreed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.connectors.canonical.values import plain_text
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import MappingLine, ObjectManifest, ValueKind
from apps.connectors.shapes import Change, Difference
from apps.flows.mapping.compiled import CompiledLine
from apps.flows.mapping.expressions import compile_expression

_SHOWN = 2  # of several; a sentence that names them all would not be read
_OF_READING = frozenset({Change.GONE, Change.OTHER_KIND})
_OF_WRITING = frozenset({Change.GONE, Change.OTHER_KIND, Change.READ_ONLY})
_KIND_WORDS = {
    ValueKind.WHOLE: "a whole number",
    ValueKind.DECIMAL: "a number",
    ValueKind.MONEY: "an amount of money",
    ValueKind.HOURS: "a number of hours",
    ValueKind.DATE: "a day",
    ValueKind.INSTANT: "a point in time",
    ValueKind.YES_NO: "yes or no",
    ValueKind.NESTED: "a group of values",
}


@dataclass(frozen=True, slots=True)
class Drift:
    """One change that a mapping trips over. `line` is the label of its line or step, "" where none is concerned."""

    difference: Difference
    line: str
    reads: bool
    is_step: bool = False


class DriftError(MisconfiguredError):
    """The fields of a system are no longer as a mapping relies on them: nothing may be moved until that is mended."""

    def __init__(self, message: str) -> None:
        super().__init__(message, business_class=BusinessClass.SCHEMA_DRIFT)


def reading_drift(
    lines: Sequence[CompiledLine], spec: ObjectManifest, found: Iterable[Difference]
) -> tuple[Drift, ...]:
    """Return what of the differences the lines that read an object trip over."""
    uses = list(_read_fields(lines, spec))
    return tuple(
        Drift(difference, label, reads=True)
        for difference in found
        if difference.is_harmful and difference.change in _OF_READING
        for path, label in uses
        if _lies_in(path, difference.field)
    )


def writing_drift(
    lines: Sequence[CompiledLine], spec: ObjectManifest, found: Iterable[Difference]
) -> tuple[Drift, ...]:
    """Return what of the differences the lines that write an object trip over."""
    own = spec.writing.own_key_field if spec.writing else ""
    filled = {line.target for line in lines} | {own}
    drifts: list[Drift] = []
    for difference in found:
        if difference.change is Change.REQUIRED:
            if not any(_lies_in(target, difference.field) for target in filled):
                drifts.append(Drift(difference, "", reads=False))
        elif difference.is_harmful:
            drifts += [
                Drift(difference, line.label, reads=False) for line in lines if _is_tripped_over(line, difference)
            ]
    return tuple(drifts)


def marking_drift(fields: Mapping[str, str], found: Iterable[Difference]) -> tuple[Drift, ...]:
    """Return what of the differences the steps trip over that write back; `fields` name the step of each field."""
    return tuple(
        Drift(difference, fields[difference.field], reads=False, is_step=True)
        for difference in found
        if difference.change in _OF_WRITING and difference.is_harmful and difference.field in fields
    )


def drift_error(system: str, object_label: str, drifts: Sequence[Drift]) -> DriftError:
    """Return the named exception: what changed where, which lines rely on it, and what would mend it."""
    told = [_sentence(system, object_label.lower(), drift) for drift in drifts[:_SHOWN]]
    if len(drifts) > _SHOWN:
        told.append(f"{len(drifts) - _SHOWN} further changes concern this mapping.")
    told.append(
        "Adapt the mapping and publish it, have the change undone, or take the fields as they are now on the connection's "
        "page: the next run goes on by itself."
    )
    return DriftError(" ".join(told))


def _read_fields(lines: Sequence[CompiledLine], spec: ObjectManifest) -> Iterator[tuple[str, str]]:
    """Yield the paths that reading an object relies on, each with what it is for."""
    yield spec.key_field, "number of the record"
    if spec.version_field:
        yield spec.version_field, "time of the last change"
    for compiled in lines:
        if compiled.line.source:
            yield compiled.line.source, compiled.label
        for root in sorted(_roots(compiled.line)):
            yield root, compiled.label


def _roots(line: MappingLine) -> frozenset[str]:
    # An expression that takes the record as a whole says nothing about single fields.
    return (compile_expression(line.expression).roots or frozenset()) if line.expression else frozenset()


def _lies_in(path: str, field: str) -> bool:
    return path == field or path.startswith((f"{field}.", f"{field}["))


def _is_tripped_over(compiled: CompiledLine, difference: Difference) -> bool:
    if not _lies_in(compiled.target, difference.field):
        return False
    if difference.change is Change.CHOICE_GONE:
        return any(plain_text(value) in difference.choices for value in _fixed_values(compiled.line))
    return difference.change in _OF_WRITING


def _fixed_values(line: MappingLine) -> Iterator[object]:
    """Yield the values that a line writes whatever the record says."""
    yield from (line.value_map or {}).values()
    yield from (value for value in (line.value_map_default, line.default) if value is not None)


def _sentence(system: str, objects: str, drift: Drift) -> str:
    one = drift.difference
    user = "step" if drift.is_step else "mapping line"
    line = f"the {user} “{drift.line}” {'reads' if drift.reads else 'writes'}"
    if one.change is Change.GONE:
        return f"{system} no longer has the field “{one.field}” in its {objects}, which {line}."
    if one.change is Change.OTHER_KIND:
        was, now = _kind(one.was), _kind(one.now)
        return f"The field “{one.field}” of the {objects} in {system}, which {line}, was {was} and is now {now}."
    if one.change is Change.REQUIRED:
        return f"{system} now demands the field “{one.field}” of its {objects}, and no mapping line fills it."
    if one.change is Change.READ_ONLY:
        return f"{system} no longer lets the field “{one.field}” of its {objects} be changed, which {line}."
    gone = ", ".join(f"“{choice}”" for choice in one.choices)
    return f"{system} no longer takes {gone} for the field “{one.field}” of its {objects}, which {line}."


def _kind(kind: str) -> str:
    return _KIND_WORDS.get(ValueKind(kind), "a text")
