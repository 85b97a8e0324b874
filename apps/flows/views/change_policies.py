"""Pages about what is demanded of changes: the partner's default, and one customer's own."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.refusals import refusals_on
from apps.customers import queries
from apps.customers.views.crumbs import to_settings
from apps.flows.change_forms import ChangeDefaultForm, ChangePolicyForm
from apps.flows.services import change_policy as services


@requires(Action.EDIT_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def change_default(request: HttpRequest) -> HttpResponse:
    """Choose what changes need for customers without a rule of their own."""
    form = ChangeDefaultForm(request.POST or None, demands=services.default_demands())
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.set_default(form.demands)
            messages.success(request, _("Saved. It holds from the next change on."))
            return redirect("flows:change-default")
    return render(request, "flows/change_default.html", {"form": form}, status=400 if form.errors else 200)


@requires(Action.EDIT_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def change_policy(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Choose what changes need for one customer."""
    customer = queries.get_customer(customer_id)
    own, default = services.own_demands(customer.id), services.default_demands()
    form = ChangePolicyForm(request.POST or None, own=own, default=default)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.set_policy(customer, form.own_demands)
            messages.success(request, _("Saved. It holds from the next change on."))
            return redirect("customers:customer-settings", customer.id)
    context = {"form": form, "customer": customer, "crumbs": to_settings(customer)}
    return render(request, "flows/change_policy.html", context, status=400 if form.errors else 200)
