"""Which record a held-up one stems from: the one that links lead back to, so that it counts once however many flows hold it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from apps.connectors.models import Connection
from apps.flows.engine.identity import source_key_of
from apps.flows.models import Link, Operation

MOST_HOPS = 5
Address = tuple[UUID, str]  # a connection, and a record's number there


@dataclass(slots=True)
class _Way:
    """How far a record was followed back: the names it had, the latest last, and where to look next."""

    at: Address | None
    names: list[str] = field(default_factory=list)

    @property
    def root(self) -> str:
        """Return the name all that stems from one record agree on: the first record's, or a loop's smallest."""
        if self.names.count(self.names[-1]) > 1:
            return min(self.names)
        return self.names[-1]


def roots_of(operations: Iterable[Operation]) -> dict[UUID, str]:
    """Return the root record's name of each ledger line. Two queries for a kind of record, one more for each hop."""
    by_kind: defaultdict[tuple[UUID, str], list[Operation]] = defaultdict(list)
    for operation in operations:
        by_kind[operation.customer_id, operation.canonical_type].append(operation)
    return {
        key: root
        for (customer_id, kind), lines in by_kind.items()
        for key, root in _of_kind(customer_id, kind, lines).items()
    }


def _of_kind(customer_id: UUID, kind: str, lines: list[Operation]) -> dict[UUID, str]:
    systems: defaultdict[str, list[UUID]] = defaultdict(list)
    for system, connection_id in Connection.objects.filter(customer_id=customer_id).values_list("system", "id"):
        systems[system].append(connection_id)
    ways = {line.id: _start(line, systems) for line in lines}
    for _hop in range(MOST_HOPS):
        asked = {way.at for way in ways.values() if way.at is not None}
        if not asked:
            break
        origins = _origins(customer_id, kind, asked)
        for way in ways.values():
            _follow(way, kind, origins, systems)
    return {key: way.root for key, way in ways.items()}


def _start(line: Operation, systems: Mapping[str, list[UUID]]) -> _Way:
    source = line.flow.source_id
    siblings = next((found for found in systems.values() if source in found), [])
    # Two systems of one kind number their records by themselves: equal names are two records there.
    own = f"{line.business_key}@{source}" if len(siblings) > 1 else line.business_key
    return _Way((source, line.source_key), [own])


def _origins(customer_id: UUID, kind: str, asked: set[Address]) -> dict[Address, str]:
    """Return the names of the records that those at these addresses were made from; where there are several, none."""
    found: defaultdict[Address, set[str]] = defaultdict(set)
    links = Link.objects.filter(
        customer_id=customer_id,
        canonical_type=kind,
        connection_id__in={connection_id for connection_id, _ in asked},
        outside_key__in={key for _, key in asked},
    )
    for connection_id, outside_key, name in links.values_list("connection_id", "outside_key", "business_key"):
        found[connection_id, outside_key].add(name)
    return {address: min(names) for address, names in found.items() if len(names) == 1}


def _follow(way: _Way, kind: str, origins: Mapping[Address, str], systems: Mapping[str, list[UUID]]) -> None:
    """Take one step back, or stop: at the first record, in a loop, or where several systems might have it."""
    name = origins.get(way.at) if way.at is not None else None
    way.at = None
    if name is None or name == way.names[-1]:
        return
    homes = [(found, key) for system, found in systems.items() if (key := source_key_of(name, kind, system))]
    if len(homes) == 1 and len(homes[0][0]) > 1:
        return
    is_loop = name in way.names
    way.names.append(name)
    if homes and not is_loop:
        (connection_id, *_), key = homes[0]
        way.at = (connection_id, key)
