"""Pages about one customer's cut-offs: a new one, a changed one, one that is no longer needed."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.customers import queries, services
from apps.customers.forms import CutOffForm
from apps.customers.models import Customer, CutOff
from apps.customers.views.crumbs import to_settings


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def cut_off_create(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Add a cut-off."""
    customer = queries.get_customer(customer_id)
    form = CutOffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_cut_off(customer, rule=form.rule, **_words(form))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%(name)s is added.") % {"name": form.cleaned_data["name"]})
            return redirect("customers:customer-settings", customer.id)
    return _page(request, customer, form, title=_("Add a cut-off"))


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def cut_off_edit(request: HttpRequest, customer_id: UUID, cut_off_id: UUID) -> HttpResponse:
    """Change a cut-off."""
    customer = queries.get_customer(customer_id)
    cut_off = queries.get_cut_off(customer, cut_off_id)
    form = CutOffForm(request.POST or None, cut_off=cut_off)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_cut_off(cut_off, rule=form.rule, **_words(form))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%(name)s is changed.") % {"name": cut_off.name})
            return redirect("customers:customer-settings", customer.id)
    return _page(request, customer, form, title=_("Change a cut-off"), cut_off=cut_off)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def cut_off_remove(request: HttpRequest, customer_id: UUID, cut_off_id: UUID) -> HttpResponse:
    """Remove a cut-off."""
    customer = queries.get_customer(customer_id)
    cut_off = queries.get_cut_off(customer, cut_off_id)
    services.remove_cut_off(cut_off)
    messages.success(request, _("%(name)s is removed.") % {"name": cut_off.name})
    return redirect("customers:customer-settings", customer.id)


def _words(form: CutOffForm) -> dict[str, str]:
    return {"name": form.cleaned_data["name"], "purpose": form.cleaned_data["purpose"]}


def _page(
    request: HttpRequest, customer: Customer, form: CutOffForm, *, title: str, cut_off: CutOff | None = None
) -> HttpResponse:
    context = {
        "form": form,
        "customer": customer,
        "cut_off": cut_off,
        "title": title,
        "crumbs": to_settings(customer),
    }
    return render(request, "customers/cut_off_edit.html", context, status=400 if form.errors else 200)
