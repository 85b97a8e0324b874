"""A record's way from its source to its target: where it is known, under which number, and where the way is broken."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.flows.engine.reconcile import Cause
from apps.flows.engine.states import OperationState
from apps.flows.models import Link, Operation
from apps.flows.queries.reconciled_steps import holders_of
from apps.flows.services.verdicts import NEVER_ANSWERED

_DONE = (OperationState.WRITTEN, OperationState.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Stop:
    """One station of the way. `broken_after` says that the way ends behind it; `key` is the record's number there."""

    title: str
    key: str
    state: str
    tone: str
    icon: str
    at: datetime | None
    broken_after: bool = False


def get_lineage(operation: Operation, *, awaited: bool = False) -> list[Stop]:
    """Return the record's stations, from the source to the target and further systems that know it; one query.

    `awaited`: the target has taken the record and tells later what became of it.
    """
    links = list(
        Link.objects.filter(
            customer_id=operation.customer_id,
            canonical_type=operation.canonical_type,
            business_key=operation.business_key,
        ).select_related("connection")[:10]
    )
    target = next((link for link in links if link.connection_id == operation.flow.target_id), None)
    return [_source(operation), _common(operation), _target(operation, target, awaited=awaited)]


def also_known_as(operation: Operation) -> list[tuple[str, str, datetime | None]]:
    """Return other systems that hold the same record, as (system, number, since)."""
    links = Link.objects.filter(
        customer_id=operation.customer_id,
        canonical_type=operation.canonical_type,
        business_key=operation.business_key,
    ).exclude(connection_id__in=[operation.flow.target_id, operation.flow.source_id])
    return [
        (link.connection.name, link.outside_key, link.delivered_at) for link in links.select_related("connection")[:10]
    ]


def _stopped_at(operation: Operation) -> str:
    return operation.step if operation.state == OperationState.REJECTED else ""


def _source(operation: Operation) -> Stop:
    unreadable = _stopped_at(operation) == "extract"
    if operation.is_deletion:
        source = operation.flow.source.name
        return Stop(
            source, operation.source_key, _("deleted"), "danger", "trash", operation.created_at, broken_after=True
        )
    if operation.is_finding and operation.error_code == Cause.NEVER_READ:
        source = operation.flow.source.name
        return Stop(source, operation.source_key, _("never read"), "danger", "circle-x", None, broken_after=True)
    return Stop(
        title=operation.flow.source.name,
        key=operation.source_key,
        state=_("read, but not understood") if unreadable else _("read"),
        tone="danger" if unreadable else "success",
        icon="download",
        at=operation.created_at,
        broken_after=unreadable,
    )


def _common(operation: Operation) -> Stop:
    described = CANONICAL_TYPES.get(operation.canonical_type)
    title = _(described.label) if described else operation.canonical_type
    stopped = _stopped_at(operation)
    state, tone = _("checked and mapped"), "success"
    if operation.is_deletion:
        state, tone = _("delivered before it was deleted"), "neutral"
    elif stopped == "extract":
        state, tone = _("not reached"), "neutral"
    elif stopped == "check":
        state, tone = _("a rule does not hold"), "danger"
    elif stopped == "map":
        state, tone = _("cannot be mapped"), "danger"
    elif operation.state == OperationState.SKIPPED:
        state, tone = _("left out"), "neutral"
    return Stop(title, operation.business_key, state, tone, "transform", None, stopped in {"check", "map", "deliver"})


def _target(operation: Operation, link: Link | None, *, awaited: bool) -> Stop:
    key = operation.target_key or (link.outside_key if link else "")
    at = link.delivered_at if link else None
    title = operation.flow.target.name
    if operation.is_deletion:
        return Stop(title, key, _("held it when it was deleted"), "warning", "send", at)
    if operation.is_finding and operation.state == OperationState.REJECTED:
        missing = operation.error_code in (Cause.MISSING_IN_TARGET, Cause.NEVER_READ)
        title = holders_of([operation]).get(operation.id, title)
        return Stop(
            title, key, _("does not hold it") if missing else _("says something else"), "danger", "circle-x", at
        )
    if operation.state in _DONE:
        state = _("delivered") if operation.state == OperationState.WRITTEN else _("held already")
        return Stop(title, key, state, "success", "send", at or operation.changed_at)
    if operation.state == OperationState.WAITING:
        state = _("taken, asked again by itself") if awaited else _("tried again by itself")
        return Stop(title, key, state, "warning", "hourglass", operation.due_at)
    if operation.state == OperationState.REJECTED:
        refused = operation.step == "deliver"
        state = _("refused it") if refused else _("not reached")
        if operation.error_code == NEVER_ANSWERED:
            state = _("took it and never answered")
        return Stop(title, key, state, "danger" if refused else "neutral", "circle-x" if refused else "send", None)
    state = _("holds a newer version") if operation.state == OperationState.SUPERSEDED else _("not sent")
    return Stop(title, key, state, "neutral", "send", at)
