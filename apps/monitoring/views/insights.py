"""Pages of insights: the list, one of them with its figures and its decision, and what the last looks went by."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.csv_export import csv_response
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.list_specs import ListState
from apps.accounts.listing import choices, count_by, csv_of, page_of, read_list
from apps.accounts.page_filters import acting_person
from apps.monitoring.insight_forms import AcceptForm, DismissForm
from apps.monitoring.insights import book
from apps.monitoring.insights.lists import (
    INSIGHTS,
    OWN,
    fitting,
    get_insight,
    look_lines,
    page_for,
    rows_for,
    was_looked,
)


@requires(Action.VIEW_REPORTS)
@require_safe
def insight_list(request: HttpRequest) -> HttpResponseBase:
    """Show what waits for a decision, the most urgent first; other states where asked."""
    who = acting_person(request)
    state = _asked(request, who)
    found, build = fitting(state), rows_for(who)
    if state.wants_csv:
        return csv_of(state, found, build)
    state = state.counted("kind", count_by(fitting(state, any_kind=True), "kind"))
    context = {
        "list": page_of(request, state, found, build),
        "tabs": _tabs("list"),
        "is_customer": who.is_customer,
        "was_looked": was_looked(),
    }
    return render(request, "monitoring/insights/list.html", context)


@requires(Action.VIEW_REPORTS)
@require_safe
def insight_looks(request: HttpRequest) -> HttpResponse:
    """Show what the last look at each customer went by, and what it knew nothing of."""
    lines = look_lines()
    if request.GET.get("format") == "csv":
        header = (_("Customer"), _("Looked at"), _("What"), _("What it went by"))
        return csv_response("insight-looks.csv", header, [(r.customer, r.looked_at, r.part, r.words) for r in lines])
    context = {"lines": lines, "tabs": _tabs("looks"), "is_customer": acting_person(request).is_customer}
    return render(request, "monitoring/insights/looks.html", context)


@requires(Action.VIEW_REPORTS)
@require_safe
def insight_detail(request: HttpRequest, insight_id: UUID) -> HttpResponse:
    """Show one insight: what was found, what is usual, the figures, and what was decided."""
    return _page(request, insight_id)


@requires(Action.WORK_CASES)
@require_POST
def insight_accept(request: HttpRequest, insight_id: UUID) -> HttpResponse:
    """Say that it is so, and that somebody sees to it."""
    form = AcceptForm(request.POST, auto_id="accept_%s")
    return _decide(request, insight_id, form, "accept")


@requires(Action.WORK_CASES)
@require_POST
def insight_dismiss(request: HttpRequest, insight_id: UUID) -> HttpResponse:
    """Say that it is as it should be, and why."""
    form = DismissForm(request.POST, auto_id="dismiss_%s")
    return _decide(request, insight_id, form, "dismiss")


def _decide(request: HttpRequest, insight_id: UUID, form: forms.Form, deed: str) -> HttpResponse:
    get_insight(insight_id)
    if form.is_valid():
        decide = {"accept": book.accept, "dismiss": book.dismiss}[deed]
        try:
            decide(insight_id, reason=form.cleaned_data["reason"], by=acting_person(request), now=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Accepted.") if deed == "accept" else _("Dismissed: it is not told again."))
            return redirect("monitoring:insight-detail", insight_id)
    return _page(request, insight_id, **{deed: form})


def _page(request: HttpRequest, insight_id: UUID, **wrong: forms.Form) -> HttpResponse:
    who = acting_person(request)
    context = {
        "page": page_for(get_insight(insight_id), who),
        "accept": wrong.get("accept", AcceptForm(auto_id="accept_%s")),
        "dismiss": wrong.get("dismiss", DismissForm(auto_id="dismiss_%s")),
        "is_customer": who.is_customer,
        "crumbs": [{"label": _("Insights"), "url": reverse("monitoring:insight-list")}],
    }
    return render(request, "monitoring/insights/detail.html", context, status=400 if wrong else 200)


def _asked(request: HttpRequest, who: Actor) -> ListState:
    if who.is_customer:
        return read_list(request, OWN)
    return read_list(request, INSIGHTS, {"customer": choices(list_customer_names().items())})


def _tabs(open_tab: str) -> list[dict[str, Any]]:
    tabs = (
        ("list", _("Insights"), "monitoring:insight-list"),
        ("looks", _("What was looked at"), "monitoring:insight-looks"),
    )
    return [{"label": label, "url": reverse(name), "active": key == open_tab} for key, label, name in tabs]
