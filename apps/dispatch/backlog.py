"""How much waits, by partner and queue, and whether a partner may put down more: overload is told, never dropped."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.dispatch import statements
from apps.dispatch.models import Queue
from apps.dispatch.statements import fetch

ROOM_SECONDS = (
    1.0  # an answer is as good as new for so long: the bound is soft, and doors ask a thousand times a second
)
DEFAULT_BOUND = 50_000  # rows of a partner, where `services.set_backlog_bound` set no other
SHORTEST_WAIT, LONGEST_WAIT = 5, 300


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in one queue: rows in all, those due now, and for how long the oldest of these has been due."""

    queue: Queue
    waiting: int
    due: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class Room:
    """Whether a partner may put down more work and, when it may not, after how many seconds to ask again."""

    ok: bool
    retry_after_seconds: int = 0


Inbox = Callable[[int], int]
_rooms: dict[UUID, tuple[float, Room]] = {}
_inboxes: dict[str, Inbox] = {}


def register_inbox(name: str, count: Inbox) -> None:
    """Count as backlog what an upper room accepted and has put down no work for yet; called from AppConfig.ready.

    `count` is given the most that it need count and answers for the partner whose scope is open.
    """
    _inboxes[name] = count


def list_backlog(partner_id: UUID) -> list[Backlog]:
    """Return what waits for one partner, in the queues that have anything."""
    return list_backlogs([partner_id]).get(partner_id, [])


def list_backlogs(partner_ids: Sequence[UUID]) -> dict[UUID, list[Backlog]]:
    """Return what waits for each of these partners that has anything waiting, in one look at one index."""
    found: dict[UUID, list[Backlog]] = {}
    queues = [queue.value for queue in Queue]
    for partner_id, queue, *numbers in fetch(statements.BACKLOG, partners=list(partner_ids), queues=queues):
        found.setdefault(partner_id, []).append(Backlog(Queue(queue), *numbers))
    return found


def has_room(partner_id: UUID) -> Room:
    """Say whether the partner's backlog is below its bound; remembered for a second in this process.

    Call it in the partner's scope, as registered inboxes are counted there. Rows that wait for a later time count as well:
    they are stored all the same. The wait is as long as the oldest due row has waited by now, from 5 s to 5 minutes.
    """
    now = time.monotonic()
    until, room = _rooms.get(partner_id, (0.0, Room(ok=True)))
    if now >= until:
        room = _look_for_room(partner_id)
        _rooms[partner_id] = now + ROOM_SECONDS, room
    return room


def forget_rooms() -> None:
    """Look anew next time; for tests, and after a bound was changed in this process."""
    _rooms.clear()


def _look_for_room(partner_id: UUID) -> Room:
    ((most, waiting, oldest_seconds),) = fetch(
        statements.ROOM,
        partner=partner_id,
        queues=[queue.value for queue in Queue],
        default=DEFAULT_BOUND,
    )
    for count in _inboxes.values():
        waiting += count(most - waiting) if waiting < most else 0
    if waiting < most:
        return Room(ok=True)
    return Room(ok=False, retry_after_seconds=int(min(max(oldest_seconds or 0, SHORTEST_WAIT), LONGEST_WAIT)))
