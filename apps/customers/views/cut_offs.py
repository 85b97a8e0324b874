"""Pages about one customer's cut-offs: a new one, a changed one, one that is no longer needed."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.accounts.refusals import refusals_on
from apps.customers import queries, services
from apps.customers.forms import CutOffForm
from apps.customers.models import Customer, CutOff
from apps.customers.views.crumbs import to_settings


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def cut_off_create(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Add a cut-off."""
    return _page(request, queries.get_customer(customer_id), None)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def cut_off_edit(request: HttpRequest, customer_id: UUID, cut_off_id: UUID) -> HttpResponse:
    """Change a cut-off."""
    customer = queries.get_customer(customer_id)
    return _page(request, customer, queries.get_cut_off(customer, cut_off_id))


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def cut_off_remove(request: HttpRequest, customer_id: UUID, cut_off_id: UUID) -> HttpResponse:
    """Remove a cut-off."""
    customer = queries.get_customer(customer_id)
    cut_off = queries.get_cut_off(customer, cut_off_id)
    services.remove_cut_off(cut_off)
    messages.success(request, _("%(name)s is removed.") % {"name": cut_off.name})
    return redirect("customers:customer-settings", customer.id)


def _page(request: HttpRequest, customer: Customer, cut_off: CutOff | None) -> HttpResponse:
    form = CutOffForm(request.POST or None, cut_off=cut_off)
    if request.method == "POST" and form.is_valid():
        typed = {"name": form.cleaned_data["name"], "purpose": form.cleaned_data["purpose"], "rule": form.rule}
        with refusals_on(form):
            if cut_off is None:
                kept, words = services.add_cut_off(customer, **typed), _("%(name)s is added.")
            else:
                kept, words = services.change_cut_off(cut_off, **typed), _("%(name)s is changed.")
            messages.success(request, words % {"name": kept.name})
            return redirect("customers:customer-settings", customer.id)
    context = {
        "form": form,
        "customer": customer,
        "cut_off": cut_off,
        "title": _("Change a cut-off") if cut_off else _("Add a cut-off"),
        "crumbs": to_settings(customer),
    }
    return render(request, "customers/cut_off_edit.html", context, status=400 if form.errors else 200)
