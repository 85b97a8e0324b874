"""A month on one page, as a page and as a PDF: for the partner about one customer or all, and for the customer's own people."""

from datetime import date
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.customers.models import Customer
from apps.customers.queries import get_customer
from apps.monitoring.value import summary as queries
from apps.monitoring.value.statement import usual_month
from apps.monitoring.value.summary_pdf import build_pdf
from apps.monitoring.views.customer_home import customer_of
from apps.monitoring.views.month_choice import asked_month, month_choices
from apps.monitoring.views.value import to_customer_value
from apps.tenants.brand_drafts import look_for
from apps.tenants.brand_paper import pdf_response


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def customer_summary(request: HttpRequest, customer_id: UUID) -> HttpResponseBase:
    """Show one customer's month."""
    customer, now = get_customer(customer_id), timezone.now()
    found = queries.customer_summary(customer, _month(request, now.date(), customer), now)
    return _answer(request, found, now.date(), to_customer_value(customer))


@requires(Action.VIEW_OWN_REPORTS)
@require_safe
def own_summary(request: HttpRequest) -> HttpResponseBase:
    """Show a customer's people their month, in their own words."""
    customer, now = get_customer(customer_of(request)), timezone.now()
    found = queries.customer_summary(customer, _month(request, now.date(), customer), now, for_customer=True)
    crumbs = [{"label": _("What it is worth"), "url": reverse("monitoring:own-value")}]
    return _answer(request, found, now.date(), crumbs)


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def partner_summary(request: HttpRequest) -> HttpResponseBase:
    """Show the month of all customers."""
    today = timezone.now().date()
    crumbs = [{"label": _("Value"), "url": reverse("monitoring:value-list")}]
    return _answer(request, queries.partner_summary(_month(request, today)), today, crumbs)


def _month(request: HttpRequest, today: date, customer: Customer | None = None) -> date:
    """Return the month asked for, else the one that the page of the value opens on."""
    return asked_month(request, today, usual=usual_month(today, customer))


def _answer(
    request: HttpRequest, found: queries.Summary, today: date, crumbs: list[dict[str, str]]
) -> HttpResponseBase:
    if request.GET.get("format") == "pdf":
        return pdf_response(f"summary-{found.month:%Y-%m}.pdf", build_pdf(found, look_for(request)))
    context = {
        "summary": found,
        "months": month_choices(found.month, today),
        "pdf_url": f"{request.path}?month={found.month:%Y-%m}&format=pdf",
        "crumbs": crumbs,
    }
    return render(request, "monitoring/value/summary.html", context)
