"""A number means the right record, also where two systems count from one."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.monitoring.lineage.chain import Node
from apps.monitoring.lineage.names import Place, is_meant, resolve, same_records
from apps.monitoring.lineage.pages import Held, compare

PSA, ERP, CRM = uuid4(), uuid4(), uuid4()
OURS, THEIRS = Node("Project", "ours"), Node("Project", "theirs")
KNOWN = [(Place("Project", PSA, "17"), OURS), (Place("Project", ERP, "17"), THEIRS)]


@pytest.mark.parametrize(
    ("where", "number", "meant"),
    [(PSA, "17", [OURS]), (ERP, "17", [THEIRS]), (CRM, "17", [OURS, THEIRS]), (PSA, "18", [])],
    ids=["its own system", "the other system", "a third system", "nobody's number"],
)
def test_a_system_means_its_own_record_before_anybody_elses(where: UUID, number: str, meant: list[Node]) -> None:
    assert resolve(Place("Project", where, number), KNOWN) == meant
    assert resolve(Place("Invoice", where, number), KNOWN) == []


@pytest.mark.parametrize(
    ("ref", "source", "meant"),
    [("17", PSA, True), ("900", PSA, False), ("900", ERP, True), ("17", CRM, True), ("P-17", PSA, True), ("5", CRM, False)],
    ids=["its number there", "another system's number", "that system's number", "a third system", "its code", "nothing"],
)  # fmt: skip
def test_a_record_belongs_to_a_project_by_the_number_of_the_system_it_came_from(
    ref: str, source: UUID, *, meant: bool
) -> None:
    places = [Place("Project", PSA, "17"), Place("Project", ERP, "900")]
    assert is_meant(ref, source, places, {"P-17"}) is meant


_PLACES = st.lists(
    st.builds(Place, st.just("Project"), st.sampled_from([PSA, ERP]), st.sampled_from("123")), max_size=3
)


@given(st.dictionaries(st.builds(Node, st.just("Project"), st.sampled_from("abcdef")), _PLACES))
def test_records_that_share_a_number_are_one(places: dict[Node, list[Place]]) -> None:
    first = same_records(places)
    assert set(first) == set(places)
    assert all(first[first[node]] == first[node] for node in first)
    for one, numbers in places.items():
        for two, others in places.items():
            if set(numbers) & set(others):
                assert first[one] == first[two]


def test_values_that_differ_come_first_and_costs_are_kept_from_those_who_may_not_see_them() -> None:
    described = CANONICAL_TYPES["Resource"]
    costly = next(known.name for known in described.fields if known.sensitive)
    held = [
        Held("HR", {"name": "Ada", "email": "ada@new.example", costly: 80}, frozenset({"email"})),
        Held("PSA", {"name": "Ada", "email": "ada@old.example", costly: 70}, frozenset()),
    ]

    def shown(known: object, values: object) -> str:
        return str(values[known.name])  # type: ignore[index,attr-defined]  # plain values of the test

    hidden = compare(described, held, shown, hidden=True)
    assert hidden is not None
    assert hidden.heads == ("HR", "PSA")
    assert hidden.differing == 1
    first = hidden.rows[0]
    assert [cell.text for cell in first.cells] == ["ada@new.example", "ada@old.example"]
    assert [cell.differs for cell in first.cells] == [False, True]
    assert first.cells[0].is_owner
    seen = compare(described, held, shown, hidden=False)
    assert seen is not None
    assert seen.differing == 2
    assert compare(described, held[:1], shown, hidden=False) is None, "one system alone is compared with nothing"
