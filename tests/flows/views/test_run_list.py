"""The list of runs: of all customers for the team, their own for a customer's people."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.accounts.actions import Role
from apps.flows.models import Run
from tests.flows.views.conftest import Shown


def _found(shown: Shown, query: str) -> list[Any]:
    return [row.run.id for row in shown.owner.get(f"/runs/{query}").context["list"].rows]


@pytest.fixture
def empty_run(shown: Shown) -> Run:
    """A second run, in which nothing was new."""
    return shown.line.run()


def test_runs_are_found_by_state_starter_name_number_flow_and_day(shown: Shown, empty_run: Run) -> None:
    both, first = [empty_run.id, shown.run.id], [shown.run.id]
    flow = shown.line.flow.id
    today, tomorrow = timezone.localdate(), timezone.localdate() + timedelta(days=1)
    assert _found(shown, "") == both
    assert _found(shown, "?sort=started") == both[::-1]
    assert _found(shown, "?state=records") == first
    assert _found(shown, "?state=under_way") == []
    assert _found(shown, f"?state={shown.run.state}") == first
    assert _found(shown, "?by=person") == both
    assert _found(shown, "?by=webhook") == []
    assert _found(shown, f"?q={shown.run.id}") == first
    assert _found(shown, f"?q={shown.line.customer.name[:5]}") == both
    assert _found(shown, f"?flow={flow}&since={today - timedelta(days=1)}&until={tomorrow}") == both
    assert _found(shown, f"?since={tomorrow + timedelta(days=1)}") == []
    assert _found(shown, f"?flow={uuid4()}") == []
    assert _found(shown, f"?customer={uuid4()}") == []
    assert _found(shown, "?sort=took&since=yesterday&by=magic&flow=x&page=-1") == both


def test_the_flow_a_link_came_for_is_named_and_can_be_taken_off(shown: Shown) -> None:
    page = shown.owner.get(f"/runs/?flow={shown.line.flow.id}").context["list"]
    assert [str(each.value) for each in page.active_filters] == [f"{shown.line.flow.name}, {shown.line.customer.name}"]
    assert page.active_filters[0].url == "?"


def test_a_customers_person_gets_their_own_runs_as_a_file_without_the_customers_column(shown: Shown) -> None:
    mine, stranger = shown.as_(Role.CUSTOMER_VIEWER), shown.as_(Role.CUSTOMER_OWNER, stranger=True)
    lines = b"".join(mine.get("/runs/?format=csv")).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Flow,Started,Started by,State,Read")
    assert len(lines) == 2
    assert len(b"".join(stranger.get("/runs/?format=csv")).splitlines()) == 1
    assert stranger.get(f"/runs/?flow={shown.line.flow.id}").context["list"].active_filters[0].value != ""


def test_the_list_costs_the_same_for_one_run_and_for_many(
    shown: Shown, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for _number in range(4):
        shown.line.run()
    owner = shown.owner
    with django_assert_max_num_queries(18):
        assert len(owner.get("/runs/?sort=-read").context["list"].rows) == 5
