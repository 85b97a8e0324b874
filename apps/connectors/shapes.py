"""What the records of a system look like, as it tells itself or as its manifest says; and what has changed about them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

import orjson

from apps.connectors.manifest import FieldSpec, ObjectManifest, ValueKind

MOST_FIELDS = 1_000  # of one object; what a system tells beyond that is left out
MOST_CHOICES = 500
LONGEST_NAME = 200

_K = ValueKind
# Kinds of one family can stand for each other without a mapping noticing.
_FAMILY = {
    **dict.fromkeys((_K.TEXT, _K.CHOICE, _K.REFERENCE), "text"),
    **dict.fromkeys((_K.WHOLE, _K.DECIMAL, _K.MONEY, _K.HOURS), "number"),
}


class ShapeSource(StrEnum):
    """Who says what an object looks like."""

    LIVE = "live"  # the system itself: a field that it does not name is not there
    MANIFEST = "manifest"  # our manifest, compared with one record: a field missing from it may just be empty


@dataclass(frozen=True, slots=True)
class DiscoveredField:
    """One field of an object. `seen` says whether a live record had it; None: no record was looked at.

    `known` says that the manifest names it: mappings can rely on no other.
    """

    name: str
    kind: ValueKind = ValueKind.TEXT
    label: str = ""
    required: bool = False
    read_only: bool = False
    choices: tuple[str, ...] = ()
    max_length: int | None = None
    seen: bool | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class DiscoveredShape:
    """The fields of one object, in the order in which the system or the manifest names them."""

    object_name: str
    label: str
    source: ShapeSource
    fields: tuple[DiscoveredField, ...]


class Change(StrEnum):
    """What may be different about a field."""

    ADDED = "added"
    GONE = "gone"
    OTHER_KIND = "other_kind"
    REQUIRED = "required"
    READ_ONLY = "read_only"
    CHOICE_ADDED = "choice_added"
    CHOICE_GONE = "choice_gone"
    LENGTH = "length"


_HARMFUL = frozenset({Change.GONE, Change.OTHER_KIND, Change.READ_ONLY, Change.CHOICE_GONE})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was agreed. `was` and `now` are kinds or lengths, `choices` those that came or went."""

    change: Change
    field: str
    label: str = ""
    was: str = ""
    now: str = ""
    choices: tuple[str, ...] = ()
    known: bool = True

    @property
    def is_harmful(self) -> bool:
        """True when a mapping could trip over it: what it may rely on is no longer so, or more is demanded of it."""
        return self.change is Change.REQUIRED or (self.known and self.change in _HARMFUL)


def manifest_shape(spec: ObjectManifest, record: Mapping[str, Any] | None = None) -> DiscoveredShape:
    """Return an object as its manifest describes it, compared with one live `record` where there is one.

    Fields that the record has and the manifest does not name come last.
    """
    known = tuple(_from_manifest(spec, field, record) for field in spec.fields)
    roots = {part for field in spec.fields for part in (field.name, field.name.partition(".")[0])}
    further = [
        DiscoveredField(name, _kind_of(value), seen=True, known=False)
        for name, value in (record or {}).items()
        if name not in roots and len(name) <= LONGEST_NAME
    ]
    return DiscoveredShape(spec.name, spec.label, ShapeSource.MANIFEST, (*known, *further)[:MOST_FIELDS])


def live_shape(spec: ObjectManifest, told: Iterable[DiscoveredField]) -> DiscoveredShape:
    """Return an object as the system itself describes it; labels it does not give are the manifest's."""
    labels, relied_on = {field.name: field.label for field in spec.fields}, _relied_on(spec)
    once = {field.name: field for field in told if 0 < len(field.name) <= LONGEST_NAME}
    fields = (
        replace(
            field,
            label=field.label or labels.get(name, ""),
            required=field.required and spec.writing is not None,
            choices=field.choices[:MOST_CHOICES],
            known=name in relied_on,
        )
        for name, field in once.items()
    )
    return DiscoveredShape(spec.name, spec.label, ShapeSource.LIVE, tuple(fields)[:MOST_FIELDS])


def relying_on_all(shape: DiscoveredShape) -> DiscoveredShape:
    """Return a shape of whose fields mappings may rely on any: where the manifest's names stand for what people enter."""
    return replace(shape, fields=tuple(replace(field, known=True) for field in shape.fields))


def fingerprint(fields: Sequence[DiscoveredField]) -> str:
    """Return a short text that changes with anything that a mapping could meet: not with labels or the record seen."""
    plain = sorted(
        [field.name, field.kind, field.required, field.read_only, sorted(field.choices), field.max_length]
        for field in fields
    )
    return hashlib.blake2b(orjson.dumps(plain), digest_size=16).hexdigest()


