"""Pages about proposals: how often they were right, which there were, and what is open in a few sentences."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.csv_export import csv_response
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.list_specs import Option
from apps.accounts.listing import csv_of, page_of, read_list
from apps.accounts.page_filters import acting_person, asked_id
from apps.monitoring.triage.lists import PROPOSALS, fitting, proposal_rows, score_lines
from apps.monitoring.triage.summary import summarise


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def proposal_list(request: HttpRequest) -> HttpResponseBase:
    """Show the proposals, the latest first."""
    state = read_list(request, PROPOSALS, _customers())
    found = fitting(state)
    if state.wants_csv:
        return csv_of(state, found, proposal_rows)
    context = {"list": page_of(request, state, found, proposal_rows), "tabs": _tabs("list")}
    return render(request, "monitoring/triage/proposals.html", context)


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def scorecard(request: HttpRequest) -> HttpResponse:
    """Show how often proposals were right, by kind of failure and by who made them."""
    lines = score_lines(timezone.now())
    if request.GET.get("format") == "csv":
        header = (_("Kind of failure"), _("Made by"), _("Accepted"), _("Changed"), _("Refused"), "%", _("Settled"))
        rows = [(r.kind, r.source, r.accepted, r.changed, r.refused, r.share, r.held) for r in lines]
        return csv_response("scorecard.csv", header, rows)
    context = {"lines": lines, "tabs": _tabs("score"), "can_return": acting_person(request).can(Action.EDIT_CUSTOMERS)}
    return render(request, "monitoring/triage/scorecard.html", context)


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def summary(request: HttpRequest) -> HttpResponse:
    """Say what is open in a few sentences, of everybody or of one customer."""
    names = list_customer_names()
    customer_id = asked_id(request, "customer")
    chosen = customer_id if customer_id in names else None
    context = {
        "summary": summarise(timezone.now(), customer_id=chosen),
        "customers": names.items(),
        "customer_id": chosen,
        "tabs": _tabs("summary"),
    }
    return render(request, "monitoring/triage/summary.html", context)


def _customers() -> dict[str, list[Option]]:
    return {"customer": [Option(str(key), name) for key, name in list_customer_names().items()]}


def _tabs(active: str) -> list[dict[str, Any]]:
    pages = (
        ("score", _("Scorecard"), "monitoring:proposal-scorecard"),
        ("list", _("All proposals"), "monitoring:proposal-list"),
        ("summary", _("Summary"), "monitoring:exception-summary"),
    )
    return [{"label": label, "url": reverse(name), "active": key == active} for key, label, name in pages]
