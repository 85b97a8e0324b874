"""Reads everything that can be drafted out of the metadata document of an OData service ($metadata, versions 4 and 2)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from apps.connectors.manifest import FieldSpec, ValueKind
from apps.connectors.odata_metadata import EntitySet, KeyPart, Metadata, MetadataError, Property
from apps.connectors.private.contents import names_key, root_of
from apps.connectors.private.drafting import guess_type, list_row
from apps.connectors.private.guessing import can_be_mapped, number_kind, spelled_out, version_field_of
from apps.connectors.private.odata_drafting import adapted
from apps.connectors.private.odata_sets import SetNotes, notes_of
from apps.connectors.private.readings import (
    MOST_FIELDS,
    MOST_LISTS,
    Candidate,
    DescriptionError,
    Evidence,
    Operation,
    Reading,
)

_MOST_LOOKED_AT = 2_000  # properties of one set, those inside others included
_TIMES = frozenset({"Edm.DateTimeOffset", "Edm.DateTime"})
# How a key of each type stands in the address of a record, by version of the protocol; other types are not offered.
_KEY_FORMS: Mapping[int, Mapping[str, str]] = {
    4: {
        "Edm.Guid": "({key})",
        "Edm.String": "('{key}')",
        **dict.fromkeys(("Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32", "Edm.Int64"), "({key})"),
    },
    2: {
        "Edm.Guid": "(guid'{key}')",
        "Edm.String": "('{key}')",
        "Edm.Int64": "({key}L)",
        **dict.fromkeys(("Edm.Byte", "Edm.SByte", "Edm.Int16", "Edm.Int32"), "({key})"),
    },
}
_UNREADABLE = ("Edm.Stream", "Edm.Geo")
_LEFT_OUT = 50  # names told for each reason


def is_like(raw: bytes) -> bool:
    """Return whether a file says of itself that it describes an OData service, be it in a form that is not read."""
    return root_of(raw) == "Edmx" or names_key(raw, "$Version")


def read(raw: bytes) -> Reading:
    """Return everything that can be drafted from an uploaded metadata document. Raises DescriptionError."""
    if not root_of(raw):
        raise DescriptionError(_("This is the metadata of an OData service as JSON: download it as XML."))
    try:
        metadata = Metadata(raw)
    except MetadataError as problem:
        told = {"reason": str(problem)[:200]}
        raise DescriptionError(_("The metadata document cannot be read: %(reason)s.") % told) from None
    return _Service(metadata, _version(metadata)).reading()


def _version(metadata: Metadata) -> int:
    """Return 4 or 2. Version 3, whose answers look like neither, is refused."""
    told = metadata.versions
    if told and all(one.startswith("4") for one in told):
        return 4
    if all(one.startswith(("1", "2")) for one in told):
        return 2
    words = {"version": ", ".join(told)[:40]}
    raise DescriptionError(_("OData %(version)s cannot be read: 4 and 2 can.") % words)


@dataclass(frozen=True, slots=True)
class _Found:
    """One set that can be offered, its key, and how that stands in the address of a record."""

    entity_set: EntitySet
    key: KeyPart
    key_form: str


class _Service:
    """One service that is read."""

    def __init__(self, metadata: Metadata, version: int) -> None:
        self._metadata, self._version = metadata, version
        self._left_out: dict[str, list[str]] = {}

    def reading(self) -> Reading:
        """Return the sets to choose from; of very many those come first whose names say what they hold."""
        found = list(self._found())
        if not found and self._left_out:
            words = {"names": ", ".join(name for names in self._left_out.values() for name in names)[:300]}
            raise DescriptionError(
                _(
                    "None of the sets (%(names)s) has one key that is a number, a GUID or a text: no record can be named."
                )
                % words
            )
        if len(found) > MOST_LISTS:
            found.sort(key=lambda one: not guess_type(spelled_out(one.entity_set.name)))
        return Reading(
            title="",
            lists=[self._row(one) for one in found[:MOST_LISTS]],
            more_lists=len(found) > MOST_LISTS,
            kind="odata",
            left_out=self._left_out,
            parts={"odata": self._spec(), "error_shape": _error_shape(self._version)},
        )

    def _found(self) -> Iterator[_Found]:
        for entity_set in self._metadata.entity_sets():
            key = self._metadata.key_of(entity_set.type_name)
            form = _KEY_FORMS[self._version].get(key[0].type, "") if len(key) == 1 else ""
            if form and can_be_mapped(key[0].name):
                yield _Found(entity_set, key[0], form)
            else:
                self._leave_out("several_keys" if len(key) > 1 else "odd_key" if key else "no_key", entity_set.name)

    def _leave_out(self, reason: str, name: str) -> None:
        names = self._left_out.setdefault(reason, [])
        if len(names) < _LEFT_OUT:
            names.append(name[:100])

    def _spec(self) -> dict[str, Any]:
        spec = {"guid_fields": [], "metadata_path": "$metadata", "etags_vary": True}
        return spec if self._version == 4 else {**spec, "version": self._version, "usual_forms": True}

    def _row(self, found: _Found) -> dict[str, Any]:
        name, notes = found.entity_set.name, notes_of(found.entity_set)
        candidate = Candidate(name, spelled_out(name) or name)
        listed = self._metadata.properties_of(found.entity_set.type_name)
        usable = [one for one in listed if not one.is_navigation and _is_plain(one)]
        version = _version_field(candidate, usable, notes)
        first = {found.key.name, version.field.name if version else ""}
        usable.sort(key=lambda one: one.field.name not in first)
        candidate.fields = self._fields(usable)
        kept = {spec.name for spec in candidate.fields}
        candidate.taken = tuple(
            _as_taken(one, notes, found.key.name) for one in usable if one.field.name in kept and _is_taken(one, found)
        )
        candidate.operations = list(_operations(name, found.key_form, notes))
        findable = {one.field.name for one in usable if one.written == "Edm.String" and _can_filter(one, notes)}
        candidate.parameters = tuple(sorted(findable))
        candidate.evidence = [Evidence("key_field", "key", found.key.name)]
        if version is not None:
            candidate.evidence.append(Evidence("version_field", "property", version.field.name))
        return adapted(list_row(candidate), self._version, found.key, version, notes)

    def _fields(self, usable: Iterable[Property]) -> tuple[FieldSpec, ...]:
        """Return the fields of a record; what lies inside complex types has dotted names and comes last."""
        looked_at = islice(self._metadata.named_within(usable), _MOST_LOOKED_AT)
        named = ((name, one) for name, one in looked_at if _is_plain(one))
        return tuple(replace(_spec_of(one), name=name) for name, one in islice(named, MOST_FIELDS))


def _is_plain(one: Property) -> bool:
    return can_be_mapped(one.field.name) and not one.written.removeprefix("Collection(").startswith(_UNREADABLE)


def _spec_of(one: Property) -> FieldSpec:
    """Return a property as a field, with the same name. What a new record needs is needed only where it is written."""
    field = one.field
    kind = number_kind(field.name) if field.kind is ValueKind.DECIMAL else field.kind
    return FieldSpec(field.name, kind, field.label, choices=field.choices, max_length=field.max_length)


def _as_taken(one: Property, notes: SetNotes, key: str) -> FieldSpec:
    needed = (one.has_value and one.field.name != key) or one.field.name in notes.needed
    return replace(_spec_of(one), required=needed)


def _is_taken(one: Property, found: _Found) -> bool:
    """Say whether a new record may carry a property: numbers of their own are given by most systems, texts by people."""
    own = one.field.name == found.key.name and one.written != "Edm.String"
    return not one.field.read_only and not own and not one.inside


def _can_filter(one: Property, notes: SetNotes) -> bool:
    return one.is_filterable and notes.is_filterable and one.field.name not in notes.unfiltered


def _version_field(candidate: Candidate, usable: Iterable[Property], notes: SetNotes) -> Property | None:
    """Return the property that tells when a record was last changed, if the service can be asked by it."""
    times = {one.field.name: one for one in usable if one.written in _TIMES and _can_filter(one, notes)}
    name = version_field_of(replace(candidate, fields=tuple(_spec_of(one) for one in times.values())))
    return times.get(name)


def _operations(name: str, key_form: str, notes: SetNotes) -> Iterator[Operation]:
    one = f"{name}{key_form}"
    yield Operation("list", "GET", name)
    yield Operation("one", "GET", one)
    if notes.may_create is not False:
        yield Operation("create", "POST", name)
        if notes.may_update is not False:
            yield Operation("update", "PATCH", one)
        if notes.may_delete is not False:
            yield Operation("delete", "DELETE", one)


def _error_shape(version: int) -> dict[str, str]:
    """Return where a service says what is wrong, as protocols/odata.py and odata_v2.py read it."""
    if version == 4:
        return {"problems_path": "error", "field_path": "target"}
    return {
        "problems_path": "error.innererror.errordetails",
        "field_path": "propertyref",
        "summary_code_path": "error.code",
        "summary_message_path": "error.message.value",
    }
