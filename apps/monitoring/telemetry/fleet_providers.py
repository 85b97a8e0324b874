"""How the systems answer over all partners, for those who run the platform: counts and times only, no customer's name.

Each active partner is asked in its own scope, three short queries each. What a partner described itself is left out.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.connectors import private_shelf
from apps.connectors.call_times import CallTimes
from apps.monitoring.telemetry.providers import SystemState, get_system_state, list_systems, summed
from apps.monitoring.telemetry.standing import Standing, Verdict, conclude
from apps.tenants import scope
from apps.tenants.models import Partner


@dataclass(frozen=True, slots=True)
class PartnerPart:
    """One partner's part of a system's calls: counted, without naming a customer or a connection."""

    partner_id: UUID
    partner: str
    verdict: Verdict
    standings: tuple[Standing, ...]
    customers: int
    touched: int
    paused: int
    lately: CallTimes
    day: CallTimes
    hours: tuple[tuple[datetime, CallTimes], ...]

    @property
    def connections(self) -> int:
        """Return how many connections the partner has to the system."""
        return len(self.standings)


@dataclass(frozen=True, slots=True)
class FleetSystem:
    """One system over all partners."""

    slug: str
    name: str
    verdict: Verdict
    parts: tuple[PartnerPart, ...]

    @property
    def connections(self) -> int:
        """Return how many connections lead to it."""
        return sum(part.connections for part in self.parts)

    @property
    def customers(self) -> int:
        """Return how many customers use it."""
        return sum(part.customers for part in self.parts)

    @property
    def paused(self) -> int:
        """Return how many connections are not called just now."""
        return sum(part.paused for part in self.parts)

    @property
    def partners_touched(self) -> int:
        """Return how many partners have a connection with the system's trouble."""
        trouble = self.verdict.trouble
        return sum(
            any(one.trouble is trouble for one in part.standings) for part in self.parts if self.verdict.troubled
        )

    @property
    def lately(self) -> CallTimes:
        """Return the calls of the present and the last hour."""
        return summed(part.lately for part in self.parts)

    @property
    def day(self) -> CallTimes:
        """Return the calls of the last day."""
        return summed(part.day for part in self.parts)

    @property
    def hours(self) -> list[tuple[datetime, CallTimes]]:
        """Return the last day hour by hour, the oldest first."""
        return [
            (hours[0][0], summed(times for _hour, times in hours))
            for hours in zip(*(p.hours for p in self.parts), strict=True)
        ]


def list_fleet_systems(now: datetime) -> list[FleetSystem]:
    """Return every system of the catalogue that any partner's customers are connected to, those in trouble first."""
    found = _over_partners(lambda: list_systems(now), now)
    return sorted(found, key=lambda one: (one.verdict.rank, one.name))


def get_fleet_system(slug: str, now: datetime) -> FleetSystem | None:
    """Return one system over all partners, None when nobody is connected to it."""
    return next(iter(_over_partners(lambda: filter(None, [get_system_state(slug, now)]), now)), None)


def _over_partners(read: Callable[[], Iterable[SystemState]], now: datetime) -> list[FleetSystem]:
    """Return the systems that are read in each partner's scope; a private one is its partner's business."""
    parts: defaultdict[tuple[str, str], list[PartnerPart]] = defaultdict(list)
    for partner in Partner.objects.filter(state=Partner.State.ACTIVE).order_by("name", "id"):
        with scope.work_in(partner.as_ref()):
            for state in read():
                if not private_shelf.is_private(state.slug):
                    parts[state.slug, state.name].append(_part(partner, state, now))
    return [
        FleetSystem(slug, name, conclude([standing for part in told for standing in part.standings]), tuple(told))
        for (slug, name), told in parts.items()
    ]


def _part(partner: Partner, state: SystemState, now: datetime) -> PartnerPart:
    return PartnerPart(
        partner_id=partner.id,
        partner=partner.name,
        verdict=state.verdict,
        standings=tuple(one.standing for one in state.connections),
        customers=state.customers,
        touched=state.touched,
        paused=state.paused,
        lately=state.lately,
        day=state.day,
        hours=tuple(state.by_hour(now)),
    )
