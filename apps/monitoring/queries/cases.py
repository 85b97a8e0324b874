"""Reading cases: the queue with its saved views, one case with its way out and its evidence, and how it is getting on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet
from django.http import Http404

from apps.accounts.actions import ROLE_ACTIONS, Action, Role
from apps.accounts.actor import Actor
from apps.accounts.models import User
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.canonical.values import plain_text
from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.states import OperationState
from apps.flows.mapping.compile import MappingError
from apps.flows.models import Correction, Flow, Operation
from apps.flows.queries.operations import get_operation, sentence_of, shown
from apps.flows.services.evidence import Attempt, attempts_of, records_of
from apps.flows.services.publish import layered_lines
from apps.flows.services.session import compile_version
from apps.monitoring.blame import Fix, Verdict, WaitingOn, verdict_for
from apps.monitoring.impact import Quality, Sum
from apps.monitoring.judging import field_label
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.pages import (
    AttemptView,
    CasePage,
    CaseProgress,
    CaseRow,
    HistoryEntry,
    MissingValue,
    Proposal,
    RecordRow,
    ValueLine,
)
from apps.monitoring.queries.case_rows import case_row, with_names

CASES_A_PAGE = 50
RECORDS_SHOWN = 50
# The saved views of the queue, in the order they are offered.
VIEWS = ("open", "mine", "overdue", "customer", "closed")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are wanted; `view` is one of VIEWS, `queue` "" wants all. `page` counts from 1."""

    view: str = "open"
    queue: str = ""
    customer_id: UUID | None = None
    flow_id: UUID | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class FoundCases:
    """One page of cases; `by_view` and `by_queue` count what each saved view would show."""

    rows: tuple[CaseRow, ...]
    total: int
    page: int
    pages: int
    by_view: Mapping[str, int]
    by_queue: Mapping[str, int]


def cases() -> QuerySet[ExceptionCase]:
    """Return the cases in scope, newest first."""
    return ExceptionCase.objects.order_by("-id")


def is_late(now: datetime) -> Q:
    """Return the condition for cases that are open past their time."""
    return Q(due_at__lt=now) & ~Q(state=ExceptionCase.State.CLOSED)


def get_case(case_id: UUID) -> ExceptionCase:
    """Return one case in scope. Raises Http404 when it does not exist or belongs to someone else."""
    case = with_names(cases()).select_related("retry_run", "flow__source", "flow__target").filter(id=case_id).first()
    if case is None:
        raise Http404("There is no such exception.")
    return case


def get_case_record(case: ExceptionCase, operation_id: UUID) -> Operation:
    """Return one record of the case. Raises Http404 when it never was in it."""
    if not CaseOperation.objects.filter(case=case, operation_id=operation_id).exists():
        raise Http404("This exception has no such record.")
    return get_operation(operation_id)


