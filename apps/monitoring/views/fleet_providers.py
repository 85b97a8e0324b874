"""How the systems answer over all partners: the operator's pages, with counts and times only."""

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
from apps.monitoring.telemetry.fleet_providers import FleetSystem, PartnerPart, get_fleet_system, list_fleet_systems
from apps.monitoring.telemetry.provider_charts import calls_chart, times_chart
from apps.monitoring.telemetry.provider_words import figures_of, sentence_of


@requires(Action.VIEW_PARTNERS)
@require_safe
def fleet_provider_list(request: HttpRequest) -> HttpResponseBase:
    """Show how every system answers over all partners; the figures ask for themselves again."""
    state, now = read_list(request, provider_lists.FLEET), timezone.now()
    rows = provider_lists.fitting_systems(list_fleet_systems(now), state)
    if state.wants_csv:
        return csv_of_rows(state, rows)
    page = page_of_rows(request, state, rows)
    lines = [{**_line(row), "sentence": sentence_of(row.name, row.verdict, now)} for row in page.rows]
    return render(request, "monitoring/telemetry/fleet_providers.html", {"list": page, "lines": lines})


@requires(Action.VIEW_PARTNERS)
@require_safe
def fleet_provider_detail(request: HttpRequest, system: str) -> HttpResponseBase:
    """Show how one system answers over all partners: hour by hour, and partner by partner."""
    now = timezone.now()
    found = get_fleet_system(system, now)
    if found is None:
        raise Http404(_("No connection leads to such a system."))
    state = read_list(request, provider_lists.PARTNERS)
    if state.wants_csv:
        return csv_of_rows(state, found.parts)
    page = page_of_rows(request, state, found.parts)
    context = {
        "list": page,
        "lines": [_line(part) for part in page.rows],
        "system": found,
        "sentence": sentence_of(found.name, found.verdict, now),
        "charts": [times_chart(found.hours), calls_chart(found.hours)],
        "crumbs": _crumbs(found),
    }
    return render(request, "monitoring/telemetry/fleet_provider.html", context)


def _crumbs(found: FleetSystem) -> list[dict[str, str]]:
    return [
        {"label": _("Provider status"), "url": reverse("monitoring:fleet-provider-list")},
        {"label": found.name, "url": ""},
    ]


def _line(row: FleetSystem | PartnerPart) -> dict[str, Any]:
    return {**figures_of(row.verdict.trouble, row.day, row.lately), "row": row}
