"""Getting a call of a walking step ready: where it goes, what it says, under which key. Reads the database, calls nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from apps.connectors import registry, shape_book
from apps.connectors.canonical.registry import canonical_type
from apps.connectors.contract import Connector, SourceRecord, Write
from apps.connectors.errors import FieldProblem
from apps.connectors.manifest import Idempotency, LateAnswer, ObjectManifest
from apps.connectors.models import Connection
from apps.connectors.opening import open_connector
from apps.flows.engine.acts import Act, LookUp, Mark, Send, TakeBack
from apps.flows.engine.definition import Step
from apps.flows.engine.identity import business_key, fingerprint
from apps.flows.engine.records import LinkState
from apps.flows.engine.states import OperationState, StepState
from apps.flows.engine.steps.deliver import DeliverStep
from apps.flows.engine.stored import plain
from apps.flows.mapping.compile import compile_mapping
from apps.flows.mapping.compiled import CompiledMapping, Mapped
from apps.flows.mapping.drift import drift_error, writing_drift
from apps.flows.mapping.given import apply_given
from apps.flows.mapping.layers import merge_layers
from apps.flows.models import OpenReceipt, OperationStep
from apps.flows.services import receipts
from apps.flows.services.walk_calls import CallAnswer, Sending, ask, look_up, mark, send, withdraw
from apps.flows.services.walk_rows import Made
from apps.flows.services.walk_session import SOURCE, MissingRoleError, Place, WalkSession

_LINKS = """
SELECT business_key, outside_key, source_version, fingerprint FROM flows_link
WHERE connection_id = %s AND canonical_type = %s AND business_key = ANY(%s)
"""
_NEVER_MADE = "The flow made nothing of this record there: nothing is taken back."
_KEY_SAFE = frozenset({Idempotency.KEY_HEADER, Idempotency.UPSERT_BY_EXTERNAL_ID})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call ready to be made. With `problems` it must not be; `unchanged` ones need not be; `overtaken`: a newer version is there.

    With a `receipt` it only asks what became of an earlier call. `late` is how the system tells later, if it does. `idle`
    says why there is nothing to call for, "" when there is; `takes_back`: the system holds the record no longer after it.
    """

    connector: Connector
    connection_id: UUID
    evidence: dict[str, Any]
    call: Callable[[int], CallAnswer]
    made: Made
    type_name: str = ""
    fingerprint: str = ""
    unchanged: bool = False
    overtaken: bool = False
    problems: tuple[FieldProblem, ...] = field(default=())
    receipt: OpenReceipt | None = None
    late: LateAnswer | None = None
    idle: str = ""
    takes_back: bool = False


def prepare(session: WalkSession, step: Step, act: Act) -> Prepared:
    """Return the call of `act`. Raises MissingRoleError, MappingError, RemoteError: it cannot be made at all."""
    if isinstance(act, LookUp):
        return _look_up(session, act)
    if isinstance(act, Mark):
        return _mark(session, act)
    if isinstance(act, Send):
        return _send(session, step, act)
    if isinstance(act, TakeBack):
        return _take_back(session, step, act)
    raise TypeError(f"{type(act).__name__} is no call")


def prepare_question(session: WalkSession, receipt: OpenReceipt) -> Prepared:
    """Return the call that asks about `receipt`. Raises RemoteError, UnsealError, KeyError: it cannot be made at all."""
    where = receipt.connection
    connector = open_connector(where, correlation_id=session.correlation_id)
    return Prepared(
        connector=connector,
        connection_id=where.id,
        evidence={},
        call=partial(ask, connector, receipt.object_name, receipts.shown(receipt)),
        made=Made(where.id, receipt.object_name, receipt.target_key),
        type_name=receipt.canonical_type,
        fingerprint=receipt.fingerprint,
        receipt=receipt,
        late=_late(where.system, receipt.object_name),
    )


def _late(system: str, object_name: str) -> LateAnswer | None:
    writing = registry.manifest(system).object_named(object_name).writing
    return writing.late_answer if writing is not None else None


def _look_up(session: WalkSession, act: LookUp) -> Prepared:
    where = session.connection(act.role)
    connector = session.connector(act.role)
    reading = None
    if act.canonical_type:
        kind = read_object(where, act.canonical_type)
        act, reading = replace(act, object_name=kind.name), compile_reading(act.canonical_type, kind)
    evidence = {"mapped": {"object": act.object_name, "key": act.key}}
    return Prepared(connector, where.id, evidence, partial(look_up, connector, act, reading=reading), Made(where.id))


def read_object(where: Connection, type_name: str) -> ObjectManifest:
    """Return the object that gives a type in a system. Raises MissingRoleError when there is none to read."""
    kind = registry.manifest(where.system).object_for(type_name)
    if kind is None or kind.reading is None or not kind.reading_lines:
        raise MissingRoleError(f"{where.name} cannot give records of the type {type_name}.")
    return kind


def compile_reading(type_name: str, kind: ObjectManifest) -> CompiledMapping:
    """Compile the lines that read an object as canonical records. Raises MappingError."""
    fields = canonical_type(type_name).fields
    return compile_mapping(merge_layers(kind.reading_lines), source_fields=kind.fields, target_fields=fields)


def _mark(session: WalkSession, act: Mark) -> Prepared:
    where, connector = session.connection(SOURCE), session.connector(SOURCE)
    values = plain(act.values)
    write = Write(0, values, session.operation.business_key, f"{session.operation.id.hex}:mark", session.source_key)
    call = partial(mark, connector, session.source_object, write)
    made, late = Made(where.id, session.source_object), _late(where.system, session.source_object)
    return Prepared(connector, where.id, {"mapped": values}, call, made, late=late)


