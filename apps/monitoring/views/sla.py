"""Pages about promised times: the board of running clocks, missed promises, one of them with its excuse, cut-offs to come."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.customer_directory import list_customer_names
from apps.accounts.list_specs import Option
from apps.accounts.listing import csv_of, csv_of_rows, page_of, page_of_rows, read_list
from apps.accounts.page_filters import acting_person
from apps.monitoring import sla_settings
from apps.monitoring.agreement_forms import ExcuseForm
from apps.monitoring.models import SlaBreach
from apps.monitoring.queries import cut_off_board, sla_board
from apps.monitoring.queries.sla_rows import breach_rows, clock_rows
from apps.monitoring.views.figures import Tile, with_query
from apps.tenants.templatetags.wording import money_words


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def sla_list(request: HttpRequest) -> HttpResponseBase:
    """Show the clocks under way, what runs out first on top, with the figures of the month."""
    now, state = timezone.now(), read_list(request, sla_board.CLOCKS, _customers())
    found = sla_board.fitting_clocks(state, now)
    if state.wants_csv:
        return csv_of(state, found, lambda clocks: clock_rows(clocks, now))
    page = page_of(request, state, found, lambda clocks: clock_rows(clocks, now))
    figures = sla_board.board_figures(now, now.date().replace(day=1))
    context = {"list": page, "tiles": _tiles(figures, now.date().replace(day=1).isoformat()), "tabs": _tabs("clocks")}
    return render(request, "monitoring/sla/board.html", context)


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def breach_list(request: HttpRequest) -> HttpResponseBase:
    """Show the promises that were not kept, the latest first."""
    now, state = timezone.now(), read_list(request, sla_board.BREACHES, _customers())
    found = sla_board.fitting_breaches(state)
    if state.wants_csv:
        return csv_of(state, found, lambda breaches: breach_rows(breaches, now))
    page = page_of(request, state, found, lambda breaches: breach_rows(breaches, now))
    return render(request, "monitoring/sla/breaches.html", {"list": page, "tabs": _tabs("breaches")})


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def breach_detail(request: HttpRequest, breach_id: UUID) -> HttpResponse:
    """Show one missed promise, and whether it counts."""
    return _breach_page(request, breach_id, ExcuseForm())


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["POST"])
def breach_excuse(request: HttpRequest, breach_id: UUID) -> HttpResponse:
    """Let a missed promise give no credit, with the reason."""
    form = ExcuseForm(request.POST)
    if form.is_valid():
        try:
            sla_settings.excuse_breach(breach_id, reason=form.cleaned_data["reason"], by=acting_person(request))
        except SlaBreach.DoesNotExist:
            raise Http404("There is no such missed promise.") from None
        messages.success(request, _("It is excused and gives no credit."))
        return redirect("monitoring:breach-detail", breach_id)
    return _breach_page(request, breach_id, form)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def breach_count(request: HttpRequest, breach_id: UUID) -> HttpResponse:
    """Take an excuse back."""
    try:
        sla_settings.count_breach(breach_id)
    except SlaBreach.DoesNotExist:
        raise Http404("There is no such missed promise.") from None
    messages.success(request, _("It counts again."))
    return redirect("monitoring:breach-detail", breach_id)


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def cut_off_list(request: HttpRequest) -> HttpResponseBase:
    """Show the cut-offs to come and what stands in their way."""
    now, state = timezone.now(), read_list(request, cut_off_board.CUT_OFFS, _customers())
    found = cut_off_board.list_rows(state, now)
    rows = state.sorted_rows(cut_off_board.fitting(found, state))
    if state.wants_csv:
        return csv_of_rows(state, rows)
    at_risk = sum(bool(row.risks) for row in found)
    state = state.counted("risk", {"": len(found), "yes": at_risk, "no": len(found) - at_risk})
    context = {"list": page_of_rows(request, state, rows), "tabs": _tabs("cut-offs")}
    return render(request, "monitoring/sla/cut_offs.html", context)


def _breach_page(request: HttpRequest, breach_id: UUID, form: ExcuseForm) -> HttpResponse:
    row = sla_board.get_breach(breach_id, timezone.now())
    context = {
        "row": row,
        "form": form,
        "can_edit": acting_person(request).can(Action.EDIT_CUSTOMERS),
        "crumbs": [
            {"label": _("Service levels"), "url": reverse("monitoring:sla-list")},
            {"label": _("Missed"), "url": reverse("monitoring:breach-list")},
        ],
    }
    return render(request, "monitoring/sla/breach.html", context, status=400 if form.errors else 200)


def _customers() -> dict[str, list[Option]]:
    return {"customer": [Option(str(key), name) for key, name in list_customer_names().items()]}


def _tabs(open_tab: str) -> list[dict[str, Any]]:
    tabs = (
        ("clocks", _("Clocks"), "monitoring:sla-list"),
        ("cut-offs", _("Cut-offs"), "monitoring:cut-off-list"),
        ("breaches", _("Missed"), "monitoring:breach-list"),
    )
    return [
        {"label": label, "url": reverse(url_name), "active": name == open_tab, "count": None}
        for name, label, url_name in tabs
    ]


def _tiles(figures: sla_board.BoardFigures, since: str) -> list[Tile]:
    board, breaches = reverse("monitoring:sla-list"), with_query(reverse("monitoring:breach-list"), since=since)
    credits_given = [money_words(amount, currency) for currency, amount in sorted(figures.credits.items())]
    paused = ngettext("%(number)d stands still", "%(number)d stand still", figures.paused) % {"number": figures.paused}
    return [
        Tile.counted("running", _("Clocks under way"), figures.running, icon="clock", link=board).saying(paused),
        Tile.counted(
            "soon",
            _("Due within 4 hours"),
            figures.due_soon,
            icon="hourglass",
            link=with_query(board, view="soon"),
            tone="warning" if figures.due_soon else "success",
        ),
        Tile.counted(
            "late",
            _("Missed, still open"),
            figures.late,
            icon="alert-circle",
            link=with_query(board, view="late"),
            tone="danger" if figures.late else "success",
        ),
        Tile.counted(
            "missed",
            _("Missed this month"),
            figures.missed,
            icon="calendar-due",
            link=breaches,
            tone="warning" if figures.missed else "success",
        ).saying(
            _("Credits so far, before any cap: %(sums)s") % {"sums": ", ".join(credits_given)}
            if credits_given
            else _("No credits so far")
        ),
    ]
