"""What happened to a record over all its flows and versions, the latest first: tries, steps, corrections, approvals, exceptions."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.flows.engine.states import OperationState, StepState
from apps.flows.models import ApprovalRequest, Correction, Operation, OperationStep
from apps.flows.queries.operations import sentence_of
from apps.flows.services.ledger_writes import moment_of
from apps.monitoring.case_words import title_words
from apps.monitoring.customer_pages import StoryStep
from apps.monitoring.models import CaseOperation
from apps.monitoring.queries.customer_story import corrected
from apps.monitoring.told_words import closed_words

SHOWN = 40
LINES_TOLD = 12  # versions whose tries are told one by one
_TONES = {
    OperationState.WRITTEN: ("circle-check", "success"),
    OperationState.UNCHANGED: ("circle-check", "success"),
    OperationState.REJECTED: ("circle-x", "danger"),
    OperationState.WAITING: ("hourglass", "warning"),
}


def happenings_of(lines: Sequence[Operation]) -> tuple[StoryStep, ...]:
    """Return what happened, the latest first, at most `SHOWN`. Four queries."""
    told = lines[:LINES_TOLD]
    ids = [line.id for line in told]
    steps = [*(step for line in told for step in _tries(line)), *_corrections(told, ids), *_walked(ids)]
    steps += [*_approvals(ids), *_cases(ids)]
    # Oldest first and then turned round: what has the same moment keeps the order in which it happened.
    return tuple(sorted(steps, key=lambda step: step.moment)[::-1][:SHOWN])


def _tries(line: Operation) -> Iterator[StoryStep]:
    """Yield the reading and each try of one version: the moment of a try is in the id of its batch."""
    moments = [moment_of(batch_id) for batch_id in line.attempts]
    flow = _("%(flow)s, version %(number)s") % {"flow": line.flow.name, "number": line.last_run.version.number}
    first = _("Found deleted in %(system)s") if line.is_deletion else _("Read from %(system)s")
    begun = min([line.created_at, *moments])
    yield StoryStep(first % {"system": line.flow.source.name}, begun, flow, icon="download", tone="brand")
    for moment in moments[:-1]:
        yield StoryStep(_("Tried for %(system)s") % {"system": line.flow.target.name}, moment, flow, icon="refresh")
    icon, tone = _TONES.get(OperationState(line.state), ("player-skip-forward", "neutral"))
    at = moments[-1] if moments and line.state in _TONES else line.changed_at
    yield StoryStep(sentence_of(line), at, flow, icon=icon, tone=tone)


def _corrections(told: Sequence[Operation], ids: Sequence[UUID]) -> Iterator[StoryStep]:
    lines = {line.id: line for line in told}
    for row in Correction.objects.filter(operation_id__in=ids):
        yield from corrected(lines[row.operation_id], [row])


def _walked(ids: Sequence[UUID]) -> Iterator[StoryStep]:
    for row in OperationStep.objects.filter(operation_id__in=ids, position__gt=0).order_by("-changed_at")[:SHOWN]:
        done, failed = row.state == StepState.DONE, row.state == StepState.FAILED
        yield StoryStep(
            _("Step: %(step)s") % {"step": row.name.replace("_", " ")},
            row.changed_at,
            row.error_message or _(row.note) if row.note or row.error_message else "",
            icon="circle-check" if done else "circle-x" if failed else "hourglass",
            tone="success" if done else "danger" if failed else "warning",
        )


def _approvals(ids: Sequence[UUID]) -> Iterator[StoryStep]:
    state = ApprovalRequest.State
    words = {
        state.APPROVED: (_("Approved"), "circle-check", "success"),
        state.REJECTED: (_("Not approved"), "circle-x", "danger"),
        state.EXPIRED: (_("Nobody approved in time"), "hourglass", "warning"),
        state.WITHDRAWN: (_("The question was withdrawn"), "circle-dashed", "neutral"),
    }
    for row in ApprovalRequest.objects.filter(operation_id__in=ids)[:SHOWN]:
        yield StoryStep(_("Approval asked for"), row.asked_at, row.question, icon="user-check", tone="brand")
        if row.closed_at and row.state in words:
            title, icon, tone = words[state(row.state)]
            yield StoryStep(title, row.closed_at, row.question, icon=icon, tone=tone)


def _cases(ids: Sequence[UUID]) -> Iterator[StoryStep]:
    rows = CaseOperation.objects.filter(operation_id__in=ids).select_related("case")
    for case in {row.case_id: row.case for row in rows[:SHOWN]}.values():
        title = title_words(case.title, case.error_class)
        yield StoryStep(_("An exception was opened"), case.opened_at, title, icon="alert-triangle", tone="danger")
        if case.closed_at:
            text = closed_words(case.closed_reason) or title
            yield StoryStep(_("The exception was closed"), case.closed_at, text, icon="circle-check", tone="success")
