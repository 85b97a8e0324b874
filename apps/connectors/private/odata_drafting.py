"""Turns the draft of a list into that of an OData set: its pages, its order, how changes are asked for, how repeats are told."""

from collections.abc import Iterator
from typing import Any

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.odata_metadata import KeyPart, Property
from apps.connectors.private.guessing import plain
from apps.connectors.private.odata_sets import SetNotes

PAGE = 200
_LOOK_BACK_SECONDS = 120  # a change may be stamped before it can be seen
_GIVEN_ONCE = frozenset({"code", "number", "externalid"})  # unlike names, which two records may share


def blank_reading(version: int, path: str) -> dict[str, Any]:
    """Return how a set is read that nothing more is known of, in the words of the manifest."""
    if version == 2:
        paging = {"style": "offset", "size": PAGE, "size_parameter": "$top", "position_parameter": "$skip"}
        return {"path": path, "records_path": "d.results", "paging": paging, "one_record_path": "d"}
    return {"path": path, "records_path": "value", "paging": {"style": "link", "size": PAGE, "next_path": "next"}}


def adapted(
    row: dict[str, Any], version: int, key: KeyPart, changed: Property | None, notes: SetNotes
) -> dict[str, Any]:
    """Return a row of the choice as the protocol wants it; `changed` tells when a record was last changed, None: nothing does.

    Writing is drafted where the service says that records may be made. Where it says nothing, the row only offers it
    (readings.Reading.lists): it becomes part of the draft when a person says that records are written.
    """
    found = {name: one for name, one in row["object"].items() if name not in {"writing", "writing_lines"}}
    found |= {"key_field": key.name, "version_field": changed.field.name if changed else ""}
    found["reading"] = {
        **row["object"]["reading"],
        **blank_reading(version, row["path"]),
        **_changes(version, key.name, changed, notes),
    }
    found["reading_lines"] = [*_known_lines(found, key.name, changed), *found["reading_lines"]]
    offer: dict[str, Any] = {}
    if "writing" in row["object"]:
        lines = row["object"]["writing_lines"]
        offer = {"writing": _writing(row["object"], version, key.name), "writing_lines": lines}
    if offer and notes.may_create:
        found |= offer
    return {**row, "object": found, "offer": offer, "parts": _parts(row["path"], key, changed)}


def _known_lines(found: dict[str, Any], key: str, changed: Property | None) -> Iterator[dict[str, Any]]:
    """Yield lines for what the metadata says and names need not: the record's own number, and the time of its last change."""
    described = CANONICAL_TYPES.get(found["canonical_type"])
    drafted = {line["target"] for line in found["reading_lines"]}
    for target in described.fields if described else ():
        source = {"id": key, "updated_at": changed.field.name if changed else ""}.get(target.name)
        if source and target.name not in drafted:
            needed = {"required": True} if target.name == "id" else {}
            yield {"target": target.name, "source": source, "label": target.label, **needed}


def _changes(version: int, key: str, changed: Property | None, notes: SetNotes) -> dict[str, Any]:
    """Return how changes are asked for. Pages by number need an order that no two records share."""
    by_key = {"parameters": {"$orderby": key}} if version == 2 and _sorts(notes, key) else {}
    if changed is None:
        return {"change_read": "full", **by_key}
    name = changed.field.name
    asked = {
        "change_read": "modified_since",
        "since_parameter": f"{name} ge",
        "overlap_seconds": _LOOK_BACK_SECONDS,
    }
    if not _sorts(notes, name):
        return {**asked, **by_key}
    order = f"{name},{key}" if version == 2 and _sorts(notes, key) else name
    return {**asked, "parameters": {"$orderby": order}, "since_sorted": True}


def _sorts(notes: SetNotes, name: str) -> bool:
    return notes.is_sortable and name not in notes.unsorted


def _writing(drafted: dict[str, Any], version: int, key: str) -> dict[str, Any]:
    writing = {**drafted["writing"], "key_path": f"d.{key}" if version == 2 else key}
    own = writing.get("own_key_field") or ""
    taken = {line["target"] for line in drafted["writing_lines"]}
    known = drafted.get("natural_key", "")
    if not own and known in taken and plain(known) in _GIVEN_ONCE:
        own = known
    if own:
        writing |= {"idempotency": "search_before_create", "own_key_field": own, "own_key_parameter": own}
    return writing


def _parts(path: str, key: KeyPart, changed: Property | None) -> dict[str, Any]:
    """Return what the choice of a set adds to the document: what a cheap test reads, and types that decide literals."""
    types = {} if key.type == "Edm.String" else {path: key.type}
    if changed is not None and changed.written == "Edm.DateTime":
        types[f"{path}/{changed.field.name}"] = changed.written
    return {"test_path": f"{path}?$top=1", **({"odata": {"types": types}} if types else {})}
