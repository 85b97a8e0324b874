"""Who owns what at one customer: the register, an entry of it, and the changes that wait for a decision."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.csv_export import csv_response
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person, asked_words
from apps.accounts.refusals import refusals_on
from apps.customers.customer_frame import build_frame
from apps.customers.models import Customer
from apps.customers.queries import get_customer
from apps.flows.models import FieldOwner
from apps.flows.owner_forms import OwnerForm, RefusalForm
from apps.flows.queries import owner_register as queries
from apps.flows.services.owner_decisions import refuse, take_over
from apps.flows.services.owner_register import remove_owner, set_owner


@requires(Action.VIEW_FLOWS)
@require_safe
def owner_list(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show who owns what, and what waits for a decision; with `format=csv` the register as a file."""
    who, customer = acting_person(request), get_customer(customer_id)
    owned = queries.list_owned(customer)
    if request.GET.get("format") == "csv":
        return _as_csv(customer, owned)
    can_see = who.can(Action.VIEW_PAYLOADS)
    context = {
        "frame": build_frame(customer, who, "owners", now=timezone.now()),
        "customer": customer,
        "owned": owned,
        "entered": sum(one.entered for one in owned),
        "reviews": queries.list_reviews(customer, can_see=can_see),
        "can_see": can_see,
        "can_edit": who.can(Action.EDIT_FLOWS),
        "can_decide": who.can(Action.EDIT_AND_RETRY),
        "csv_url": f"{request.path}?format=csv",
    }
    return render(request, "flows/owner_list.html", context)


def _as_csv(customer: Customer, owned: list[queries.OwnedType]) -> HttpResponse:
    header = (
        _("Kind of record"), _("Field"), _("System of record"), _("Usual owner"), _("Rule"), _("Ways"), _("Business owner"),
        _("Technical owner"), _("Note"), _("Changed by"),
    )  # fmt: skip
    rows = [
        (
            one.label, row.label, row.owner, row.usual, row.rule, ", ".join(row.ways),
            *((getattr(row.entry, name) if row.entry else "") for name in _COLUMNS),
        )
        for one in owned for row in one.rows
    ]  # fmt: skip
    return csv_response(f"owners-{customer.id}.csv", header, rows)


_COLUMNS = ("business_owner", "technical_owner", "note", "changed_by")


@requires(Action.EDIT_FLOWS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def owner_create(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Enter who owns a field; `place` ("Customer:name") proposes one."""
    return _page(request, get_customer(customer_id), None)


@requires(Action.EDIT_FLOWS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def owner_edit(request: HttpRequest, customer_id: UUID, entry_id: UUID) -> HttpResponse:
    """Change who owns a field."""
    customer = get_customer(customer_id)
    return _page(request, customer, queries.get_entry(customer, entry_id))


def _page(request: HttpRequest, customer: Customer, entry: FieldOwner | None) -> HttpResponse:
    form = OwnerForm(request.POST or None, customer=customer, entry=entry, proposed=asked_words(request, "place"))
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            kept = set_owner(customer, **form.typed, changed_by=acting_person(request).name)
            messages.success(request, _("Saved: %(name)s.") % {"name": queries.name_of(kept)})
            return redirect("flows:owner-list", customer.id)
    back = reverse("flows:owner-list", args=[customer.id])
    context = {
        "form": form,
        "customer": customer,
        "entry": entry,
        "title": queries.name_of(entry) if entry else _("Enter an owner"),
        "crumbs": [
            {"label": customer.name, "url": reverse("monitoring:customer-overview", args=[customer.id])},
            {"label": _("Who owns what"), "url": back},
        ],
    }
    return render(request, "flows/owner_edit.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_FLOWS)
@require_POST
def owner_remove(request: HttpRequest, customer_id: UUID, entry_id: UUID) -> HttpResponse:
    """Take an entry out of the register."""
    customer = get_customer(customer_id)
    entry = queries.get_entry(customer, entry_id)
    name = queries.name_of(entry)
    remove_owner(entry)
    messages.success(request, _("%(name)s has no entry any more.") % {"name": name})
    return redirect("flows:owner-list", customer.id)


@requires(Action.EDIT_AND_RETRY)
@require_POST
def owner_review_accept(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Write the other system's value into the one that owns the field, once."""
    review = queries.get_review(review_id)
    try:
        take_over(review.id, decided_by=acting_person(request).name)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        words = _("The value is on its way to %(system)s.") % {"system": review.connection.name}
        messages.success(request, words)
    return redirect("flows:owner-list", review.customer_id)


@requires(Action.EDIT_AND_RETRY)
@require_POST
def owner_review_refuse(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """Keep a change out of the system that owns the field."""
    review, form = queries.get_review(review_id), RefusalForm(request.POST)
    problem = form.problem
    try:
        if not problem:
            refuse(review.id, decided_by=acting_person(request).name, note=form.cleaned_data["note"])
    except ValidationError as error:
        problem = " ".join(error.messages)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, _("%(system)s keeps its value.") % {"system": review.connection.name})
    return redirect("flows:owner-list", review.customer_id)
