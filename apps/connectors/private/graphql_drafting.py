"""Turns the draft of a list into that of a GraphQL list: what the schema says of each field on its paths, and its writing."""

from collections.abc import Collection, Mapping
from typing import Any

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.private.graphql_arguments import Use, finding
from apps.connectors.private.graphql_lists import Listed
from apps.connectors.private.graphql_mutations import Mutations
from apps.connectors.private.guessing import plain

_AT_ONCE = 25
_BETWEEN_NAMES = "\n"  # no name that is looked for holds it
_FINDING = ("code", "number", "externalid", "email", "key", "name")
_GIVEN_ONCE = frozenset({"code", "number", "externalid"})  # unlike names, which two records may share

Fields = dict[str, dict[str, Any]]


def adapted(
    drafted: Mapping[str, Any], listed: Listed, use: Use, written: Mutations, fields: Fields, known: Collection[str]
) -> dict[str, Any]:
    """Return a drafted object as the protocol wants it; `known` are the fields that records have.

    `fields` describe the fields of its paths, as GraphQLRecord.fields has them; what is found on the way is added to them.
    """
    left = {"writing", "natural_key", "find_parameter"}
    found = {part: one for part, one in drafted.items() if part not in left}
    natural, places = _natural_key(listed, known, fields)
    found |= natural
    found["reading_lines"] = [*_own_number(drafted), *drafted["reading_lines"]]
    found["reading"] = {**drafted["reading"], **({"parameters": use.parameters} if use.parameters else {})}
    if use.since and use.is_behind:
        found["reading"]["overlap_seconds"] = 1
    if written.writing:
        own = str(drafted.get("writing", {}).get("own_key_field") or "")
        told, place = _repeats(own, natural.get("natural_key", ""), listed, written, fields, known)
        found["writing"] = {**written.writing, **told}
        places.update(place)
    if places and all(many == "several" for many in places.values()):
        found |= {"find_at_once": _AT_ONCE, "find_joiner": _BETWEEN_NAMES}
    only = [spec.name for spec in written.taken if spec.name not in known]
    found["graphql"] = {"type": listed.record.name, "fields": fields, **({"input_only": only} if only else {})}
    return found


def _own_number(drafted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a line for the record's own number where its name did not tell that it is that."""
    told = {line["target"] for line in drafted["reading_lines"]}
    if drafted["canonical_type"] not in CANONICAL_TYPES or "id" in told:
        return []
    return [{"target": "id", "source": drafted["key_field"], "required": True}]


def _natural_key(listed: Listed, known: Collection[str], fields: Fields) -> tuple[dict[str, str], dict[str, str]]:
    """Return by which field records are looked up, where an argument takes its values; and how many each argument takes."""
    by_plain = {plain(name): name for name in known if "." not in name}
    for wanted in _FINDING:
        name = by_plain.get(wanted, "")
        place, many = _place(listed, name, fields) if name else ("", "")
        if place:
            return {"natural_key": name, "find_parameter": place}, {place: many}
    return {}, {}


def _place(listed: Listed, name: str, fields: Fields) -> tuple[str, str]:
    """Return the argument that takes values of a field and whether it takes "several"; its types are taken down."""
    place, many, types = finding(listed.field, name)
    fields[listed.path]["arguments"] |= types
    return place, many


def _repeats(
    own: str, natural: str, listed: Listed, written: Mutations, fields: Fields, known: Collection[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what tells a repeated delivery: our own number, where it can be written, read and looked for."""
    taken = {spec.name for spec in written.taken}
    if not own and plain(natural) in _GIVEN_ONCE:
        own = natural
    place, many = _place(listed, own, fields) if own in taken and own in known else ("", "")
    if not place:
        return {}, {}
    told = {"idempotency": "search_before_create", "own_key_field": own, "own_key_parameter": place}
    return told, {place: many}
