"""Which updates left systems disagreeing: what one of them took and another did not, with both values where they are known."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.connectors.errors import BusinessClass
from apps.connectors.record_words import record_name
from apps.connectors.redaction import redact_json
from apps.flows.engine.reconcile import UNEXPLAINED, Cause, mark_of
from apps.flows.engine.states import StepState
from apps.flows.models import Link, Operation, OperationStep, OwnerReview, ReconciliationRow
from apps.flows.queries.reconciled_steps import holders_of
from apps.flows.queries.reconciliation_words import CAUSES
from apps.monitoring.case_words import type_words
from apps.monitoring.models import CaseOperation
from apps.monitoring.queries.held import MOST_ROWS, compared_lately, held_once, of_customer, on_the_way
from apps.monitoring.questions.reader import Reader, field_words
from apps.monitoring.questions.rows import Difference, Disagreement
from apps.monitoring.record_kinds import NO_UPDATES
from apps.tenants.templatetags.wording import money_words

_UNDECIDED = (OwnerReview.State.OPEN, OwnerReview.State.ASKED)
_Homes = Mapping[tuple[UUID, str], list[Link]]
_NOWHERE = (Cause.MISSING_IN_TARGET, Cause.NEVER_READ)


@dataclass(frozen=True, slots=True)
class Disagreements:
    """The records that systems do not agree about, the oldest first; `are_cut_off`: exceptions hold more updates than are looked at."""

    rows: list[Difference]
    are_cut_off: bool


def list_disagreements(reader: Reader, *, customer_id: UUID | None = None) -> Disagreements:
    """Return the records that systems do not agree about. Eleven queries, whatever there is."""
    compared = list(of_customer(compared_lately((*sorted(UNEXPLAINED), Cause.CHANGED_AFTER)), customer_id)[:MOST_ROWS])
    held = _held(customer_id)
    rows = [
        *_undecided(reader, customer_id),
        *_not_taken(reader, customer_id, held[:MOST_ROWS]),
        *_unexplained(reader, customer_id, compared),
        *_changed_after(reader, compared),
    ]
    return Disagreements(sorted(rows, key=lambda row: (row.since, row.label, row.field)), len(held) > MOST_ROWS)


def _held(customer_id: UUID | None) -> list[CaseOperation]:
    """Return the updates that exceptions hold, the oldest first, and one more than are looked at where there are."""
    is_update = ~Q(operation__canonical_type__in=NO_UPDATES) & ~Q(case__error_class=BusinessClass.UNRECONCILED)
    held = of_customer(held_once(), customer_id).filter(is_update)
    held = held.select_related("operation__flow__source", "operation__flow__target", "case__owner")
    return list(held.order_by("added_at")[: MOST_ROWS + 1])


def _undecided(reader: Reader, customer_id: UUID | None) -> Iterable[Difference]:
    """Yield changes of fields by systems that do not own them, until somebody has decided."""
    reviews = of_customer(OwnerReview.objects.filter(state__in=_UNDECIDED), customer_id)
    for review in reviews.select_related("flow__source", "connection").order_by("opened_at", "id")[:MOST_ROWS]:
        visible = reader.sees_values and review.is_kept
        yield Difference(
            kind=Disagreement.DECISION,
            customer_id=review.customer_id,
            customer=reader.name_of(review.customer_id),
            type_words=type_words(review.canonical_type),
            label=record_name(review.label, review.business_key),
            flow=review.flow.name,
            has=review.flow.source.name,
            lacks=review.connection.name,
            field=field_words(review.canonical_type, review.field),
            value_there=_shown(review.ours) if visible else None,
            value_here=_shown(review.theirs) if visible else None,
            reason=_("%(owner)s owns this field: somebody has to decide") % {"owner": review.owner},
            waiting_words=_("a decision"),
            since=review.opened_at,
            operation_id=review.operation_id,
            review_id=review.id,
        )


def _shown(value: Any) -> str:
    cleaned = redact_json(value)
    return "—" if cleaned in (None, "") else str(cleaned)[:120]


def _not_taken(reader: Reader, customer_id: UUID | None, held: Sequence[CaseOperation]) -> Iterable[Difference]:
    """Yield updates of records that some system holds already and another did not take: those held, and those on their way."""
    waits = of_customer(on_the_way(), customer_id).exclude(canonical_type__in=NO_UPDATES)
    waiting = list(waits.select_related("flow__source", "flow__target").order_by("id")[:MOST_ROWS])
    operations = [row.operation for row in held] + waiting
    homes, steps = _homes_of(operations), _steps_of(operations)
    for row in held:
        found = _update(row.operation, homes, steps, reader)
        if found:
            yield replace(found, **_by_case(row, reader))
    for operation in waiting:
        found = _update(operation, homes, steps, reader)
        if found:
            yield replace(found, reason=_("It was not taken yet, and is tried again by itself"))


def _by_case(row: CaseOperation, reader: Reader) -> dict[str, Any]:
    return {
        "reason": reader.reason(row.case.error_class),
        "waiting_words": reader.party(row.case.waiting_on),
        "owner": row.case.owner.name if row.case.owner else "",
        "since": row.added_at,
        "case_id": row.case_id,
    }


def _homes_of(operations: Iterable[Operation]) -> _Homes:
    """Return the links of these records, by customer and name. One query."""
    names = {(one.customer_id, one.canonical_type, one.business_key) for one in operations}
    if not names:
        return {}
    links = Link.objects.filter(
        connection__customer_id__in={customer for customer, _, _ in names},
        canonical_type__in={kind for _, kind, _ in names},
        business_key__in={key for _, _, key in names},
        delivered_at__isnull=False,
    ).select_related("connection")
    found: defaultdict[tuple[UUID, str], list[Link]] = defaultdict(list)
    for link in links:
        found[link.customer_id, link.business_key].append(link)
    return found


def _steps_of(operations: Iterable[Operation]) -> Mapping[UUID, list[OperationStep]]:
    """Return what steps of walking records did or could not do in a system, by record. One query."""
    found: defaultdict[UUID, list[OperationStep]] = defaultdict(list)
    steps = OperationStep.objects.filter(
        operation_id__in=[one.id for one in operations], connection__isnull=False
    ).select_related("connection")
    for step in steps.order_by("position"):
        found[step.operation_id].append(step)
    return found


def _update(
    operation: Operation, homes: _Homes, steps: Mapping[UUID, list[OperationStep]], reader: Reader
) -> Difference | None:
    """Return one update with who has it and who lacks it; None where no system but the source ever held the record."""
    links = homes.get((operation.customer_id, operation.business_key), [])
    walked = steps.get(operation.id, [])
    took = [step for step in walked if step.state in (StepState.DONE, StepState.KEPT) and step.outside_key]
    if not links and not took:
        return None
    refused = next((step for step in reversed(walked) if step not in took and step.connection), None)
    lacking = refused.connection if refused and refused.connection else operation.flow.target
    holders = [step.connection.name for step in took if step.connection]
    holders += [link.connection.name for link in links]
    source = operation.flow.source.name
    older = next((link for link in links if link.connection_id == lacking.id), None)
    has = [name for name in dict.fromkeys([source, *holders]) if name != lacking.name]
    if operation.is_deletion:
        has, lacks = [lacking.name], source
    else:
        lacks = lacking.name
    made = _of_operation(operation, reader, Disagreement.REFUSED, has=", ".join(has), lacks=lacks)
    return replace(
        made,
        field=field_words(operation.canonical_type, operation.error_field),
        value_here=_("an older version") if older and not operation.is_deletion else None,
    )


def _of_operation(operation: Operation, reader: Reader, kind: Disagreement, *, has: str, lacks: str) -> Difference:
    return Difference(
        kind=kind,
        customer_id=operation.customer_id,
        customer=reader.name_of(operation.customer_id),
        type_words=type_words(operation.canonical_type),
        label=record_name(operation.label, operation.business_key),
        project=operation.project_ref,
        flow=operation.flow.name,
        has=has,
        lacks=lacks,
        field="",
        since=operation.changed_at,
        operation_id=operation.id,
    )


def _unexplained(
    reader: Reader, customer_id: UUID | None, compared: Iterable[ReconciliationRow]
) -> Iterable[Difference]:
    """Yield what comparisons found and nothing explains: it stays until a later comparison sees both agree."""
    seen = {(row.customer_id, row.business_key, row.mark): row for row in compared if row.is_unexplained}
    held = of_customer(held_once(), customer_id).filter(case__error_class=BusinessClass.UNRECONCILED)
    held = held.select_related("operation__flow__source", "operation__flow__target", "case__owner")
    shown = list(held.order_by("added_at")[:MOST_ROWS])
    holders = holders_of(row.operation for row in shown)
    for row in shown:
        operation, flow = row.operation, row.operation.flow
        found = seen.get((row.customer_id, operation.business_key, mark_of(operation.source_version)))
        cause = Cause(operation.error_code) if operation.error_code in set(Cause) else None
        has, lacks = flow.source.name, holders.get(operation.id, flow.target.name)
        if cause is Cause.EXTRA_IN_TARGET:
            has, lacks = lacks, has
        made = replace(
            _of_operation(operation, reader, Disagreement.UNEXPLAINED, has=has, lacks=lacks),
            field=_("Amount") if cause is Cause.AMOUNT_DIFFERS else "",
            value_there=_amount(found, "source") if found else None,
            value_here=_amount(found, "target") if found and cause not in _NOWHERE else None,
            reconciliation_id=found.reconciliation_id if found else None,
        )
        told = {**_by_case(row, reader), **({"reason": str(CAUSES[cause][1])} if cause else {})}
        yield replace(made, **told)


def _changed_after(reader: Reader, compared: Iterable[ReconciliationRow]) -> Iterable[Difference]:
    """Yield what the source changed after it was posted, until a later version was delivered."""
    changed = [row for row in compared if row.cause == Cause.CHANGED_AFTER]
    delivered = _delivered_since(changed)
    for row in changed:
        flow, compared_at = row.reconciliation.flow, row.reconciliation.finished_at or row.reconciliation.begun_at
        again = delivered.get((row.customer_id, row.business_key))
        if again is not None and again > compared_at:
            continue
        yield Difference(
            kind=Disagreement.CHANGED,
            customer_id=row.customer_id,
            customer=reader.name_of(row.customer_id),
            type_words=type_words(row.business_key.partition(":")[0]),
            label=record_name(row.label, row.business_key),
            flow=flow.name,
            has=flow.source.name,
            lacks=flow.target.name,
            field=_("Amount") if row.source_amount != row.target_amount else "",
            value_there=_amount(row, "source"),
            value_here=_amount(row, "target"),
            reason=str(CAUSES[Cause.CHANGED_AFTER][1]),
            since=compared_at,
            operation_id=row.operation_id,
            reconciliation_id=row.reconciliation_id,
        )


def _delivered_since(rows: Iterable[ReconciliationRow]) -> Mapping[tuple[UUID, str], datetime]:
    """Return when records were last delivered to the target of the flow they were compared for. One query."""
    names = {(row.reconciliation.flow.target_id, row.business_key) for row in rows}
    if not names:
        return {}
    links = Link.objects.filter(
        connection_id__in={target for target, _ in names},
        canonical_type__in={key.partition(":")[0] for _, key in names},
        business_key__in={key for _, key in names},
        delivered_at__isnull=False,
    )
    return {
        (customer, key): at
        for customer, key, at in links.values_list("customer_id", "business_key", "delivered_at")
        if at
    }


def _amount(row: ReconciliationRow, side: str) -> str | None:
    amount, currency = getattr(row, f"{side}_amount"), getattr(row, f"{side}_currency")
    return money_words(amount, currency) if amount is not None and currency else None
