"""Words in the list of records are looked for among the latest ones, keys anywhere."""

from datetime import timedelta

import pytest
from django.test import RequestFactory

from apps.accounts.list_specs import read_state
from apps.flows.models import Operation
from apps.flows.queries import operation_list
from apps.flows.queries.operation_list import OPERATIONS, fitting_operations
from apps.flows.queries.record_keys import find_versions
from tests.service_levels import START, Firm


def _found(**asked: str) -> list[str]:
    state = read_state(RequestFactory().get("/", asked).GET, OPERATIONS, {})
    return list(fitting_operations(state, None).order_by("id").values_list("source_key", flat=True))


@pytest.fixture
def lines(firm: Firm) -> list[Operation]:
    """Six records, the oldest first; each names one of two people."""
    return [
        firm.operation(
            f"TE-{number}",
            "written",
            created_at=START + timedelta(minutes=number),
            label=f"Hours of person {number % 2}",
        )
        for number in range(6)
    ]


def test_words_are_found_in_all_records_while_there_are_few(lines: list[Operation]) -> None:
    assert _found(q="person 1") == ["TE-1", "TE-3", "TE-5"]
    assert _found(q="te-") == [f"TE-{number}" for number in range(6)]


def test_of_many_records_the_latest_are_searched_and_a_key_is_found_among_the_oldest(
    lines: list[Operation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation_list, "SEARCHED", 2)
    assert _found(q="person 1") == ["TE-5"]
    assert _found(q="TE-0") == ["TE-0"]
    assert _found(q="TE-0", state="rejected") == []
    assert _found(q="TE-4") == ["TE-4"]
    assert _found() == [f"TE-{number}" for number in range(6)]


def test_all_versions_of_a_record_are_found_by_its_whole_key_alone(firm: Firm) -> None:
    first = firm.operation("TE-1", "rejected", created_at=START)
    again = firm.operation("TE-10", "written", created_at=START)
    Operation.objects.filter(id=again.id).update(business_key="TE-1", source_key="TE-1", source_version="2")
    firm.operation("TE-11", "written", created_at=START)
    assert set(find_versions("TE-1")) == {first.id, again.id}
    assert find_versions("TE") == []
