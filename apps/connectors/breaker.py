"""Breakers of connections, kept in PostgreSQL for all workers: ask before calling, tell how it went, be told when to go on.

While a breaker is open, work on its connection waits without spending an attempt; a probe finds out when the system is
back, and what waited is made due at once.
"""

import time
from collections.abc import Collection
from dataclasses import fields
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from apps.connectors import breaker_rule
from apps.connectors.breaker_rule import BreakerState, Standing
from apps.connectors.contract import CallCounts
from apps.connectors.models import CircuitBreaker, Connection
from apps.connectors.signals import breaker_moved
from apps.dispatch import services as dispatch
from apps.dispatch.models import Priority

PROBE_KIND = "connectors.probe"
LOOK_AGAIN_SECONDS = 1.0  # what a process knows of a breaker is no older
# Fallbacks only: what waits is made due when the connection is back.
_LOOK_WHILE_AWAY = timedelta(minutes=15)
_LOOK_WHILE_REFUSED = timedelta(hours=1)
_STRAGGLERS = timedelta(seconds=3)  # after which nobody can still go to sleep on old knowledge
_MOST_KNOWN = 4096
_COLUMNS = tuple(column.name for column in fields(Standing))

log = structlog.get_logger(__name__)
_known: dict[UUID, tuple[float, Standing]] = {}


class PausedError(Exception):
    """The connection is not called just now: wait until `until`, or until it is back, and spend no attempt on it."""

    def __init__(self, connection_id: UUID, name: str, standing: Standing, now: datetime) -> None:
        self.connection_id = connection_id
        self.needs_person = standing.needs_person
        self.next_probe_at = standing.next_probe_at
        self.until = now + (_LOOK_WHILE_REFUSED if standing.needs_person else _LOOK_WHILE_AWAY)
        what, ends = breaker_rule.waiting_words(needs_person=standing.needs_person, reason=standing.reason)
        self.message = f"{name} {what}: {standing.reason} The work waits and goes on by itself {ends}."
        super().__init__(self.message)


def require_closed(connection_ids: Collection[UUID]) -> None:
    """Return when all these connections may be called; what is known of each is at most a second old.

    Raises:
        PausedError: the breaker of one of them is open.

    """
    standings = _standings(connection_ids)
    for connection_id in connection_ids:
        if not standings[connection_id].lets_through:
            with transaction.atomic():
                name = Connection.objects.filter(id=connection_id).values_list("name", flat=True).first()
            raise PausedError(connection_id, name or "A system", standings[connection_id], timezone.now())


def note(connection_id: UUID, counts: CallCounts) -> None:
    """Tell how some calls fared. Costs nothing while all is well. Opens a transaction of its own where there is none."""
    if not counts.failed and not (counts.ok and _is_in_doubt(connection_id)):
        return
    with transaction.atomic():
        row, standing, now = _locked(connection_id)
        _move(row, standing, breaker_rule.after_calls(standing, counts.ok, counts.failed, now, counts.reason), now)


def note_outage(connection_id: UUID, reason: str) -> None:
    """Tell that a slice of work found the system away altogether. The second in a row opens the breaker."""
    with transaction.atomic():
        row, standing, now = _locked(connection_id)
        _move(row, standing, breaker_rule.after_outage(standing, reason, now), now)


def note_refusal(connection_id: UUID, reason: str) -> None:
    """Tell that the sign-in was refused for good: the connection waits for a person."""
    with transaction.atomic():
        row, standing, now = _locked(connection_id)
        _move(row, standing, breaker_rule.after_refusal(standing, reason, now), now)


def hold(connection_id: UUID) -> None:
    """Let nothing pass until a test has told whose records are behind the connection; a probe asks if the test is lost."""
    with transaction.atomic():
        row, standing, now = _locked(connection_id)
        _move(row, standing, breaker_rule.held(standing, now), now)


def release(connection_id: UUID) -> None:
    """End a `hold`; a breaker that is open for another reason stays so."""
    with transaction.atomic():
        row, standing, now = _locked(connection_id)
        if breaker_rule.is_held(standing.reason) and not standing.lets_through:
            _move(row, standing, breaker_rule.closed(now), now)


def note_other_account(connection_id: UUID, was: str, told: str) -> None:
    """Tell that the system shows another account's records: the connection waits for a person."""
    with transaction.atomic():
        row, standing, now = _locked(connection_id)
        open_again = breaker_rule.held(standing, now)
        _move(row, standing, breaker_rule.after_refusal(open_again, breaker_rule.unconfirmed(was, told), now), now)


