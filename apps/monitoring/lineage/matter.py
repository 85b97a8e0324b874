"""One business matter as a chain of stages: followed from any of its records, counted where there are many."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from apps.connectors.canonical.references import HUB, MATTER
from apps.connectors.record_words import record_name
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation, RecordReference
from apps.monitoring.lineage.chain import Found, Node, Stage, stages_of, walk
from apps.monitoring.lineage.follow import Follower
from apps.monitoring.lineage.names import Place, is_meant, same_records

MOST_COUNTED = 300  # of one type in one project: beyond, a stage says "more than"
MOST_PROJECTS = 12  # names of projects that are asked about
_BEHIND = tuple(kind for kind in MATTER if kind != HUB)
# Each pair of a name and a type is a range of one index, read from its newest line. The name is compared once more because
# the index leaves out records without a project.
_OF_PROJECTS = """
SELECT r.ref, o.id, o.canonical_type, o.business_key, o.state, o.flow_id, o.source_key, o.target_key, o.label
FROM unnest(%s::text[]) AS r(ref) CROSS JOIN unnest(%s::text[]) AS t(kind) CROSS JOIN LATERAL (
  SELECT id, canonical_type, business_key, state, flow_id, source_key, target_key, label
  FROM flows_operation
  WHERE customer_id = %s AND project_ref = r.ref AND project_ref <> '' AND canonical_type = t.kind
  ORDER BY id DESC LIMIT %s
) AS o
ORDER BY o.id DESC
"""


@dataclass(frozen=True, slots=True)
class Matter:
    """A business matter from its first talk to its last payment. `stopped_at` is the first stage where something is held up."""

    stages: tuple[Stage, ...]

    @property
    def stopped_at(self) -> Stage | None:
        """Return the first stage with a record that is held up."""
        return next((stage for stage in self.stages if stage.stopped), None)

    @property
    def is_alone(self) -> bool:
        """Return whether nothing is known but the record itself: there is no chain to draw."""
        return sum(stage.count for stage in self.stages) <= 1

    def stage_of(self, kind: str) -> Stage | None:
        """Return the stage of one type."""
        return next((stage for stage in self.stages if stage.kind == kind), None)


def get_matter(operation: Operation) -> Matter:
    """Return the matter that a record belongs to; the number of queries does not grow with its records."""
    here, follower = Node(operation.canonical_type, operation.business_key), Follower(operation.customer_id)
    met = walk(here, follower)
    follower.places.setdefault(here, {})
    same = same_records({node: tuple(follower.places.get(node, ())) for node in met})
    followed = [_followed(follower, node, tuple(places)) for node, places in _merged(follower, met, same)]
    of_projects, cut = _of_projects(follower, met)
    paid = _naming(follower, of_projects)
    found = [one for one in [*followed, *of_projects, *paid] if one.kind in MATTER or one.key == here.key]
    return Matter(tuple(stages_of(found, same.get(here, here), carried=follower.carried(), cut=cut)))


def _merged(follower: Follower, met: Iterable[Node], same: dict[Node, Node]) -> Iterator[tuple[Node, list[Place]]]:
    """Yield each record once with all its numbers: by the name under which a flow carried it, where one did."""
    groups: dict[Node, list[Node]] = {}
    for node in met:
        groups.setdefault(same[node], []).append(node)
    for first, nodes in groups.items():
        carried = next((node for node in nodes if follower.line_of(node) is not None), first)
        same.update(dict.fromkeys(nodes, carried))
        yield carried, [place for node in nodes for place in follower.places.get(node, ())]


def _followed(follower: Follower, node: Node, places: tuple[Place, ...]) -> Found:
    name = places[0].key if places else ""
    line = follower.line_of(node)
    if line is not None:
        return Found(node.kind, node.key, record_name(line.label, line.source_key), line.state, line.id, name)
    made_by = follower.lines.get(node.key)  # a record that another one's flow made, and has a number for
    state = OperationState.WRITTEN if made_by else ""
    return Found(node.kind, node.key, name, state, made_by.id if made_by else None, name)


def _of_projects(follower: Follower, met: Iterable[Node]) -> tuple[list[Found], set[str]]:
    """Return the records that name one of the matter's projects, newest first, and the types of which there are more."""
    projects = [node for node in met if node.kind == HUB]
    places = [place for node in projects for place in follower.places.get(node, ())]
    codes = {line.project_ref for node in projects if (line := follower.line_of(node)) is not None} - {""}
    refs = sorted({place.key for place in places} | codes)[:MOST_PROJECTS]
    if not refs:
        return [], set()
    with connection.cursor() as cursor:
        cursor.execute(_OF_PROJECTS, [refs, list(_BEHIND), follower.customer_id, MOST_COUNTED + 1])
        rows = cursor.fetchall()
    found: list[Found] = []
    read: dict[tuple[str, str], int] = {}
    for ref, line_id, kind, key, state, flow_id, source_key, target_key, label in rows:
        read[ref, kind] = read.get((ref, kind), 0) + 1
        if is_meant(ref, follower.source_of.get(flow_id), places, codes):
            _learn(follower, Node(kind, key), flow_id, source_key)
            found.append(Found(kind, key, record_name(label, source_key), state, line_id, target_key or source_key))
    return found, {kind for (_ref, kind), number in read.items() if number > MOST_COUNTED}


def _learn(follower: Follower, node: Node, flow_id: UUID, source_key: str) -> None:
    source_id = follower.source_of.get(flow_id)
    if source_id is not None:
        follower.places.setdefault(node, {})[Place(node.kind, source_id, source_key)] = None


def _naming(follower: Follower, found: Iterable[Found]) -> list[Found]:
    """Return what names one of these invoices: its payments."""
    invoices = {Node(one.kind, one.key): one for one in found if one.kind == "Invoice"}
    places = [place for node in invoices for place in follower.places.get(node, ())]
    numbers = {place.key for place in places} | {one.name for one in invoices.values()}
    if not numbers:
        return []
    rows = RecordReference.objects.filter(
        customer_id=follower.customer_id, to_type="Invoice", outside_key__in=sorted(numbers)[:MOST_COUNTED]
    )
    named = list(rows.order_by().values_list("canonical_type", "business_key")[:MOST_COUNTED])
    follower.read_lines({key for _kind, key in named} - set(follower.lines))
    nodes = dict.fromkeys(Node(kind, key) for kind, key in named)
    return [_followed(follower, node, tuple(follower.places.get(node, ()))) for node in nodes]
