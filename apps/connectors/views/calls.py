"""Pages about a connection's calls: how much of its limit they use, and the last of them with what was sent and answered."""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import Chip, acting_person, address, asked_words
from apps.connectors import call_log, queries
from apps.connectors.call_log import DayOfCalls, LoggedCall
from apps.connectors.models import Connection
from apps.connectors.rate_budget import BudgetUse, read_use
from apps.tenants import scope


@dataclass(frozen=True, slots=True)
class CallFigures:
    """A connection's calls in figures. `use` None: its system publishes no limit. `known` False: the store is away."""

    day: DayOfCalls
    use: BudgetUse | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call of the log. `address` is without its query, which may name records, unless the person may see contents."""

    call: LoggedCall
    address: str
    state: str


def figures_of(connection: Connection) -> CallFigures:
    """Return how many calls a connection made today, and how much of its limit is used."""
    limits, now = queries.get_system(connection.system).limits, timezone.now()
    try:
        day = call_log.read_day(scope.require().partner.id, connection.id, settings.REDIS_URL, now)
        return CallFigures(day, read_use(str(connection.id), limits, settings.REDIS_URL))
    except (OSError, RedisError):
        return CallFigures(DayOfCalls(), known=False)


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def call_list(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Show the last calls of a connection, the newest first."""
    connection, only_failed = queries.get_connection(connection_id), asked_words(request, "only") == "failed"
    can_see = acting_person(request).can(Action.VIEW_PAYLOADS)
    here = reverse("connectors:connection-detail", args=[connection.id])
    context = {
        "connection": connection,
        "rows": _rows(connection, only_failed=only_failed, can_see=can_see),
        "figures": figures_of(connection),
        "only_failed": only_failed,
        "can_see_payloads": can_see,
        "chips": [
            Chip(_("All calls"), address(request, only=""), active=not only_failed),
            Chip(_("Failed"), address(request, only="failed"), active=only_failed),
        ],
        "crumbs": [
            {"label": _("Connections"), "url": reverse("connectors:connection-list")},
            {"label": connection.name, "url": here},
        ],
    }
    return render(request, "connectors/call_list.html", context)


def _rows(connection: Connection, *, only_failed: bool, can_see: bool) -> list[CallRow]:
    partner = scope.require().partner
    try:
        calls = call_log.read_calls(partner.id, connection.id, settings.REDIS_URL, only_failed=only_failed)
    except (OSError, RedisError):
        return []
    return [CallRow(call, _address(call, can_see=can_see), _state(call)) for call in calls]


def _address(call: LoggedCall, *, can_see: bool) -> str:
    parts = urlsplit(call.url)
    return f"{parts.path}?{parts.query}" if parts.query and can_see else parts.path or "/"


def _state(call: LoggedCall) -> str:
    if call.status is None:
        return "failed"
    return "clean" if call.status < 400 else "rejected" if call.status < 500 else "failed"
