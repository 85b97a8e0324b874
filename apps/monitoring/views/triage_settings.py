"""Proposals, a part of the settings: who has to agree to what, and what comes back after it fell back to manual."""

from dataclasses import asdict
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
from apps.accounts.page_filters import acting_person
from apps.monitoring.blame import CLASSES, verdict_for
from apps.monitoring.models import TriageFallback, TriagePolicy
from apps.monitoring.triage import policies as services
from apps.monitoring.triage.model_settings import get_model
from apps.monitoring.triage_forms import PolicyForm


@requires(Action.EDIT_CUSTOMERS)
@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """Show who has to agree, for every kind of failure with a policy of its own and for all others."""
    held = list(TriagePolicy.objects.all())
    if not any(row.error_class == "" for row in held):
        held.append(TriagePolicy())  # as delivered
    context = {"rows": [(row, _kind(row.error_class)) for row in held], "model": get_model()}
    return render(request, "monitoring/triage/policies.html", context)


@requires(Action.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_edit(request: HttpRequest) -> HttpResponse:
    """Write down who has to agree for one kind of failure."""
    asked = request.GET.get("class", "")
    error_class = asked if asked in CLASSES else ""
    held = asdict(services.policy_for(services.read_policies(), error_class))
    initial = {name: int(value) if name in services.HANDLINGS else value for name, value in held.items()}
    form = PolicyForm(request.POST or None, initial={**initial, "kind": error_class})
    if request.method == "POST" and form.is_valid():
        try:
            services.save_policy(
                form.cleaned_data["kind"], form.cleaned_data, by=acting_person(request), now=timezone.now()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved. It holds for what is proposed from now on."))
            return redirect("monitoring:proposal-policies")
    context = {
        "form": form,
        "error_class": error_class,
        "can_remove": TriagePolicy.objects.filter(error_class=error_class).exists(),
        "crumbs": [{"label": _("Proposals"), "url": reverse("monitoring:proposal-policies")}],
    }
    return render(request, "monitoring/triage/policy.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def policy_remove(request: HttpRequest) -> HttpResponse:
    """Let a kind of failure follow the policy of all others again."""
    services.drop_policy(request.POST.get("class", "")[:24])
    messages.success(request, _("Removed: the policy of all others holds."))
    return redirect("monitoring:proposal-policies")


@requires(Action.EDIT_CUSTOMERS)
@require_POST
def fallback_return(request: HttpRequest) -> HttpResponse:
    """Let proposals of a kind be applied again; counting begins anew."""
    try:
        row = services.bring_back(UUID(request.POST.get("fallback", "")), by=acting_person(request), now=timezone.now())
    except (ValueError, TriageFallback.DoesNotExist):
        messages.warning(request, _("Nothing was brought back: it no longer leaves it to people."))
        return redirect("monitoring:proposal-scorecard")
    messages.success(request, _("Back: %(kind)s. Counting begins anew.") % {"kind": _kind(row.error_class)})
    return redirect("monitoring:proposal-scorecard")


def _kind(error_class: str) -> str:
    return _(verdict_for(error_class).title) if error_class else _("Every other kind")
