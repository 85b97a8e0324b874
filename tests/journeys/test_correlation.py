"""One id from whoever caused it to the target and back: given with a webhook, found again wherever one looks."""

import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.actions import Role
from apps.accounts.services import create_user
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.connectors.webhook_signatures import standard_headers
from apps.flows.models import Flow, Operation, Run
from apps.flows.triggers.webhook import listen
from apps.tenants import scope
from tests.lines import Line

HOST = "alder.localhost"


class Sender:
    """A system that announces entries of a line to its webhook address, each on behalf of a correlation id."""

    def __init__(self, line: Line) -> None:
        self.line = line
        with scope.work_in(line.partner):
            endpoint, address, self._secret = create_webhook_endpoint(line.source)
            listen(Flow.objects.get(id=line.flow.id), endpoint)
        self._path = "/in/" + address.rsplit("/in/", 1)[1]

    def announce(self, key: str, cause: str) -> Any:
        """Deliver "entry `key` was approved", signed."""
        body = orjson.dumps({"type": "time.approved", "object": "time-entries", "key": key})
        signed = standard_headers([self._secret], delivery_id=f"msg_{key}", timestamp=int(time.time()), body=body)
        client = Client(headers={"host": HOST, "x-correlation-id": cause, **signed})
        return client.post(self._path, body, content_type="application/json")


@pytest.fixture
def sender(make_line: Callable[..., Line]) -> Sender:
    """A sender to a line of its own."""
    return Sender(make_line())


def _owner(line: Line) -> Client:
    with scope.work_in(line.partner):
        person = create_user(
            email="owner@correlation.example", name="Own Er", role=Role.OWNER, password="a-long-password-1"
        )
        client = Client(headers={"host": HOST})
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client


def test_a_senders_id_is_on_the_answer_the_call_the_ledger_and_found_by_search(
    sender: Sender,
) -> None:
    line = sender.line
    entry = line.entries(status="approved", billable=True)[0]
    answer = sender.announce(entry["id"], "order 4711")
    assert (answer.status_code, answer["X-Correlation-Id"]) == (202, "order-4711")
    line.work()
    (operation,) = line.operations()
    assert operation.correlation_id == "order-4711"
    journal = line.sandbox.do(lambda client: client.effects("erp", line.company))
    assert [effect["correlation_id"] for effect in journal] == ["order-4711"]

    owner = _owner(line)
    groups = owner.get("/search/", {"q": "order-4711"}).context["groups"]
    urls = [hit.url for group in groups for hit in group.hits]
    assert reverse("flows:run-detail", args=[operation.run_id]) in urls
    assert reverse("flows:operation-detail", args=[operation.id]) in urls
    page = owner.get(reverse("flows:operation-list"), {"q": "order-4711"}).content.decode()
    assert str(operation.id) in page
    assert "order-4711" in owner.get(reverse("flows:operation-detail", args=[operation.id])).content.decode()


def test_gathered_into_one_run_each_record_keeps_what_caused_it(sender: Sender) -> None:
    line = sender.line
    first, second = line.entries(status="approved", billable=True)[:2]
    sender.announce(first["id"], "order-1")
    sender.announce(second["id"], "order-2")
    line.work()
    with scope.work_in(line.partner):
        run = Run.objects.get()
        causes = dict(Operation.objects.values_list("source_key", "correlation_id"))
    assert causes == {first["id"]: "order-1", second["id"]: "order-2"}
    journal = line.sandbox.do(lambda client: client.effects("erp", line.company))
    assert {effect["correlation_id"] for effect in journal} == {run.id.hex}
    groups = _owner(line).get("/search/", {"q": "order-2"}).context["groups"]
    records = [hit.url for group in groups for hit in group.hits if "/operations/" in hit.url]
    (operation,) = line.operations(source_key=second["id"])
    assert records == [reverse("flows:operation-detail", args=[operation.id])]
