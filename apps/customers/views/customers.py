"""Pages about one customer: a new one, what is known of it, its companies."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person
from apps.accounts.refusals import refusals_on
from apps.customers import queries, services
from apps.customers.customer_frame import build_frame
from apps.customers.forms import CustomerForm, EntityForm
from apps.customers.models import Customer, LegalEntity
from apps.customers.retention import payload_rule
from apps.customers.views.crumbs import to_list, to_settings


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def customer_create(request: HttpRequest) -> HttpResponse:
    """Add a customer."""
    form = CustomerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            customer = services.create_customer(**form.cleaned_data)
            messages.success(request, _("%(name)s is added. Connect its systems next.") % {"name": customer.name})
            return redirect("monitoring:customer-overview", customer.id)
    context = {"form": form, "crumbs": to_list()}
    return render(request, "customers/customer_create.html", context, status=400 if form.errors else 200)


@requires(Action.VIEW_CUSTOMERS)
@require_safe
def customer_settings(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show what is known of a customer: its facts, its companies, its cut-offs."""
    who, customer, now = acting_person(request), queries.get_customer(customer_id), timezone.now()
    context = {
        "frame": build_frame(customer, who, "settings", now=now),
        "entities": queries.list_entities(customer),
        "cut_offs": queries.list_cut_offs(now=now, customer_id=customer.id),
        "payloads": payload_rule(customer.id),
        "can_edit": who.can(Action.EDIT_CUSTOMERS),
        "can_set_changes": who.can(Action.EDIT_PEOPLE),
        "can_configure": who.can(Action.EDIT_FLOWS),
    }
    return render(request, "customers/customer_settings.html", context)


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def customer_edit(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Change what is known of a customer."""
    customer = queries.get_customer(customer_id)
    crumbs = to_settings(customer)
    form = CustomerForm(request.POST or None, customer=customer)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.change_customer(customer, changes=form.cleaned_data)
            messages.success(request, _("%(name)s is changed.") % {"name": customer.name})
            return redirect("customers:customer-settings", customer.id)
    context = {"form": form, "customer_id": customer.id, "crumbs": crumbs}
    return render(request, "customers/customer_edit.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def entity_create(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Add one of the customer's companies."""
    return _entity_page(request, queries.get_customer(customer_id), None)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def entity_edit(request: HttpRequest, customer_id: UUID, entity_id: UUID) -> HttpResponse:
    """Change one of the customer's companies."""
    customer = queries.get_customer(customer_id)
    return _entity_page(request, customer, queries.get_entity(customer, entity_id))


def _entity_page(request: HttpRequest, customer: Customer, entity: LegalEntity | None) -> HttpResponse:
    form = EntityForm(request.POST or None, customer=customer, entity=entity)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            if entity is None:
                kept, words = services.add_legal_entity(customer, **form.cleaned_data), _("%(name)s is added.")
            else:
                kept, words = services.change_legal_entity(entity, **form.cleaned_data), _("%(name)s is changed.")
            messages.success(request, words % {"name": kept})
            return redirect("customers:customer-settings", customer.id)
    context = {
        "form": form,
        "customer": customer,
        "title": _("Change a company") if entity else _("Add a company"),
        "crumbs": to_settings(customer),
    }
    return render(request, "customers/entity_edit.html", context, status=400 if form.errors else 200)
