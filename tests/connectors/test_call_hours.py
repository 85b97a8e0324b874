"""The calls of a connection by the hour: counted where they are made, a row an hour, forgotten in the end."""

import asyncio
from datetime import timedelta

from django.utils import timezone

from apps.connectors import call_hours
from apps.connectors.call_times import SLOTS, CallTimes, slot_of
from apps.connectors.contract import CallCounts
from apps.connectors.models import CircuitBreaker, Connection, ConnectionHour
from apps.connectors.services import NewConnection, create_connection
from apps.customers.services import create_customer
from apps.tenants.scope import PartnerRef
from tests.connectors.conftest import door_to, read_request, reply, wire


def _connection() -> Connection:
    customer = create_customer(name="Customer", currency="EUR")
    new = NewConnection("sandbox_erp", "ERP", "https://erp.example.com", {"token": "a-token-4711"}, {})
    return create_connection(customer, new)


def _counts(*took: int, failed: int = 0) -> CallCounts:
    slots = [0] * SLOTS
    for milliseconds in took:
        slots[slot_of(milliseconds)] += 1
    times = CallTimes(len(took), failed, 0, tuple(slots))
    return CallCounts(len(took) - failed, failed, "It did not answer in time." if failed else "", times)


def test_slices_of_one_hour_add_up_in_one_row(in_partner_a: PartnerRef) -> None:
    connection, now = _connection(), timezone.now().replace(minute=10)
    call_hours.add_to_hour(connection.id, _counts(90, 95, 2000), now)
    call_hours.add_to_hour(connection.id, _counts(90, failed=1), now + timedelta(minutes=40))
    call_hours.add_to_hour(connection.id, _counts(90), now + timedelta(hours=1))
    first, second = ConnectionHour.objects.all()
    told = CallTimes(first.calls, first.failed, first.limited, tuple(first.slots))
    assert told == _counts(90, 95, 2000).times + _counts(90, failed=1).times
    assert (first.customer_id, second.calls) == (connection.customer_id, 1)


def test_the_breaker_is_told_as_well_and_no_calls_leave_nothing(in_partner_a: PartnerRef) -> None:
    connection = _connection()
    call_hours.note_calls(connection.id, CallCounts())
    assert not ConnectionHour.objects.exists()
    call_hours.note_calls(connection.id, _counts(30, 30, failed=2))
    assert CircuitBreaker.objects.get().failures == 2
    assert ConnectionHour.objects.get().failed == 2


def test_old_hours_are_forgotten_and_only_they(in_partner_a: PartnerRef) -> None:
    connection, now = _connection(), timezone.now()
    for at in (now, now - call_hours.KEPT + timedelta(hours=2), now - call_hours.KEPT - timedelta(hours=2)):
        call_hours.add_to_hour(connection.id, _counts(30), at)
    assert call_hours.drop_old_hours(now) == 1
    assert ConnectionHour.objects.count() == 2


async def test_a_door_times_all_its_calls_and_tells_those_that_came_too_often() -> None:
    statuses = iter(["200 OK", "422 Unprocessable", "429 Too Many Requests", "500 Oops"])

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(reply(next(statuses)))
            await writer.drain()

    async with wire(script) as url, door_to(url) as door:
        for _ in range(4):
            await door.send("GET", "x")
        counts = door.take_counts()
        again = door.take_counts()
    assert (counts.ok, counts.failed) == (2, 1)
    assert (counts.times.calls, counts.times.failed, counts.times.limited) == (4, 1, 1)
    assert sum(counts.times.slots) == 4
    assert again.times == CallTimes()
