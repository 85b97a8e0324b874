"""Alerts, a part of the settings: the routes in their order, what they would have told, and the log of messages."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.listing import csv_of, page_of, read_list
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.accounts.refusals import refusals_on
from apps.monitoring.alert_forms import RouteForm
from apps.monitoring.alerting import reading, route_settings
from apps.monitoring.alerting.route_book import as_route, read_routes
from apps.monitoring.asked_order import with_draft
from apps.monitoring.models import AlertChannel, AlertRoute

LOOK = "look"


@requires(Action.EDIT_CUSTOMERS)
@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    """Show the routes in their order, the channels with their health, and who is on call."""
    context = {
        "routes": reading.list_routes(),
        "channels": AlertChannel.objects.all(),
        "schedules": reading.list_schedules(timezone.now()),
    }
    return render(request, "monitoring/alerting/alerts.html", context)


@requires(Action.EDIT_CUSTOMERS)
@require_safe
def alert_preview(request: HttpRequest) -> HttpResponse:
    """Show who would have been told of the exceptions of the last 14 days."""
    context = {"told": reading.preview(read_routes(), timezone.now()), "crumbs": crumbs()}
    return render(request, "monitoring/alerting/preview.html", context)


@requires(Action.EDIT_CUSTOMERS)
@require_safe
def alert_log(request: HttpRequest) -> HttpResponseBase:
    """Show what was sent to whom, with what became of it."""
    state = read_list(request, reading.MESSAGES)
    found = reading.fitting_messages(state)
    if state.wants_csv:
        return csv_of(state, found)
    context = {"list": page_of(request, state, found), "crumbs": crumbs()}
    return render(request, "monitoring/alerting/log.html", context)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def alert_route_create(request: HttpRequest) -> HttpResponse:
    """Write a new route."""
    return _route_page(request, None)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def alert_route_edit(request: HttpRequest, route_id: UUID) -> HttpResponse:
    """Change a route."""
    return _route_page(request, reading.get_row(AlertRoute, route_id))


def _route_page(request: HttpRequest, route: AlertRoute | None) -> HttpResponse:
    form, title = RouteForm(request.POST or None, route=route), route.name if route else _("New route")
    told: list[tuple[str, str, int]] = []
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            if request.POST.get("step") == LOOK:
                draft = as_route(route_settings.draft_route(route, form.typed))
                told = reading.preview(with_draft(read_routes(), draft), timezone.now())
            else:
                kept = route_settings.save_route(route, form.typed, by=acting_person(request))
                messages.success(request, _("Saved: %(name)s.") % {"name": kept.name})
                return redirect("monitoring:alerts")
    context = {"form": form, "route": route, "title": title, "told": told, "crumbs": crumbs()}
    return render(request, "monitoring/alerting/route.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def alert_route_move(request: HttpRequest, route_id: UUID) -> HttpResponse:
    """Let a route be asked earlier, or later with `down`."""
    route_settings.move_route(reading.get_row(AlertRoute, route_id).id, down=request.POST.get("down") == "1")
    return redirect("monitoring:alerts")


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def alert_route_remove(request: HttpRequest, route_id: UUID) -> HttpResponse:
    """Take a route away."""
    route = reading.get_row(AlertRoute, route_id)
    route_settings.remove_route(route)
    messages.success(request, _("The route “%(name)s” is gone.") % {"name": route.name})
    return redirect("monitoring:alerts")


def crumbs() -> list[dict[str, Any]]:
    """Return the way back to the alerts."""
    return [{"label": _("Alerts"), "url": reverse("monitoring:alerts")}]
