"""Records that come by webhook alone: each is worked on once, none is lost while anything is wrong, and none is kept longer than needed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from apps.connectors import registry
from apps.connectors.connection_tests import request_test
from apps.connectors.models import Connection
from apps.connectors.services import NewConnection, create_connection
from apps.connectors.webhook_endpoints import create_webhook_endpoint
from apps.connectors.webhook_signatures import standard_headers
from apps.customers import retention as rules
from apps.customers.models import Customer
from apps.customers.retention import PayloadRule
from apps.dispatch.models import DueWork, Queue
from apps.flows.models import Flow, Run, TriggerEvent
from apps.flows.services.install import install_template
from apps.flows.services.retention import _drop_brought
from apps.flows.services.start_run import run_now
from apps.flows.triggers.webhook import MOST_RECORD_BYTES, listen
from apps.tenants import scope
from tests.connectors.catalog.canonical_reading import read_canonical
from tests.lines import Line

MakeLine = Callable[..., Line]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Teller:
    """A system that tells its time entries by webhook, connected in place of the line's PSA."""

    def __init__(self, line: Line) -> None:
        self.line = line
        with scope.work_in(line.partner):
            wanted = NewConnection(
                system="webhooks", name="Forms", base_url="https://forms.example.com", secrets={}, settings={}
            )
            self.connection = create_connection(Customer.objects.get(id=line.customer.id), wanted)
            line.flow = install_template(
                template="approved-time-to-bill",
                name="Time by webhook",
                source=self.connection,
                target=Connection.objects.get(id=line.target.id),
                installed_by="test",
            )
            endpoint, address, self.secret = create_webhook_endpoint(self.connection)
            listen(Flow.objects.get(id=line.flow.id), endpoint)
        self.path = "/in/" + address.rsplit("/in/", 1)[1]
        self.entries = line.entries(status="approved", billable=True)
        self._number = 0

    def data(self, place: int = 0, **changes: Any) -> dict[str, Any]:
        """Return a time entry as this system tells it: canonical names, amounts as texts."""
        spec = registry.manifest("sandbox_psa").object_named("time-entries")
        told = read_canonical(spec, self.entries[place])
        plain = {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in told.items()}
        return {**{name: value for name, value in plain.items() if "amount" not in name}, **changes}

    def tell(self, *data: dict[str, Any], kind: str = "time_entry.approved", at: datetime = NOON, key: str = "") -> Any:
        """Post events, signed, and return the answer."""
        events = [{"type": kind, "timestamp": at.isoformat(), "data": one} for one in data]
        body = orjson.dumps(events[0] if len(events) == 1 else events)
        self._number += 1
        headers = standard_headers(
            [key or self.secret], delivery_id=f"msg_{self._number}", timestamp=int(time.time()), body=body
        )
        client = Client(headers={"host": "alder.localhost", **headers}, raise_request_exception=False)
        try:
            return client.post(self.path, body, content_type="application/json")
        finally:
            connections.close_all()

    def posted(self) -> dict[str, Decimal]:
        """Return the hours of each entry that the ERP holds."""
        return {row["external_id"]: Decimal(str(row["quantity"])) for row in self.line.time_lines()}

    def held(self) -> int:
        """Return how many events still hold their record."""
        with scope.work_in(self.line.partner):
            return TriggerEvent.objects.filter(flow_id=self.line.flow.id, payload__has_key="record").count()

    def runs(self) -> list[str]:
        """Return the states of the flow's runs, the oldest first."""
        with scope.work_in(self.line.partner):
            return list(Run.objects.filter(flow_id=self.line.flow.id).order_by("id").values_list("state", flat=True))


@pytest.fixture
def teller(make_line: MakeLine) -> Teller:
    return Teller(make_line())


def test_what_is_told_is_delivered_once_and_not_kept(teller: Teller) -> None:
    first, second = teller.data(0), teller.data(1)
    assert teller.tell(first).status_code == 202
    assert teller.tell(second, teller.data(0)).status_code == 202  # two in one delivery, one of them told before
    assert teller.held() == 3
    teller.line.work()
    assert teller.posted() == {one["id"]: Decimal(one["hours"]) for one in (first, second)}
    assert (teller.held(), teller.runs()) == (0, ["clean"])
    assert teller.tell(first, at=NOON).status_code == 202
    teller.line.work()
    assert len(teller.line.time_lines()) == 2


