"""Pages about one record: its story, another try, and a correction before it."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.page_filters import acting_person, asked_words
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.engine.ownership import Dispute
from apps.flows.forms import CorrectionForm
from apps.flows.models import Operation
from apps.flows.queries import operations as queries
from apps.flows.queries.operation_steps import StepRow
from apps.flows.queries.operations import AttemptRow, OperationPage
from apps.flows.queries.owner_register import RULE_WORDS, RULING_WORDS
from apps.flows.services.evidence import canonical_values_of
from apps.flows.services.replay import (
    CorrectionError,
    NothingToReplayError,
    correct_operation,
    replay_operations,
)
from apps.flows.services.start_run import FlowNotLiveError
from apps.tenants.templatetags.wording import MASK


@requires(Action.VIEW_RUNS)
@require_safe
def operation_detail(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Show one record: what came of it first, then how."""
    operation, who = queries.get_operation(operation_id), acting_person(request)
    page = queries.get_operation_page(operation, who)
    context = {
        **_standing(page, who),
        "facts": _facts(operation),
        "keys": _keys(operation)[: 2 if who.is_customer else None],
        "crumbs": _crumbs(operation, who),
        "attempts": [_shown_attempt(row, can_see=who.can(Action.VIEW_PAYLOADS)) for row in page.attempts],
    }
    return render(request, "flows/operation_detail.html", context)


@requires(Action.VIEW_RUNS)
@require_safe
def operation_live(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """Show how one record stands: asked by its page while it moves."""
    who = acting_person(request)
    page = queries.get_operation_page(queries.get_operation(operation_id), who)
    return render(request, "flows/_operation_live.html", {**_standing(page, who), "is_live_answer": True})


def _standing(page: OperationPage, who: Actor) -> dict[str, Any]:
    """Return how a record stands and what may be done about it: what its page keeps up to date."""
    can_see, steps = who.can(Action.VIEW_PAYLOADS), page.steps
    can_edit = page.can_be_retried and who.can(Action.EDIT_AND_RETRY)
    is_told = page.operation.is_deletion or page.operation.is_finding  # there is no record behind it to work with
    return {
        "page": page,
        "operation": page.operation,
        "steps": [_shown_step(row, can_see=can_see) for row in steps],
        "standing": page.compensation,
        "can_see_payloads": can_see,
        "can_retry": page.can_be_retried and who.can(Action.WORK_CASES),
        "can_pin": who.can(Action.EDIT_FLOWS) and can_see and not is_told,
        "can_correct": can_edit and not is_told,
        "can_roll_back": can_edit and page.compensation is not None and page.compensation.can_roll_back,
        "is_customer": who.is_customer,
    }


def _shown_step(row: StepRow, *, can_see: bool) -> dict[str, Any]:
    """Return a step with its result and its calls, masked like every document."""
    return {
        "row": row,
        "result": _shown_result(row, can_see=can_see),
        "tries": [_shown_attempt(AttemptRow(one, "", one.error), can_see=can_see) for one in row.tries],
    }


def _shown_attempt(row: AttemptRow, *, can_see: bool) -> dict[str, Any]:
    """Return an attempt with its documents; without the right to see them their structure stays, every value hidden."""
    exchange, attempt = row.attempt.exchange, row.attempt
    show = _as_it_is if can_see else _hidden
    return {
        "row": row,
        "sent": show(exchange.request) if exchange and exchange.request else None,
        "answered": show(exchange.response) if exchange and exchange.response else None,
        "address": exchange.url if exchange and can_see else "",
        "took": exchange.milliseconds / 1000 if exchange else None,
        "source": show(attempt.source) if attempt.source else None,
        "mapped": show(attempt.mapped) if attempt.mapped else None,
        "disputes": [_shown_dispute(one, can_see=can_see) for one in attempt.disputes],
    }


def _shown_dispute(dispute: Dispute, *, can_see: bool) -> dict[str, Any]:
    """Return one field on which the systems differed: both values, and what the register says of it."""
    described = CANONICAL_TYPES.get(dispute.canonical_type)
    known = described.field_named(dispute.field) if described else None
    return {
        "label": _(known.label) if known else dispute.field,
        "ours": dispute.ours if can_see or dispute.ours is None else MASK,
        "theirs": dispute.theirs if can_see or dispute.theirs is None else MASK,
        "rule": RULE_WORDS[dispute.rule],
        "owner": dispute.owner,
        "outcome": RULING_WORDS[dispute.ruling],
    }


def _shown_result(row: StepRow, *, can_see: bool) -> Any:
    return row.result if can_see or row.result is None else _masked(row.result)


def _as_it_is(document: Any) -> Any:
    return document


def _hidden(document: Any) -> Any:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return MASK
    return _masked(document)


def _masked(document: Any) -> Any:
    if isinstance(document, Mapping):
        return {name: _masked(value) for name, value in document.items()}
    if isinstance(document, list | tuple):
        return [_masked(part) for part in document[:20]]
    return document if document is None else MASK


def _facts(operation: Operation) -> list[dict[str, object]]:
    amount: dict[str, object] = {"label": _("Amount"), "value": _("unknown")}
    if operation.amount is not None:
        amount = {"label": _("Amount"), "amount": operation.amount, "currency": operation.currency}
    facts: list[dict[str, object]] = [
        amount,
        {"label": _("Client"), "value": operation.client_ref},
        {"label": _("Project"), "value": operation.project_ref},
        {"label": _("Period"), "value": operation.period_ref},
        {"label": _("First seen"), "moment": operation.created_at},
        {"label": _("Last changed"), "moment": operation.changed_at},
    ]
    return facts


def _keys(operation: Operation) -> list[dict[str, object]]:
    return [
        {"label": _("In %(system)s") % {"system": operation.flow.source.name}, "code": operation.source_key},
        {
            "label": _("In %(system)s") % {"system": operation.flow.target.name},
            "code": operation.target_key or "",
            "value": _("not there yet"),
        },
        {"label": _("Business key"), "code": operation.business_key},
        {"label": _("Version"), "code": operation.source_version},
    ]


def _crumbs(operation: Operation, who: Actor) -> list[dict[str, str]]:
    run = {"label": _("Run"), "url": reverse("flows:run-detail", args=[operation.last_run_id])}
    if who.is_customer:
        return [{"label": _("Activity"), "url": reverse("flows:run-list")}, run, {"label": _("Record"), "url": ""}]
    return [
        {"label": _("Flows"), "url": reverse("flows:flow-list")},
        {"label": operation.customer.name, "url": f"{reverse('flows:flow-list')}?customer={operation.customer_id}"},
        {"label": operation.flow.name, "url": reverse("flows:flow-detail", args=[operation.flow_id])},
        run,
        {"label": _("Record"), "url": ""},
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
    messages.success(request, _("The record is on its way again."))
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
        fields=[(known.name, _(known.label)) for known in described.fields],
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
            (_(known.label), queries.shown(values[known.name]), known.name == chosen)
            for known in described.fields
            if known.name in values
        ],
        "old": queries.plain(values.get(chosen)),
        "new": str(form["new_value"].value() or ""),
        "sentence": queries.sentence_of(operation),
        "not_open": operation.state != "rejected",
        "crumbs": [
            *_crumbs(operation, acting_person(request))[:-1],
            {"label": _("Record"), "url": reverse("flows:operation-detail", args=[operation.id])},
            {"label": _("Correct"), "url": ""},
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
