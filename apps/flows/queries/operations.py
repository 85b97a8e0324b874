"""Reading ledger lines: one record's whole story, in a sentence, in facts and in attempts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.values import plain_text
from apps.flows.engine.states import OperationState
from apps.flows.models import Correction, Operation
from apps.flows.services.evidence import Attempt, attempts_of, canonical_values_of
from apps.tenants.templatetags.wording import absolute_words


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One canonical value in words; `correction` is set when a person changed it."""

    name: str
    label: str
    value: str
    correction: Correction | None
    is_blamed: bool


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try. `outcome` is a state for the badge, `sentence` what came of it."""

    attempt: Attempt
    outcome: str
    sentence: str


@dataclass(frozen=True, slots=True)
class OperationPage:
    """Everything an operation's page shows."""

    operation: Operation
    kind: str
    sentence: str
    next_step: str
    values: list[ValueRow]
    attempts: list[AttemptRow]
    corrections: list[Correction]
    can_be_retried: bool
    next_try_at: datetime | None


def get_operation(operation_id: UUID) -> Operation:
    """Return one ledger line in scope. Raises Http404 when it does not exist or belongs to someone else."""
    found = Operation.objects.select_related("flow__source", "flow__target", "customer").filter(id=operation_id).first()
    if found is None:
        raise Http404("There is no such record.")
    return found


def operations() -> QuerySet[Operation]:
    """Return the ledger lines in scope, newest first."""
    return Operation.objects.order_by("-id")


def get_operation_page(operation: Operation) -> OperationPage:
    """Return an operation with its values, corrections and attempts, newest attempt first."""
    corrections = list(Correction.objects.filter(operation=operation).order_by("-id"))
    attempts = attempts_of(operation)
    described = CANONICAL_TYPES.get(operation.canonical_type)
    return OperationPage(
        operation=operation,
        kind=described.label if described else operation.canonical_type,
        sentence=sentence_of(operation),
        next_step=_next_step(operation),
        values=_values(operation, corrections),
        attempts=[_attempt_row(attempt, operation, latest=place == 0) for place, attempt in enumerate(attempts)],
        corrections=corrections,
        can_be_retried=operation.state == OperationState.REJECTED,
        next_try_at=operation.due_at if operation.state == OperationState.WAITING else None,
    )


def sentence_of(operation: Operation) -> str:
    """Return what came of a record in one plain sentence."""
    target, state = operation.flow.target.name, operation.state
    if state == OperationState.WRITTEN:
        return f"{target} holds this record" + (f" as {operation.target_key}." if operation.target_key else ".")
    if state == OperationState.UNCHANGED:
        return operation.error_message or f"{target} held this record already: nothing had to be sent."
    if state == OperationState.SUPERSEDED:
        return "A newer version of the same record has taken its place."
    if state == OperationState.SKIPPED:
        return operation.error_message or "This record is not for this flow."
    if state == OperationState.WAITING:
        return operation.error_message or "This record stands behind an earlier version of itself."
    return operation.error_message or "This record was refused, and nobody said why."


def _next_step(operation: Operation) -> str:
    if operation.state == OperationState.WAITING and operation.due_at:
        return "It is tried again by itself; nothing has to be done."
    if operation.state == OperationState.REJECTED:
        return f"Mended in {operation.flow.source.name}, it is carried over with the next reading. It can never arrive twice."
    return ""


def _values(operation: Operation, corrections: list[Correction]) -> list[ValueRow]:
    values = canonical_values_of(operation)
    newest = {correction.field: correction for correction in reversed(corrections)}
    described = CANONICAL_TYPES.get(operation.canonical_type)
    if described is None:
        return []
    named = {*values, *newest, operation.error_field}
    return [
        ValueRow(
            name=known.name,
            label=known.label,
            value=shown(values.get(known.name)),
            correction=newest.get(known.name),
            is_blamed=known.name == operation.error_field and operation.state == OperationState.REJECTED,
        )
        for known in described.fields
        if known.name in named
    ]


def plain(value: Any) -> str:
    """Return a canonical value as people type it; "" for none."""
    return "" if value is None else plain_text(value)


def shown(value: Any) -> str:
    """Return a canonical value as people read it: yes or no, and moments in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return absolute_words(value) if isinstance(value, datetime) else plain(value)


def _attempt_row(attempt: Attempt, operation: Operation, *, latest: bool) -> AttemptRow:
    if attempt.error:
        return AttemptRow(attempt, "rejected", attempt.error)
    if attempt.target_key:
        return AttemptRow(attempt, "written", f"Delivered; the system calls it {attempt.target_key}.")
    if latest:
        return AttemptRow(attempt, operation.state, sentence_of(operation))
    return AttemptRow(attempt, "rejected", "It was not sent.")
