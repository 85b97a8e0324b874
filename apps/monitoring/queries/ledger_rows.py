"""The records behind a figure: what arrived, what is held up, what was held back, in a span of days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.connectors.record_words import record_name
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation
from apps.monitoring.customer_pages import RecordLine, RecordList
from apps.monitoring.customer_words import words_for
from apps.monitoring.models import CaseOperation, ExceptionCase
from apps.monitoring.queries.customer_topics import records_word
from apps.monitoring.queries.held import on_the_way
from apps.monitoring.record_kinds import KINDS

What = Literal["all", "arrived", "held", "held_back", "rescued", "waiting"]
WHATS: tuple[What, ...] = ("all", "arrived", "held", "held_back", "rescued", "waiting")
ROWS_A_PAGE = 50
# A record settled in a span of days was read at most this long before it: what is older is not looked for.
READ_BEFORE = timedelta(days=100)


class By(StrEnum):
    """What records that were held back are counted by: which part of the business they were about, or what their customer is."""

    SERVICE_LINE = "service_line"
    REGION = "region"
    SEGMENT = "segment"
    COUNTRY = "country"
    CUSTOMER_SEGMENT = "customer_segment"

    @property
    def is_of_the_customer(self) -> bool:
        """Return whether the customer's page says it, and not the record or those it is about."""
        return self in _OF_THE_CUSTOMER


_OF_THE_CUSTOMER = {By.COUNTRY: "customer__country", By.CUSTOMER_SEGMENT: "customer__segment"}


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which records are wanted; "" and None want all. `since` and `until` are days (UTC), both included.

    `arrived` are those written in these days, `held` what open cases hold up now (whatever the days), `held_back` what
    was refused in these days, settled since or not, `rescued` what was held up and then posted in these days, `waiting` what
    goes on by itself. `kind` is one of KINDS or a canonical type. `project` None wants all, "" those that name none. `by` and
    `name` want, of those held up or held back, the records that are counted there under this name; "" is not known.
    """

    what: What = "all"
    customer_id: UUID | None = None
    flow_id: UUID | None = None
    project: str | None = None
    reason: str = ""
    kind: str = ""
    by: By | None = None
    name: str = ""
    since: date | None = None
    until: date | None = None
    before: UUID | None = None


def id_at(moment: datetime) -> UUID:
    """Return the smallest time-ordered id of that millisecond: rows of the ledger are cut by their ids."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def start_of(day: date) -> datetime:
    """Return when a day begins, in UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)


def list_rows(wanted: RowFilter) -> RecordList:
    """Return one page of the records that fit, the newest first. Six queries."""
    found = list(fitting_rows(wanted)[: ROWS_A_PAGE + 1])
    shown = found[:ROWS_A_PAGE]
    return RecordList(tuple(lines_of(shown)), shown[-1].id if len(found) > ROWS_A_PAGE else None)


def fitting_rows(wanted: RowFilter) -> QuerySet[Operation]:
    """Return the ledger lines that fit, the newest first; bounded by their ids wherever days are given."""
    # Their flows are read afterwards: joined, they make the database expect few lines, read them all and sort them.
    rows = Operation.objects.prefetch_related("flow__target", "customer").order_by("-id")
    if wanted.customer_id:
        rows = rows.filter(customer_id=wanted.customer_id)
    if wanted.flow_id:
        rows = rows.filter(flow_id=wanted.flow_id)
    if wanted.project is not None:
        rows = rows.filter(project_ref=wanted.project)
    if wanted.kind:
        rows = rows.filter(canonical_type__in=KINDS.get(wanted.kind, (wanted.kind,)))
    if wanted.before:
        rows = rows.filter(id__lt=wanted.before)
    return _of_what(rows, wanted)


def _of_what(rows: QuerySet[Operation], wanted: RowFilter) -> QuerySet[Operation]:
    match wanted.what:
        case "waiting":
            return rows.filter(id__in=on_the_way().values("id"))
        case "rescued":
            return rows.filter(Exists(_held(wanted)), state=OperationState.WRITTEN)
        case "held" | "held_back":
            return rows.filter(Exists(_held(wanted)))
        case _:
            return _in_days(rows, wanted)


def _held(wanted: RowFilter) -> QuerySet[CaseOperation]:
    held = CaseOperation.objects.filter(operation=OuterRef("pk"))
    if wanted.reason:
        held = held.filter(case__error_class=wanted.reason)
    if wanted.by:
        held = held.filter(**{_OF_THE_CUSTOMER.get(wanted.by, wanted.by.value): wanted.name})
    if wanted.what == "held":
        return held.filter(open=True).exclude(case__state=ExceptionCase.State.CLOSED)
    moment = "settled_at" if wanted.what == "rescued" else "failed_at"
    if wanted.what == "rescued":
        held = held.filter(open=False)
    if wanted.since:
        held = held.filter(**{f"{moment}__gte": start_of(wanted.since)})
    return held.filter(**{f"{moment}__lt": start_of(wanted.until + timedelta(days=1))}) if wanted.until else held


def _in_days(rows: QuerySet[Operation], wanted: RowFilter) -> QuerySet[Operation]:
    if wanted.what == "arrived":
        rows = rows.filter(state=OperationState.WRITTEN)
    if wanted.since:
        start = start_of(wanted.since)
        rows = rows.filter(id__gte=id_at(start - READ_BEFORE), changed_at__gte=start)
    if wanted.until:
        end = start_of(wanted.until + timedelta(days=1))
        rows = rows.filter(id__lt=id_at(end), changed_at__lt=end)
    return rows


def lines_of(operations: Iterable[Operation]) -> list[RecordLine]:
    """Return ledger lines as lists show them, with why they are held up. One query for all reasons."""
    operations = list(operations)
    held = _open_reasons([operation.id for operation in operations])
    return [record_line(operation, held.get(operation.id)) for operation in operations]


def _open_reasons(ids: list[UUID]) -> Mapping[UUID, CaseOperation]:
    rows = CaseOperation.objects.filter(operation_id__in=ids, open=True).select_related("case")
    return {row.operation_id: row for row in rows if row.case.is_open}


def record_line(operation: Operation, held: CaseOperation | None) -> RecordLine:
    """Return one ledger line in words."""
    line = RecordLine(
        id=operation.id,
        label=record_name(operation.label, operation.business_key),
        topic=records_word(operation.flow, 1),
        customer=operation.customer.name,
        project=operation.project_ref,
        client=operation.client_ref,
        period=operation.period_ref,
        state=operation.state,
        state_word=state_word(operation),
        amount=operation.amount,
        currency=operation.currency,
        quality=operation.amount_quality,
        hours=None,
        at=operation.changed_at,
    )
    if held is None:
        return line
    return replace(line, hours=held.hours, reason=str(words_for(held.case.error_class).title), case_id=held.case_id)


def state_word(operation: Operation) -> str:
    """Return where a record stands, in a word or two."""
    words = {
        OperationState.WRITTEN: pgettext("a record", "Posted"),
        OperationState.UNCHANGED: pgettext("a record", "There already"),
        OperationState.SKIPPED: pgettext("a record", "Left out"),
        OperationState.REJECTED: pgettext("a record", "Held up"),
        OperationState.WAITING: pgettext("a record", "On its way"),
        OperationState.SUPERSEDED: pgettext("a record", "Replaced by a newer one"),
    }
    return words.get(OperationState(operation.state), _("Posted and taken back"))
