"""One case in full: its records, the evidence of one of them, what can be done, and its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Max, Q
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.states import OperationState
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import Correction, Operation
from apps.flows.queries.operation_undo import get_standing
from apps.flows.queries.operations import sentence_of, shown
from apps.flows.services.evidence import Attempt, attempts_of, records_of
from apps.flows.services.session import compile_version
from apps.monitoring.blame import verdict_for
from apps.monitoring.case_pages import (
    AttemptView,
    CasePage,
    HistoryEntry,
    MissingValue,
    RecordRow,
    Station,
    ValueLine,
)
from apps.monitoring.case_words import field_words, runbook_words
from apps.monitoring.impact import Quality, Sum
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.queries.case_rows import case_row
from apps.monitoring.queries.case_ways import list_missing_values, list_proposals
from apps.monitoring.queries.cases import get_progress
from apps.monitoring.told_words import closed_words, step_words
from apps.tenants.templatetags.wording import count_words, money_words

RECORDS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class _Contents:
    """What a case's page is made of: the first records, newest failure first, with their values."""

    operations: Sequence[Operation]
    open_ids: frozenset[UUID]
    total: int
    values: Mapping[UUID, Mapping[str, Any]]


def get_case_page(case: ExceptionCase, *, who: Actor, record_id: UUID | None, now: datetime) -> CasePage:
    """Return everything the case page shows to `who`, with the evidence of one record (the first, unless chosen)."""
    contents, verdict, progress = _contents(case), verdict_for(case.error_class), get_progress(case)
    records = tuple(_record(operation, case, contents) for operation in contents.operations)
    selected = next((row for row in records if row.id == record_id), records[0] if records else None)
    operation = next((line for line in contents.operations if selected and line.id == selected.id), None)
    sums, standing = _sums(case), get_standing(operation, who) if operation else None
    return CasePage(
        row=case_row(case, now),
        explanation=_(verdict.explanation),
        runbook=runbook_words(case.title, case.error_class),
        sums=sums,
        is_open=case.is_open,
        is_resolving=progress.is_resolving,
        closed_how=case.get_closed_how_display(),
        closed_reason=closed_words(case.closed_reason),
        flow_id=case.flow_id,
        run_id=case.run_id,
        retry_run_id=case.retry_run_id,
        owner_id=case.owner_id,
        blamed_field=field_words(case.error_field),
        records=records,
        more_records=contents.total - len(records),
        selected=selected,
        values=_values(operation, contents) if operation else (),
        attempts=_attempts(operation, who) if operation else (),
        proposals=list_proposals(case, verdict, progress, who),
        missing_values=list_missing_values(case, contents.values, contents.open_ids),
        history=_history(case),
        connection_ids=(case.flow.source_id, case.flow.target_id) if case.flow else (),
        stations=_stations(operation) if operation else (),
        holds_up=_holds_up(case, sums) if case.is_open else "",
        standing=standing,
        can_roll_back=standing is not None and standing.can_roll_back and who.can(Action.EDIT_AND_RETRY),
    )


def missing_values_of(case: ExceptionCase) -> tuple[MissingValue, ...]:
    """Return the values of a case's open records that no table translates, the most frequent first."""
    contents = _contents(case)
    return list_missing_values(case, contents.values, contents.open_ids)


def _holds_up(case: ExceptionCase, sums: Sequence[Sum]) -> str:
    """Return whose work is held up, how much of it, and what it is worth."""
    number = case.operation_count
    facts = {"count": count_words(number), "customer": case.customer.name, "flow": case.flow.name if case.flow else ""}
    if not number:
        return _("Nothing of %(customer)s gets through “%(flow)s” until this is mended.") % facts
    if not sums:
        return (
            ngettext(
                "%(count)s record of %(customer)s is held up; what it is worth is not known.",
                "%(count)s records of %(customer)s are held up; what they are worth is not known.",
                number,
            )
            % facts
        )
    facts["money"] = get_text_list([money_words(part.amount, part.currency) for part in sums], _("and"))
    words = ngettext(
        "%(count)s record of %(customer)s is held up, worth %(money)s.",
        "%(count)s records of %(customer)s are held up, worth %(money)s.",
        number,
    )
    return words % facts


_SETTLED = frozenset({OperationState.WRITTEN, OperationState.UNCHANGED})


def _stations(operation: Operation) -> tuple[Station, ...]:
    """Return the way of a record from system to system, with the place where it broke off."""
    described, flow = CANONICAL_TYPES.get(operation.canonical_type), operation.flow
    is_blocked, is_settled = operation.state == OperationState.REJECTED, operation.state in _SETTLED
    at_target = operation.step == "deliver" or is_settled or operation.is_finding
    broke = is_blocked and not at_target
    return (
        Station(_("Read from"), flow.source.name, operation.source_key, _("Read"), "success", "circle-check"),
        Station(
            label=_("Checked and prepared"),
            name=_(described.label) if described else operation.canonical_type,
            key="",
            words=_("Stopped here") if broke else _("In order") if at_target else _("On its way"),
            tone="danger" if broke else "success" if at_target else "warning",
            icon="circle-x" if broke else "circle-check" if at_target else "hourglass",
            is_break=broke,
        ),
        _target_station(operation, is_blocked=is_blocked, at_target=at_target, is_settled=is_settled),
    )


