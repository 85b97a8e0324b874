"""Pages of configuration files: download, upload and look at the plan, apply it; of a customer, and the partner's own lines."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.customers.queries import get_customer
from apps.customers.views.crumbs import to_settings
from apps.flows.config_files.parsing import ParsedFile
from apps.flows.configuration_forms import ApplyForm, ConfigurationFileForm
from apps.flows.configuring.exporting import export_customer, export_partner
from apps.flows.configuring.importing import ChangedSinceError, ImportRefusedError, apply_import, plan_import
from apps.flows.configuring.partner_import import apply_partner_import, plan_partner_import
from apps.flows.configuring.plans import Plan


@dataclass(frozen=True, slots=True)
class _Files:
    """What the pages of one kind of file differ in. `apply` is given the file, its plan's digest and the note."""

    template: str
    plan: Callable[[ParsedFile], Plan]
    apply: Callable[[ParsedFile, str, str], Plan]
    context: dict[str, object]
    address: str


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def customer_configuration(request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Show a customer's configuration as a file to download, and what a file that is uploaded would change."""
    customer, by = get_customer(customer_id), acting_person(request).name
    files = _Files(
        "flows/configuration_customer.html",
        lambda parsed: plan_import(customer, parsed, by=by),
        lambda parsed, digest, note: apply_import(customer, parsed, digest=digest, by=by, note=note),
        {"customer": customer, "crumbs": to_settings(customer)},
        reverse("flows:customer-configuration", args=[customer.id]),
    )
    return _page(request, files)


@requires(Action.EDIT_FLOWS)
@require_safe
def customer_configuration_export(_request: HttpRequest, customer_id: UUID) -> HttpResponse:
    """Download a customer's configuration."""
    return _download(export_customer(get_customer(customer_id)).write())


@requires(Action.EDIT_FLOWS)
@require_http_methods(["GET", "HEAD", "POST"])
def partner_configuration(request: HttpRequest) -> HttpResponse:
    """Show the lines that the partner changes for all customers as a file, and what an uploaded file would change."""
    by = acting_person(request).name
    files = _Files(
        "flows/configuration_partner.html",
        lambda parsed: plan_partner_import(parsed, by=by),
        lambda parsed, digest, note: apply_partner_import(parsed, digest=digest, by=by, note=note),
        {},
        reverse("flows:partner-configuration"),
    )
    return _page(request, files)


@requires(Action.EDIT_FLOWS)
@require_safe
def partner_configuration_export(_request: HttpRequest) -> HttpResponse:
    """Download the lines that the partner changes for all customers."""
    return _download(export_partner().write())


def _page(request: HttpRequest, files: _Files) -> HttpResponse:
    if request.method == "POST" and "apply" in request.POST:
        return _applied(request, files)
    form = ConfigurationFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = ConfigurationFileForm(request.POST, request.FILES)
    context: dict[str, object] = {**files.context, "form": form}
    if form.is_bound and form.is_valid():
        plan = files.plan(form.parsed)
        context |= {"plan": plan, "apply_form": ApplyForm(initial={"text": form.text, "digest": plan.digest})}
    return render(request, files.template, context, status=400 if form.errors else 200)


def _applied(request: HttpRequest, files: _Files) -> HttpResponse:
    form = ApplyForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This plan is not whole: upload the file again."))
        return redirect(files.address)
    try:
        plan = files.apply(form.parsed, form.cleaned_data["digest"], form.cleaned_data["note"])
    except ChangedSinceError:
        messages.warning(request, _("Something has changed since you looked: this is what the file would change now."))
    except ImportRefusedError:
        messages.error(request, _("The file cannot be applied as things are now: nothing was changed."))
    else:
        words = _("Nothing was different.") if plan.is_empty else _("The file is applied.")
        messages.success(request, words)
        return redirect(files.address)
    again = files.plan(form.parsed)
    typed = {**form.cleaned_data, "digest": again.digest}
    context = {**files.context, "form": ConfigurationFileForm(), "plan": again, "apply_form": ApplyForm(initial=typed)}
    return render(request, files.template, context, status=409)


def _download(text: str) -> HttpResponse:
    headers = {"Content-Disposition": 'attachment; filename="configuration.yaml"'}
    # The registered type: https://www.rfc-editor.org/rfc/rfc9512
    return HttpResponse(text, content_type="application/yaml; charset=utf-8", headers=headers)
