"""Correct one value of one record and try it again: the difference is shown before anything is sent."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person, asked_words
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.values import PARSERS, UnusableValueError
from apps.flows.forms import CorrectionForm
from apps.flows.models import Operation
from apps.flows.queries.operations import plain, sentence_of, shown
from apps.flows.services.evidence import canonical_values_of
from apps.monitoring import cases as services
from apps.monitoring.cases import CaseError, CorrectionError, FlowNotLiveError, NothingToReplayError
from apps.monitoring.queries import cases as queries
from apps.monitoring.views.case_frame import came_from, crumbs, is_from_queue, queue_address, wants_pane
from apps.monitoring.views.cases import moved_on

LOOK, CHANGE = "look", "change"


@requires(Action.EDIT_AND_RETRY)
@require_http_methods(["GET", "HEAD", "POST"])
def case_edit(request: HttpRequest, case_id: UUID, operation_id: UUID) -> HttpResponse:
    """Take a correction: first its difference is shown, then it is sent. The source keeps its own value."""
    case = queries.get_case(case_id)
    operation = queries.get_case_record(case, operation_id)
    values, step = canonical_values_of(operation), request.POST.get("step", "")
    form = _form(request, operation, values)
    wants_sent = form.is_bound and form.is_valid() and step != LOOK
    if wants_sent and _corrected(request, case_id, operation, form):
        return _sent(request, case_id)
    context = {
        "case": case,
        "operation": operation,
        "form": form,
        "sentence": sentence_of(operation),
        "not_open": not case.is_open or operation.state != "rejected",
        "crumbs": crumbs(case, last=_("Correct a record")),
        "from_query": came_from(request) if is_from_queue(request) else None,
        **_difference(operation, form, values, is_looked_at=step == LOOK and form.is_valid()),
    }
    if wants_pane(request):
        return render(request, "monitoring/exceptions/_edit_answer.html", context)
    return render(request, "monitoring/case_edit.html", context, status=400 if form.is_bound and form.errors else 200)


def _form(request: HttpRequest, operation: Operation, values: dict[str, Any]) -> CorrectionForm:
    described = CANONICAL_TYPES[operation.canonical_type]
    field = asked_words(request, "field") or operation.error_field
    # The blamed field first: it is what people come for.
    fields = sorted(described.fields, key=lambda known: known.name != operation.error_field)
    kept = {name: request.POST.get(name, "") for name in ("field", "new_value", "reason")}
    return CorrectionForm(
        request.POST if request.method == "POST" and request.POST.get("step") != CHANGE else None,
        initial=kept if request.method == "POST" else {"field": field, "new_value": plain(values.get(field))},
        canonical_type=operation.canonical_type,
        fields=[(known.name, _(known.label)) for known in fields],
    )


def _difference(
    operation: Operation, form: CorrectionForm, values: dict[str, Any], *, is_looked_at: bool
) -> dict[str, Any]:
    """Return the record as it is, and beside it as it would be sent once the correction was looked at."""
    described = CANONICAL_TYPES[operation.canonical_type]
    chosen, typed = str(form["field"].value() or ""), str(form["new_value"].value() or "")
    spec = described.field_named(chosen)
    rows = []
    for known in described.fields:
        old = shown(values.get(known.name))
        is_chosen = known.name == chosen
        new = _read(spec.kind, typed) if is_chosen and spec is not None and is_looked_at else old
        if old or new or is_chosen:
            rows.append({"label": _(known.label), "left": old, "right": new, "differs": is_chosen and old != new})
            rows[-1]["chosen"] = is_chosen
    rows.sort(key=lambda row: not row["chosen"])
    return {"rows": rows, "is_looked_at": is_looked_at, "is_same": is_looked_at and not any(r["differs"] for r in rows)}


def _read(kind: Any, typed: str) -> str:
    try:
        return shown(PARSERS[kind](typed))
    except UnusableValueError:
        return typed


def _sent(request: HttpRequest, case_id: UUID) -> HttpResponse:
    messages.success(request, _("Corrected, and on its way again."))
    if wants_pane(request):
        return moved_on(request, case_id)
    if is_from_queue(request):
        return redirect(queue_address(came_from(request), case_id))
    return redirect("monitoring:case-detail", case_id)


def _corrected(request: HttpRequest, case_id: UUID, operation: Operation, form: CorrectionForm) -> bool:
    try:
        services.edit_and_retry(case_id, operation.id, **form.cleaned_data, by=acting_person(request))
    except CorrectionError as error:
        form.add_error("new_value", str(error))
    except (CaseError, NothingToReplayError, FlowNotLiveError) as error:
        field = getattr(error, "field", "")
        form.add_error(field if field in form.fields else None, str(error))
    return not form.errors
