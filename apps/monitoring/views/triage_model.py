"""The language model, a part of the settings: how it is asked, what it may not see, and what came of the last questions."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.csv_export import csv_response
from apps.accounts.page_filters import acting_person
from apps.monitoring.case_words import title_words
from apps.monitoring.models import TriageCall, TriageModel
from apps.monitoring.triage import model_settings as services
from apps.monitoring.triage.masking import Mask
from apps.monitoring.triage_forms import ModelForm

LOOK = "look"
SHOWN = 20
_MOST_IN_FILE = 10_000


@requires(Action.EDIT_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def model_settings(request: HttpRequest) -> HttpResponse:
    """Show how the model is asked, and change it; `step=look` only shows what would be sent."""
    if request.GET.get("format") == "csv":
        return _file()
    row, looked = services.get_model(), None
    form = ModelForm(request.POST or None, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        if request.POST.get("step") == LOOK:
            looked = services.preview(form.cleaned_data["name"], form.cleaned_data["masks"], timezone.now())
        elif _saved(request, form):
            return redirect("monitoring:proposal-model")
    context = {
        "form": form,
        "looked": looked,
        "has_key": row is not None and row.key_id is not None,
        "calls": [(call, title_words(call.case.title, call.case.error_class)) for call in _calls()[:SHOWN]],
        "crumbs": [{"label": _("Proposals"), "url": reverse("monitoring:proposal-policies")}],
    }
    return render(request, "monitoring/triage/model.html", context, status=400 if form.errors else 200)


def _saved(request: HttpRequest, form: ModelForm) -> bool:
    try:
        services.save_model(form.cleaned_data, by=acting_person(request), now=timezone.now())
    except ValidationError as error:
        form.add_error(None, error)
        return False
    messages.success(request, _("Saved."))
    return True


def _initial(row: TriageModel | None) -> dict[str, Any]:
    if row is None:
        return {"masks": [mask.value for mask in Mask]}
    names = ("is_on", "address", "name", "classes", "masks", "seconds", "most_a_day")
    return {name: getattr(row, name) for name in names}


def _calls() -> Any:
    return TriageCall.objects.select_related("case").order_by("-id")


def _file() -> HttpResponse:
    header = (_("Asked"), _("Exception"), _("Outcome"), _("Problem"), _("Milliseconds"), _("Sent"))
    rows = [
        (call.asked_at, call.case.title, call.get_outcome_display(), call.problem, call.milliseconds, call.sent)
        for call in _calls()[:_MOST_IN_FILE]
    ]
    return csv_response("questions.csv", header, rows)