def find_cases(wanted: CaseFilter, *, who: Actor, now: datetime) -> FoundCases:
    """Return one page of the cases that fit. Three queries, whatever their number."""
    among = cases()
    if wanted.customer_id:
        among = among.filter(customer_id=wanted.customer_id)
    if wanted.flow_id:
        among = among.filter(flow_id=wanted.flow_id)
    views = _views(who, now)
    by_view = among.order_by().aggregate(**{name: Count("id", filter=view) for name, view in views.items()})
    chosen = among.filter(views[wanted.view])
    by_queue = dict(chosen.order_by().values_list("queue").annotate(Count("id")))
    if wanted.queue:
        chosen = chosen.filter(queue=wanted.queue)
    total = by_queue.get(wanted.queue, 0) if wanted.queue else sum(by_queue.values())
    pages = max(-(-total // CASES_A_PAGE), 1)
    page = min(wanted.page, pages)
    order = ("-closed_at", "-id") if wanted.view == "closed" else ("due_at", "-id")
    found = with_names(chosen).order_by(*order)[(page - 1) * CASES_A_PAGE : page * CASES_A_PAGE]
    rows = tuple(_row(case, who, now) for case in found)
    return FoundCases(rows, total, page, pages, by_view, by_queue)


def _views(who: Actor, now: datetime) -> dict[str, Q]:
    still_open = ~Q(state=ExceptionCase.State.CLOSED)
    return {
        "open": still_open,
        "mine": still_open & (Q(owner_id=who.user_id) if who.user_id else Q(pk__in=[])),
        "overdue": is_late(now),
        "customer": still_open & Q(waiting_on=WaitingOn.CUSTOMER),
        "closed": Q(state=ExceptionCase.State.CLOSED),
    }


def _row(case: ExceptionCase, who: Actor, now: datetime) -> CaseRow:
    row = case_row(case, now)
    if who.is_customer and case.waiting_on != WaitingOn.CUSTOMER:
        # What we have to mend is said in our words; a customer reads what it means.
        return replace(row, sentence=verdict_for(case.error_class).explanation)
    return row


def list_workers() -> list[tuple[UUID, str]]:
    """Return the people who can be given a case, by name."""
    roles = [role.value for role in Role if Action.WORK_CASES in ROLE_ACTIONS[role]]
    people = User.objects.filter(is_active=True, role__in=roles).order_by("name", "email")
    return [(person.id, person.name or person.email) for person in people]


def get_progress(case: ExceptionCase) -> CaseProgress:
    """Return how far a case is: what is still blocked, on its way, and settled."""
    counted: Counter[str] = Counter()
    rows = CaseOperation.objects.filter(case=case).order_by()
    for state, is_open, number in rows.values_list("operation__state", "open").annotate(
        Count("operation_id", distinct=True)
    ):
        name = "settled" if not is_open else "on_their_way" if state == OperationState.WAITING else "still_blocked"
        counted[name] += number
    retrying = case.retry_run is not None and case.retry_run.finished_at is None
    return CaseProgress(
        id=case.id,
        state=case.state,
        records=sum(counted.values()),
        still_blocked=counted["still_blocked"],
        on_their_way=counted["on_their_way"],
        settled=counted["settled"],
        retry_run_id=case.retry_run_id,
        is_resolving=case.is_open and (retrying or case.state == ExceptionCase.State.RESOLVING),
    )


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
    return CasePage(
        row=_row(case, who, now),
        explanation=verdict.explanation,
        runbook=verdict.runbook,
        sums=_sums(case),
        is_open=case.is_open,
        is_resolving=progress.is_resolving,
        closed_how=case.get_closed_how_display(),
        closed_reason=case.closed_reason,
        flow_id=case.flow_id,
        run_id=case.run_id,
        retry_run_id=case.retry_run_id,
        owner_id=case.owner_id,
        blamed_field=_blamed_label(case, contents),
        records=records,
        more_records=contents.total - len(records),
        selected=selected,
        values=_values(operation, contents) if operation else (),
        attempts=_attempts(operation, who) if operation else (),
        proposals=_proposals(case, verdict, progress, who),
        missing_values=_missing_values(case, contents),
        history=_history(case, who),
        connection_ids=(case.flow.source_id, case.flow.target_id) if case.flow else (),
    )


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
        label=operation.label or operation.business_key,
        business_key=operation.business_key,
        state=operation.state,
        sentence=sentence_of(operation),
        client=operation.client_ref,
        project=operation.project_ref,
        period=operation.period_ref,
        amount=operation.amount,
        currency=operation.currency,
        quality=operation.amount_quality,
        changed_at=operation.changed_at,
        can_be_mended=operation.id in contents.open_ids and operation.state == OperationState.REJECTED,
        blamed=shown(contents.values.get(operation.id, {}).get(case.error_field)),
    )


def _blamed_label(case: ExceptionCase, contents: _Contents) -> str:
    kind = contents.operations[0].canonical_type if contents.operations else ""
    label = field_label(kind, case.error_field)
    return label[:1].upper() + label[1:]


def _values(operation: Operation, contents: _Contents) -> tuple[ValueLine, ...]:
    described, values = CANONICAL_TYPES.get(operation.canonical_type), contents.values.get(operation.id)
    if described is None or values is None:
        return ()
    blamed = operation.error_field if operation.state == OperationState.REJECTED else ""
    return tuple(
        ValueLine(known.name, known.label, shown(values.get(known.name)), known.name == blamed)
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
    )


def _sums(case: ExceptionCase) -> tuple[Sum, ...]:
    rows = case.amounts.order_by("-amount", "currency")
    return tuple(Sum(row.currency, row.amount, Quality(row.quality), row.records) for row in rows)


_PROPOSALS: dict[Fix, tuple[str, str]] = {
    Fix.RETRY: (
        "Retry all",
        "After mending it in the system: everything in this exception is tried again, and nothing can arrive twice.",
    ),
    Fix.EDIT: (
        "Correct a record",
        "Change one value for this transfer and try it again. The source keeps its own value.",
    ),
    Fix.ADD_VALUE: (
        "Add a translation",
        "Say once what the value is called in the other system; all records are retried.",
    ),
    Fix.SKIP: ("Leave out", "These records are not to be transferred at all. The reason stays in the ledger."),
    Fix.CHECK_CONNECTION: ("Check the connection", "Test it, and correct its address or key if the test fails."),
}


def _proposals(case: ExceptionCase, verdict: Verdict, progress: CaseProgress, who: Actor) -> tuple[Proposal, ...]:
    if not case.is_open:
        return ()
    has_table = bool(_tables(case)) if Fix.ADD_VALUE in verdict.fixes else False
    needs_records = {Fix.EDIT, Fix.SKIP, Fix.ADD_VALUE}
    found = []
    for fix in verdict.fixes:
        if fix in needs_records and not progress.records:
            continue
        reason = _lacking(fix, who) or _hindrance(fix, case, progress, has_table=has_table)
        found.append(Proposal(fix, *_PROPOSALS[fix], disabled_reason=reason))
    return tuple(found)


_NEEDS: dict[Fix, tuple[Action, str]] = {
    Fix.RETRY: (Action.WORK_CASES, "retrying"),
    Fix.EDIT: (Action.EDIT_AND_RETRY, "correcting records"),
    Fix.ADD_VALUE: (Action.EDIT_FLOWS, "changing the mapping"),
    Fix.SKIP: (Action.WORK_CASES, "leaving records out"),
    Fix.CHECK_CONNECTION: (Action.VIEW_CONNECTIONS, "connections"),
}


def _lacking(fix: Fix, who: Actor) -> str:
    action, words = _NEEDS[fix]
    return "" if who.can(action) else f"Your role does not include {words}."


def _hindrance(fix: Fix, case: ExceptionCase, progress: CaseProgress, *, has_table: bool) -> str:
    if fix is Fix.CHECK_CONNECTION:
        return ""
    if progress.is_resolving:
        return "It is being tried again just now."
    if progress.records and not progress.still_blocked:
        return "None of its records is blocked any more."
    if case.flow is not None and case.flow.state != Flow.State.LIVE and fix is not Fix.SKIP:
        return f"The flow is {case.flow.get_state_display()}: set it live first."
    if fix is Fix.ADD_VALUE and not has_table:
        return "The mapping has no table of values for this field: give its line one on the flow's page."
    return ""


def list_value_tables(case: ExceptionCase) -> list[tuple[str, str]]:
    """Return the tables of values that can be to blame, as (target, words)."""
    return [(target, label) for target, label, _ in _tables(case)]


def _tables(case: ExceptionCase) -> list[tuple[str, str, str]]:
    """Return (target, words, source field) of the mapping lines with a table that the blamed field goes through."""
    if case.flow is None or case.flow.live_version is None:
        return []
    try:
        lines = [layered.line for layered in layered_lines(case.flow.live_version)]
    except (MappingError, DefinitionError, KeyError):
        return []
    return [
        (line.target, line.label or line.target, line.source)
        for line in lines
        if line.value_map is not None and case.error_field in {line.source, line.target}
    ]


def _missing_values(case: ExceptionCase, contents: _Contents) -> tuple[MissingValue, ...]:
    tables = _tables(case) if case.is_open and Fix.ADD_VALUE in verdict_for(case.error_class).fixes else []
    if not tables:
        return ()
    source = tables[0][2]
    values = (contents.values.get(key, {}).get(source) for key in contents.open_ids)
    counted = Counter(plain_text(value) for value in values if value is not None)
    return tuple(MissingValue(value, number) for value, number in counted.most_common())


def _history(case: ExceptionCase, who: Actor) -> tuple[HistoryEntry, ...]:
    notes = case.notes.filter(shared=True) if who.is_customer else case.notes.all()
    entries = [
        HistoryEntry(
            title="A note to the customer" if note.shared and not who.is_customer else "A note",
            moment=note.written_at,
            text=note.text,
            actor=note.author_name,
            icon="message",
            tone="brand" if note.shared else "neutral",
        )
        for note in notes
    ]
    if not who.is_customer:
        entries += [HistoryEntry(step.sentence, step.done_at, actor=step.done_by) for step in case.steps.all()]
    return tuple(sorted(entries, key=lambda entry: entry.moment, reverse=True))
