"""Put work down for later, take it back, bring given-up work back to life: in the caller's transaction and scope."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.dispatch import statements, wakeups
from apps.dispatch.kinds import require_kind
from apps.dispatch.models import Bound, PartnerTurn, Priority, Queue
from apps.dispatch.statements import execute, fetch, fetch_prepared
from apps.tenants import scope

LONGEST = 200  # of a lane and of a unique key


@dataclass(frozen=True, slots=True)
class NewWork:
    """One piece of work to put down; the fields are those of `enqueue`."""

    kind: str
    reference: str = ""
    lane: str = ""
    due_at: datetime | None = None
    priority: Priority = Priority.LIVE
    unique_key: str = ""
    customer_id: UUID | None = None
    connection_id: UUID | None = None


def enqueue(  # noqa: PLR0913  the eight facts about a piece of work, all by name
    *,
    kind: str,
    reference: str = "",
    lane: str = "",
    due_at: datetime | None = None,
    priority: Priority = Priority.LIVE,
    unique_key: str = "",
    customer_id: UUID | None = None,
    connection_id: UUID | None = None,
) -> None:
    """Make `kind` due for `reference` at `due_at` (None: now), for the open partner; commits with the caller.

    With a `unique_key`, a second request while one is open adds nothing: an earlier `due_at` pulls a waiting row
    forward, and a row that is running just now runs once more afterwards, so no change goes unseen. `connection_id` is
    the outside system that the work loads: no more rows of it are in hand at a time than its cap allows.

    Raises:
        NoPartnerError: no partner's scope is open.
        UnknownKindError: no function is registered for `kind`.
        ValueError: a field cannot be stored; the message names it.

    """
    enqueue_many([NewWork(kind, reference, lane, due_at, priority, unique_key, customer_id, connection_id)])


def enqueue_many(works: Sequence[NewWork]) -> None:
    """Put down many rows in one statement; rows of one lane keep the order given. Raises as `enqueue` does."""
    partner = scope.require().partner
    works = _without_repeats(works)
    if not works:
        return
    queues = [require_kind(work.kind).queue for work in works]
    for work in works:
        _check(work)
    execute(
        statements.ENQUEUE,
        partner=str(partner.id),
        kinds=[work.kind for work in works],
        references=[work.reference for work in works],
        lanes=[work.lane for work in works],
        queues=[queue.value for queue in queues],
        priorities=[int(work.priority) for work in works],
        due_ats=[work.due_at for work in works],
        unique_keys=[work.unique_key for work in works],
        customers=[work.customer_id for work in works],
        connections=[work.connection_id for work in works],
    )
    _wake_after_commit(queues, works)


def _wake_after_commit(queues: Sequence[Queue], works: Sequence[NewWork]) -> None:
    now = timezone.now()
    for queue in {
        queue for queue, work in zip(queues, works, strict=True) if work.due_at is None or work.due_at <= now
    }:
        transaction.on_commit(partial(wakeups.request, queue), robust=True)


def _without_repeats(works: Sequence[NewWork]) -> list[NewWork]:
    """Keep one row per unique key, the one due first: a statement may not touch the same open row twice."""
    kept: dict[object, NewWork] = {}
    for place, work in enumerate(works):
        known = kept.setdefault(work.unique_key or place, work)
        if known.due_at is not None and (work.due_at is None or work.due_at < known.due_at):
            kept[work.unique_key or place] = work
    return list(kept.values())


def _check(work: NewWork) -> None:
    Priority(work.priority)
    if work.due_at is not None and work.due_at.tzinfo is None:
        raise ValueError(f"due_at={work.due_at} of {work.kind} has no time zone: pass an aware time in UTC.")
    for name in ("lane", "unique_key"):
        if len(getattr(work, name)) > LONGEST:
            raise ValueError(f"{name} of {work.kind} is longer than {LONGEST} characters: shorten or hash it.")


def already_due(unique_keys: Sequence[str]) -> set[str]:
    """Return those of the open partner's keys whose row is due, or will run once more: enqueueing it would add nothing.

    It takes no lock, so a row may be claimed the next moment: who relies on it must look again under a lock of its own.
    """
    partner = scope.require().partner
    return {key for (key,) in fetch_prepared(statements.ASKED_FOR, partner=partner.id, keys=list(unique_keys))}


def cancel(*, kind: str, reference: str) -> int:
    """Take away the open partner's waiting rows of this kind and reference; returns how many.

    A row that is running finishes, but is not run again for requests that came meanwhile.
    """
    whose = {"partner": scope.require().partner.id, "kind": kind, "reference": reference}
    execute(statements.FORGET_AGAIN, **whose)
    return execute(statements.CANCEL, **whose, queue=require_kind(kind).queue.value)


def revive(work_id: int) -> bool:
    """Make one of the open partner's failed or quarantined rows due again; False when there is none such."""
    revived = fetch(statements.REVIVE, id=work_id, partner=scope.require().partner.id)
    for (queue,) in revived:
        transaction.on_commit(partial(wakeups.request, Queue(queue)), robust=True)
    return bool(revived)


