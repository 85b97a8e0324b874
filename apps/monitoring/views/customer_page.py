"""Pages about one customer for the partner's people: overview, flows, connections, mappings, exceptions, runs, people."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.page_filters import Chip, acting_person, address, asked_words
from apps.customers.customer_frame import CustomerFrame, build_frame
from apps.customers.models import Customer
from apps.customers.queries import get_customer, list_people_of
from apps.monitoring.queries import customer_page as queries
from apps.monitoring.queries.customer_mappings import list_mappings
from apps.monitoring.queries.risk import risk_curve
from apps.monitoring.queries.sla_board import count_clocks
from apps.monitoring.views.customer_picture import build_picture, mark
from apps.monitoring.views.figures import (
    Tile,
    case_tiles,
    last_success_tile,
    money_tile,
    promises_tile,
    throughput_chart,
    with_query,
)
from apps.monitoring.views.report_charts import risk_chart
from apps.tenants.charts import Chart
from apps.tenants.templatetags.wording import count_words

CHART_DAYS = 30
RUNS_SHOWN = 30
FIGURES = "figures"  # asks for the parts that keep themselves up to date: charts are not among them


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def customer_overview(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show how one customer is doing, with the picture of its systems; the figures ask for themselves again."""
    who, customer, now = acting_person(request), get_customer(customer_id), timezone.now()
    found = queries.get_overview(customer, now=now)
    context = {
        "overview": found,
        "picture": build_picture(found, who),
        "tiles": _tiles(customer, found, who, now),
        "chart": None if FIGURES in request.GET else throughput_chart(now.date(), CHART_DAYS, customer_id=customer.id),
        "risk_chart": None if FIGURES in request.GET else _risk_chart(customer, now),
        "can_see_cases": who.can(Action.VIEW_CASES),
        "can_edit": who.can(Action.EDIT_CUSTOMERS),
    }
    return _page(request, customer, "overview", context)


def _risk_chart(customer: Customer, now: datetime) -> Chart | None:
    curve = risk_curve(customer, days=CHART_DAYS, now=now)
    return None if curve.is_empty else risk_chart(curve)


def _tiles(customer: Customer, found: queries.CustomerOverview, who: Actor, now: datetime) -> list[Tile]:
    cases = with_query(reverse("monitoring:case-list"), customer=customer.id) if who.can(Action.VIEW_CASES) else ""
    runs = reverse("monitoring:customer-run-list", args=[customer.id]) if who.can(Action.VIEW_RUNS) else ""
    written = found.tally.days.get("today_written") or 0
    read = found.tally.days.get("today_read") or 0
    return [
        money_tile(found.tally.at_risk, cases, found.at_risk_before),
        *case_tiles(found.tally.cases, cases),
        promises_tile(count_clocks(now, customer.id), with_query(reverse("monitoring:sla-list"), customer=customer.id)),
        Tile.counted("written", _("Written today"), written, icon="arrows-exchange", link=runs).saying(
            _("of %(number)s read") % {"number": count_words(read)} if read else _("nothing read yet today")
        ),
        last_success_tile(found.tally.days.get("last_success_at"), runs),
    ]


@requires(Action.VIEW_FLOWS)
@require_safe
def customer_flow_list(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show one customer's flows."""
    who, customer, now = acting_person(request), get_customer(customer_id), timezone.now()
    lines = [(line, mark(line.mark)) for line in queries.list_flow_lines(customer, now=now)]
    context = {"lines": lines, "can_install": who.can(Action.EDIT_FLOWS)}
    return _page(request, customer, "flows", context)


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def customer_connection_list(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show one customer's connections."""
    who, customer = acting_person(request), get_customer(customer_id)
    context = {"rows": queries.list_connections(customer), "can_connect": who.can(Action.EDIT_CONNECTIONS)}
    return _page(request, customer, "connections", context)


@requires(Action.VIEW_FLOWS)
@require_safe
def customer_mapping_list(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show what is special about one customer's mappings, and which values nobody has translated yet."""
    who, customer = acting_person(request), get_customer(customer_id)
    context = {"mappings": list_mappings(customer, now=timezone.now()), "can_edit": who.can(Action.EDIT_FLOWS)}
    return _page(request, customer, "mappings", context)


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def customer_case_list(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show one customer's exceptions."""
    customer, closed = get_customer(customer_id), asked_words(request, "view") == "closed"
    rows = queries.list_cases_of(customer, closed=closed, now=timezone.now())
    context = {
        "rows": rows,
        "closed": closed,
        "is_cut": len(rows) == queries.CASES_SHOWN,
        "chips": [
            Chip(_("Open"), address(request, view=""), not closed),
            Chip(_("Closed"), address(request, view="closed"), closed),
        ],
    }
    return _page(request, customer, "cases", context)


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def customer_run_list(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show one customer's latest runs."""
    customer = get_customer(customer_id)
    return _page(request, customer, "runs", {"rows": queries.list_latest_runs(customer, RUNS_SHOWN)})


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def customer_people(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show who of the customer's own people can sign in."""
    who, customer = acting_person(request), get_customer(customer_id)
    context = {
        "people": list_people_of(customer),
        "invitations": queries.list_invitations(customer, timezone.now()),
        "can_invite": who.can(Action.EDIT_PEOPLE),
    }
    return _page(request, customer, "people", context)


_TEMPLATES = {
    "overview": "monitoring/customer/overview.html",
    "flows": "monitoring/customer/flows.html",
    "connections": "monitoring/customer/connections.html",
    "mappings": "monitoring/customer/mappings.html",
    "cases": "monitoring/customer/cases.html",
    "runs": "monitoring/customer/runs.html",
    "people": "monitoring/customer/people.html",
}


def _page(request: HttpRequest, customer: Customer, tab: str, context: dict[str, Any]) -> HttpResponse:
    frame: CustomerFrame = build_frame(customer, acting_person(request), tab, now=timezone.now())
    return render(request, _TEMPLATES[tab], {"frame": frame, "customer": customer, **context})