def _send(session: WalkSession, step: Step, act: Send) -> Prepared:
    place = session.place(step, act.role, act.canonical_type)
    _require_agreed(place)
    connector = session.connector(act.role)
    mapped = apply_given(place.delivery, act.values) if act.onto else place.delivery.apply(act.values)
    if mapped.problems:
        refused = partial(CallAnswer.refused, mapped.problems)
        return Prepared(connector, place.connection.id, {}, refused, Made(), problems=mapped.problems)
    content = fingerprint(mapped.values)
    link = _links(place.connection.id, act.canonical_type, [session.operation.business_key]).get(
        session.operation.business_key
    )
    target_key = act.onto or (link.target_key if link else "")
    made = Made(place.connection.id, place.target_object.name, target_key)
    sending = _sending(session, step, place, mapped, content, target_key)
    decision = _decision(session, content, link)
    evidence = {
        "mapped": mapped.values,
        "idempotency_key": sending.idempotency_key,
        "object_name": place.target_object.name,
    }
    return Prepared(
        connector=connector,
        connection_id=place.connection.id,
        evidence=evidence,
        call=partial(send, connector, sending),
        made=made,
        type_name=act.canonical_type,
        fingerprint=content,
        unchanged=decision is OperationState.UNCHANGED,
        overtaken=decision is OperationState.SUPERSEDED,
        late=_late(place.connection.system, place.target_object.name),
    )


def _take_back(session: WalkSession, step: Step, act: TakeBack) -> Prepared:
    """Only what the flow itself created is taken back: what was there before it came, and was changed, stays."""
    where, connector = session.connection(act.role), session.connector(act.role)
    operation = session.operation
    link = _links(where.id, act.canonical_type, [operation.business_key]).get(operation.business_key)
    made = link and OperationStep.objects.filter(
        operation__flow_id=operation.flow_id,
        operation__business_key=operation.business_key,
        connection_id=where.id,
        outside_key=link.target_key[:120],
        created=True,
    ).order_by("-id").first()  # fmt: skip
    if not link or not made:
        return Prepared(connector, where.id, {}, partial(CallAnswer.refused, ()), Made(), idle=_NEVER_MADE)
    key = session.idempotency_key(step, where)
    return Prepared(
        connector=connector,
        connection_id=where.id,
        evidence={"mapped": {"taken back": link.target_key}, "object_name": made.object_name, "idempotency_key": key},
        call=partial(withdraw, connector, made.object_name, link.target_key, key),
        made=Made(where.id, made.object_name, link.target_key),
        takes_back=True,
    )


def _require_agreed(place: Place) -> None:
    """Return when the target's fields are as the mapping relies on them, as far as is known. Raises DriftError."""
    where = (place.connection.id, place.target_object.name)
    shape = shape_book.known_shapes([where]).get(where)
    found = writing_drift(place.delivery.lines, place.target_object, shape.differences) if shape is not None else ()
    if found:
        raise drift_error(registry.manifest(place.connection.system).name, place.target_object.label, found)


def _decision(session: WalkSession, content: str, link: LinkState | None) -> OperationState:
    """Say whether to send. Walks of one record go in order, but one that had stopped may be replayed after a newer one."""
    operation = session.operation
    decision, _ = DeliverStep().plan(operation.source_version, content, link, None, operation.revision)
    return decision


def _sending(session: WalkSession, step: Step, place: Place, mapped: Mapped, content: str, target_key: str) -> Sending:
    operation, row = session.operation, session.rows.get(step.name)
    return Sending(
        operation_id=operation.id,
        business_key=operation.business_key,
        source=SourceRecord(session.source_object, session.source_key, operation.source_version, {}),
        place=place,
        mapped=mapped,
        fingerprint=content,
        target_key=target_key or None,
        idempotency_key=session.idempotency_key(step, place.connection),
        probe_first=row is not None and _is_doubtful(row, place),
        known_links=_known_links(session, place, mapped),
    )


def _is_doubtful(row: OperationStep, place: Place) -> bool:
    """Say whether an earlier try may have arrived without our knowing, so that sending again needs a look first."""
    lost = row.state == StepState.RUNNING and row.attempts > 0
    if not lost and not row.ambiguous:
        return False
    writing = place.target_object.writing
    if writing is not None and not writing.tells_repeats and row.state == StepState.FAILED:
        return False  # only a person can tell; one who retries it has looked
    if writing is None or writing.idempotency not in _KEY_SAFE:
        return True
    return row.changed_at < timezone.now() - writing.keys_trusted


def _known_links(session: WalkSession, place: Place, mapped: Mapped) -> Mapping[tuple[str, str], str]:
    """Return the target's numbers of what the record names, where earlier deliveries know them.

    A name is often the source's own number of another record: then what was delivered for that one is meant.
    """
    known: dict[tuple[str, str], str] = {}
    for reference in mapped.references:
        own = business_key(reference.canonical_type, session.flow.source.system, reference.key)
        found = _links(place.connection.id, reference.canonical_type, [reference.key, own])
        link = found.get(own) or found.get(reference.key)
        if link is not None:
            known[reference.canonical_type, reference.key] = link.target_key
    return known


def _links(connection_id: UUID, type_name: str, keys: list[str]) -> dict[str, LinkState]:
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, [connection_id, type_name, keys])
        return {key: LinkState(outside, version, print_) for key, outside, version, print_ in cursor.fetchall()}
