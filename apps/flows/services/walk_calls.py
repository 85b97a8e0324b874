"""The calls of walking steps: one look-up, one delivery, one mark at the source. No database here."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from apps.connectors.canonical.shapes import LedgerReferences
from apps.connectors.contract import (
    Connector,
    Inquirer,
    Receipt,
    SourceRecord,
    UndoOutcome,
    UndoState,
    Write,
    WriteOutcome,
)
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError, RemoteError, RetryableError
from apps.flows.engine.acts import LookUp, Result
from apps.flows.engine.records import PlannedOperation
from apps.flows.engine.states import OperationState
from apps.flows.engine.stored import plain
from apps.flows.mapping.compiled import CompiledMapping, Mapped
from apps.flows.services.deliver import deliver_entries
from apps.flows.services.entries import Entry, Minded
from apps.flows.services.walk_session import Place


@dataclass(frozen=True, slots=True)
class Sending:
    """One delivery, written ahead: what goes where, under which key. `target_key` None means create."""

    operation_id: UUID
    business_key: str
    source: SourceRecord
    place: Place
    mapped: Mapped
    fingerprint: str
    target_key: str | None
    idempotency_key: str
    probe_first: bool
    known_links: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What came of a call: its outcome as evidence, and what later steps may read."""

    outcome: WriteOutcome
    result: Result = field(default_factory=dict)
    note: str = ""
    minded: Minded | None = None

    @classmethod
    def refused(cls, problems: tuple[FieldProblem, ...], _seconds: int) -> Self:
        """Return the answer of a call that must not be made."""
        return cls(WriteOutcome(0, error=RejectedError(problems[0].message, problems=problems)))


def look_up(connector: Connector, act: LookUp, seconds: int, *, reading: CompiledMapping | None = None) -> CallAnswer:
    """Find one record by its natural key. With `reading` what is kept of it are canonical values."""
    found, outcome = _complete(_find(connector, act), seconds)
    if outcome.error is not None:
        return CallAnswer(outcome)
    if found is None:
        if act.required:
            sentence = f"{connector.manifest.name} has no record {act.key!r}: create it there, then retry."
            problem = FieldProblem("", sentence, BusinessClass.MISSING_REFERENCE)
            return CallAnswer(WriteOutcome(0, error=RejectedError(sentence, problems=(problem,))))
        return CallAnswer(outcome, {"found": False}, "It was not found.")
    values: Mapping[str, Any] = found.values
    if reading is not None:
        read = reading.apply(found.values)
        unread = tuple(problem for problem in read.problems if problem.field in act.keep)
        wrong = unread or (act.judge(read.values) if act.judge is not None else ())
        if wrong:
            return CallAnswer(WriteOutcome(0, error=RejectedError(wrong[0].message, problems=wrong)))
        values = read.values
    kept = {name: plain(values[name]) for name in act.keep if name in values}
    return CallAnswer(outcome, {"found": True, "key": found.key, **kept})


async def _find(connector: Connector, act: LookUp) -> tuple[Any, WriteOutcome]:
    async with connector:
        try:
            found = (await connector.find(act.object_name, [act.key])).get(act.key)
        except RemoteError as error:
            return None, WriteOutcome(0, error=error, exchange=error.exchange)
    return found, WriteOutcome(0, target_key=found.key if found else None)


def send(connector: Connector, sending: Sending, seconds: int) -> CallAnswer:
    """Create or update one record; a doubtful earlier try is looked for first."""
    minded, outcome = _complete(_send(connector, sending), seconds)
    if outcome.error is not None:
        return CallAnswer(outcome)
    key = outcome.target_key or sending.target_key or ""
    if minded is not None and not minded.sent:
        return CallAnswer(outcome, {"key": key, "unchanged": True}, minded.sentence, minded)
    note = "Created." if outcome.created else "Brought up to date."
    result = {"key": key, "created": outcome.created, "new": sending.target_key is None}
    return CallAnswer(outcome, result, note, minded)


async def _send(connector: Connector, sending: Sending) -> tuple[Minded | None, WriteOutcome]:
    entry = Entry(sending.operation_id, sending.source, _planned(sending), probe_first=sending.probe_first)
    async with connector:
        try:
            delivery = await deliver_entries(connector, sending.place, [entry], sending.known_links)
        except RemoteError as error:
            return None, WriteOutcome(0, error=error, exchange=error.exchange)
    return delivery.minded.get(sending.operation_id), delivery.outcomes[sending.operation_id]


