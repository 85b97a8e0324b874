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
_FIGURES = (
    f"SELECT {', '.join(f'coalesce(sum({name}), 0)' for name in OUTCOMES)}, "  # noqa: S608  names of our own only
    "(SELECT coalesce(json_object_agg(told, number), '{}') FROM ("
    "SELECT CASE WHEN state = 'open' AND needs_person THEN 'needs_person' ELSE state END AS told, count(*) AS number "
    f'FROM "{CircuitBreaker._meta.db_table}" GROUP BY told) found) '
    f'FROM "{FlowDay._meta.db_table}" WHERE day = %s'
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
    """Return the figures of every active partner: one short query each, in its own scope. Call inside a transaction."""
    partners: Sequence[Partner] = Partner.objects.filter(state=Partner.State.ACTIVE).order_by("slug")
    return [_figures(partner, today) for partner in partners]


def _figures(partner: Partner, today: date) -> PartnerFigures:
    with scope.enter(partner.as_ref()), connection.cursor() as cursor:
        cursor.execute(_FIGURES, [today])
        *records, breakers = cursor.fetchone()
    return PartnerFigures(partner.slug, dict(zip(OUTCOMES, map(int, records), strict=True)), breakers)
