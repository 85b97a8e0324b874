"""What an OData service notes about a set: whether records may be made, changed, removed, filtered and sorted by what.

Version 4 has annotations: https://github.com/oasis-tcs/odata-vocabularies/blob/main/vocabularies/Org.OData.Capabilities.V1.md
(InsertRestrictions, UpdateRestrictions, DeleteRestrictions, FilterRestrictions, SortRestrictions). SAP's version 2 has attributes (sap:creatable, sap:updatable, sap:deletable), taken
from documents that such services hand out: no page of SAP's was read for them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from apps.connectors.odata_metadata import EntitySet, attribute, local_name

_MAY = {"InsertRestrictions": "Insertable", "UpdateRestrictions": "Updatable", "DeleteRestrictions": "Deletable"}
_SAP = {"InsertRestrictions": "creatable", "UpdateRestrictions": "updatable", "DeleteRestrictions": "deletable"}


@dataclass(frozen=True, slots=True)
class SetNotes:
    """What is noted about one set. None where the service says nothing: the protocol then allows it, many services do not."""

    may_create: bool | None
    may_update: bool | None
    may_delete: bool | None
    is_filterable: bool
    unfiltered: frozenset[str]
    is_sortable: bool
    unsorted: frozenset[str]
    needed: frozenset[str]  # properties of a new record


def notes_of(found: EntitySet) -> SetNotes:
    """Return what a service says about one of its sets."""
    notes = {note.get("Term", "").rpartition(".")[2]: note for note in found.notes if local_name(note) == "Annotation"}
    filters, sorts = _values(notes.get("FilterRestrictions")), _values(notes.get("SortRestrictions"))
    creates = _values(notes.get("InsertRestrictions"))
    return SetNotes(
        may_create=_may(found, notes, "InsertRestrictions"),
        may_update=_may(found, notes, "UpdateRestrictions"),
        may_delete=_may(found, notes, "DeleteRestrictions"),
        is_filterable=_yes_no(filters.get("Filterable")) is not False,
        unfiltered=_paths(filters.get("NonFilterableProperties")),
        is_sortable=_yes_no(sorts.get("Sortable")) is not False,
        unsorted=_paths(sorts.get("NonSortableProperties")),
        needed=_paths(creates.get("RequiredProperties")),
    )


def _may(found: EntitySet, notes: Mapping[str, Element], term: str) -> bool | None:
    said = _yes_no(_values(notes.get(term)).get(_MAY[term]))
    if said is None:
        said = {"true": True, "false": False}.get(attribute(found.element, _SAP[term]))
    return said


def _values(note: Element | None) -> dict[str, Element]:
    """Return the values of an annotation's record by their names."""
    if note is None:
        return {}
    records = (part for part in note if local_name(part) == "Record")
    return {one.get("Property", ""): one for record in records for one in record if local_name(one) == "PropertyValue"}


def _yes_no(value: Element | None) -> bool | None:
    """Return what <PropertyValue Bool="false"/> or <PropertyValue><Bool>false</Bool></PropertyValue> says; None is nothing."""
    if value is None:
        return None
    written = value.get("Bool") or next((part.text for part in value if local_name(part) == "Bool"), None)
    return {"true": True, "false": False}.get(written or "")


def _paths(value: Element | None) -> frozenset[str]:
    return frozenset(_named(value)) if value is not None else frozenset()


def _named(value: Element) -> Iterator[str]:
    for part in value.iter():
        if local_name(part) in {"PropertyPath", "Path"} and part.text:
            yield part.text.strip()
