"""What each partner's flows did today and which connections are not called: figures for those who run the platform."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from apps.connectors.models import CircuitBreaker
from apps.flows.models import FlowDay
from apps.tenants import scope
from apps.tenants.models import Partner

OUTCOMES = ("read", "written", "unchanged", "skipped", "rejected")
_TODAY = (
    f"SELECT {', '.join(f'coalesce(sum({name}), 0)' for name in OUTCOMES)} "  # noqa: S608  names of our own only
    f'FROM "{FlowDay._meta.db_table}" WHERE day = %s'
)
_BREAKERS = (
    "SELECT CASE WHEN state = 'open' AND needs_person THEN 'needs_person' ELSE state END AS told, count(*) "  # noqa: S608  our own
    f'FROM "{CircuitBreaker._meta.db_table}" GROUP BY told'
)


@dataclass(frozen=True, slots=True)
class PartnerFigures:
    """One partner: its records by outcome since midnight UTC, and its circuit breakers by state.

    A breaker's states are "closed", "half_open", "open" (it probes by itself) and "needs_person".
    """

    slug: str
    records: dict[str, int]
    breakers: dict[str, int]


def list_partner_figures(today: date) -> list[PartnerFigures]:
    """Return the figures of every active partner: two short queries each, within its own scope."""
    partners: Sequence[Partner] = Partner.objects.filter(state=Partner.State.ACTIVE).order_by("slug")
    return [_figures(partner, today) for partner in partners]


def _figures(partner: Partner, today: date) -> PartnerFigures:
    with scope.work_in(partner.as_ref()), connection.cursor() as cursor:
        cursor.execute(_TODAY, [today])
        records = dict(zip(OUTCOMES, map(int, cursor.fetchone()), strict=True))
        cursor.execute(_BREAKERS)
        return PartnerFigures(partner.slug, records, {state: int(number) for state, number in cursor.fetchall()})
