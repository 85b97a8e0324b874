"""Leases on due work: claim fairly, confirm and renew while working, then complete, repeat, fail or give back.

Every write says which fence it holds. No row matched means another worker has the work now: LeaseLostError.
"""

import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, OperationalError, connection, transaction

from apps.dispatch import fairness, kinds, statements, telemetry
from apps.dispatch.models import Priority, Queue, WorkState
from apps.dispatch.signals import work_failed, work_quarantined
from apps.dispatch.statements import execute, fetch
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

MOST_ATTEMPTS = 8
MOST_LOST_LEASES = 3
CLAIM_ATTEMPTS = 3
YIELD_AFTER_SECONDS = 0.1  # an idle worker would have taken it by then
YIELD_LOOKS_AT = 8  # partners, least served first
ERROR_LENGTH = 2000

logger = logging.getLogger(__name__)


class LeaseLostError(RuntimeError):
    """Another worker has taken over this work: stop at once, write nothing more."""


@dataclass
class LeasedWork:
    """One row of due work in this worker's hand. `attempts` counts this one; `fence` proves the hold."""

    id: int
    partner: PartnerRef
    customer_id: UUID | None
    kind: str
    reference: str
    fence: int
    attempts: int
    lease_seconds: int = kinds.DEFAULT_LEASE_SECONDS
    priority: int = Priority.LIVE
    _lost: bool = field(default=False, repr=False)

    @property
    def lost(self) -> bool:
        """True once this worker knows that it was replaced, or cannot know that it was not."""
        return self._lost

    def mark_lost(self) -> None:
        """Remember that the hold is gone."""
        self._lost = True

    def confirm(self) -> None:
        """Prove the hold and extend it, inside the caller's transaction, which then commits only as the holder.

        Raises:
            LeaseLostError: another worker has the work.

        """
        if self._lost or not execute(statements.CONFIRM, **self.hold, lease_seconds=self.lease_seconds):
            raise self.replaced()

    def advance(self) -> None:
        """Confirm, where what is being committed brings the work on: leases lost before this are forgotten.

        Raises:
            LeaseLostError: another worker has the work.

        """
        if self._lost or not execute(statements.ADVANCE, **self.hold, lease_seconds=self.lease_seconds):
            raise self.replaced()

    def renew(self) -> None:
        """Extend the hold in a short transaction of its own. Raises LeaseLostError."""
        with transaction.atomic():
            self.confirm()

    @property
    def hold(self) -> dict[str, int]:
        """What every write of the holder names."""
        return {"id": self.id, "fence": self.fence}

    def replaced(self) -> LeaseLostError:
        """Remember that the hold is gone, and return the error that says so."""
        self._lost = True
        return LeaseLostError(f"{self.kind} {self.reference!r} (due work {self.id}) is now held by another worker.")


def backoff_seconds(attempts: int) -> int:
    """Return how long to wait after failed attempt number `attempts`: 5 s, then three times as long, up to an hour."""
    return int(min(5 * math.pow(3, max(attempts, 1) - 1), 3600))


def claim(*, queue: Queue, worker: str, limit: int) -> list[LeasedWork]:
    """Lease up to `limit` due rows of `queue`, fairly among partners, priorities and customers.

    Leases that ran out are taken back first when nothing else is due, by their next fence.
    """
    with scope.public():
        works = _claim_fairly(queue, worker, limit)
        if not works and reclaim_expired():
            works = _claim_fairly(queue, worker, limit)
        return works


def _claim_fairly(queue: Queue, worker: str, limit: int) -> list[LeasedWork]:
    for _ in range(CLAIM_ATTEMPTS):
        standings, floor = _standings(queue, limit)
        asks = fairness.share_out(standings, limit=limit, floor=floor)
        if not asks:
            return []
        try:
            works = _lease(asks, queue=queue, worker=worker, floor=floor)
        except (IntegrityError, OperationalError) as error:
            if not _is_lane_race(error):
                raise
            continue  # another claimer got the lane between our look and our claim: look again
        if works:
            return works
    return []


def _is_lane_race(error: Exception) -> bool:
    return getattr(error.__cause__, "sqlstate", "") in {"23505", "40P01"}


def _standings(queue: Queue, limit: int) -> tuple[list[fairness.Standing], float]:
    rows = fetch(statements.LOOK, queue=queue.value, limit=limit)  # a partner and one of its groups in each
    standings = [
        fairness.Standing(partner, tuple(fairness.Group(*row[7:]) for row in of_partner), *facts)
        for (partner, *facts), of_partner in groupby(rows, key=lambda row: row[:6])
    ]
    return standings, (rows[0][6] if rows else 0.0)


