"""Reading ledger lines: one record's whole story, in a sentence, in facts and in attempts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.actor import Actor
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.values import plain_text
from apps.flows.case_directory import CaseOfRecord, list_cases_of
from apps.flows.engine.states import OperationState, StepState
from apps.flows.models import Correction, Operation
from apps.flows.queries.awaited_answers import get_awaited
from apps.flows.queries.lineage import Stop, also_known_as, get_lineage
from apps.flows.queries.operation_steps import StepRow, list_steps
from apps.flows.queries.operation_undo import Compensation, get_compensation
from apps.flows.services.evidence import Attempt, attempts_of, canonical_values_of
from apps.flows.told_words import message_words
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
class Changes:
    """What differs from the record's version before; `rows` are {"label", "left", "right", "differs"}."""

    before: Operation
    rows: list[dict[str, Any]]
    same: int


@dataclass(frozen=True, slots=True)
class OperationPage:
    """Everything an operation's page shows."""

    operation: Operation
    kind: str
    sentence: str
    next_step: str
    values: list[ValueRow]
    attempts: list[AttemptRow]
    steps: list[StepRow]
    compensation: Compensation | None
    corrections: list[Correction]
    can_be_retried: bool
    next_try_at: datetime | None
    asks_next: bool
    lineage: list[Stop]
    elsewhere: list[tuple[str, str, datetime | None]]
    changes: Changes | None
    timeline: list[dict[str, Any]]
    cases: list[CaseOfRecord]

    @property
    def is_moving(self) -> bool:
        """Return True while the record goes from step to step, or back: its page keeps itself up to date."""
        if not self.steps or self.operation.state != OperationState.WAITING:
            return False
        return all(row.state != StepState.WAITING for row in self.steps)


def get_operation(operation_id: UUID) -> Operation:
    """Return one ledger line in scope. Raises Http404 when it does not exist or belongs to someone else."""
    found = Operation.objects.select_related("flow__source", "flow__target", "customer").filter(id=operation_id).first()
    if found is None:
        raise Http404("There is no such record.")
    return found


def operations() -> QuerySet[Operation]:
    """Return the ledger lines in scope, newest first."""
    return Operation.objects.order_by("-id")


def get_operation_page(operation: Operation, who: Actor) -> OperationPage:
    """Return an operation with its values, corrections and attempts, newest attempt first.

    The calls of a record that walks stand with their steps, not among its attempts.
    """
    corrections = list(Correction.objects.filter(operation=operation).order_by("-id"))
    tried = attempts_of(operation)
    steps = list_steps(operation, tried, who)
    attempts = [attempt for attempt in tried if not attempt.step]
    described = CANONICAL_TYPES.get(operation.canonical_type)
    values = canonical_values_of(operation)
    awaited = None if steps else get_awaited(operation)
    rows = [
        _reading_row(attempt) if steps else _attempt_row(attempt, operation, latest=place == 0)
        for place, attempt in enumerate(attempts)
    ]
    return OperationPage(
        operation=operation,
        kind=_(described.label) if described else operation.canonical_type,
        sentence=_standing(operation, steps) or (awaited.sentence if awaited else sentence_of(operation)),
        next_step=_("It is asked again by itself; nothing has to be done.") if awaited else _next_step(operation),
        values=_values(operation, corrections, values),
        attempts=rows,
        steps=steps,
        compensation=get_compensation(operation, steps),
        corrections=corrections,
        can_be_retried=operation.state == OperationState.REJECTED,
        next_try_at=operation.due_at if operation.state == OperationState.WAITING else None,
        asks_next=awaited is not None,
        lineage=get_lineage(operation, awaited=awaited is not None),
        elsewhere=also_known_as(operation),
        changes=_changes(operation, values),
        timeline=_timeline(operation, corrections, rows, steps),
        cases=list_cases_of(operation.id),
    )


def sentence_of(operation: Operation) -> str:
    """Return what came of a record in one plain sentence."""
    target, state = operation.flow.target.name, operation.state
    told = message_words(operation.error_message, operation.error_class)
    if state == OperationState.WRITTEN:
        words = {"target": target, "key": operation.target_key}
        if operation.target_key:
            return _("%(target)s holds this record as %(key)s.") % words
        return _("%(target)s holds this record.") % words
    if state == OperationState.UNCHANGED:
        return told or _("%(target)s held this record already: nothing had to be sent.") % {"target": target}
    if state == OperationState.UNDONE:
        return _("It was rolled back: what had been done for it was taken back.")
    if state == OperationState.SUPERSEDED:
        return _("A newer version of the same record has taken its place.")
    if state == OperationState.SKIPPED:
        return told or _("This record is not for this flow.")
    if state == OperationState.WAITING:
        return told or _("This record stands behind an earlier version of itself.")
    return told or _("This record was refused, and nobody said why.")


def _standing(operation: Operation, steps: list[StepRow]) -> str:
    """Return where a record that walks stands just now; "" when its ledger line says all."""
    if operation.state != OperationState.WAITING or operation.error_message:
        return ""
    now = next((row for row in steps if row.state in (StepState.WAITING, StepState.RUNNING)), None)
    if now is None:
        return ""
    if now.waits_for:
        return _("It waits at the step “%(step)s” for %(what)s.") % {"step": now.title, "what": now.waits_for}
    return _("It is at the step “%(step)s”.") % {"step": now.title}


