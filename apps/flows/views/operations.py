"""Pages about one record: its story, another try, and a correction before it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.page_filters import acting_person, asked_words
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.forms import CorrectionForm
from apps.flows.models import Operation
from apps.flows.queries import operations as queries
from apps.flows.services.evidence import canonical_values_of
from apps.flows.services.replay import (
    CorrectionError,
    NothingToReplayError,
    correct_operation,
    replay_operations,
)
from apps.flows.services.start_run import FlowNotLiveError


@requires(Action.VIEW_RUNS)
@require_safe
def operation_detail(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Show one record: what came of it first, then how."""
    operation, who = queries.get_operation(operation_id), acting_person(request)
    page = queries.get_operation_page(operation)
    context = {
        "page": page,
        "operation": operation,
        "facts": _facts(operation),
        "keys": _keys(operation)[: 2 if who.is_customer else None],
        "crumbs": _crumbs(operation, who),
        "can_see_payloads": who.can(Action.VIEW_PAYLOADS),
        "can_retry": page.can_be_retried and who.can(Action.WORK_CASES),
        "can_correct": page.can_be_retried and who.can(Action.EDIT_AND_RETRY),
        "is_customer": who.is_customer,
    }
    return render(request, "flows/operation_detail.html", context)


def _facts(operation: Operation) -> list[dict[str, object]]:
    amount: dict[str, object] = {"label": "Amount", "value": "unknown"}
    if operation.amount is not None:
        amount = {"label": "Amount", "amount": operation.amount, "currency": operation.currency}
    facts: list[dict[str, object]] = [
        amount,
        {"label": "Client", "value": operation.client_ref},
        {"label": "Project", "value": operation.project_ref},
        {"label": "Period", "value": operation.period_ref},
        {"label": "First seen", "moment": operation.created_at},
        {"label": "Last changed", "moment": operation.changed_at},
    ]
    return facts


def _keys(operation: Operation) -> list[dict[str, object]]:
    return [
        {"label": f"In {operation.flow.source.name}", "code": operation.source_key},
        {"label": f"In {operation.flow.target.name}", "code": operation.target_key or "", "value": "not there yet"},
        {"label": "Business key", "code": operation.business_key},
        {"label": "Version", "code": operation.source_version},
        {"label": "Correlation id", "code": operation.correlation_id},
    ]


def _crumbs(operation: Operation, who: Actor) -> list[dict[str, str]]:
    run = {"label": "Run", "url": reverse("flows:run-detail", args=[operation.last_run_id])}
    if who.is_customer:
        return [{"label": "Activity", "url": reverse("flows:run-list")}, run, {"label": "Record", "url": ""}]
    return [
        {"label": "Flows", "url": reverse("flows:flow-list")},
        {"label": operation.customer.name, "url": f"{reverse('flows:flow-list')}?customer={operation.customer_id}"},
        {"label": operation.flow.name, "url": reverse("flows:flow-detail", args=[operation.flow_id])},
        run,
        {"label": "Record", "url": ""},
    ]


@requires(Action.WORK_CASES)
@require_POST
def operation_replay(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Try one rejected record again."""
    operation = queries.get_operation(operation_id)
    return _retried(request, operation)


def _retried(request: HttpRequest, operation: Operation) -> HttpResponse:
    try:
        (run,) = replay_operations([operation.id], started_by=acting_person(request).name)
    except (NothingToReplayError, FlowNotLiveError) as error:
        messages.error(request, str(error))
        return redirect("flows:operation-detail", operation.id)
    messages.success(request, "The record is on its way again.")
    return redirect("flows:run-detail", run.id)


@requires(Action.EDIT_AND_RETRY)
@require_http_methods(["GET", "HEAD", "POST"])
def operation_correct(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Correct one value of a rejected record and retry it; the source system is not touched."""
    operation = queries.get_operation(operation_id)
    values = canonical_values_of(operation)
    described = CANONICAL_TYPES[operation.canonical_type]
    field = asked_words(request, "field") or operation.error_field
    initial = {"field": field, "new_value": queries.plain(values.get(field))}
    form = CorrectionForm(
        request.POST or None,
        initial=initial,
        canonical_type=operation.canonical_type,
        fields=[(known.name, known.label) for known in described.fields],
    )
    if request.method == "POST" and form.is_valid():
        answer = _corrected(request, operation, form)
        if answer is not None:
            return answer
    chosen = str(form["field"].value() or "")
    context = {
        "operation": operation,
        "form": form,
        "values": [
            (known.label, queries.shown(values[known.name]), known.name == chosen)
            for known in described.fields
            if known.name in values
        ],
        "old": queries.plain(values.get(chosen)),
        "new": str(form["new_value"].value() or ""),
        "sentence": queries.sentence_of(operation),
        "not_open": operation.state != "rejected",
        "crumbs": [
            *_crumbs(operation, acting_person(request))[:-1],
            {"label": "Record", "url": reverse("flows:operation-detail", args=[operation.id])},
            {"label": "Correct", "url": ""},
        ],
    }
    return render(request, "flows/operation_correct.html", context, status=400 if form.errors else 200)


def _corrected(request: HttpRequest, operation: Operation, form: CorrectionForm) -> HttpResponse | None:
    try:
        correct_operation(
            operation,
            field=form.cleaned_data["field"],
            new_value=form.cleaned_data["new_value"],
            reason=form.cleaned_data["reason"],
            made_by=acting_person(request).name,
        )
    except CorrectionError as error:
        form.add_error("new_value", str(error))
        return None
    return _retried(request, operation)
