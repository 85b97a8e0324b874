"""Which invoices are blocked: by what, by whom, since when, and what they are worth."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.connectors.record_words import record_name
from apps.flows.models import ApprovalRequest, Operation
from apps.monitoring.case_words import type_words
from apps.monitoring.impact import Quality, Sum
from apps.monitoring.models import CaseOperation
from apps.monitoring.queries.held import MOST_ROWS, held_now, is_too_many, of_customer, on_the_way
from apps.monitoring.questions.reader import Reader
from apps.monitoring.questions.rows import BlockedInvoice, Blocker, Money
from apps.monitoring.record_kinds import INVOICES

APPROVAL, WAITING = Blocker.APPROVAL.value, Blocker.WAITING.value
_GRAVEST_FIRST = {Blocker.CASE: 0, Blocker.APPROVAL: 1, Blocker.WAITING: 2}
_Found = tuple[tuple[UUID, str], BlockedInvoice]


def list_blocked(reader: Reader, *, now: datetime, customer_id: UUID | None = None) -> list[BlockedInvoice]:
    """Return the invoices and milestones that are held, each once, the dearest first. Five queries, whatever there is."""
    by_record: defaultdict[tuple[UUID, str], list[BlockedInvoice]] = defaultdict(list)
    for find in (_in_cases, _to_approve, _waiting):
        for key, row in find(reader, customer_id, now):
            by_record[key].append(row)
    rows = [_together(found) for found in by_record.values()]
    return sorted(rows, key=lambda row: (-row.money.total, row.since, row.label, str(row.operation_id)))


def are_cut_off(customer_id: UUID | None = None) -> bool:
    """Return whether exceptions hold more invoices than are listed. One query."""
    return is_too_many(_held(customer_id))


def _held(customer_id: UUID | None) -> QuerySet[CaseOperation]:
    return of_customer(held_now(), customer_id).filter(operation__canonical_type__in=INVOICES)


def _together(found: list[BlockedInvoice]) -> BlockedInvoice:
    """Return one record's row: told by what is gravest and oldest, counting what else holds it."""
    first, *others = sorted(found, key=lambda row: (_GRAVEST_FIRST[row.blocker], row.since, str(row.case_id or "")))
    # A wait for an approval that is told by itself is no second reason.
    more = [row for row in others if row.blocker is not Blocker.WAITING]
    dearest = max(found, key=lambda row: row.money.total)
    return replace(
        first,
        more=len(more),
        since=min(row.since for row in found),
        amount=dearest.amount,
        currency=dearest.currency,
        quality=dearest.quality,
        money=dearest.money,
    )


def _in_cases(reader: Reader, customer_id: UUID | None, now: datetime) -> Iterable[_Found]:
    rows = _held(customer_id)
    names = ["operation__flow", "case__owner"]
    if not reader.is_customer:
        names.append("case__team")  # how the partner shares its work is not the customers' business
    for row in rows.select_related(*names).order_by("added_at", "id")[:MOST_ROWS]:
        case = row.case
        made = replace(
            _row_of(row.operation, reader, now),
            reason=reader.reason(case.error_class, case.error_field),
            reason_code=case.error_class,
            waiting_on=case.waiting_on,
            waiting_words=reader.party(case.waiting_on),
            owner=case.owner.name if case.owner else "",
            team=case.team.name if case.team and not reader.is_customer else "",
            since=row.added_at,
            due_at=case.due_at,
            case_id=case.id,
        )
        yield (row.customer_id, row.root or row.operation.business_key), made


def _to_approve(reader: Reader, customer_id: UUID | None, now: datetime) -> Iterable[_Found]:
    asked = ApprovalRequest.objects.filter(
        state=ApprovalRequest.State.OPEN, operation__canonical_type__in=INVOICES
    ).select_related("operation__flow")
    for request in of_customer(asked, customer_id).order_by("asked_at", "id")[:MOST_ROWS]:
        operation = request.operation
        made = replace(
            _row_of(operation, reader, now),
            blocker=Blocker.APPROVAL,
            reason=_("An answer is needed: %(question)s") % {"question": request.question},
            reason_code=APPROVAL,
            waiting_on=APPROVAL,
            waiting_words=reader.role(request.role),
            since=request.asked_at,
            due_at=request.due_at,
            approval_id=request.id,
        )
        yield (operation.customer_id, operation.business_key), made


def _waiting(reader: Reader, customer_id: UUID | None, now: datetime) -> Iterable[_Found]:
    rows = on_the_way().filter(canonical_type__in=INVOICES).select_related("flow")
    for operation in of_customer(rows, customer_id).order_by("id")[:MOST_ROWS]:
        told = reader.reason(operation.error_class, operation.error_field) if operation.error_class else ""
        made = replace(
            _row_of(operation, reader, now),
            blocker=Blocker.WAITING,
            reason=told or _("It waits for a step of its flow"),
            reason_code=operation.error_class or WAITING,
            waiting_on=WAITING,
            waiting_words=_("nobody: it goes on by itself"),
            since=operation.created_at,
            due_at=operation.due_at,
        )
        yield (operation.customer_id, operation.business_key), made


def _row_of(operation: Operation, reader: Reader, now: datetime) -> BlockedInvoice:
    return BlockedInvoice(
        operation_id=operation.id,
        customer_id=operation.customer_id,
        customer=reader.name_of(operation.customer_id),
        kind=type_words(operation.canonical_type),
        label=record_name(operation.label, operation.business_key),
        client=operation.client_ref,
        project=operation.project_ref,
        flow=operation.flow.name,
        amount=operation.amount,
        currency=operation.currency,
        quality=operation.amount_quality or Quality.KNOWN,
        money=_money_of(operation, reader, now),
        since=now,
    )


def _money_of(operation: Operation, reader: Reader, now: datetime) -> Money:
    if operation.amount is None or not operation.currency or operation.amount_quality == Quality.UNKNOWN:
        return Money(reader.currency_of(operation.customer_id), unknown=1)
    quality = Quality(operation.amount_quality or Quality.KNOWN)
    return reader.money(operation.customer_id, [Sum(operation.currency, operation.amount, quality, 1)], now)
