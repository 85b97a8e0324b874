"""Who goes next, decided on plain values: partners by virtual time, priorities by weight, customers in turn, then the oldest."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

PRIORITIES = (10, 20, 30, 40, 50)
MOST_AT_ONCE = 16
NOBODY = UUID(int=0)
NO_CAP = 1_000_000
ROUND = 2 ** len(PRIORITIES) - 1  # 31 turns: 16, 8, 4, 2 and 1 of them for the five priorities


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one priority, customer and connection that could be claimed now; `waiting` is capped at what was asked for.

    The rooms are what the caps of the customer and of the connection leave, in all their groups together.
    """

    priority: int
    customer: UUID
    waiting: int
    connection: UUID = NOBODY
    oldest_seconds: float = 0.0
    customer_room: int = NO_CAP
    connection_room: int = NO_CAP


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a partner stands in a queue. `room` is what its cap leaves; `served` counts its turns so far."""

    partner: UUID
    groups: tuple[Group, ...]
    room: int
    weight: int = 1
    virtual_time: float = 0.0
    served: int = 0
    last_customer: UUID = NOBODY


@dataclass(frozen=True, slots=True)
class Ask:
    """Claim up to `count` rows of this partner, priority, customer and connection."""

    partner: UUID
    priority: int
    customer: UUID
    count: int
    connection: UUID = NOBODY


def favoured_priority(turn: int) -> int:
    """Return the priority that turn number `turn` favours.

    The ruler sequence: every second turn is the first priority's, every fourth the second's, and so on, so weights are
    16:8:4:2:1 and the turns of each priority lie evenly apart.
    """
    place = turn % ROUND + 1
    return PRIORITIES[(place & -place).bit_length() - 1]


class _Queueing:
    """One partner while turns are being given out."""

    def __init__(self, standing: Standing, floor: float) -> None:
        self.standing = standing
        self.time = max(standing.virtual_time, floor)
        self.turn = standing.served
        self.room = standing.room
        self.last_customer = standing.last_customer
        self.groups = {(g.priority, g.customer, g.connection): g for g in standing.groups}
        self.left = {place: group.waiting for place, group in self.groups.items() if group.waiting > 0}
        self.customer_room = {group.customer: group.customer_room for group in standing.groups}
        self.connection_room = {group.connection: group.connection_room for group in standing.groups}
        self._drop_the_full()

    def take_turn(self) -> tuple[int, UUID, UUID]:
        priority = self._priority()
        customer = self._customer(priority)
        connection = self._connection(priority, customer)
        self.left[priority, customer, connection] -= 1
        self.time += 1 / self.standing.weight
        self.turn += 1
        self.room -= 1
        self.customer_room[customer] -= 1
        self.connection_room[connection] -= 1
        self.last_customer = customer
        self._drop_the_full()
        return priority, customer, connection

    def _drop_the_full(self) -> None:
        self.left = {
            (priority, customer, connection): waiting
            for (priority, customer, connection), waiting in self.left.items()
            if waiting > 0 and self.customer_room[customer] > 0 and self.connection_room[connection] > 0
        }

    def _priority(self) -> int:
        present = {priority for priority, _, _ in self.left}
        favoured = favoured_priority(self.turn)
        return favoured if favoured in present else min(present)

    def _customer(self, priority: int) -> UUID:
        present = sorted(customer for level, customer, _ in self.left if level == priority)
        return next((customer for customer in present if customer > self.last_customer), present[0])

    def _connection(self, priority: int, customer: UUID) -> UUID:
        """Return the connection that this sharing has given least; of such, the one whose row waits longest."""
        present = [place for place in self.left if place[:2] == (priority, customer)]
        return min(present, key=lambda place: (self._given(place), -self.groups[place].oldest_seconds, place))[2]

    def _given(self, place: tuple[int, UUID, UUID]) -> int:
        return self.groups[place].waiting - self.left[place]


def share_out(standings: Sequence[Standing], *, limit: int, floor: float) -> list[Ask]:
    """Give out up to `limit` turns; a partner that is alone gets them all, up to its room.

    `standings` come in the order that breaks ties (least recently served first); `floor` is the queue's virtual time.
    The asks come back in the order in which their partners were first served.
    """
    queueing = [_Queueing(standing, floor) for standing in standings]
    taken: Counter[tuple[UUID, int, UUID, UUID]] = Counter()
    for _ in range(limit):
        waiting = [one for one in queueing if one.left and one.room > 0]
        if not waiting:
            break
        chosen = min(waiting, key=lambda one: one.time)
        taken[chosen.standing.partner, *chosen.take_turn()] += 1
    return [Ask(partner, level, whose, count, where) for (partner, level, whose, where), count in taken.items()]


def rows_at_once(seconds_per_row: float) -> int:
    """Return how many rows to claim together: about a quarter of a second of work, 16 at most, so none waits in a hand."""
    return max(1, min(MOST_AT_ONCE, int(0.25 / max(seconds_per_row, 0.001))))
