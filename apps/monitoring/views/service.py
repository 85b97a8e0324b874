"""What one customer is promised and what its months came to: for the partner's people, and for the customer's own."""

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
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.csv_export import csv_response
from apps.accounts.page_filters import acting_person, asked_id
from apps.customers.customer_frame import build_frame
from apps.customers.models import Customer
from apps.customers.queries import get_customer
from apps.customers.views.crumbs import to_list
from apps.monitoring import clock_book, sla_settings
from apps.monitoring.agreement_forms import AgreementForm
from apps.monitoring.queries.sla_statement import get_agreement, get_statement, month_of
from apps.monitoring.queries.sla_suggested import suggested_for
from apps.monitoring.sla_pages import Statement
from apps.monitoring.views.customer_home import customer_of
from apps.monitoring.views.month_choice import asked_month, month_choices


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def customer_service(request: HttpRequest, customer_id: UUID) -> HttpResponseBase:
    """Show one customer's service level and a month's statement."""
    who, customer, now = acting_person(request), get_customer(customer_id), timezone.now()
    month = _asked_month(request, customer)
    statement = get_statement(customer, month, now)
    if request.GET.get("format") == "csv":
        return _csv(statement)
    context = {
        "frame": build_frame(customer, who, "service", now=now),
        "customer": customer,
        "can_edit": who.can(Action.EDIT_CUSTOMERS),
        **_context(request, customer, statement),
    }
    return render(request, "monitoring/customer/service.html", context)


@requires(Action.VIEW_OWN_HEALTH)
@require_safe
def own_service(request: HttpRequest) -> HttpResponseBase:
    """Show a customer's people what they are promised and what a month came to, in their own words."""
    customer = get_customer(customer_of(request))
    month = _asked_month(request, customer)
    statement = get_statement(customer, month, timezone.now(), for_customer=True)
    if request.GET.get("format") == "csv":
        return _csv(statement)
    return render(request, "monitoring/my/service.html", _context(request, customer, statement))


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def service_edit(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Give a customer a package, opening hours and a fee."""
    customer = get_customer(customer_id)
    current = clock_book.agreement_at(customer.id, timezone.now())
    suggested = () if current else suggested_for(customer.id)
    form = AgreementForm(
        request.POST or None,
        current=current,
        currency=customer.currency,
        suggested=suggested,
        chosen=str(asked_id(request, "package") or ""),
    )
    if request.method == "POST" and form.is_valid():
        sla_settings.agree(customer, **form.cleaned_data, currency=customer.currency, by=acting_person(request))
        messages.success(request, _("%(name)s is promised this from now on.") % {"name": customer.name})
        return redirect("monitoring:customer-service", customer.id)
    context = {
        "form": form,
        "customer": customer,
        "current": current,
        "can_promise": sla_settings.can_promise(),
        "suggested": suggested,
        "crumbs": [*to_list(), _to_service(customer)],
    }
    return render(request, "monitoring/sla/agreement.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def service_end(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Promise a customer nothing particular any more."""
    customer = get_customer(customer_id)
    sla_settings.end_agreement(customer)
    messages.success(request, _("%(name)s has no package any more: the usual times hold.") % {"name": customer.name})
    return redirect("monitoring:customer-service", customer.id)


def _to_service(customer: Customer) -> dict[str, str]:
    return {"label": customer.name, "url": reverse("monitoring:customer-service", args=[customer.id])}


def _asked_month(request: HttpRequest, customer: Customer) -> date:
    present = month_of(timezone.now(), customer.time_zone)
    return asked_month(request, present, usual=present)


def _context(request: HttpRequest, customer: Customer, statement: Statement) -> dict[str, Any]:
    return {
        "agreement": get_agreement(customer, timezone.now()),
        "statement": statement,
        "months": month_choices(statement.month, month_of(timezone.now(), customer.time_zone)),
        "csv_url": f"{request.path}?month={statement.month:%Y-%m}&format=csv",
    }


def _csv(statement: Statement) -> HttpResponse:
    """Answer the month as a file: a line for each promise, each missed one, each party's pauses and each credit."""
    header = [_("Part"), _("What"), _("Kept"), _("Missed"), _("Excused"), _("When"), _("Late by"), _("Credit"), _("Currency"), _("Remark")]  # fmt: skip
    rows: list[list[object]] = [
        [_("Promise"), line.promise, line.kept, line.missed, line.excused, "", "", "", "", line.sentence]
        for line in statement.lines
    ]
    for one in statement.breaches:
        what, counts = f"{one.promise}: {one.subject}", [0, int(one.is_excused)]
        counts[0] = 1 - counts[1]
        credit = "" if one.is_excused or one.credit is None else one.credit
        rows.append([_("Missed"), what, "", *counts, one.breached_at.isoformat(), one.late_words, credit, one.currency, one.excuse])  # fmt: skip
    rows += [[_("Stood still"), cause, "", "", "", "", span, "", "", ""] for cause, span in statement.pauses]
    for whole in statement.credits:
        remark = _("cut by the month's cap") if whole.is_capped else ""
        rows.append([_("Credit of the month"), "", "", "", "", "", "", whole.amount, whole.currency, remark])
    return csv_response(f"service-{statement.month:%Y-%m}.csv", header, rows)