def test_a_later_state_wins_whatever_came_first(teller: Teller) -> None:
    late, early = teller.data(hours="3.5"), teller.data(hours="9")
    teller.tell(late, at=NOON)
    teller.tell(early, at=NOON - timedelta(minutes=5))
    teller.line.work()
    assert teller.posted() == {late["id"]: Decimal("3.5")}
    teller.tell(early, at=NOON - timedelta(minutes=1))
    teller.line.work()
    assert teller.posted() == {late["id"]: Decimal("3.5")}
    teller.tell(teller.data(hours="4"), kind="time_entry.updated", at=NOON + timedelta(minutes=1))
    teller.line.work()
    assert teller.posted() == {late["id"]: Decimal(4)}


@pytest.mark.parametrize("stored", [True, False], ids=["contents kept", "contents not kept"])
def test_while_the_target_is_away_the_record_is_kept(teller: Teller, *, stored: bool) -> None:
    line = teller.line
    with scope.work_in(line.partner):
        rules.set_payload_rule(Customer.objects.get(id=line.customer.id), stored=stored, keep_days=30)
    line.faults("erp", down=1)
    teller.tell(teller.data())
    line.work()
    assert (teller.posted(), teller.held(), teller.runs()) == ({}, 1, ["waiting"])
    line.faults("erp")
    DueWork.objects.update(due_at="2020-01-01T00:00:00Z")
    line.work()
    assert list(teller.posted()) == [teller.data()["id"]]
    assert teller.held() == 0


def test_what_a_failed_run_left_is_worked_on_by_the_next_reading(teller: Teller) -> None:
    teller.line.faults("erp", forbidden=1)
    teller.tell(teller.data(0))
    teller.line.work()
    assert teller.posted() == {}
    assert teller.held() == 1
    teller.line.faults("erp")
    with scope.work_in(teller.line.partner):
        run_now(Flow.objects.get(id=teller.line.flow.id), started_by="test")
    teller.line.work()
    assert list(teller.posted()) == [teller.data()["id"]]
    assert teller.held() == 0


def test_what_nobody_worked_on_is_not_kept_longer_than_the_customer_wants(teller: Teller) -> None:
    line = teller.line
    line.faults("erp", forbidden=1)
    teller.tell(teller.data(0))
    line.work()
    with scope.work_in(line.partner):
        assert _drop_brought(PayloadRule(stored=True, keep_days=30), [line.customer.id], timezone.now()) == 0
        assert teller.held() == 1
        later = timezone.now() + timedelta(days=31)
        assert _drop_brought(PayloadRule(stored=True, keep_days=30), [line.customer.id], later) == 1
    assert teller.held() == 0


def test_a_record_that_cannot_be_used_becomes_a_case_like_any_other(teller: Teller) -> None:
    teller.tell(teller.data(hours="many"))
    teller.line.work()
    (line,) = teller.line.operations()
    assert line.state == "rejected"
    assert "hours" in line.error_message.lower()


@pytest.mark.parametrize(
    ("kind", "change", "status", "says"),
    [
        ("time_entry.approved", {"id": ""}, 422, "Event 1 names no record: data.id is missing or empty."),
        ("time_entry.approved", {"note": "x" * MOST_RECORD_BYTES}, 413, ""),
        ("time_entry.deleted", {}, 202, ""),
        ("invitation.sent", {}, 202, ""),
    ],
    ids=["no id", "too large", "a deletion", "something else"],
)
def test_what_cannot_be_taken_has_an_answer_and_leaves_nothing(
    teller: Teller, kind: str, change: dict[str, Any], status: int, says: str
) -> None:
    answer = teller.tell(teller.data(**change), kind=kind)
    assert answer.status_code == status
    assert says in answer.content.decode()
    with scope.work_in(teller.line.partner):
        assert not TriggerEvent.objects.exists()


def test_another_key_opens_nothing(teller: Teller, make_line: MakeLine) -> None:
    assert teller.tell(teller.data(), key=Teller(make_line()).secret).status_code == 401
    assert teller.held() == 0


def test_the_connection_test_calls_nothing_and_says_so(teller: Teller) -> None:
    with scope.work_in(teller.line.partner):
        test = request_test(Connection.objects.get(id=teller.connection.id))
    teller.line.work(Queue.POLL)
    with scope.work_in(teller.line.partner):
        test.refresh_from_db()
        assert test.state == "passed"
        assert "Nothing is called there" in f"{test.steps}"