def _target_station(operation: Operation, *, is_blocked: bool, at_target: bool, is_settled: bool) -> Station:
    label, name, key = _("Delivered to"), operation.flow.target.name, operation.target_key
    if is_blocked and at_target:
        words = _("Differs") if operation.is_finding else _("Refused")
        return Station(label, name, key, words, "danger", "circle-x", is_break=True)
    if is_settled:
        return Station(label, name, key, _("Arrived"), "success", "circle-check")
    if operation.state == OperationState.SKIPPED:
        return Station(label, name, key, _("Left out"), "neutral", "player-skip-forward")
    words = _("Not sent") if is_blocked else _("Waiting")
    return Station(label, name, key, words, "neutral", "circle-dashed")


def _contents(case: ExceptionCase) -> _Contents:
    rows = CaseOperation.objects.filter(case=case).order_by()
    newest = rows.values("operation_id").annotate(last=Max("failed_at"), still=Max("failed_at", filter=Q(open=True)))
    chosen = list(newest.order_by(F("still").desc(nulls_last=True), "-last", "operation_id")[:RECORDS_SHOWN])
    found = Operation.objects.select_related("flow__source", "flow__target").in_bulk(
        [r["operation_id"] for r in chosen]
    )
    operations = [found[r["operation_id"]] for r in chosen if r["operation_id"] in found]
    return _Contents(
        operations=operations,
        open_ids=frozenset(r["operation_id"] for r in chosen if r["still"]),
        total=len(chosen) if len(chosen) < RECORDS_SHOWN else rows.values("operation_id").distinct().count(),
        values=_canonical_values(case, operations),
    )


def _canonical_values(case: ExceptionCase, operations: Sequence[Operation]) -> dict[UUID, dict[str, Any]]:
    """Return each record's values as the live version reads them, with its corrections; {} without evidence."""
    flow = case.flow
    if flow is None or flow.live_version is None or not operations:
        return {}
    try:
        reading = compile_version(flow.live_version, flow.source, flow.target).compiled.reading
    except (MappingError, DefinitionError, KeyError):
        return {}
    values = {key: dict(reading.apply(record.values).values) for key, record in records_of(operations).items()}
    for correction in Correction.objects.filter(operation__in=list(values)).order_by("id"):
        values[correction.operation_id][correction.field] = correction.new_value
    return values


def _record(operation: Operation, case: ExceptionCase, contents: _Contents) -> RecordRow:
    return RecordRow(
        id=operation.id,
        label=operation.label or operation.source_key or operation.business_key,
        business_key=operation.source_key or operation.business_key,
        state=operation.state,
        sentence=sentence_of(operation),
        client=operation.client_ref,
        project=operation.project_ref,
        period=operation.period_ref,
        amount=operation.amount,
        currency=operation.currency,
        quality=operation.amount_quality,
        changed_at=operation.changed_at,
        can_be_mended=operation.id in contents.open_ids
        and operation.state == OperationState.REJECTED
        and not operation.is_finding,  # what differs is put right in one of the two systems
        blamed=shown(contents.values.get(operation.id, {}).get(case.error_field)),
    )


def _values(operation: Operation, contents: _Contents) -> tuple[ValueLine, ...]:
    described, values = CANONICAL_TYPES.get(operation.canonical_type), contents.values.get(operation.id)
    if described is None or values is None:
        return ()
    blamed = operation.error_field if operation.state == OperationState.REJECTED else ""
    return tuple(
        ValueLine(known.name, _(known.label), shown(values.get(known.name)), known.name == blamed)
        for known in described.fields
        if known.name in values or known.name == blamed
    )


def _attempts(operation: Operation, who: Actor) -> tuple[AttemptView, ...]:
    may_see = who.can(Action.VIEW_PAYLOADS)
    return tuple(_attempt(attempt, may_see=may_see) for attempt in attempts_of(operation))


def _attempt(attempt: Attempt, *, may_see: bool) -> AttemptView:
    exchange = attempt.exchange if may_see else None
    return AttemptView(
        number=attempt.number,
        run_id=attempt.run_id,
        at=attempt.at,
        error=attempt.error,
        method=exchange.method if exchange else "",
        url=exchange.url if exchange else "",
        status=exchange.status if exchange else None,
        milliseconds=exchange.milliseconds if exchange else 0,
        request=exchange.request if exchange else "",
        response=exchange.response if exchange else "",
        source=attempt.source if may_see else None,
        mapped=attempt.mapped if may_see else None,
        contents=attempt.contents,
        dropped_at=attempt.dropped_at,
    )


def _sums(case: ExceptionCase) -> tuple[Sum, ...]:
    rows = case.amounts.order_by("-amount", "currency")
    return tuple(Sum(row.currency, row.amount, Quality(row.quality), row.records) for row in rows)


def _history(case: ExceptionCase) -> tuple[HistoryEntry, ...]:
    entries = [
        HistoryEntry(
            title=_("A note to the customer") if note.shared else _("A note"),
            moment=note.written_at,
            text=note.text,
            actor=note.author_name,
            icon="message",
            tone="brand" if note.shared else "neutral",
        )
        for note in case.notes.all()
    ]
    entries += [HistoryEntry(step_words(step.sentence), step.done_at, actor=step.done_by) for step in case.steps.all()]
    return tuple(sorted(entries, key=lambda entry: entry.moment, reverse=True))
