"""How the systems behind the connections answer: all of them, and one with its hours and its connections."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.listing import csv_of_rows, page_of_rows, read_list
from apps.monitoring.telemetry import provider_lists
from apps.monitoring.telemetry.provider_charts import calls_chart, times_chart
from apps.monitoring.telemetry.provider_words import figures_of, milliseconds_words, sentence_of
from apps.monitoring.telemetry.providers import ConnectionState, SystemState, get_system_state, list_systems


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def provider_list(request: HttpRequest) -> HttpResponseBase:
    """Show how every system answers; the figures ask for themselves again."""
    state, now = read_list(request, provider_lists.SYSTEMS), timezone.now()
    rows = provider_lists.fitting_systems(list_systems(now), state)
    if state.wants_csv:
        return csv_of_rows(state, rows)
    page = page_of_rows(request, state, rows)
    context = {"list": page, "lines": [_system_line(row, now) for row in page.rows], "crumbs": _crumbs()}
    return render(request, "monitoring/telemetry/providers.html", context)


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def provider_detail(request: HttpRequest, system: str) -> HttpResponseBase:
    """Show how one system answers: hour by hour, and connection by connection."""
    now = timezone.now()
    found = get_system_state(system, now)
    if found is None:
        raise Http404(_("No connection leads to such a system."))
    state = read_list(request, provider_lists.CONNECTIONS)
    rows = provider_lists.fitting_states(found.connections, state)
    if state.wants_csv:
        return csv_of_rows(state, rows)
    page, hours = page_of_rows(request, state, rows), found.by_hour(now)
    context = {
        "list": page,
        "lines": [_connection_line(row) for row in page.rows],
        "system": found,
        "line": _system_line(found, now),
        "charts": [times_chart(hours), calls_chart(hours)],
        "crumbs": _crumbs(found.name),
    }
    return render(request, "monitoring/telemetry/provider.html", context)


def _crumbs(name: str = "") -> list[dict[str, str]]:
    status = {"label": _("Provider status"), "url": reverse("monitoring:provider-list")}
    return [
        {"label": _("Connections"), "url": reverse("connectors:connection-list")},
        *([status, {"label": name, "url": ""}] if name else [{**status, "url": ""}]),
    ]


def _system_line(row: SystemState, now: datetime) -> dict[str, Any]:
    return {
        **figures_of(row.verdict.trouble, row.day, row.lately),
        "row": row,
        "sentence": sentence_of(row.name, row.verdict, now),
        "connections_url": f"{reverse('connectors:connection-list')}?system={row.slug}",
    }


def _connection_line(row: ConnectionState) -> dict[str, Any]:
    figures = figures_of(row.standing.trouble, row.day, row.lately)
    return {**figures, "row": row, "usual": milliseconds_words(row.usual_ms)}
