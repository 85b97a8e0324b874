"""A system announces a change: verified, stored once, worked on afterwards; whatever is wrong has a named answer."""

import threading
import time
from collections.abc import Callable

import orjson
import pytest
from django.db import connections
from django.test import Client

from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.connectors.webhook_signatures import standard_headers
from apps.dispatch.models import DueWork
from apps.flows.models import Flow, Run, TriggerEvent
from apps.flows.triggers.webhook import listen
from apps.tenants import scope
from tests.lines import Line

MakeLine = Callable[..., Line]
HOST = "alder.localhost"


class Hook:
    """The address a system posts to, and the secret it signs with."""

    def __init__(self, line: Line) -> None:
        self.line = line
        with scope.work_in(line.partner):
            endpoint, address, self.secret = create_webhook_endpoint(line.source)
            listen(Flow.objects.get(id=line.flow.id), endpoint)
        self.path = "/in/" + address.rsplit("/in/", 1)[1]

    def post(self, key: str, *, delivery: str = "msg_1", at: float | None = None, tampered: bool = False) -> int:
        """Deliver "entry `key` was approved", signed."""
        body = orjson.dumps({"type": "time.approved", "object": "time-entries", "key": key})
        headers = standard_headers([self.secret], delivery_id=delivery, timestamp=int(at or time.time()), body=body)
        sent = body + b" " if tampered else body
        client = Client(headers={"host": HOST, **headers}, raise_request_exception=False)
        try:
            return client.post(self.path, sent, content_type="application/json").status_code
        finally:
            connections.close_all()


@pytest.fixture
def hook(make_line: MakeLine) -> Hook:
    """A line with a webhook address."""
    return Hook(make_line())


def test_an_announced_entry_is_stored_before_the_answer_and_delivered_afterwards(hook: Hook) -> None:
    entry = hook.line.entries(status="approved", billable=True)[0]
    assert hook.post(entry["id"]) == 202
    with scope.work_in(hook.line.partner):
        assert TriggerEvent.objects.get().kind == "webhook"
        assert not Run.objects.exists()
    hook.line.work()
    assert [row["external_id"] for row in hook.line.time_lines()] == [entry["id"]]


def test_the_same_webhook_five_times_at_once_is_one_run_and_one_line(hook: Hook) -> None:
    entry = hook.line.entries(status="approved", billable=True)[0]
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(hook.post(entry["id"]))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [202] * 5
    with scope.work_in(hook.line.partner):
        assert TriggerEvent.objects.count() == 1
    hook.line.work()
    assert len(hook.line.time_lines()) == 1
    with scope.work_in(hook.line.partner):
        assert TriggerEvent.objects.get().run == Run.objects.get()


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"tampered": True}, 401), ({"at": time.time() - 3600}, 401)],
    ids=["a changed body", "an old delivery"],
)
def test_a_delivery_that_cannot_be_trusted_is_refused_and_starts_nothing(
    hook: Hook, wrong: dict[str, object], status: int
) -> None:
    assert hook.post("TE-000001", **wrong) == status
    with scope.work_in(hook.line.partner):
        assert not TriggerEvent.objects.exists()
    assert not DueWork.objects.filter(kind__in=["flows.run", "flows.intake"]).exists()


def test_an_address_nobody_has_is_not_found(hook: Hook) -> None:
    hook.path = "/in/" + "x" * 32
    assert hook.post("TE-000001") == 404