def differences(
    agreed: Sequence[DiscoveredField], now: Sequence[DiscoveredField], source: ShapeSource
) -> tuple[Difference, ...]:
    """Return what is different now. Only a system that describes itself can say that something is gone or changed."""
    before, present = {field.name: field for field in agreed}, {field.name: field for field in now}
    added = [field for name, field in present.items() if name not in before]
    news = [Difference(Change.ADDED, field.name, field.label, known=field.known) for field in added]
    if source is not ShapeSource.LIVE:
        return tuple(news)
    found = [
        Difference(Change.REQUIRED, field.name, field.label, known=field.known) for field in added if field.required
    ]
    for name, field in before.items():
        if name not in present:
            found.append(Difference(Change.GONE, name, field.label, known=field.known))
        else:
            found += _changes(field, present[name])
    return (*found, *news)


def agree_on(
    agreed: Sequence[DiscoveredField], now: Sequence[DiscoveredField], source: ShapeSource
) -> tuple[DiscoveredField, ...]:
    """Return what is agreed once harmless news are taken in; what could harm a mapping stays as it was agreed."""
    present = {field.name: field for field in now}
    lasting = [field for field in agreed if field.known or field.name in present or source is not ShapeSource.LIVE]
    kept = [_agreed(field, present.get(field.name), source) for field in lasting]
    known = {field.name for field in agreed}
    return (*kept, *(replace(field, required=False) for field in now if field.name not in known))


def to_document(fields: Sequence[DiscoveredField]) -> list[dict[str, Any]]:
    """Return fields as JSON keeps them."""
    return [asdict(field) for field in fields]


def read_document(stored: Iterable[Mapping[str, Any]]) -> tuple[DiscoveredField, ...]:
    """Return fields out of what `to_document` gave."""
    return tuple(
        DiscoveredField(**{**field, "kind": ValueKind(field["kind"]), "choices": tuple(field["choices"])})
        for field in stored
    )


def family(kind: ValueKind) -> str:
    """Return what a kind counts as when kinds are compared."""
    return _FAMILY.get(kind, kind.value)


def _relied_on(spec: ObjectManifest) -> frozenset[str]:
    """Return the fields, and the groups that hold fields, that the manifest names."""
    names = {field.name for field in spec.fields} | {spec.key_field, spec.version_field, spec.natural_key}
    names |= {spec.writing.own_key_field} if spec.writing else set()
    return frozenset(part for name in names if name for part in (name, name.partition(".")[0]))


def _from_manifest(spec: ObjectManifest, field: FieldSpec, record: Mapping[str, Any] | None) -> DiscoveredField:
    return DiscoveredField(
        name=field.name,
        kind=field.kind,
        label=field.label,
        required=field.required and spec.writing is not None,
        read_only=spec.writing is None,
        choices=field.choices,
        max_length=field.max_length,
        seen=None if record is None else _has(record, field.name),
    )


def _has(record: Mapping[str, Any], path: str) -> bool:
    held: Any = record
    for step in path.split("."):
        if not isinstance(held, Mapping) or step not in held:
            return False
        held = held[step]
    return True


def _kind_of(value: Any) -> ValueKind:
    if isinstance(value, bool):
        return ValueKind.YES_NO
    if isinstance(value, int | float):
        return ValueKind.DECIMAL
    return ValueKind.NESTED if isinstance(value, list | Mapping) else ValueKind.TEXT


def _changes(was: DiscoveredField, now: DiscoveredField) -> list[Difference]:
    def told(change: Change, before: str = "", after: str = "", choices: tuple[str, ...] = ()) -> Difference:
        return Difference(change, now.name, now.label or was.label, before, after, choices, known=now.known)

    found = list[Difference]()
    if family(was.kind) != family(now.kind):
        found.append(told(Change.OTHER_KIND, was.kind.value, now.kind.value))
    if now.required and not was.required:
        found.append(told(Change.REQUIRED))
    if now.read_only and not was.read_only:
        found.append(told(Change.READ_ONLY))
    if was.choices and now.choices:
        gone = tuple(choice for choice in was.choices if choice not in now.choices)
        come = tuple(choice for choice in now.choices if choice not in was.choices)
        found += [told(Change.CHOICE_GONE, choices=gone)] if gone else []
        found += [told(Change.CHOICE_ADDED, choices=come)] if come else []
    if was.max_length != now.max_length:
        found.append(told(Change.LENGTH, _length(was), _length(now)))
    return found


def _agreed(was: DiscoveredField, now: DiscoveredField | None, source: ShapeSource) -> DiscoveredField:
    if now is None:
        return was
    if source is not ShapeSource.LIVE:
        return replace(was, label=now.label, seen=now.seen, known=now.known)
    if not now.known:
        return replace(now, required=was.required and now.required)
    gone = [choice for choice in was.choices if choice not in now.choices] if now.choices else []
    return replace(
        now,
        kind=now.kind if family(was.kind) == family(now.kind) else was.kind,
        required=was.required and now.required,
        read_only=was.read_only and now.read_only,
        choices=(*now.choices, *gone),
    )


def _length(field: DiscoveredField) -> str:
    return "" if field.max_length is None else str(field.max_length)
