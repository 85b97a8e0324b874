"""Breakers as all workers share them: free while all is well, opened once by many, known to all within a second."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.connectors import breaker
from apps.connectors.breaker import PausedError
from apps.connectors.contract import CallCounts
from apps.connectors.models import CircuitBreaker, Connection
from apps.connectors.services import NewConnection, create_connection
from apps.customers.services import create_customer
from apps.dispatch.models import DueWork
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

BAD = CallCounts(ok=0, failed=5, reason="It did not answer in time.")


def _connection(name: str = "ERP") -> Connection:
    customer = create_customer(name=f"Customer of {name}", currency="EUR")
    secrets = {"token": "a-token-4711"}
    return create_connection(customer, NewConnection("sandbox_erp", name, "https://erp.example.com", secrets, {}))


def _forget() -> None:
    breaker._known.clear()


def test_it_costs_nothing_while_all_is_well(in_partner_a: PartnerRef) -> None:
    connection = _connection()
    breaker.require_closed([connection.id])
    with CaptureQueriesContext(database) as asked:
        for _ in range(50):
            breaker.note(connection.id, CallCounts(ok=500))
            breaker.require_closed([connection.id])
    assert asked.captured_queries == []
    assert not CircuitBreaker.objects.exists()


def test_an_open_one_pauses_says_why_and_has_a_probe_due(in_partner_a: PartnerRef) -> None:
    connection, other = _connection(), _connection("PSA")
    for _ in range(4):
        breaker.note(connection.id, BAD)
    with pytest.raises(PausedError, match=r"ERP does not answer: It did not answer in time\.") as caught:
        breaker.require_closed([other.id, connection.id])
    assert caught.value.connection_id == connection.id
    assert caught.value.until > timezone.now()
    probe = DueWork.objects.get(kind=breaker.PROBE_KIND)
    assert (probe.reference, probe.due_at) == (str(connection.id), CircuitBreaker.objects.get().next_probe_at)
    assert Connection.objects.get(id=connection.id).state == "attention"
    breaker.require_closed([other.id])


def test_good_calls_are_counted_once_failures_were(in_partner_a: PartnerRef) -> None:
    connection = _connection()
    breaker.note(connection.id, BAD)
    breaker.note(connection.id, CallCounts(ok=40))
    for _ in range(5):
        breaker.note(connection.id, BAD)
    row = CircuitBreaker.objects.get()
    assert (row.state, row.calls, row.failures) == ("closed", 70, 30)


def test_what_a_process_knows_is_at_most_a_second_old(
    in_partner_a: PartnerRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = _connection()
    breaker.require_closed([connection.id])
    CircuitBreaker.objects.create(
        connection=connection, customer_id=connection.customer_id, state="open", reason="away"
    )
    breaker.require_closed([connection.id])  # another process has opened it just now
    later = time.monotonic() + breaker.LOOK_AGAIN_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    with pytest.raises(PausedError):
        breaker.require_closed([connection.id])


def test_closing_it_makes_due_what_waits_for_it_and_looks_once_more_for_stragglers(in_partner_a: PartnerRef) -> None:
    connection = _connection()
    breaker.note_refusal(connection.id, "The token was revoked.")
    far = timezone.now() + timedelta(hours=1)
    waiting = {"partner_id": in_partner_a.id, "queue": "run", "due_at": far, "created_at": timezone.now()}
    ours = DueWork.objects.create(kind="flows.run", waiting_for=connection.id, **waiting)
    other = DueWork.objects.create(kind="flows.run", **waiting)
    breaker.reset(connection.id)
    ours.refresh_from_db()
    other.refresh_from_db()
    assert ours.due_at <= timezone.now()
    assert other.due_at == far
    again = DueWork.objects.get(kind=breaker.PROBE_KIND)
    assert timezone.now() < again.due_at < timezone.now() + timedelta(seconds=10)
    breaker.require_closed([connection.id])


def test_resetting_what_is_well_does_nothing(in_partner_a: PartnerRef) -> None:
    connection = _connection()
    breaker.reset(connection.id)
    assert not CircuitBreaker.objects.exists()
    assert not DueWork.objects.filter(kind=breaker.PROBE_KIND).exists()


def test_many_workers_that_meet_the_outage_together_open_it_once(committed: PartnerRef) -> None:
    with scope.work_in(committed):
        connection = _connection()
    together = threading.Barrier(4)

    def worker() -> None:
        try:
            together.wait(10)
            for _ in range(3):
                with scope.work_in(committed):
                    breaker.note(connection.id, BAD)
        finally:
            database.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    _forget()
    with scope.work_in(committed):
        row = CircuitBreaker.objects.get()
        assert (row.state, row.probes) == ("open", 0)
        assert DueWork.objects.filter(kind=breaker.PROBE_KIND).count() == 1