def _lease(asks: Sequence[fairness.Ask], *, queue: Queue, worker: str, floor: float) -> list[LeasedWork]:
    leases = kinds.lease_seconds_by_kind()
    with _one_statement():
        rows = fetch(
            statements.TAKE,
            queue=queue.value,
            worker=worker,
            floor=floor,
            partners=[ask.partner for ask in asks],
            priorities=[ask.priority for ask in asks],
            customers=[ask.customer for ask in asks],
            connections=[ask.connection for ask in asks],
            counts=[ask.count for ask in asks],
            leases=orjson.dumps(leases).decode(),
            default_lease=kinds.DEFAULT_LEASE_SECONDS,
        )
    return [_leased_work(row, leases) for row in rows]


def _leased_work(row: Sequence[Any], leases: dict[str, int]) -> LeasedWork:
    id_, customer_id, kind, reference, fence, attempts, priority, *partner = row
    seconds = leases.get(kind, kinds.DEFAULT_LEASE_SECONDS)
    return LeasedWork(id_, PartnerRef(*partner[:4]), customer_id, kind, reference, fence, attempts, seconds, priority)


def renew_all(works: Sequence[LeasedWork]) -> None:
    """Extend many holds in one statement and mark those that are gone. Not inside a work function's transaction."""
    rows = fetch(
        statements.RENEW,
        ids=[work.id for work in works],
        fences=[work.fence for work in works],
        lease_seconds=[work.lease_seconds for work in works],
    )
    held = {id_ for (id_,) in rows}
    for work in works:
        if work.id not in held:
            work.mark_lost()


def complete(work: LeasedWork) -> None:
    """Take the finished row away, or make it ready if it was asked for again meanwhile. Raises LeaseLostError."""
    # The second try is for a request to run again that was withdrawn between the first two.
    with scope.public():
        if not any(execute(s, **work.hold) for s in (statements.COMPLETE, statements.RESUME, statements.COMPLETE)):
            raise work.replaced()


def run_again(work: LeasedWork, again: kinds.RunAgain) -> None:
    """Keep the row, due again at `again.at` (None: now), behind its lane where so asked. Raises LeaseLostError."""
    statement = statements.RUN_AGAIN_BEHIND if again.behind else statements.RUN_AGAIN
    with scope.public():
        if not execute(statement, **work.hold, at=again.at, waiting_for=again.waiting_for):
            raise work.replaced()


def lane_waits(work: LeasedWork) -> bool:
    """Return True when something more urgent is due in the lane that this work holds."""
    return bool(fetch(statements.LANE_WAITS, id=work.id)[0][0])


def should_yield(work: LeasedWork) -> bool:
    """Return True when this work had better end its turn with `RunAgain(behind=True)`: something more urgent waits.

    In its own lane, that is anything due. Elsewhere it is what a claim would find in this queue, whoever it belongs to, and
    what has lain there long enough to tell that every worker is busy. Live work never yields, and asks nothing.
    """
    if work.priority <= Priority.LIVE:
        return False
    urgent = {"id": work.id, "limit": YIELD_LOOKS_AT, "seconds": YIELD_AFTER_SECONDS}
    return lane_waits(work) or bool(fetch(statements.URGENT_WAITS, **urgent)[0][0])


def fail(work: LeasedWork, reason: str) -> WorkState:
    """Record a failed attempt: due again after a growing wait, or given up for a person after the last one.

    Raises:
        LeaseLostError: another worker has the work.

    """
    with scope.public():
        rows = fetch(
            statements.FAIL,
            **work.hold,
            error=reason[:ERROR_LENGTH],
            most_attempts=MOST_ATTEMPTS,
            wait_seconds=backoff_seconds(work.attempts),
        )
    if not rows:
        raise work.replaced()
    state = WorkState(rows[0][0])
    if state is WorkState.FAILED:
        _announce(work_failed, work, reason)
    return state


def release(works: Sequence[LeasedWork]) -> None:
    """Give back rows that were not begun, at once and without counting an attempt."""
    if works:
        with scope.public():
            execute(statements.RELEASE, ids=[w.id for w in works], fences=[w.fence for w in works])


def reclaim_expired() -> int:
    """Take back every lease that ran out; a row that lost three is quarantined. Returns how many."""
    with scope.public():
        rows = fetch(statements.RECLAIM, most_lost=MOST_LOST_LEASES)
    leases = kinds.lease_seconds_by_kind()
    for row in rows:
        state, reason = row[11:]
        work = _leased_work(row, leases)
        telemetry.LEASES_LOST.inc()
        logger.warning("lease lost: %s %s of partner %s, now %s", work.kind, work.reference, work.partner.slug, state)
        if state == WorkState.QUARANTINED:
            _announce(work_quarantined, work, reason)
    return len(rows)


def _announce(signal: Any, work: LeasedWork, reason: str) -> None:
    with scope.enter(work.partner):
        for receiver, answer in signal.send_robust(LeasedWork, work=work, reason=reason):
            if isinstance(answer, Exception):
                logger.warning("%r failed on given-up work %s", receiver, work.id, exc_info=answer)


@contextmanager
def _one_statement() -> Iterator[None]:
    """Outside a transaction a statement is its own; inside one, a savepoint lets a lost race be tried again."""
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
    else:
        yield
