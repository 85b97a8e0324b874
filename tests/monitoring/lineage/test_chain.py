"""A matter is followed without running in circles, and says truly where it stopped."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.canonical.references import MATTER, POINTS_TO, kept_fields
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.manifest import ValueKind
from apps.monitoring.lineage.chain import ABSENT, DONE, MOVING, STOPPED, Found, Node, stages_of, walk

NODES = st.builds(Node, st.sampled_from(["Contract", "Customer", "Invoice", "Project"]), st.sampled_from("abcdefgh"))
GRAPHS = st.dictionaries(NODES, st.lists(NODES, max_size=8), max_size=24)


class Asked:
    """Answers from a graph, and remembers how often and about what it was asked."""

    def __init__(self, graph: dict[Node, list[Node]]) -> None:
        self.graph = graph
        self.levels: list[Sequence[Node]] = []

    def __call__(self, level: Sequence[Node]) -> Iterable[Node]:
        self.levels.append(level)
        return [near for node in level for near in self.graph.get(node, [])]


@given(graph=GRAPHS, start=NODES, depth=st.integers(0, 5), width=st.integers(1, 4))
def test_the_walk_meets_each_record_once_and_stays_within_its_bounds(
    graph: dict[Node, list[Node]], start: Node, depth: int, width: int
) -> None:
    asked = Asked(graph)
    met = walk(start, asked, depth=depth, width=width)
    assert met[0] == start
    assert len(met) == len(set(met))
    assert len(asked.levels) <= depth
    assert all(node.kind in MATTER for node in met[1:])
    assert all(sum(node.kind == kind for node in met) <= max(width, 1) for kind in MATTER)
    told = [node for level in asked.levels for node in level]
    assert len(told) == len(set(told)), "nobody is asked about twice"


@given(graph=GRAPHS, start=NODES)
def test_everything_that_is_met_hangs_together(graph: dict[Node, list[Node]], start: Node) -> None:
    met = walk(start, Asked(graph))
    reached = {start}
    for _ in met:
        reached |= {near for node in reached for near in graph.get(node, [])}
    assert set(met) <= reached


def test_a_circle_of_contracts_ends() -> None:
    one, two = Node("Contract", "one"), Node("Contract", "two")
    assert walk(one, Asked({one: [two], two: [one]})) == (one, two)


def test_the_whole_chain_is_found_from_either_end() -> None:
    chain = [Node(kind, "1") for kind in ("Opportunity", "Contract", "Project", "Invoice", "Payment")]
    graph: dict[Node, list[Node]] = {node: [] for node in chain}
    for left, right in pairwise(chain):
        graph[left].append(right)
        graph[right].append(left)
    assert walk(chain[0], Asked(graph)) == tuple(chain)
    assert walk(chain[-1], Asked(graph)) == tuple(reversed(chain))


def test_every_reference_of_every_type_says_what_it_points_to() -> None:
    told = {(kind, name) for kind, fields in POINTS_TO.items() for name in fields}
    real = {
        (described.name, known.name)
        for described in CANONICAL_TYPES.values()
        for known in described.fields
        if known.kind is ValueKind.REFERENCE
    }
    assert told == real
    assert {kind for fields in POINTS_TO.values() for kind in fields.values()} <= set(CANONICAL_TYPES)


def test_the_types_of_which_there_are_most_keep_no_references() -> None:
    assert kept_fields("TimeEntry") == kept_fields("Expense") == kept_fields("Customer") == ()
    assert kept_fields("Payment") == (("invoice", "Invoice"),)
    assert kept_fields("Project") == (("contract", "Contract"),)


def _found(kind: str, key: str, state: str) -> Found:
    return Found(kind, key, key, state, uuid4())


def test_a_stage_stands_as_its_worst_record_and_an_expected_one_is_shown_empty() -> None:
    found = [
        _found("TimeEntry", "1", "written"),
        _found("TimeEntry", "2", "rejected"),
        _found("TimeEntry", "2", "written"),  # an older line of the same record
        _found("Project", "p", "unchanged"),
        _found("Expense", "e", "waiting"),
    ]
    stages = stages_of(found, Node("TimeEntry", "2"), carried=["Invoice", "Project"], cut=["TimeEntry"])
    assert [(one.kind, one.count, one.standing) for one in stages] == [
        ("Project", 1, DONE),
        ("TimeEntry", 2, STOPPED),
        ("Expense", 1, MOVING),
        ("Invoice", 0, ABSENT),
    ]
    here = stages[1]
    assert here.is_here
    assert here.has_more
    assert here.records[0].key == "2", "the record that was asked about comes first"
    assert not stages[0].is_here
