"""The API of customers and connections."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key, create_user
from apps.connectors.models import Credential
from apps.dispatch.models import Queue
from apps.tenants import scope
from tests.lines import Line

Call = Callable[..., Any]
BAD_CUSTOMERS = [
    ({"name": ""}, "name"),
    ({"name": "X" * 200}, "name"),
    ({"name": "New", "currency": "euro"}, "currency"),
    ({"name": "New", "state": "sideways"}, "state"),
]


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A customer with two connections."""
    return make_line()


@pytest.fixture
def call(line: Line) -> Call:
    """Return a function that calls the API with a fresh key of the given rights."""
    with scope.work_in(line.partner):
        owner = create_user(
            email="owner@alder.example", name="Owner", role=Role.OWNER, password="correct horse battery"
        )

    def send(method: str, path: str, *rights: Action, body: Any = None, customer_id: Any = None) -> Any:
        with scope.work_in(line.partner), acting(owner.as_actor()):
            _, text = create_api_key(name="Program", scopes=list(rights), customer_id=customer_id)
        client = Client(headers={"host": "alder.localhost", "authorization": f"Bearer {text}"})
        return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")

    return send


def test_a_customer_is_added_read_and_changed(line: Line, call: Call) -> None:
    made = call("post", "customers/", Action.EDIT_CUSTOMERS, body={"name": "Harbour", "currency": "SEK"})
    assert made.status_code == 201, made.content
    path = f"customers/{made.json()['id']}/"
    changed = call("patch", path, Action.EDIT_CUSTOMERS, body={"segment": "Design"})
    assert (changed.status_code, changed.json()["segment"]) == (200, "Design")
    assert call("get", path, Action.VIEW_CUSTOMERS).json()["currency"] == "SEK"
    assert {c["name"] for c in call("get", "customers/", Action.VIEW_CUSTOMERS).json()["results"]} >= {"Harbour"}


@pytest.mark.parametrize(("body", "field"), BAD_CUSTOMERS, ids=["no name", "long name", "currency", "state"])
def test_a_wrong_customer_is_refused_by_field(line: Line, call: Call, body: Any, field: str) -> None:
    answer = call("post", "customers/", Action.EDIT_CUSTOMERS, body=body)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert field in answer.content.decode()


def test_a_taken_name_is_refused(line: Line, call: Call) -> None:
    answer = call("post", "customers/", Action.EDIT_CUSTOMERS, body={"name": line.customer.name})
    assert answer.status_code == 400
    assert "already a customer" in answer.content.decode()


def test_a_connection_is_added_tested_and_keeps_its_secret(line: Line, call: Call) -> None:
    body = {
        "customer_id": str(line.customer.id),
        "system": "sandbox_psa",
        "name": "Second",
        "base_url": f"{line.sandbox.url}/psa/{line.company}/api/v1",
        "secrets": {"token": line.tokens["psa"]},
    }
    made = call("post", "connections/", Action.EDIT_CONNECTIONS, body=body)
    assert made.status_code == 201, made.content
    assert line.tokens["psa"] not in made.content.decode()
    with scope.work_in(line.partner):
        sealed = bytes(Credential.objects.get(connection_id=made.json()["id"]).sealed)
    assert line.tokens["psa"].encode() not in sealed
    asked = call("post", f"connections/{made.json()['id']}/test/", Action.TEST_CONNECTIONS)
    assert (asked.status_code, asked.json()["state"]) == (202, "running")
    line.work(Queue.POLL)
    path = f"connections/{made.json()['id']}/tests/{asked.json()['id']}/"
    result = call("get", path, Action.VIEW_CONNECTIONS).json()
    assert result["state"] == "passed", result["steps"]
    assert all(len(step["sentence"]) > 5 for step in result["steps"])


def test_wrong_credentials_are_said_in_a_sentence(line: Line, call: Call) -> None:
    line.faults("erp", wrong_credentials=1)
    asked = call("post", f"connections/{line.target.id}/test/", Action.TEST_CONNECTIONS).json()
    line.work(Queue.POLL)
    path = f"connections/{line.target.id}/tests/{asked['id']}/"
    result = call("get", path, Action.VIEW_CONNECTIONS).json()
    assert result["state"] == "failed"
    assert call("get", f"connections/{line.target.id}/", Action.VIEW_CONNECTIONS).json()["state"] == "attention"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"system": "abacus"}, "system"),
        ({"base_url": "ftp://x"}, "base_url"),
        ({"base_url": "http://192.168.0.1/api"}, "base_url"),
        ({"secrets": {}}, "token"),
        ({"customer_id": "x"}, "customer_id"),
    ],
    ids=["unknown system", "no web address", "plain http elsewhere", "no secret", "no customer"],
)
def test_a_wrong_connection_is_refused_by_field(line: Line, call: Call, change: Any, field: str) -> None:
    body = {
        "customer_id": str(line.customer.id),
        "system": "sandbox_psa",
        "name": "Second",
        "base_url": f"{line.sandbox.url}/psa/{line.company}/api/v1",
        "secrets": {"token": "t"},
        **change,
    }
    answer = call("post", "connections/", Action.EDIT_CONNECTIONS, body=body)
    assert answer.status_code == 400, answer.content
    assert field in answer.content.decode()


def test_a_key_of_another_customer_finds_nothing(line: Line, call: Call, make_line: Callable[..., Line]) -> None:
    elsewhere = {"customer_id": make_line().customer.id}
    assert call("get", f"customers/{line.customer.id}/", Action.VIEW_CUSTOMERS, **elsewhere).status_code == 404
    assert call("get", f"connections/{line.source.id}/", Action.VIEW_CONNECTIONS, **elsewhere).status_code == 404


def test_connections_are_listed_by_customer(line: Line, call: Call, make_line: Callable[..., Line]) -> None:
    other = make_line()
    found = call("get", f"connections/?customer={line.customer.id}", Action.VIEW_CONNECTIONS).json()["results"]
    assert {row["id"] for row in found} == {str(line.source.id), str(line.target.id)}
    assert str(other.source.id) not in str(found)
    assert call("get", "connections/?customer=nonsense", Action.VIEW_CONNECTIONS).status_code == 400
