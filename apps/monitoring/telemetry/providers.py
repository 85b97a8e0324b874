"""How the systems behind the connections answer, told from the calls of all customers: read from hours, never from calls."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from apps.connectors.breaker_rule import BreakerState
from apps.connectors.call_times import SLOTS, CallTimes, start_of_hour
from apps.connectors.models import Connection, ConnectionHour
from apps.connectors.queries import system_name
from apps.monitoring.telemetry.standing import HOUR, Lately, Standing, Trouble, Verdict, conclude, judge, usual_of

SHOWN_HOURS = 24
COMPARED_DAYS = 7
# Sums of the slots, one by one: taking the arrays apart first takes ten times as long.
_USUAL = (
    "SELECT connection_id, sum(calls), "  # noqa: S608  numbers of our own only
    + ", ".join(f"coalesce(sum(slots[{at}]), 0)" for at in range(1, SLOTS + 1))
    + " FROM connectors_connectionhour WHERE hour >= %s AND hour < %s"
    " AND (%s::uuid[] IS NULL OR connection_id = ANY(%s::uuid[])) GROUP BY connection_id"
)


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """One connection: how it stands, its calls of the last hours, and what is usual for it (ms; None: nobody knows)."""

    id: UUID
    name: str
    system: str
    customer_id: UUID
    customer: str
    standing: Standing
    lately: CallTimes
    usual_ms: float | None
    hours: tuple[tuple[datetime, CallTimes], ...]

    @property
    def day(self) -> CallTimes:
        """Return all its calls of the last day."""
        return summed(times for _hour, times in self.hours)


@dataclass(frozen=True, slots=True)
class SystemState:
    """One system over all connections in scope."""

    slug: str
    name: str
    verdict: Verdict
    connections: tuple[ConnectionState, ...]

    @property
    def customers(self) -> int:
        """Return how many customers use it."""
        return len({one.customer_id for one in self.connections})

    @property
    def touched(self) -> int:
        """Return how many customers have the system's trouble."""
        trouble = self.verdict.trouble
        return len(
            {one.customer_id for one in self.connections if self.verdict.troubled and one.standing.trouble is trouble}
        )

    @property
    def paused(self) -> int:
        """Return how many connections are not called just now."""
        return sum(one.standing.trouble in (Trouble.AWAY, Trouble.PERSON) for one in self.connections)

    @property
    def lately(self) -> CallTimes:
        """Return the calls of the present and the last hour."""
        return summed(one.lately for one in self.connections)

    @property
    def day(self) -> CallTimes:
        """Return the calls of the last day."""
        return summed(one.day for one in self.connections)

    def by_hour(self, now: datetime) -> list[tuple[datetime, CallTimes]]:
        """Return the last day hour by hour, the oldest first; hours without calls included."""
        sums: defaultdict[datetime, CallTimes] = defaultdict(CallTimes)
        for one in self.connections:
            for hour, times in one.hours:
                sums[hour] += times
        first = start_of_hour(now) - (SHOWN_HOURS - 1) * HOUR
        return [(hour, sums[hour]) for hour in (first + number * HOUR for number in range(SHOWN_HOURS))]


def list_systems(now: datetime) -> list[SystemState]:
    """Return every system that somebody in scope is connected to, those in trouble first. Three queries."""
    found = _systems(connection_states(_in_use(), now))
    return sorted(found, key=lambda one: (one.verdict.rank, one.name))


def get_system_state(slug: str, now: datetime) -> SystemState | None:
    """Return one system as `list_systems` does, None when nobody in scope is connected to it."""
    return next(iter(_systems(connection_states(_in_use().filter(system=slug), now, named=True))), None)


def list_suffering(slugs: Collection[str], now: datetime) -> list[SystemState]:
    """Return those of these systems that more than one connection suffers from. Three queries."""
    found = _systems(connection_states(_in_use().filter(system__in=slugs), now, named=True))
    return [one for one in found if one.verdict.troubled > 1]


def connection_states(asked: QuerySet[Connection], now: datetime, *, named: bool = False) -> list[ConnectionState]:
    """Return how connections stand, the worst first. `named` reads only what belongs to them: for a few of many."""
    rows = list(asked.select_related("customer", "breaker"))
    ids = [row.id for row in rows] if named else None
    hours, usual = _hours(ids, now), _usual(ids, now)
    states = [_state(row, hours.get(row.id, ()), usual.get(row.id), now) for row in rows]
    return sorted(states, key=lambda one: (one.standing.trouble.rank, one.customer, one.name))


def summed(parts: Iterable[CallTimes]) -> CallTimes:
    """Return calls together."""
    return sum(parts, CallTimes())


def _in_use() -> QuerySet[Connection]:
    return Connection.objects.exclude(state=Connection.State.DISABLED)


def _systems(states: Iterable[ConnectionState]) -> list[SystemState]:
    grouped: defaultdict[str, list[ConnectionState]] = defaultdict(list)
    for one in states:
        grouped[one.system].append(one)
    return [
        SystemState(slug, system_name(slug), conclude([one.standing for one in told]), tuple(told))
        for slug, told in grouped.items()
    ]


def _state(
    row: Connection, hours: Sequence[tuple[datetime, CallTimes]], usual_ms: float | None, now: datetime
) -> ConnectionState:
    breaker = getattr(row, "breaker", None)
    is_open = breaker is not None and breaker.state == BreakerState.OPEN
    lately = summed(times for hour, times in hours if hour >= start_of_hour(now) - HOUR)
    known = Lately(
        times=lately,
        usual_ms=usual_ms,
        paused_since=(breaker.since or now) if is_open and breaker else None,
        needs_person=bool(breaker and breaker.needs_person),
    )
    return ConnectionState(
        id=row.id,
        name=row.name,
        system=row.system,
        customer_id=row.customer_id,
        customer=row.customer.name,
        standing=judge(known, hours),
        lately=lately,
        usual_ms=usual_ms,
        hours=tuple(hours),
    )


def _hours(ids: Sequence[UUID] | None, now: datetime) -> dict[UUID, list[tuple[datetime, CallTimes]]]:
    rows = ConnectionHour.objects.filter(
        Q() if ids is None else Q(connection_id__in=ids), hour__gt=start_of_hour(now) - SHOWN_HOURS * HOUR
    )
    found: defaultdict[UUID, list[tuple[datetime, CallTimes]]] = defaultdict(list)
    told = rows.order_by("hour").values_list("connection_id", "hour", "calls", "failed", "limited", "slots")
    for connection_id, hour, calls, failed, limited, slots in told:
        found[connection_id].append((hour, CallTimes(calls, failed, limited, tuple(slots))))
    return found


def _usual(ids: Sequence[UUID] | None, now: datetime) -> dict[UUID, float | None]:
    """Return the usual median of connections: that of the days before the shown hours, so that no trouble of today hides in it."""
    until = start_of_hour(now) - SHOWN_HOURS * HOUR
    values: list[Any] = [until - timedelta(days=COMPARED_DAYS), until, ids, ids]
    with connection.cursor() as cursor:
        cursor.execute(_USUAL, values)
        return {
            row[0]: usual_of(CallTimes(calls=int(row[1]), slots=tuple(map(int, row[2:])))) for row in cursor.fetchall()
        }
