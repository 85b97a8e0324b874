"""Settings of service levels: the packages, the calendars, a new or changed one of each."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Model, Q
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.accounts.page_filters import acting_person, asked_id
from apps.customers.models import Customer
from apps.customers.queries import get_customer
from apps.monitoring import sla_settings
from apps.monitoring.models import BusinessCalendar, SlaPolicy
from apps.monitoring.queries.sla_suggested import suggested_for
from apps.monitoring.sla_forms import CalendarForm, PolicyForm
from apps.monitoring.sla_settings import SlaError
from apps.monitoring.sla_words import opening_words

_HAS_NOW = Count("customers", filter=Q(customers__valid_until__isnull=True))
SETTINGS = "monitoring:sla-settings"


@requires(Action.EDIT_CUSTOMERS)
@require_safe
def settings_page(request: HttpRequest) -> HttpResponse:
    """Show the packages and the calendars, with how many customers have each."""
    calendars = BusinessCalendar.objects.annotate(has_now=_HAS_NOW).order_by("name")
    context = {
        "policies": SlaPolicy.objects.annotate(has_now=_HAS_NOW).order_by("name"),
        "calendars": [(one, opening_words(sla_settings.hours_of_calendar(one))) for one in calendars],
    }
    return render(request, "monitoring/sla/settings.html", context)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def policy_create(request: HttpRequest) -> HttpResponse:
    """Add a package; for a customer (`?customer=`) with the times that the templates of its flows suggest."""
    customer_id = asked_id(request, "customer")
    return _policy_page(request, None, get_customer(customer_id) if customer_id else None)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def policy_edit(request: HttpRequest, policy_id: UUID) -> HttpResponse:
    """Change a package; its customers are promised the new terms from now on."""
    return _policy_page(request, _policy(policy_id))


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def policy_remove(request: HttpRequest, policy_id: UUID) -> HttpResponse:
    """Remove a package that no customer has."""
    policy = _policy(policy_id)
    return _removed(request, policy.name, lambda: sla_settings.remove_policy(policy))


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_create(request: HttpRequest) -> HttpResponse:
    """Add a calendar."""
    return _calendar_page(request, None)


@requires(Action.EDIT_CUSTOMERS)
@once
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_edit(request: HttpRequest, calendar_id: UUID) -> HttpResponse:
    """Change a calendar; clocks that start from now on count by it."""
    return _calendar_page(request, _calendar(calendar_id))


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def calendar_remove(request: HttpRequest, calendar_id: UUID) -> HttpResponse:
    """Remove a calendar that no customer counts by."""
    calendar = _calendar(calendar_id)
    return _removed(request, calendar.name, lambda: sla_settings.remove_calendar(calendar))


def _policy(policy_id: UUID) -> SlaPolicy:
    policy = SlaPolicy.objects.filter(id=policy_id).first()
    if policy is None:
        raise Http404("There is no such package.")
    return policy


def _calendar(calendar_id: UUID) -> BusinessCalendar:
    calendar = BusinessCalendar.objects.filter(id=calendar_id).first()
    if calendar is None:
        raise Http404("There is no such calendar.")
    return calendar


def _policy_page(request: HttpRequest, policy: SlaPolicy | None, customer: Customer | None = None) -> HttpResponse:
    suggested = suggested_for(customer.id) if customer else ()
    form, by = PolicyForm(request.POST or None, policy=policy, suggested=suggested), acting_person(request)
    title = policy.name if policy else _("New package")
    answer = _saved(request, form, lambda: sla_settings.save_policy(policy, form.package, by=by), customer)
    context = {"policy": policy, "title": title, "customer": customer, "suggested": suggested}
    return answer or _page(request, "monitoring/sla/policy.html", form, context)


def _calendar_page(request: HttpRequest, calendar: BusinessCalendar | None) -> HttpResponse:
    form, by = CalendarForm(request.POST or None, calendar=calendar), acting_person(request)
    title = calendar.name if calendar else _("New calendar")

    def save() -> Model:
        return sla_settings.save_calendar(calendar, name=form.cleaned_data["name"], hours=form.hours, by=by)

    answer = _saved(request, form, save)
    return answer or _page(request, "monitoring/sla/calendar.html", form, {"calendar": calendar, "title": title})


def _saved(
    request: HttpRequest, form: BaseForm, save: Callable[[], Model], customer: Customer | None = None
) -> HttpResponse | None:
    """Store a valid form and lead back to the settings, or on to giving a customer the new package.

    None when it is to be shown, with what refused it.
    """
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        saved = save()
    except SlaError as error:
        form.add_error(error.field or None, str(error))
        return None
    messages.success(request, _("%(name)s is saved.") % {"name": saved})
    if customer is not None:
        return redirect(f"{reverse('monitoring:service-edit', args=[customer.id])}?package={saved.pk}")
    return redirect(SETTINGS)


def _page(request: HttpRequest, template: str, form: BaseForm, context: dict[str, Any]) -> HttpResponse:
    crumbs = [{"label": _("Service levels"), "url": reverse(SETTINGS)}]
    return render(request, template, {"form": form, "crumbs": crumbs, **context}, status=400 if form.errors else 200)


def _removed(request: HttpRequest, name: str, remove: Callable[[], None]) -> HttpResponse:
    try:
        remove()
    except SlaError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s is removed.") % {"name": name})
    return redirect(SETTINGS)
