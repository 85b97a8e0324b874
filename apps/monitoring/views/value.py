"""What the work is worth: one customer's months and terms, all customers beside each other, and the customer's own page."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.csv_export import csv_response
from apps.accounts.listing import csv_of_rows, page_of_rows, read_list
from apps.accounts.page_filters import acting_person
from apps.accounts.refusals import refusals_on
from apps.customers.customer_frame import build_frame
from apps.customers.models import Customer
from apps.customers.queries import get_customer
from apps.customers.views.crumbs import to_list
from apps.monitoring.months import months_back, next_month
from apps.monitoring.value import overview, terms_book
from apps.monitoring.value.baseline import find_baseline
from apps.monitoring.value.figures import Kind
from apps.monitoring.value.statement import ValueStatement, list_statements, unbooked, usual_month
from apps.monitoring.value.terms_book import types_of
from apps.monitoring.value.words import type_words
from apps.monitoring.value_forms import TermsForm
from apps.monitoring.views.customer_home import customer_of
from apps.monitoring.views.month_choice import asked_month, month_choices
from apps.monitoring.views.value_charts import money_chart, time_chart
from apps.tenants.templatetags.wording import month_words

AGREEMENTS_SHOWN = 13
MONTHS_BACK = 3  # terms may be agreed so late for months that are still open


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def customer_value(request: HttpRequest, customer_id: UUID) -> HttpResponseBase:
    """Show one customer's value: a month in figures, and the months before it."""
    who, customer, now = acting_person(request), get_customer(customer_id), timezone.now()
    page = _page(request, customer)
    if request.GET.get("format") == "csv":
        return _csv(page["months_shown"])
    context = {
        "frame": build_frame(customer, who, "value", now=now),
        "customer": customer,
        "can_edit": who.can(Action.EDIT_CUSTOMERS),
        "agreements": terms_book.list_terms(customer.id)[:AGREEMENTS_SHOWN],
        **page,
    }
    return render(request, "monitoring/value/customer.html", context)


@requires(Action.VIEW_OWN_REPORTS)
@require_safe
def own_value(request: HttpRequest) -> HttpResponseBase:
    """Show a customer's people what the service is worth to them, in their own words."""
    customer = get_customer(customer_of(request))
    page = _page(request, customer, for_customer=True)
    if request.GET.get("format") == "csv":
        return _csv(page["months_shown"])
    return render(request, "monitoring/my/value.html", page)


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def value_terms(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Agree what a customer's value is counted by, from a month on."""
    customer, now = get_customer(customer_id), timezone.now()
    months, baseline = _months_to_agree(now.date()), find_baseline(customer)
    form = TermsForm(
        request.POST or None,
        terms=terms_book.terms_of(customer.id, months[0]),
        types=types_of(customer),
        months=months,
        baseline=baseline,
        currency=customer.currency,
    )
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            month = form.cleaned_data["month"]
            terms_book.agree_terms(customer, month=month, terms=form.typed, by=acting_person(request), now=now)
            messages.success(request, _("Agreed. Figures follow within the hour."))
            return redirect("monitoring:customer-value", customer.id)
    context = {
        "form": form,
        "customer": customer,
        "baseline": baseline,
        "crumbs": to_customer_value(customer),
    }
    return render(request, "monitoring/value/terms.html", context, status=400 if form.errors else 200)


@requires(Action.VIEW_REPORTS)
@require_safe
def value_list(request: HttpRequest) -> HttpResponseBase:
    """Show what every customer got out of it; a customer's people are led to their own page."""
    if acting_person(request).is_customer:
        return redirect("monitoring:own-value")
    state = read_list(request, overview.VALUES)
    first, last = overview.span_of(state.value("months"), timezone.now().date())
    rows = overview.list_values(state.value("q"), first, last)
    if state.wants_csv:
        return csv_of_rows(state, rows)
    context = {
        "list": page_of_rows(request, state, rows),
        "span_words": _span_words(first, last),
        "summary_url": reverse("monitoring:partner-summary") + (f"?month={first:%Y-%m}" if first == last else ""),
        "hours": sum(row.hours for row in rows),
        "caught": sum(row.caught for row in rows),
        "protected": overview.totals(rows, Kind.PROTECTED),
        "labour": overview.totals(rows, Kind.LABOUR),
        "has_assumptions": any(row.is_assumed for row in rows),
        "crumbs": [{"label": _("Reports"), "url": reverse("monitoring:reports")}, {"label": _("Value")}],
    }
    return render(request, "monitoring/value/customers.html", context)


def to_customer_value(customer: Customer) -> list[dict[str, str]]:
    """Return the crumbs that lead to a customer's value."""
    return [*to_list(), {"label": customer.name, "url": reverse("monitoring:customer-value", args=[customer.id])}]


def _page(request: HttpRequest, customer: Customer, *, for_customer: bool = False) -> dict[str, Any]:
    today = timezone.now().date()
    month = asked_month(request, today, usual=usual_month(today, customer))
    shown = list_statements(customer, month, for_customer=for_customer)
    is_booked = bool(shown) and shown[-1].month == month
    statement = shown[-1] if is_booked else unbooked(customer, month)
    return {
        "statement": statement,
        "month_words": month_words(month),
        "months": month_choices(month, today),
        "months_shown": shown,
        "charts": [time_chart(shown), money_chart(shown)] if len(shown) > 1 else [],
        "minutes": [
            (type_words(name), statement.terms.minutes_for(name), statement.terms.is_agreed(name))
            for name in types_of(customer)
        ],
        "csv_url": f"{request.path}?month={month:%Y-%m}&format=csv",
        "summary_url": f"{_summary_page(customer, for_customer=for_customer)}?month={month:%Y-%m}",
    }


def _summary_page(customer: Customer, *, for_customer: bool) -> str:
    if for_customer:
        return reverse("monitoring:own-summary")
    return reverse("monitoring:customer-summary", args=[customer.id])


def _months_to_agree(today: date) -> list[date]:
    """Return from which months terms can count: the present one first, then the next, then those before."""
    present, *earlier = months_back(today, 1 + MONTHS_BACK)
    return [present, next_month(present), *earlier]


def _span_words(first: date, last: date) -> str:
    if first == last:
        return month_words(first)
    words = {"first": month_words(first), "last": month_words(last)}
    return _("%(first)s to %(last)s") % words


def _csv(statements: Sequence[ValueStatement]) -> HttpResponse:
    """Answer the months as a file: a line for each figure and each of its parts."""
    header = [_("Month"), _("Figure"), _("Part"), _("Amount"), _("Unit"), _("Currency"), _("How sure"), _("Records"), _("How it is counted"), _("Closed")]  # fmt: skip
    rows: list[list[object]] = []
    for statement in statements:
        closed = statement.closed_at.date().isoformat() if statement.closed_at else ""
        for line in statement.lines:
            tail = [line.unit, line.currency, line.evidence_words]
            rows.append([f"{statement.month:%Y-%m}", line.title, "", line.amount, *tail, line.sample, line.formula, closed])  # fmt: skip
            rows += [
                [f"{statement.month:%Y-%m}", line.title, part.title, part.amount, *tail, part.sample, "", closed]
                for part in line.parts
            ]
    return csv_response("value.csv", header, rows)
