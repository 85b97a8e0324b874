"""Makes subscriptions at systems, renews them well before they end, makes them again when forgotten, and ends them.

One row of due work for each: it sleeps as a due time, not as a worker. After a gap the flows that listen are told to read
what they were not told of.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.connectors import breaker, call_hours, subscriptions, vault
from apps.connectors.connection_state import mark_attention, mark_working
from apps.connectors.contract import CallCounts, Connector, HeldSubscription, Subscriber, WantedSubscription
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import AuthExpiredError, BusinessClass, MisconfiguredError, RateLimitedError, RemoteError
from apps.connectors.models import Connection, WebhookSubscription
from apps.connectors.opening import open_connector
from apps.connectors.signals import announcements_missed
from apps.connectors.webhook_spec import SubscriptionSpec
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork

_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
_TRIES_TO_END = 8  # afterwards it ends there by itself
_State = WebhookSubscription.State


@dataclass(frozen=True, slots=True)
class _Task:
    connector: Connector
    wanted: WantedSubscription
    key: str
    ends: bool


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of it: `held` None when it was ended or `error` says why not."""

    held: HeldSubscription | None = None
    forgotten: bool = False
    error: RemoteError | None = None
    counts: CallCounts = field(default_factory=CallCounts)


def keep_subscription(work: LeasedWork) -> RunAgain | None:
    """Bring one subscription to what is wanted: read, call outside any transaction, store with what follows."""
    with transaction.atomic():
        rows = WebhookSubscription.objects.select_related("connection", "endpoint")
        row = rows.filter(id=UUID(work.reference)).first()
        if row is None or row.connection.state == Connection.State.DISABLED:
            return None  # switching it on again looks again
        spec, now = subscriptions.spec_of(row.connection.system), timezone.now()
        if spec is None:
            return None
        if row.state == _State.ACTIVE and row.endpoint.active and subscriptions.renew_at(row, spec, now) > _soon(now):
            return RunAgain(subscriptions.renew_at(row, spec, now))
        task = _prepared(row)
    try:
        breaker.require_closed([row.connection_id])
    except breaker.PausedError as paused:
        return RunAgain(paused.until, waiting_for=row.connection_id)
    outcome = task if isinstance(task, _Outcome) else asyncio.run(_done(task))
    call_hours.note_calls(row.connection_id, outcome.counts)
    with transaction.atomic():
        work.confirm()
        return _store(row.id, spec, outcome)


def _soon(now: datetime) -> datetime:
    return now + timedelta(minutes=1)


def _prepared(row: WebhookSubscription) -> _Task | _Outcome:
    try:
        wanted = WantedSubscription(
            row.object_name, vault.webhook_address(row.endpoint), vault.webhook_secret(row.endpoint)
        )
        connector = open_connector(row.connection, correlation_id=f"subscription-{row.id}")
    except RemoteError as error:
        return _Outcome(error=error)
    except UnsealError:
        sentence = "A stored secret cannot be opened any more: replace it, and open another webhook address."
        return _Outcome(error=MisconfiguredError(sentence, business_class=BusinessClass.PERMISSION))
    return _Task(connector, wanted, row.key, ends=row.state == _State.ENDING or not row.endpoint.active)


async def _done(task: _Task) -> _Outcome:
    if not isinstance(task.connector, Subscriber):
        raise TypeError(f"{type(task.connector).__name__} has a SubscriptionSpec and cannot subscribe.")
    try:
        async with task.connector as connector:
            if task.ends:
                if task.key:
                    await connector.unsubscribe(task.key)
                return _Outcome(counts=connector.take_counts())
            held = await connector.renew_subscription(task.key, task.wanted) if task.key else None
            forgotten = bool(task.key) and held is None
            held = held or await connector.subscribe(task.wanted)
            return _Outcome(held, forgotten, counts=connector.take_counts())
    except RemoteError as error:
        return _Outcome(error=error, counts=task.connector.take_counts())


def _store(row_id: UUID, spec: SubscriptionSpec, outcome: _Outcome) -> RunAgain | None:
    rows = WebhookSubscription.objects.select_for_update(of=("self",), no_key=True)
    row = rows.select_related("connection", "endpoint").filter(id=row_id).first()
    if row is None:
        return None
    now = timezone.now()
    if outcome.error is not None:
        return _failed(row, outcome.error, now)
    if outcome.held is None:
        row.delete()
        return None
    _hold(row, outcome.held, forgotten=outcome.forgotten, now=now)
    if row.state == _State.ENDING:  # somebody closed the address meanwhile: what was just made is ended
        return RunAgain()
    return RunAgain(subscriptions.renew_at(row, spec, now))


def _hold(row: WebhookSubscription, held: HeldSubscription, *, forgotten: bool, now: datetime) -> None:
    is_gap = forgotten or row.state == _State.LAPSED or (row.made_at is not None and not row.key)
    row.key, row.expires_at, row.renewed_at = held.key[:200], held.until, now
    row.made_at, row.failures, row.last_error = row.made_at or now, 0, ""
    if row.state != _State.ENDING:
        row.state = _State.ACTIVE
    row.save()
    if is_gap:
        _tell_missed(row, now)
    _recovered(row.connection_id)


def _recovered(connection_id: UUID) -> None:
    """Take the reason off the connection; another lapsed subscription puts its own there."""
    waiting = Connection.objects.filter(id=connection_id, state=Connection.State.ATTENTION)
    if waiting.filter(state_reason__startswith=subscriptions.NOT_ANNOUNCED).exists():
        mark_working(connection_id)


def _failed(row: WebhookSubscription, error: RemoteError, now: datetime) -> RunAgain | None:
    row.failures, row.last_error = min(row.failures + 1, 1000), error.message[:400]
    if row.state == _State.ENDING or not row.endpoint.active:
        if row.failures >= _TRIES_TO_END or (row.expires_at is not None and row.expires_at <= now):
            row.delete()
            return None
    elif row.expires_at is not None and row.expires_at <= now:
        row.state, row.key = _State.LAPSED, ""
    row.save()
    _show(row.connection_id)
    if row.state == _State.LAPSED:
        _tell_missed(row, now)
    if isinstance(error, RateLimitedError):
        return RunAgain(error.until)
    wait = min(_FIRST_WAIT * 3 ** min(row.failures - 1, 6), _LONGEST_WAIT)
    if isinstance(error, AuthExpiredError):
        return RunAgain(now + _LONGEST_WAIT, waiting_for=row.connection_id)
    return RunAgain(now + wait)


def _show(connection_id: UUID) -> None:
    """Say on the connection what is not announced, unless something else is the matter with it that matters more."""
    reason = subscriptions.lapse_reason(connection_id)
    other = Connection.objects.filter(id=connection_id, state=Connection.State.ATTENTION)
    if reason and not other.exclude(state_reason__startswith=subscriptions.NOT_ANNOUNCED).exists():
        mark_attention(connection_id, reason)


def _tell_missed(row: WebhookSubscription, now: datetime) -> None:
    """Let the flows that listen read what they were not told of: once an hour while it lapses, and when it is back."""
    mark = f"{row.id.hex}:{now:%Y%m%d%H}:{row.state}"
    announcements_missed.send(sender=WebhookSubscription, endpoint_id=row.endpoint_id, mark=mark)
