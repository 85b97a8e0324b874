"""What operators see of partners: state, address and counts from each partner's rollups, never a record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from apps.customers.models import Customer
from apps.dispatch.backlog import Backlog, list_backlogs
from apps.flows.models import Flow, FlowDay
from apps.monitoring.fleet import may_set_up_again
from apps.monitoring.models import ExceptionCase
from apps.tenants import scope
from apps.tenants.models import Domain, Partner

PARTNERS_A_PAGE = 25
_HAS_TABLES = (Partner.State.ACTIVE, Partner.State.SUSPENDED)
_FIGURES = (
    f'SELECT (SELECT count(*) FROM "{Customer._meta.db_table}"), '  # noqa: S608  names of our own tables only
    f"(SELECT count(*) FROM \"{Flow._meta.db_table}\" WHERE state = 'live'), "
    f"(SELECT count(*) FROM \"{ExceptionCase._meta.db_table}\" WHERE state <> 'closed'), "
    f'(SELECT coalesce(sum(read), 0) FROM "{FlowDay._meta.db_table}" WHERE day = %s)'
)


@dataclass(frozen=True, slots=True)
class FleetFigures:
    """What a partner's portal holds, counted; records are those read today (UTC)."""

    customers: int
    live_flows: int
    open_cases: int
    records_today: int


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """A partner's due work in all queues: rows due now, rows for later, and since when the oldest is due (None: nothing)."""

    due: int = 0
    later: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner in the list. `figures` is None while its tables are not made."""

    id: UUID
    name: str
    host: str
    url: str
    state: str
    created_at: datetime
    figures: FleetFigures | None
    waiting: WaitingWork


@dataclass(frozen=True, slots=True)
class FleetList:
    """One page of partners. `by_state` counts all partners of each state, whatever was searched for."""

    rows: tuple[PartnerRow, ...]
    by_state: dict[str, int]
    fitting: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class PartnerPage:
    """One partner and what may be done with it now."""

    row: PartnerRow
    slug: str
    is_being_set_up: bool
    may_set_up_again: bool
    may_suspend: bool
    may_activate: bool


def list_fleet(*, now: datetime, search: str = "", state: str = "", page: int = 1) -> FleetList:
    """Return a page of partners by name; a constant number of queries for each one shown."""
    found = _partners()
    by_state = dict(Partner.objects.order_by().values_list("state").annotate(Count("id")))
    if search:
        hosts = Domain.objects.filter(domain__icontains=search)
        found = found.filter(Q(name__icontains=search) | Q(id__in=hosts.values("tenant_id")))
    if state in Partner.State.values:
        found = found.filter(state=state)
    fitting = found.count()
    pages = max(1, -(-fitting // PARTNERS_A_PAGE))
    page = min(page, pages)
    shown = list(found[(page - 1) * PARTNERS_A_PAGE : page * PARTNERS_A_PAGE])
    return FleetList(_rows(shown, now), by_state, fitting, page, pages)


def get_partner(partner_id: UUID) -> Partner:
    """Return one partner. Raises Http404."""
    partner: Partner | None = _partners().filter(id=partner_id).first()
    if partner is None:
        raise Http404(_("There is no such partner."))
    return partner


def get_partner_page(partner_id: UUID, *, now: datetime) -> PartnerPage:
    """Return what the page of one partner shows. Raises Http404."""
    partner = get_partner(partner_id)
    return PartnerPage(
        row=_rows([partner], now)[0],
        slug=partner.slug,
        is_being_set_up=partner.state == Partner.State.PROVISIONING,
        may_set_up_again=may_set_up_again(partner, now=now),
        may_suspend=partner.state == Partner.State.ACTIVE,
        may_activate=partner.state == Partner.State.SUSPENDED,
    )


def _partners() -> QuerySet[Partner]:
    primary = Prefetch("domains", Domain.objects.filter(is_primary=True), to_attr="primary_domains")
    partners: QuerySet[Partner] = Partner.objects.prefetch_related(primary).order_by("name", "id")
    return partners


def _rows(partners: Sequence[Partner], now: datetime) -> tuple[PartnerRow, ...]:
    backlogs = list_backlogs([partner.id for partner in partners])
    return tuple(_row(partner, now, _waiting(backlogs.get(partner.id, []), now)) for partner in partners)


def _waiting(backlogs: Sequence[Backlog], now: datetime) -> WaitingWork:
    due = sum(one.due for one in backlogs)
    oldest = max((one.oldest_seconds for one in backlogs), default=0.0)
    return WaitingWork(
        due, sum(one.waiting for one in backlogs) - due, now - timedelta(seconds=oldest) if due else None
    )


def _row(partner: Partner, now: datetime, waiting: WaitingWork) -> PartnerRow:
    named: Sequence[Domain] = partner.primary_domains
    host = named[0].domain if named else ""
    port = f":{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else ""
    return PartnerRow(
        id=partner.id,
        name=partner.name,
        host=host,
        url=f"{settings.PUBLIC_SCHEME}://{host}{port}/" if host else "",
        state=partner.state,
        created_at=partner.created_at,
        figures=_figures(partner, now) if partner.state in _HAS_TABLES else None,
        waiting=waiting,
    )


def _figures(partner: Partner, now: datetime) -> FleetFigures:
    with scope.work_in(partner.as_ref()), connection.cursor() as cursor:
        cursor.execute(_FIGURES, [now.date()])
        return FleetFigures(*map(int, cursor.fetchone()))
