"""Which systems know a record: under which number, since when, moved by which version, and where its way ends."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit
from uuid import UUID

from django.utils.translation import gettext as _

from apps.connectors import registry
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.models import Connection
from apps.flows.engine.states import OperationState
from apps.flows.models import Link, Operation
from apps.flows.queries.operations import sentence_of
from apps.monitoring.case_words import title_words, type_words
from apps.monitoring.impact import Quality, Sum
from apps.monitoring.lineage.pages import Gap, SystemColumn
from apps.monitoring.models import CaseOperation, ExceptionCase

ARRIVED = (OperationState.WRITTEN, OperationState.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of one record: the newest line of each flow, all its links, and the open case of a line."""

    lines: Sequence[Operation]
    links: Sequence[Link]
    held: Mapping[UUID, CaseOperation]


def read_known(operation: Operation, lines: Iterable[Operation], connections: Iterable[UUID]) -> Known:
    """Read where a record is known; two queries. `lines` are all lines of the record, the newest first."""
    newest: dict[UUID, Operation] = {}
    for line in lines:
        newest.setdefault(line.flow_id, line)
    links = Link.objects.filter(
        customer_id=operation.customer_id,
        connection_id__in=list(connections),
        canonical_type__in=list(CANONICAL_TYPES),
        business_key=operation.business_key,
    ).select_related("connection")
    rows = CaseOperation.objects.filter(operation_id__in=[line.id for line in newest.values()], open=True)
    held = {row.operation_id: row for row in rows.select_related("case__owner", "case__customer") if row.case.is_open}
    return Known(tuple(newest.values()), tuple(links[:50]), held)


def columns_of(known: Known) -> tuple[SystemColumn, ...]:
    """Return the systems that know the record or should: its sources first, then its targets, then what else holds it."""
    columns: list[SystemColumn] = []
    told: set[tuple[UUID, str]] = set()
    for line in known.lines:
        place = (line.flow.source_id, line.canonical_type)
        if place not in told:
            told.add(place)
            columns.append(_source(line))
    for line in known.lines:
        place = (line.flow.target_id, line.canonical_type)
        link = next((one for one in known.links if (one.connection_id, one.canonical_type) == place), None)
        made = [one for one in known.links if one.connection_id == line.flow.target_id]
        if place in told or (link is None and made and line.state in ARRIVED):
            continue  # a record that walks stands in its target as what was made of it
        told.add(place)
        columns.append(_target(line, link, known.held.get(line.id)))
    for link in known.links:
        if (link.connection_id, link.canonical_type) not in told:
            told.add((link.connection_id, link.canonical_type))
            columns.append(_linked(link, known.lines))
    return tuple(columns)


def _source(line: Operation) -> SystemColumn:
    unread = line.state == OperationState.REJECTED and line.step == "extract"
    shown = (_("Read"), "success", "download")
    if line.is_deletion:
        shown = (_("Deleted there"), "danger", "trash")
    elif unread:
        shown = (_("Read, but not understood"), "danger", "alert-circle")
    return replace(_column(line.flow.source, line.canonical_type, line.source_key, shown), at=line.created_at)


def _target(line: Operation, link: Link | None, held: CaseOperation | None) -> SystemColumn:
    at = link.delivered_at if link else None
    if line.state in ARRIVED:
        at = at or line.changed_at
    elif line.state == OperationState.WAITING:
        at = at or line.due_at
    key = line.target_key or (link.outside_key if link else "")
    return replace(
        _column(line.flow.target, line.canonical_type, key, _standing(line)),
        at=at,
        gap=gap_of(line, held) if line.state == OperationState.REJECTED else None,
        flow=line.flow.name,
        flow_id=line.flow_id,
        version=line.last_run.version.number,
        operation_id=line.id,
    )


def _standing(line: Operation) -> tuple[str, str, str]:
    state = OperationState(line.state)
    if state == OperationState.WRITTEN:
        return _("Delivered"), "success", "circle-check"
    if state == OperationState.UNCHANGED:
        return _("Holds it already"), "success", "circle-check"
    if state == OperationState.WAITING:
        return _("On its way"), "warning", "hourglass"
    if state == OperationState.REJECTED:
        refused = line.step == "deliver"
        return (_("Refused it") if refused else _("Not reached")), "danger", "circle-x"
    if state == OperationState.SUPERSEDED:
        return _("Replaced by a newer version"), "neutral", "replace"
    return _("Left out"), "neutral", "player-skip-forward"


def _linked(link: Link, lines: Sequence[Operation]) -> SystemColumn:
    own = any(line.canonical_type == link.canonical_type for line in lines)
    shown = (_("Holds it"), "success", "circle-check")
    column = _column(link.connection, link.canonical_type, link.outside_key, shown)
    return replace(column, at=link.delivered_at, kind="" if own else type_words(link.canonical_type))


def _column(where: Connection, type_name: str, key: str, shown: tuple[str, str, str]) -> SystemColumn:
    """Return a system with the record's number there; `shown` is its state as (words, tone, icon)."""
    words, tone, icon = shown
    return SystemColumn(
        connection_id=where.id,
        name=where.name,
        system=registry.manifest(where.system).name,
        kind="",
        key=key,
        url=outside_address(where, type_name, key),
        words=words,
        tone=tone,
        icon=icon,
        at=None,
    )


def gap_of(line: Operation, held: CaseOperation | None) -> Gap:
    """Return where a refused line ends, with the open case about it and what this one record is worth."""
    sums: tuple[Sum, ...] = ()
    if line.amount is not None and line.currency:
        sums = (Sum(line.currency, line.amount, _quality(line.amount_quality), 1),)
    if held is None:
        return Gap(sentence_of(line), sums=sums, since=line.changed_at)
    case: ExceptionCase = held.case
    return Gap(
        sentence=sentence_of(line),
        case_id=case.id,
        case_title=title_words(case.title, case.error_class),
        owner=case.owner.name if case.owner else "",
        sums=sums,
        since=held.failed_at,
    )


def _quality(word: str) -> Quality:
    return Quality(word) if word in set(Quality) else Quality.UNKNOWN


def outside_address(where: Connection, type_name: str, key: str) -> str:
    """Return where people see the record in its own system, "" where the system has no such page or its form is not known."""
    if not key:
        return ""
    held = registry.manifest(where.system).object_for(type_name)
    host = urlsplit(where.base_url)
    if held is None or not held.page or host.scheme not in {"https", "http"}:
        return ""
    return f"{host.scheme}://{host.netloc}{held.page.format(key=quote(key, safe=''))}"
