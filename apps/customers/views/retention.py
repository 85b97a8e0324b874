"""Pages about how long records are kept: a customer's contents, the partner's ledger."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.refusals import refusals_on
from apps.customers import queries, retention
from apps.customers.retention_forms import LedgerForm, PayloadForm
from apps.customers.views.crumbs import to_settings


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def payload_edit(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Choose how long the contents of a customer's records are kept."""
    customer = queries.get_customer(customer_id)
    form = PayloadForm(request.POST or None, rule=retention.payload_rule(customer.id))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            retention.set_payload_rule(customer, stored=form.rule.stored, keep_days=form.rule.keep_days)
            messages.success(request, _("Saved. What is past its time goes with the next nightly clean-up."))
            return redirect("customers:customer-settings", customer.id)
    context = {"form": form, "customer": customer, "crumbs": to_settings(customer)}
    return render(request, "customers/payload_edit.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def ledger_edit(request: HttpRequest) -> HttpResponse:
    """Choose how long the partner's ledger lines are kept."""
    form = LedgerForm(request.POST or None, initial={"keep_months": retention.ledger_months()})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            retention.set_ledger_months(form.cleaned_data["keep_months"])
            messages.success(request, _("Saved. What is past its time goes with the next nightly clean-up."))
            return redirect("customers:ledger-edit")
    return render(request, "customers/ledger_edit.html", {"form": form}, status=400 if form.errors else 200)