def _next_step(operation: Operation) -> str:
    if operation.state == OperationState.WAITING and operation.due_at:
        return _("It is tried again by itself; nothing has to be done.")
    if operation.state == OperationState.REJECTED and operation.is_deletion:
        sentence = _("If it was a mistake, have it restored in %(system)s and retry: the system is then asked again.")
        return sentence % {"system": operation.flow.source.name}
    if operation.state == OperationState.REJECTED and operation.is_finding:
        return _("Put right in the system that is wrong, it is closed by the next reconciliation.")
    if operation.state == OperationState.REJECTED:
        sentence = _("Mended in %(system)s, it is carried over with the next reading. It can never arrive twice.")
        return sentence % {"system": operation.flow.source.name}
    return ""


def _changes(operation: Operation, values: Mapping[str, Any]) -> Changes | None:
    """Return what differs from the version before; None when there was none or its evidence is gone."""
    earlier = Operation.objects.filter(
        flow_id=operation.flow_id,
        canonical_type=operation.canonical_type,
        business_key=operation.business_key,
        id__lt=operation.id,
    )
    before = earlier.select_related("flow__source", "flow__target").order_by("-id").first()
    described = CANONICAL_TYPES.get(operation.canonical_type)
    if before is None or described is None or not values:
        return None
    then = canonical_values_of(before)
    if not then:
        return None
    named = [known for known in described.fields if known.name in values or known.name in then]
    rows = [
        {
            "label": _(known.label),
            "left": shown(then.get(known.name)),
            "right": shown(values.get(known.name)),
            "differs": plain(then.get(known.name)) != plain(values.get(known.name)),
        }
        for known in named
    ]
    differing = [row for row in rows if row["differs"]]
    return Changes(before, differing, len(rows) - len(differing))


def _timeline(
    operation: Operation, corrections: list[Correction], rows: list[AttemptRow], steps: list[StepRow]
) -> list[dict[str, Any]]:
    """Return what happened to a record, newest first, as the timeline shows it."""
    entries: list[dict[str, Any]] = [
        {
            "title": _("Attempt %(number)s") % {"number": row.attempt.number},
            "moment": row.attempt.at,
            "text": row.sentence,
            "state": row.outcome,
            "link": reverse("flows:run-detail", args=[row.attempt.run_id]) if row.attempt.run_id else "",
        }
        for row in rows
    ]
    for row in steps:
        entries += _entries_of_step(row)
    entries += [
        {
            "title": _("Corrected: %(field)s") % {"field": _field_label(operation, correction.field)},
            "moment": correction.made_at,
            "text": correction.reason,
            "icon": "pencil",
            "actor": correction.made_by,
        }
        for correction in corrections
    ]
    first = _("Found deleted in %(system)s") if operation.is_deletion else _("Read from %(system)s")
    if operation.is_finding:
        first = _("Found by comparing %(system)s with the target")
    entries.append(
        {
            "title": first % {"system": operation.flow.source.name},
            "moment": min([operation.created_at, *(row.attempt.at for row in rows)]),  # written once it was settled
            "icon": "download",
            "link": reverse("flows:run-detail", args=[operation.run_id]),
        }
    )
    latest = rows[0].attempt.at if rows else operation.created_at
    if operation.state in (OperationState.SKIPPED, OperationState.SUPERSEDED) and operation.changed_at > latest:
        entries.append(
            {
                "title": sentence_of(operation),
                "moment": operation.changed_at,
                "state": operation.state,
            }
        )
    return sorted(entries, key=lambda entry: entry["moment"], reverse=True)


def _entries_of_step(row: StepRow) -> list[dict[str, Any]]:
    if row.step is None:
        return []
    title = _("Step: %(step)s") % {"step": row.title}
    now = {"title": title, "moment": row.step.changed_at, "text": row.sentence, "state": row.state}
    failed = [one for one in row.tries if one.error and one.error != row.step.error_message]
    return [now, *({"title": title, "moment": one.at, "text": one.error, "state": "failed"} for one in failed)]


def _field_label(operation: Operation, name: str) -> str:
    described = CANONICAL_TYPES.get(operation.canonical_type)
    known = described.field_named(name) if described else None
    return _(known.label) if known else name


def _values(operation: Operation, corrections: list[Correction], values: Mapping[str, Any]) -> list[ValueRow]:
    newest = {correction.field: correction for correction in reversed(corrections)}
    described = CANONICAL_TYPES.get(operation.canonical_type)
    if described is None:
        return []
    named = {*values, *newest, operation.error_field}
    return [
        ValueRow(
            name=known.name,
            label=_(known.label),
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
        return _("yes") if value else _("no")
    return absolute_words(value) if isinstance(value, datetime) else plain(value)


def _reading_row(attempt: Attempt) -> AttemptRow:
    if attempt.error:
        return AttemptRow(attempt, "rejected", attempt.error)
    return AttemptRow(attempt, "done", _("Read and checked; what follows stands with its steps."))


def _attempt_row(attempt: Attempt, operation: Operation, *, latest: bool) -> AttemptRow:
    if attempt.error:
        return AttemptRow(attempt, "rejected", attempt.error)
    if attempt.taken and not latest:
        return AttemptRow(attempt, "sent", _("The system took it, to tell later what became of it."))
    if attempt.unsent:
        return AttemptRow(attempt, "unchanged", sentence_of(operation) if latest else _("Nothing had to be sent."))
    if attempt.target_key and not attempt.taken:
        sentence = _("Delivered; the system calls it %(key)s.") % {"key": attempt.target_key}
        return AttemptRow(attempt, "written", sentence)
    if latest:
        return AttemptRow(attempt, operation.state, sentence_of(operation))
    return AttemptRow(attempt, "rejected", _("It was not sent."))
