"""Pages about the systems that can be connected: the catalogue, also to choose from, and one system."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.listing import csv_of_rows, page_of_rows, read_list
from apps.accounts.page_filters import acting_person, asked_id
from apps.connectors.capabilities import capability_sheet, object_capabilities
from apps.connectors.help_pages import help_page
from apps.connectors.queries import get_system
from apps.connectors.system_list import CATALOGUE, fitting_cards, system_card, system_choices
from apps.customers.queries import get_customer


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def system_list(request: HttpRequest) -> HttpResponseBase:
    """Show the catalogue."""
    state, cards = fitting_cards(read_list(request, CATALOGUE, system_choices(for_customer="customer" in request.GET)))
    if state.wants_csv:
        return csv_of_rows(state, cards)
    context = {
        "list": page_of_rows(request, state, cards),
        "can_connect": acting_person(request).can(Action.EDIT_CONNECTIONS),
    }
    return render(request, "connectors/system_list.html", context)


@requires(Action.EDIT_CONNECTIONS)
@require_safe
def connection_create(request: HttpRequest) -> HttpResponse:
    """Choose the system to connect, from the same catalogue."""
    state, cards = fitting_cards(read_list(request, CATALOGUE, system_choices(for_customer="customer" in request.GET)))
    chosen = asked_id(request, "customer")
    context = {
        "list": page_of_rows(request, state, cards),
        "customer": get_customer(chosen) if chosen else None,
        "crumbs": [{"label": _("Connections"), "url": reverse("connectors:connection-list")}],
    }
    return render(request, "connectors/connection_choose.html", context)


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def system_detail(request: HttpRequest, system: str) -> HttpResponse:
    """Show what one system can do."""
    manifest = get_system(system)
    context = {
        "card": system_card(manifest),
        "sheet": capability_sheet(manifest),
        "kinds": object_capabilities(manifest),
        "has_help": help_page(manifest) is not None,
        "can_connect": acting_person(request).can(Action.EDIT_CONNECTIONS),
        "crumbs": [{"label": _("Systems"), "url": reverse("connectors:system-list")}],
    }
    return render(request, "connectors/system_detail.html", context)


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def system_help(request: HttpRequest, system: str) -> HttpResponse:
    """Show how one system is connected; of one that needs no words, what it can do."""
    manifest = get_system(system)
    page = help_page(manifest)
    if page is None:
        return redirect("connectors:system-detail", system)
    context = {
        "card": system_card(manifest),
        "page": page,
        "can_connect": acting_person(request).can(Action.EDIT_CONNECTIONS),
        "crumbs": [
            {"label": _("Systems"), "url": reverse("connectors:system-list")},
            {"label": manifest.name, "url": reverse("connectors:system-detail", args=[manifest.slug])},
        ],
    }
    return render(request, "connectors/system_help.html", context)
