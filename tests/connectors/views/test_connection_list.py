"""The list of connections, and testing many of them at once."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts.actions import Role
from apps.accounts.services import create_user
from apps.connectors.models import ConnectionTest
from apps.connectors.services import disable_connection
from apps.tenants import scope
from tests.lines import Line


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A customer with two connections and the flow between them."""
    return make_line()


def _browser(line: Line, role: Role) -> Client:
    client = Client(headers={"host": "alder.localhost"})
    with scope.work_in(line.partner):
        email = f"{role.value}@alder.example"
        client.force_login(create_user(email=email, name=role.value, role=role, password="correct horse battery"))
    return client


def _tests(line: Line) -> int:
    with scope.work_in(line.partner):
        return ConnectionTest.objects.count()


def test_a_connection_says_how_many_flows_use_it(line: Line) -> None:
    rows = _browser(line, Role.OWNER).get("/connections/?sort=name").context["list"].rows
    assert [row.flows for row in rows] == [1, 1]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("?environment=sandbox", 0),
        ("?environment=production&system=sandbox_psa", 1),
        ("?customer={customer}&state=untested", 2),
        ("?state=attention", 0),
        ("?q={customer_name}", 2),
        ("?sort=-success&system=nonsense&environment=moon", 2),
    ],
    ids=["environment", "system", "customer", "attention", "by the customer's name", "nonsense"],
)
def test_connections_are_narrowed_by_what_is_known_of_them(line: Line, query: str, number: int) -> None:
    asked = query.format(customer=line.customer.id, customer_name=line.customer.name)
    assert len(_browser(line, Role.OWNER).get(f"/connections/{asked}").context["list"].rows) == number


def test_the_selected_are_tested_and_those_switched_off_left_out(line: Line) -> None:
    with scope.work_in(line.partner):
        disable_connection(line.source, reason="moved")
    owner = _browser(line, Role.OWNER)
    ids = [str(line.source.id), str(line.target.id), str(uuid4())]
    page = owner.post("/connections/test/", {"ids": ids, "query": "sort=name"}, follow=True).content.decode()
    assert "1 connection is being tested." in page
    assert "1 is switched off and was left out." in page
    assert _tests(line) == 1
    nothing = owner.post("/connections/test/", {"everything": "1", "query": "system=tryton"}, follow=True)
    assert "None of the selected connections is here any more" in nothing.content.decode()
    assert _tests(line) == 1


def test_who_only_looks_cannot_test(line: Line) -> None:
    reader = _browser(line, Role.READ_ONLY)
    assert "data-picks" not in reader.get("/connections/").content.decode()
    assert reader.post("/connections/test/", {"everything": "1"}).status_code == 403
