"""Asks the ledger, the links and the kept references who the neighbours of some records are: four queries a level."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Q

from apps.connectors.canonical.references import HUB, MATTER
from apps.connectors.models import Connection
from apps.flows.engine.identity import business_key
from apps.flows.models import Flow, Link, Operation, RecordReference
from apps.flows.templates_library import TEMPLATES
from apps.monitoring.lineage.chain import Node
from apps.monitoring.lineage.names import Place, resolve

MOST_ROWS = 400


class Follower:
    """Finds neighbours for `chain.walk`, and remembers what it read on the way: lines, and the numbers of each record."""

    def __init__(self, customer_id: UUID) -> None:
        """Read which systems and flows the customer has. Two queries."""
        self.customer_id = customer_id
        self.systems = dict(Connection.objects.filter(customer_id=customer_id).values_list("id", "system"))
        self.source_of: dict[UUID, UUID] = {}
        self.flows_of: dict[str, list[UUID]] = defaultdict(list)
        self._carried: set[str] = set()
        for flow_id, template, source_id in Flow.objects.filter(customer_id=customer_id).values_list(
            "id", "template", "source_id"
        ):
            self.source_of[flow_id] = source_id
            known = TEMPLATES.get(template)
            if known is not None:
                self._carried.add(known.definition.canonical_type)
            # What a partner's own template carries is not known without reading its versions: it may be anything.
            for kind in [known.definition.canonical_type] if known else MATTER:
                self.flows_of[kind].append(flow_id)
        self.lines: dict[str, Operation] = {}  # by business key, the newest
        self.places: dict[Node, dict[Place, None]] = {}

    def __call__(self, level: Sequence[Node]) -> list[Node]:
        """Return the neighbours of these records."""
        self.read_lines({node.key for node in level} - set(self.lines))
        beside = self._read_links(level)
        named, naming = self._read_references(level)
        resolved = self._resolve([*self._hubs(level), *named])
        self.read_lines({node.key for node in [*naming, *resolved]} - set(self.lines))
        return [*beside, *resolved, *naming]

    def carried(self) -> set[str]:
        """Return the types of the matter that the customer's flows are known to carry."""
        return self._carried & set(MATTER)

    def line_of(self, node: Node) -> Operation | None:
        """Return the newest ledger line that carried the record itself; None where another one's line made it."""
        line = self.lines.get(node.key)
        return line if line is not None and line.canonical_type == node.kind else None

    def read_lines(self, keys: set[str]) -> None:
        """Read the newest ledger lines of these records; one query, by the index that keeps a line unique."""
        by_kind: dict[str, list[str]] = defaultdict(list)
        for key in sorted(keys):
            by_kind[key.partition(":")[0]].append(key)
        wanted = Q()
        for kind, some in by_kind.items():
            if flows := self.flows_of.get(kind):
                wanted |= Q(flow_id__in=flows, canonical_type=kind, business_key__in=some)
        if not wanted:
            return
        # Sorted here: sorting in the database would tempt it to walk the ledger from its newest line.
        rows = list(Operation.objects.filter(wanted, customer_id=self.customer_id).order_by()[:MOST_ROWS])
        for row in sorted(rows, key=lambda one: one.id):
            self.lines[row.business_key] = row

    def _read_links(self, level: Sequence[Node]) -> list[Node]:
        """Learn the numbers of these records, and return what was made together with them under the same name."""
        keys = {node.key: node for node in level}
        for node in level:
            self._own_place(node)
        rows = Link.objects.filter(
            customer_id=self.customer_id,
            connection_id__in=list(self.systems),
            canonical_type__in=MATTER,
            business_key__in=sorted(keys),
        )
        beside: dict[Node, None] = {}
        for connection_id, kind, key, outside in rows.values_list(
            "connection_id", "canonical_type", "business_key", "outside_key"
        )[:MOST_ROWS]:
            node = Node(kind, key)
            self.places.setdefault(node, {})[Place(kind, connection_id, outside)] = None
            beside[node] = None
        for node in level:
            line = self.lines.get(node.key)
            if line is not None:
                beside[Node(line.canonical_type, node.key)] = None
        return [node for node in beside if node not in level]

    def _own_place(self, node: Node) -> None:
        places = self.places.setdefault(node, {})
        line = self.line_of(node)
        source_id = self.source_of.get(line.flow_id) if line else None
        if line is not None and source_id is not None:
            places[Place(node.kind, source_id, line.source_key)] = None

    def _hubs(self, level: Iterable[Node]) -> list[Place]:
        """Return the projects that these records' lines name."""
        lines = [(node, self.lines.get(node.key)) for node in level if node.kind != HUB]
        return [
            Place(HUB, self.source_of[line.flow_id], line.project_ref)
            for node, line in lines
            if line is not None and line.project_ref and line.flow_id in self.source_of
        ]

    def _read_references(self, level: Sequence[Node]) -> tuple[list[Place], list[Node]]:
        """Return what these records name, and which records name them."""
        keys = {node.key for node in level}
        places = [place for node in level for place in self.places.get(node, ())]
        rows = RecordReference.objects.filter(customer_id=self.customer_id)
        found = rows.filter(Q(business_key__in=sorted(keys)) | Q(outside_key__in=sorted({one.key for one in places})))
        named: list[Place] = []
        naming: list[Node] = []
        known = [(place, node) for node in level for place in self.places.get(node, ())]
        for row in found.order_by()[:MOST_ROWS]:
            place = Place(row.to_type, row.connection_id, row.outside_key)
            if row.business_key in keys:
                named.append(place)
            elif resolve(place, known):
                naming.append(Node(row.canonical_type, row.business_key))
        return named, sorted(naming)

    def _resolve(self, named: Sequence[Place]) -> list[Node]:
        """Return the records that are meant; one that nothing is known of is returned by the name it would have."""
        if not named:
            return []
        keys = sorted({place.key for place in named})
        rows = Link.objects.filter(
            customer_id=self.customer_id, outside_key__in=keys, canonical_type__in={place.kind for place in named}
        ).values_list("connection_id", "canonical_type", "business_key", "outside_key")[:MOST_ROWS]
        known = [(Place(kind, where, outside), Node(kind, key)) for where, kind, key, outside in rows]
        guesses = [
            (Place(place.kind, where, place.key), Node(place.kind, business_key(place.kind, system, place.key)))
            for place in named
            for where, system in self.systems.items()
        ]
        self.read_lines({node.key for _place, node in guesses} - set(self.lines))
        known += [(place, node) for place, node in guesses if self.line_of(node) is not None]
        found: dict[Node, None] = {}
        for place in named:
            own = Node(place.kind, business_key(place.kind, self.systems.get(place.connection_id, "?"), place.key))
            meant = resolve(place, known)
            if not meant:
                self.places.setdefault(own, {})[place] = None
            found |= dict.fromkeys(meant or [own])
        return list(found)
