"""Business events told from outside: stored once, heard by flows that listen, refused by name when they are wrong."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts.actions import Action, Role
from apps.accounts.actor import acting
from apps.accounts.services import create_api_key, create_user
from apps.customers.services import create_customer
from apps.flows.models import BusinessEvent, Flow, Run, Trigger
from apps.flows.services.flow_state import pause_flow
from apps.tenants import scope
from tests.lines import Line

EVENT = {"name": "contract.signed", "subject": "OPP-1"}


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A line that listens."""
    made = make_line()
    with scope.work_in(made.partner):
        Trigger.objects.create(
            flow_id=made.flow.id, customer_id=made.customer.id, kind="event", event_name="contract.signed"
        )
    return made


@pytest.fixture
def tell(line: Line) -> Callable[..., Any]:
    """Return a function that tells of an event with a key of the partner's, or of one customer."""
    with scope.work_in(line.partner):
        owner = create_user(
            email="owner@alder.example", name="Owner", role=Role.OWNER, password="correct horse battery"
        )

    def send(right: Action = Action.RUN_FLOWS, *, key: str = "", customer_id: Any = None, **event: Any) -> Any:
        with scope.work_in(line.partner), acting(owner.as_actor()):
            _, text = create_api_key(name="Program", scopes=[right], customer_id=customer_id)
        headers = {"host": "alder.localhost", "authorization": f"Bearer {text}"}
        client = Client(headers={**headers, "Idempotency-Key": key} if key else headers)
        return client.post("/api/v1/events/", {**EVENT, **event}, content_type="application/json")

    return send


def test_an_event_starts_the_flow_that_listens_with_the_record_it_names(line: Line, tell: Callable[..., Any]) -> None:
    entry = line.entries(status="approved", billable=True)[0]
    answer = tell(payload={"key": entry["id"]})
    assert (answer.status_code, answer.json()["subject"]) == (202, "OPP-1")
    line.work()
    assert [row["external_id"] for row in line.time_lines()] == [entry["id"]]
    with scope.work_in(line.partner):
        assert Run.objects.get().event.kind == "event"


def test_the_same_key_says_it_once_and_another_event_under_it_is_refused(line: Line, tell: Callable[..., Any]) -> None:
    first, second = tell(key="k-1"), tell(key="k-1")
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["id"] == second.json()["id"]
    other = tell(key="k-1", subject="OPP-2")
    assert (other.status_code, other.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    with scope.work_in(line.partner):
        assert BusinessEvent.objects.count() == Run.objects.count() == 1


def test_a_paused_flow_that_listens_keeps_what_was_said(line: Line, tell: Callable[..., Any]) -> None:
    with scope.work_in(line.partner):
        pause_flow(Flow.objects.get(id=line.flow.id), reason="Month end.", made_by="Ann")
    assert tell().status_code == 202
    line.work()
    with scope.work_in(line.partner):
        assert [run.state for run in Run.objects.all()] == ["queued"]


def test_whom_it_is_about_must_be_clear(line: Line, tell: Callable[..., Any]) -> None:
    with scope.work_in(line.partner):
        other = create_customer(name="Elsewhere Ltd")
    unclear = tell()
    assert (unclear.status_code, unclear.json()["errors"][0]["field"]) == (400, "customer")
    assert tell(customer=str(uuid4())).status_code == 400
    assert tell(customer=str(line.customer.id)).status_code == 202
    assert tell(customer_id=line.customer.id).status_code == 202
    assert tell(customer_id=line.customer.id, customer=str(other.id)).status_code == 400


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "Contract signed"}, "name"),
        ({"subject": ""}, "subject"),
        ({"payload": ["x"]}, "payload"),
        ({"payload": {str(n): n for n in range(51)}}, "payload"),
        ({"key": "k" * 101}, "Idempotency-Key"),
    ],
    ids=["a name with a space", "no subject", "a list", "a whole record", "a long key"],
)
def test_what_is_wrong_is_named(tell: Callable[..., Any], wrong: dict[str, Any], field: str) -> None:
    answer = tell(**wrong)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_it_takes_the_right_to_run_flows(tell: Callable[..., Any]) -> None:
    assert tell(Action.VIEW_FLOWS).status_code == 403