def _planned(sending: Sending) -> PlannedOperation:
    return PlannedOperation(
        business_key=sending.business_key,
        source_key=sending.source.key,
        source_version=sending.source.version,
        canonical={},
        mapped=sending.mapped.values,
        references=sending.mapped.references,
        decision=OperationState.WAITING,
        step="deliver",
        reason="",
        problems=(),
        fingerprint=sending.fingerprint,
        target_key=sending.target_key,
        amount=None,
        refs=LedgerReferences(),
        idempotency_key=sending.idempotency_key,
    )


def mark(connector: Connector, object_name: str, write: Write, seconds: int) -> CallAnswer:
    """Set fields of one record that is there. Doing it twice changes nothing."""
    _, outcome = _complete(_mark(connector, object_name, write), seconds)
    return CallAnswer(outcome, {"key": write.target_key or ""}, "Marked at the source.")


async def _mark(connector: Connector, object_name: str, write: Write) -> tuple[None, WriteOutcome]:
    async with connector:
        try:
            return None, (await connector.upsert(object_name, [write]))[0]
        except RemoteError as error:
            return None, WriteOutcome(0, error=error, exchange=error.exchange)


def ask(connector: Connector, object_name: str, receipt: Receipt, seconds: int) -> CallAnswer:
    """Ask what became of a delivery that was taken. A question that fails decides nothing."""
    _, outcome = _complete(_ask(connector, object_name, receipt), seconds, receipt)
    key = outcome.target_key or receipt.target_key or ""
    note = "Created, as the system told later." if outcome.created else "Brought up to date, as the system told later."
    return CallAnswer(outcome, {"key": key, "created": outcome.created}, note)


async def _ask(connector: Connector, object_name: str, receipt: Receipt) -> tuple[None, WriteOutcome]:
    if not isinstance(connector, Inquirer):
        raise TypeError(f"{connector.manifest.name} hands out receipts and cannot be asked about them")
    async with connector:
        try:
            return None, (await connector.inquire(object_name, [receipt]))[0]
        except RemoteError as error:
            return None, WriteOutcome(0, error=error, exchange=error.exchange, receipt=receipt)


def withdraw(connector: Connector, object_name: str, key: str, idempotency_key: str, seconds: int) -> CallAnswer:
    """Take back one record that the flow created. Doing it twice changes nothing."""
    gone, outcome = _complete(_withdraw(connector, object_name, key, idempotency_key), seconds)
    if outcome.error is not None:
        return CallAnswer(outcome)
    return CallAnswer(outcome, {"withdrawn": True, "key": key}, "It was gone already." if gone else "Taken back.")


async def _withdraw(
    connector: Connector, object_name: str, key: str, idempotency_key: str
) -> tuple[bool, WriteOutcome]:
    async with connector:
        try:
            answer = await connector.undo(object_name, key, idempotency_key=idempotency_key)
        except RemoteError as error:
            return False, WriteOutcome(0, error=error, exchange=error.exchange)
    if answer.state is UndoState.REFUSED:
        unsaid = f"{connector.manifest.name} keeps {key} and does not say why: look there, then retry."
        refused = answer.error or RejectedError(unsaid, problems=(FieldProblem("", unsaid, BusinessClass.VALIDATION),))
        return False, WriteOutcome(0, error=refused, exchange=answer.exchange)
    return answer.state is UndoState.ALREADY_GONE, WriteOutcome(0, target_key=key, exchange=answer.exchange)


def take_back(connector: Connector, object_name: str, key: str, *, idempotency_key: str) -> UndoOutcome:
    """Take back what a step created. Raises RemoteError."""

    async def undo() -> UndoOutcome:
        async with connector:
            return await connector.undo(object_name, key, idempotency_key=idempotency_key)

    return asyncio.run(undo())


def _complete(work: Any, seconds: int, receipt: Receipt | None = None) -> Any:
    """Run one call to its end, for at most so many seconds (0: as long as the door allows). A `receipt` outlives it."""

    async def bounded() -> Any:
        async with asyncio.timeout(seconds or None):
            return await work

    try:
        return asyncio.run(bounded())
    except TimeoutError:
        late = RetryableError(
            f"No answer within {seconds} s, the time this step allows.",
            business_class=BusinessClass.TIMEOUT,
            ambiguous=receipt is None,
        )
        return None, WriteOutcome(0, error=late, receipt=receipt)