def hasten(*, connection_id: UUID | None = None, references: Sequence[str] = ()) -> int:
    """Make rows of the open partner that wait for a later time due now; returns how many. Commits with the caller.

    With `connection_id`: those that said they wait for it (`RunAgain(waiting_for=...)`) and those that load it. With
    `references`: those of these references, whatever their kind. A row woken too early looks and waits again.
    """
    whose = {"partner": scope.require().partner.id, "queues": [queue.value for queue in Queue]}
    hastened: list[str] = []
    if connection_id is not None:
        hastened += [queue for (queue,) in fetch(statements.HASTEN_CONNECTION, **whose, connection=connection_id)]
    if references:
        hastened += [queue for (queue,) in fetch(statements.HASTEN_REFERENCES, **whose, references=list(references))]
    for queue in set(hastened):
        transaction.on_commit(partial(wakeups.request, Queue(queue)), robust=True)
    return len(hastened)


def set_share(partner_id: UUID, *, weight: int, cap: int) -> None:
    """Give a partner `weight` turns for every one of an ordinary partner, and at most `cap` leases per queue.

    Raises:
        ValueError: `weight` or `cap` is less than 1.

    """
    if weight < 1 or cap < 1:
        raise ValueError(f"weight={weight} and cap={cap} of a partner's share must both be 1 or more.")
    turns = [PartnerTurn(partner_id=partner_id, queue=queue.value, weight=weight, cap=cap) for queue in Queue]
    PartnerTurn.objects.bulk_create(
        turns, update_conflicts=True, unique_fields=["partner", "queue"], update_fields=["weight", "cap"]
    )


def set_customer_share(customer_id: UUID, *, cap: int) -> None:
    """Let at most `cap` rows of this customer of the open partner be in hand at a time, in each queue.

    Raises:
        ValueError: `cap` is less than 1.

    """
    _set_bound(Bound.Kind.CUSTOMER, customer_id, cap)


def set_connection_cap(connection_id: UUID, *, cap: int) -> None:
    """Let at most `cap` rows that load this connection of the open partner be in hand at a time. Raises ValueError."""
    _set_bound(Bound.Kind.CONNECTION, connection_id, cap)


def set_backlog_bound(most: int) -> None:
    """Let at most so many rows of the open partner wait before `has_room` says no. Raises ValueError."""
    _set_bound(Bound.Kind.BACKLOG, scope.require().partner.id, most)


def _set_bound(kind: Bound.Kind, subject: UUID, most: int) -> None:
    if most < 1:
        raise ValueError(f"{most} is no bound for {kind} {subject}: use 1 or more.")
    bound = Bound(partner_id=scope.require().partner.id, kind=kind, subject=subject, most=most)
    Bound.objects.bulk_create(
        [bound], update_conflicts=True, unique_fields=["partner", "kind", "subject"], update_fields=["most"]
    )
