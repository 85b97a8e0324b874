"""A record's numbers in its systems, and which record a number means when another one names it (pure)."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from uuid import UUID

from apps.monitoring.lineage.chain import Node


class Place(NamedTuple):
    """One type of record under one number in one system."""

    kind: str
    connection_id: UUID
    key: str


def resolve(named: Place, known: Iterable[tuple[Place, Node]]) -> list[Node]:
    """Return the records that `named` may mean: those of the system that names it, else whichever system has the number.

    A contract system names a deal by its number in the CRM; a PSA and an ERP may both count their projects from 1.
    """
    fitting = [(place, node) for place, node in known if (place.kind, place.key) == (named.kind, named.key)]
    own = [node for place, node in fitting if place.connection_id == named.connection_id]
    return list(dict.fromkeys(own or [node for _place, node in fitting]))


def is_meant(ref: str, source_id: UUID | None, places: Collection[Place], codes: Collection[str]) -> bool:
    """Say whether a record that came from `source_id` and names `ref` means the record with these numbers and codes.

    A system that has a number of its own for it is taken at its word; for any other the bare number counts.
    """
    if ref in codes:
        return True
    own = {place.key for place in places if place.connection_id == source_id}
    return ref in (own or {place.key for place in places})


def same_records(places: Mapping[Node, Collection[Place]]) -> dict[Node, Node]:
    """Return for each record the first one that is the same: both are of one type and share a number in one system."""
    first_with: dict[Place, Node] = {}
    first: dict[Node, Node] = {}
    for node, numbers in places.items():
        met = {first[first_with[place]] for place in numbers if place in first_with}
        chosen = next((known for known in first if known in met), node)
        first[node] = chosen
        for known, representative in list(first.items()):
            if representative in met:
                first[known] = chosen
        for place in numbers:
            first_with.setdefault(place, node)
    return first
