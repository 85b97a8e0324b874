"""Which connections need somebody: each reason, the worst first, in words and since when."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from apps.connectors.attention import Look, Trouble, look_now, trouble_of, with_trouble
from apps.connectors.connection_list import count_needing_somebody
from apps.connectors.models import CircuitBreaker, Connection, WebhookEndpoint
from apps.connectors.queries import connections
from apps.customers.models import Customer
from apps.customers.services import create_customer
from apps.tenants.scope import PartnerRef

NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=40)


@pytest.fixture
def customer(in_partner_a: PartnerRef) -> Customer:
    return create_customer(name="Harbour Advisory", currency="EUR")


def _made(customer: Customer, name: str = "PSA", *, since: datetime | None = None, **values: Any) -> Connection:
    wanted = {"system": "sandbox_psa", "base_url": "https://psa.example", "state": "working", **values}
    made = Connection.objects.create(customer=customer, name=name, **wanted)
    if since is not None:
        Connection.objects.filter(id=made.id).update(state_since=since)
    return made


def _breaker(one: Connection, **values: Any) -> None:
    wanted = {"state": "open", "reason": "Status 500.", "since": LONG_AGO, **values}
    CircuitBreaker.objects.create(connection=one, customer_id=one.customer_id, **wanted)


def _endpoint(one: Connection, heard: datetime | None, *, active: bool = True) -> None:
    WebhookEndpoint.objects.create(
        connection=one, customer_id=one.customer_id, sealed_secret=b"", active=active, last_received_at=heard
    )


def _trouble(one: Connection, look: Look | None = None) -> Trouble | None:
    look = look or look_now()
    return trouble_of(with_trouble(connections().select_related("breaker"), look).get(id=one.id), look)


def _name(trouble: Trouble | None) -> str:
    return trouble.name if trouble else ""


@pytest.mark.parametrize(
    ("values", "breaker", "name", "step"),
    [
        ({"last_success_at": NOW}, None, "", ""),
        ({"last_success_at": LONG_AGO}, None, "unproven", "test"),
        ({"state": "untested", "since": NOW - timedelta(hours=23)}, None, "", ""),
        ({"state": "untested", "since": NOW - timedelta(hours=25)}, None, "untested", "test"),
        ({"state": "attention", "state_reason": "No such company.", "since": NOW}, None, "failing", "test"),
        ({"state": "attention", "since": NOW}, {"probes": 3}, "away", "test"),
        ({"state": "attention", "since": NOW}, {"needs_person": True}, "refused", "secrets"),
        ({"state": "attention", "system": "gone_by_now"}, {"needs_person": True}, "refused", "secrets"),
        ({"last_success_at": NOW}, {"state": "closed", "needs_person": True}, "", ""),
        ({"state": "disabled", "last_success_at": LONG_AGO}, {"needs_person": True}, "", ""),
    ],
    ids=[
        "one that works needs nobody",
        "a success long ago",
        "changed yesterday",
        "not tested for more than a day",
        "a failed test",
        "away",
        "the sign-in is refused",
        "a system that left the catalogue",
        "a breaker that closed again",
        "switched off on purpose",
    ],
)
def test_each_reason_is_told(
    customer: Customer, values: dict[str, Any], breaker: dict[str, Any] | None, name: str, step: str
) -> None:
    one = _made(customer, **values)
    if breaker is not None:
        _breaker(one, **breaker)
    trouble = _trouble(one)
    assert _name(trouble) == name
    assert (trouble.next_step if trouble else "") == step
    assert trouble is None or trouble.words


def test_the_reason_carries_the_systems_own_words_and_since_when(customer: Customer) -> None:
    failing = _trouble(_made(customer, state="attention", state_reason="No such company.", since=NOW))
    assert failing is not None
    assert (failing.words, failing.since) == ("No such company.", NOW)
    away = _made(customer, "ERP", state="attention")
    _breaker(away)
    told = _trouble(away)
    assert told is not None
    assert (told.words, told.since) == ("It does not answer and is not called until it does. Status 500.", LONG_AGO)


def test_webhooks_are_silent_only_when_they_used_to_speak(customer: Customer) -> None:
    spoke, never, speaks, closed = (_made(customer, name, last_success_at=NOW) for name in ("A", "B", "C", "D"))
    _endpoint(spoke, NOW - timedelta(days=9))
    _endpoint(spoke, NOW - timedelta(days=30))
    _endpoint(never, None)
    _endpoint(speaks, NOW - timedelta(days=9))
    _endpoint(speaks, NOW)
    _endpoint(closed, NOW - timedelta(days=9), active=False)
    assert [_name(_trouble(one)) for one in (spoke, never, speaks, closed)] == ["silent", "", "", ""]
    silent = _trouble(spoke)
    assert silent is not None
    assert silent.since == NOW - timedelta(days=9)


def test_calls_that_came_too_often_are_told_and_worse_reasons_win(customer: Customer) -> None:
    quick, broken = _made(customer, "A", last_success_at=NOW), _made(customer, "B", state="attention")
    look = Look(timezone.now(), {quick.id: NOW, broken.id: NOW, uuid7(): NOW})
    assert [_name(_trouble(one, look)) for one in (quick, broken)] == ["limited", "failing"]


def test_the_worst_stand_first_and_all_are_counted_once(customer: Customer) -> None:
    fine, old = _made(customer, "A", last_success_at=NOW), _made(customer, "B", last_success_at=LONG_AGO)
    away, failing = _made(customer, "C", state="attention"), _made(customer, "D", state="attention")
    _breaker(away)
    for heard in (NOW - timedelta(days=8), NOW - timedelta(days=9)):
        _endpoint(failing, heard)
    found = with_trouble(connections(), look_now()).order_by("-urgency")
    assert [one.id for one in found] == [away.id, failing.id, old.id, fine.id]
    assert count_needing_somebody() == 3


def test_the_database_notes_since_when_a_state_holds(customer: Customer) -> None:
    one = _made(customer, state="untested")
    Connection.objects.filter(id=one.id).update(state_since=LONG_AGO)
    Connection.objects.filter(id=one.id).update(name="Other name")
    one.refresh_from_db()
    assert one.state_since == LONG_AGO
    Connection.objects.filter(id=one.id).update(state="working")
    one.refresh_from_db()
    assert one.state_since is not None
    assert one.state_since > LONG_AGO