def note_probe(connection_id: UUID, *, passed: bool, reason: str) -> datetime | None:
    """Tell what a probe found. Returns when to probe again, None when there is nothing to probe any more."""
    with transaction.atomic():
        row, standing, now = _locked(connection_id)
        after = breaker_rule.after_probe(standing, passed=passed, reason=reason, now=now)
        _move(row, standing, after, now)
        return after.next_probe_at if after.state is BreakerState.OPEN else None


def reset(connection_id: UUID) -> None:
    """Close the breaker: a person has mended the connection, or a test of it passed. What waited is due at once."""
    with transaction.atomic():
        if CircuitBreaker.objects.filter(connection_id=connection_id).exclude(state=BreakerState.CLOSED).exists():
            row, standing, now = _locked(connection_id)
            _move(row, standing, breaker_rule.closed(now), now)


def wake_stragglers(connection_id: UUID) -> None:
    """Make due what went to sleep on what it knew in the moment in which the breaker let go."""
    dispatch.hasten(connection_id=connection_id)


def standing_of(row: CircuitBreaker) -> Standing:
    """Return a row as the rule takes it."""
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Standing(**{**values, "state": BreakerState(row.state)})


def _standings(connection_ids: Collection[UUID]) -> dict[UUID, Standing]:
    now = time.monotonic()
    found = {
        id_: known[1] for id_ in connection_ids if (known := _known.get(id_)) and now - known[0] < LOOK_AGAIN_SECONDS
    }
    unknown = [id_ for id_ in connection_ids if id_ not in found]
    if unknown:
        with transaction.atomic():
            rows = list(CircuitBreaker.objects.filter(connection_id__in=unknown))
        read = dict.fromkeys(unknown, Standing()) | {row.connection_id: standing_of(row) for row in rows}
        if len(_known) > _MOST_KNOWN:
            _known.clear()
        _known.update({id_: (now, standing) for id_, standing in read.items()})
        found |= read
    return found


def _is_in_doubt(connection_id: UUID) -> bool:
    """Say whether good calls matter: failures were counted a moment ago, or the breaker is not quite closed."""
    standing = _standings([connection_id])[connection_id]
    return bool(standing.failures or standing.outages or standing.state is BreakerState.HALF_OPEN)


def _locked(connection_id: UUID) -> tuple[CircuitBreaker, Standing, datetime]:
    rows = CircuitBreaker.objects.select_for_update(no_key=True).filter(connection_id=connection_id)
    row = rows.first()
    if row is None:
        customer_id = Connection.objects.values_list("customer_id", flat=True).get(id=connection_id)
        new = CircuitBreaker(connection_id=connection_id, customer_id=customer_id)
        CircuitBreaker.objects.bulk_create([new], ignore_conflicts=True)
        row = rows.get()
    return row, standing_of(row), timezone.now()


def _move(row: CircuitBreaker, before: Standing, after: Standing, now: datetime) -> None:
    if after == before:
        return
    for name in _COLUMNS:
        setattr(row, name, getattr(after, name))
    row.reason = after.reason[:400]
    row.save(update_fields=_COLUMNS)
    _known.pop(row.connection_id, None)
    transaction.on_commit(lambda: _known.pop(row.connection_id, None), robust=True)
    if (after.state, after.needs_person) != (before.state, before.needs_person):
        log.warning("breaker_moved", connection=str(row.connection_id), state=after.state, reason=after.reason)
        _follow(row, before, after, now)
        breaker_moved.send(sender=CircuitBreaker, connection_id=row.connection_id, customer_id=row.customer_id)


def _follow(row: CircuitBreaker, before: Standing, after: Standing, now: datetime) -> None:
    """Do what a change of state asks for: say it on the connection, probe, wake what waited."""
    shown = Connection.objects.filter(id=row.connection_id).exclude(state=Connection.State.DISABLED)
    if not after.lets_through:
        shown.update(state=Connection.State.ATTENTION, state_reason=row.reason)
        if after.next_probe_at is not None:
            _probe_at(row, after.next_probe_at)
        return
    if after.state is BreakerState.CLOSED and before.state is BreakerState.HALF_OPEN:
        shown.filter(state=Connection.State.ATTENTION).update(
            state=Connection.State.WORKING, state_reason="", last_success_at=now
        )
    if not before.lets_through:
        dispatch.hasten(connection_id=row.connection_id)
        _probe_at(row, now + _STRAGGLERS)


def _probe_at(row: CircuitBreaker, at: datetime) -> None:
    dispatch.enqueue(
        kind=PROBE_KIND,
        reference=str(row.connection_id),
        unique_key=f"probe:{row.connection_id}",
        due_at=at,
        priority=Priority.LIVE,
        customer_id=row.customer_id,
    )
