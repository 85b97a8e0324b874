"""Provider status: told from the calls of all customers, hour by hour; partners see their own, operators only counts."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.actions import Role
from apps.accounts.services import create_user
from apps.connectors import breaker, call_hours, registry
from apps.connectors.call_times import NO_SLOTS, CallTimes, slot_of, start_of_hour
from apps.connectors.contract import CallCounts
from apps.connectors.models import Connection, ConnectionHour
from apps.connectors.services import NewConnection, create_connection
from apps.customers.services import create_customer
from apps.monitoring.models import ExceptionCase
from apps.monitoring.telemetry.standing import Trouble
from apps.tenants import scope
from tests.monitoring.conftest import Blocked
from tests.people import PASSWORD

SYSTEM = "sandbox_payroll"
NAME = registry.manifest(SYSTEM).name


def _calls(number: int, milliseconds: int) -> CallCounts:
    slots = list(NO_SLOTS)
    slots[slot_of(milliseconds)] = number
    return CallCounts(ok=number, times=CallTimes(number, 0, 0, tuple(slots)))


def _connected(system: str, customers: int) -> list[Connection]:
    new = NewConnection(system, "Bookkeeping", "https://erp.example.com", {"token": "a-token-4711"}, {})
    return [create_connection(create_customer(name=f"Firm {n}"), new) for n in range(customers)]


def _slow_since(connections: list[Connection], began: datetime) -> None:
    """Let a system be quick for a week and then slow for these connections."""
    for one in connections:
        for hours in (30, 60, 100):
            call_hours.add_to_hour(one.id, _calls(40, 150), began - timedelta(hours=hours))
        for hours in (0, 1):
            call_hours.add_to_hour(one.id, _calls(30, 6000), began + timedelta(hours=hours))


@pytest.fixture
def slow(blocked: Blocked) -> tuple[Blocked, list[Connection], datetime]:
    """Three connections of as many customers to a system that is slow for two of them, beside a line that runs well."""
    began = start_of_hour(timezone.now()) - timedelta(hours=1)
    with scope.work_in(blocked.line.partner):
        connected = _connected(SYSTEM, 3)
        _slow_since(connected[:2], began)
        call_hours.add_to_hour(connected[2].id, _calls(30, 150), began)
    return blocked, connected, began


Slow = tuple[Blocked, list[Connection], datetime]


def _lines(response: Any) -> dict[str, dict[str, Any]]:
    return {line["row"].slug: line for line in response.context["lines"]}


def test_a_run_leaves_its_calls_in_the_hours_of_both_connections(blocked: Blocked) -> None:
    with scope.work_in(blocked.line.partner):
        rows = list(ConnectionHour.objects.all())
        ends = set(Connection.objects.values_list("id", flat=True))
    assert {row.connection_id for row in rows} == ends
    assert all(row.calls == sum(row.slots) > 0 and row.failed == 0 for row in rows)


def test_partners_read_which_systems_are_slow_for_whom_and_since_when(slow: Slow) -> None:
    blocked, connected, began = slow
    line = _lines(blocked.owner.get("/providers/"))[SYSTEM]
    row = line["row"]
    assert (row.verdict.trouble, row.verdict.since) == (Trouble.SLOW, began)
    assert (len(row.connections), row.customers, row.touched, row.paused) == (3, 3, 2, 0)
    assert line["sentence"].startswith(f"2 of 3 connections to {NAME} answer slowly. Since ")
    page = blocked.owner.get(f"/providers/{SYSTEM}/")
    assert [one["row"].standing.trouble for one in page.context["lines"]] == [Trouble.SLOW, Trouble.SLOW, Trouble.WELL]
    (median, _slowest) = page.context["charts"][0].series
    assert median.values[-2:] != [None, None]
    assert sum(value for one in page.context["charts"][1].series for value in one.values) == 150
    narrowed = blocked.owner.get(f"/providers/{SYSTEM}/?standing=well").context["list"].rows
    assert [one.id for one in narrowed] == [connected[2].id]
    assert blocked.owner.get("/providers/nobody-uses-it/").status_code == 404


def test_the_list_is_a_file_too_and_customers_do_not_see_it(slow: Slow) -> None:
    blocked, _connected, _began = slow
    file = blocked.owner.get("/providers/?format=csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert {row["System"]: row["State"] for row in rows}[NAME] == "Slow"
    assert blocked.as_(Role.CUSTOMER_OWNER).get("/providers/").status_code == 403


def test_operators_see_counts_over_partners_and_no_customer(slow: Slow, db: None) -> None:
    blocked, _connected, _began = slow
    operator = Client(headers={"host": "platform.localhost"})
    operator.force_login(create_user(email="op@platform.example", name="Ola", role=Role.OPERATOR, password=PASSWORD))
    response = operator.get("/providers/")
    row = _lines(response)[SYSTEM]["row"]
    assert (len(row.parts), row.partners_touched, row.connections, row.customers) == (1, 1, 3, 3)
    detail = operator.get(f"/providers/{SYSTEM}/")
    assert [(part["row"].connections, part["row"].touched) for part in detail.context["lines"]] == [(3, 2)]
    for words in (response.content.decode(), detail.content.decode()):
        assert "Firm 0" not in words
        assert blocked.line.customer.name not in words


def test_a_case_that_blames_a_system_says_that_others_suffer(blocked: Blocked) -> None:
    case = blocked.case("hours")
    path = f"/exceptions/{case.id}/"
    assert blocked.owner.get(path).context["suffering"] == []
    with scope.work_in(blocked.line.partner):
        ExceptionCase.objects.filter(id=case.id).update(error_class="provider_outage")
        system = case.flow.target.system
        for one in [case.flow.target, *_connected_twice(system)]:
            for _ in range(4):
                breaker.note(one.id, CallCounts(ok=0, failed=5, reason="It did not answer in time."))
    ((sentence, address),) = blocked.owner.get(path).context["suffering"]
    assert "2 of 2 connections" in sentence
    assert address == f"/providers/{system}/"


def _connected_twice(system: str) -> list[Connection]:
    new = NewConnection(system, "Its other one", "https://erp.example.com", {"token": "a-token-4711"}, {})
    return [create_connection(create_customer(name="Another firm"), new)]
