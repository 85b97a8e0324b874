"""Delivers records to a REST system, one by one or in batches, and answers for every one of them."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from apps.connectors.answers import at_path, holds, nested, placed, text_at
from apps.connectors.contract import Exchange, FoundRecord, Write, WriteOutcome
from apps.connectors.error_adapter import record_failure
from apps.connectors.errors import (
    BusinessClass,
    FailureKind,
    FieldProblem,
    MisconfiguredError,
    RateLimitedError,
    RejectedError,
    RemoteError,
    RetryableError,
)
from apps.connectors.judgement import Answer
from apps.connectors.manifest import Idempotency, ObjectManifest, Writing
from apps.connectors.protocols.calls import Calls
from apps.connectors.protocols.rest_late_answers import taken
from apps.connectors.protocols.rest_probing import probe_writes
from apps.connectors.protocols.rest_reading import read_one
from apps.connectors.redaction import BODY_CAP, redact_json

_STOPPING = frozenset({FailureKind.AUTH_EXPIRED, FailureKind.MISCONFIGURED, FailureKind.RATE_LIMITED})
_OUTAGES_IN_A_ROW = 3
_SPLIT_STATUSES = frozenset({400, 413, 422})

Chunk = tuple[Write, ...]


class Delivery:
    """One call of `upsert`: sends chunks side by side and stops sending once the system as a whole says no."""

    def __init__(self, calls: Calls, spec: ObjectManifest) -> None:
        if spec.writing is None:
            raise MisconfiguredError(
                f"{spec.label} cannot be written to this system.", business_class=BusinessClass.CONNECTION
            )
        self._calls, self._spec, self._writing = calls, spec, spec.writing
        self._stopped_by: RemoteError | None = None
        self._outages = 0
        self._outcomes: list[WriteOutcome] = []

    async def run(self, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Deliver all writes.

        Raises:
            RemoteError: nothing was applied, refused or left in doubt: the system as a whole did not take part.

        """
        chunks = iter(_chunks(self._writing, await self._without_those_there(writes)))
        lanes = min(self._calls.door.limits.at_once, max(1, len(writes)))
        if lanes == 1:
            await self._send_all(chunks)
        else:
            await asyncio.gather(*(self._send_all(chunks) for _ in range(lanes)))
        await self._adopt_duplicates(writes)
        self._raise_if_untouched()
        return self._outcomes

    async def _without_those_there(self, writes: Sequence[Write]) -> Sequence[Write]:
        """Where nothing else tells a repeat, look for each record before it is made: one that is there is changed instead."""
        new = [write for write in writes if write.target_key is None]
        if self._writing.idempotency is not Idempotency.SEARCH_BEFORE_CREATE or not new:
            return writes
        found, left = await self._found(new), list[Write]()
        for write in writes:
            there = found.get(write.position) if write.target_key is None else None
            if there is None:
                left.append(write)
            elif self._says_so_already(there, write) or not self._writing.update_path:
                self._outcomes.append(WriteOutcome(write.position, there.key))
            else:
                left.append(replace(write, target_key=there.key))
        return left

    def _says_so_already(self, there: FoundRecord, write: Write) -> bool:
        return holds(there.values, write.values)

    async def _send_all(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            if self._stopped_by is not None:
                self._fail(chunk, self._stopped_by, sent=False)
                continue
            try:
                self._outcomes.extend(await self._send(chunk))
                self._outages = 0
            except RemoteError as error:
                self._note(error)
                self._fail(chunk, error, sent=True)

    async def _send(self, chunk: Chunk) -> list[WriteOutcome]:
        if len(chunk) == 1 and not self._takes_batch(chunk[0]):
            return [await self._send_one(chunk[0])]
        return await self._send_batch(chunk)

    def _takes_batch(self, write: Write) -> bool:
        return bool(self._writing.batch_path) and (write.target_key is None or bool(self._writing.batch_target_field))

    async def _send_one(self, write: Write) -> WriteOutcome:
        writing = self._writing
        headers = {writing.idempotency_header: write.idempotency_key} if writing.idempotency_header else None
        if write.target_key is None:
            method, path = writing.create_method, self._calls.path(writing.create_path)
        else:
            method, path = writing.update_method, self._calls.path_of(writing.update_path, write.target_key)
        answer = await self._send_record(method, path, write, headers)
        late = writing.late_answer
        if late is not None and answer.status in late.taken_statuses:
            return taken(self._calls, late, write, answer, asked=path)
        if write.target_key is not None:
            return WriteOutcome(write.position, write.target_key, exchange=answer.exchange)
        key = text_at(answer.json(), writing.key_path)
        if not key:
            raise unnumbered(answer.exchange)
        return WriteOutcome(
            write.position, key, exchange=answer.exchange, created=answer.status in writing.created_statuses
        )

    async def _send_record(self, method: str, path: str, write: Write, headers: Mapping[str, str] | None) -> Answer:
        """Send one record; where a change must name what it was made on, read that first, and once again when it is old."""

        async def send() -> Answer:
            values = {**self._body(write), **await self._as_held(write)}
            body = placed(nested(values), self._writing.record_path)
            return await self._calls.call(method, path, body=body, headers=headers, spec=self._spec)

        try:
            return await send()
        except RejectedError as error:
            if write.target_key is None or not self._writing.repeat_fields or not _is_conflict(error):
                raise
        return await send()

    async def _as_held(self, write: Write) -> dict[str, Any]:
        """Return what a change must repeat, as the record holds it now. Raises RejectedError when the record is gone."""
        names = self._writing.repeat_fields
        if not names or write.target_key is None:
            return {}
        held = await read_one(self._calls, self._spec, write.target_key)
        if held is None:
            sentence = f"{self._calls.manifest.name} no longer has the record that was to be changed."
            raise RejectedError(sentence, problems=(FieldProblem("", sentence, BusinessClass.MISSING_REFERENCE),))
        return {name: at_path(held, name) for name in names}

    async def _send_batch(self, chunk: Chunk) -> list[WriteOutcome]:
        writing = self._writing
        body = [self._batch_record(write) for write in chunk]
        headers = (
            {}
            if writing.batch_key_field or not writing.idempotency_header
            else {writing.idempotency_header: _joint_key(chunk)}
        )
        try:
            answer = await self._calls.call(
                "POST",
                self._calls.path(writing.batch_path),
                body={writing.batch_records_path: body} if writing.batch_records_path else body,
                headers=headers,
                spec=self._spec,
            )
        except RejectedError as error:
            if len(chunk) == 1 or error.status not in _SPLIT_STATUSES:
                raise
            # The whole batch was refused for something in it: halving finds the culprit and lets the others through.
            middle = len(chunk) // 2
            return [*await self._half(chunk[:middle]), *await self._half(chunk[middle:])]
        return list(self._judge_results(chunk, answer))

    async def _half(self, chunk: Chunk) -> list[WriteOutcome]:
        try:
            return await self._send_batch(chunk)
        except RemoteError as error:
            self._note(error)
            return [_failed(write, error) for write in chunk]

    def _judge_results(self, chunk: Chunk, answer: Answer) -> Iterable[WriteOutcome]:
        writing = self._writing
        listed = at_path(answer.json(), writing.batch_results_path)
        results = listed if isinstance(listed, list) else []
        by_position = dict(self._placed(results))
        for index, write in enumerate(chunk):
            result = by_position.get(index)
            if result is None:
                yield _failed(write, _unanswered(answer.exchange))
            else:
                yield self._judge_result(write, result, answer)

    def _placed(self, results: list[Any]) -> Iterable[tuple[int, Any]]:
        """Pair each result with the place of its record; results that name their place may come in any order."""
        for index, result in enumerate(results):
            place = at_path(result, self._writing.batch_position_path) if self._writing.batch_position_path else index
            if isinstance(place, int):
                yield place, result

    def _judge_result(self, write: Write, result: Any, answer: Answer) -> WriteOutcome:
        status = at_path(result, self._writing.batch_status_path)
        if isinstance(status, int) and status >= 400:
            error = record_failure(
                self._calls.manifest, status, result, spec=self._spec, sent=write.values, secrets=answer.secrets
            )
            error.exchange = _own_part(answer, status, write, result)
            return _failed(write, error)
        key = text_at(result, self._writing.key_path) or write.target_key
        if not key:
            return _failed(write, unnumbered(answer.exchange))
        return WriteOutcome(
            write.position, key, exchange=answer.exchange, created=write.target_key is None and status == 201
        )

    def _body(self, write: Write) -> dict[str, Any]:
        field, fixed = self._writing.own_key_field, self._writing.only_at_creation
        if fixed and write.target_key is not None:
            return {name: value for name, value in write.values.items() if name not in fixed}
        # A record that is there keeps the number it was created under: a mapping may send that at creation only.
        if not field or write.target_key is not None or write.values.get(field) not in (None, ""):
            return write.values
        return {**write.values, field: write.business_key}

    def _batch_record(self, write: Write) -> dict[str, Any]:
        record, writing = nested(self._body(write)), self._writing
        extra: dict[str, Any] = {writing.batch_key_field: write.idempotency_key} if writing.batch_key_field else {}
        if write.target_key is not None:
            extra[writing.batch_target_field] = write.target_key
        return {**record, **extra}

    def _note(self, error: RemoteError) -> None:
        """Stop sending when more of the same can only fail the same way."""
        self._outages = self._outages + 1 if error.kind is FailureKind.RETRYABLE else 0
        if error.kind in _STOPPING or self._outages >= _OUTAGES_IN_A_ROW:
            self._stopped_by = error

    def _fail(self, chunk: Chunk, error: RemoteError, *, sent: bool) -> None:
        told = error if sent else _not_sent(error)
        self._outcomes.extend(_failed(write, told) for write in chunk)

    async def _adopt_duplicates(self, writes: Sequence[Write]) -> None:
        """A record that is already there under our own number is ours: bring it up to date instead of failing."""
        if (
            self._writing.idempotency not in {Idempotency.OWN_KEY_FIELD, Idempotency.KEY_HEADER}
            or not self._writing.own_key_field
        ):
            return
        doubled = {o.position for o in self._outcomes if _is_duplicate(o.error)}
        wanted = [write for write in writes if write.position in doubled and write.target_key is None]
        if not wanted or not self._writing.update_path or self._stopped_by is not None:
            return
        try:
            found = await self._found(wanted)
        except RemoteError:
            return
        adopted = [
            Write(w.position, w.values, w.business_key, w.idempotency_key, found[w.position].key)
            for w in wanted
            if w.position in found
        ]
        replaced = {write.position for write in adopted}
        self._outcomes = [outcome for outcome in self._outcomes if outcome.position not in replaced]
        await self._send_all((write,) for write in adopted)

    async def _found(self, writes: Sequence[Write]) -> dict[int, FoundRecord]:
        return await probe_writes(self._calls, self._spec, writes)

    def _raise_if_untouched(self) -> None:
        errors = [outcome.error for outcome in self._outcomes]
        if errors and all(
            error is not None and error.kind is not FailureKind.REJECTED and not error.ambiguous for error in errors
        ):
            raise self._stopped_by or next(error for error in errors if error is not None)


def _chunks(writing: Writing, writes: Sequence[Write]) -> list[Chunk]:
    size = max(1, writing.batch_size) if writing.batch_path else 1
    if size == 1:
        return [(write,) for write in writes]
    batched = [write for write in writes if write.target_key is None or writing.batch_target_field]
    alone = [(write,) for write in writes if write.target_key is not None and not writing.batch_target_field]
    return [tuple(batched[start : start + size]) for start in range(0, len(batched), size)] + alone


def _failed(write: Write, error: RemoteError) -> WriteOutcome:
    return WriteOutcome(write.position, write.target_key, error=error, exchange=error.exchange)


def _is_duplicate(error: RemoteError | None) -> bool:
    return isinstance(error, RejectedError) and error.business_class is BusinessClass.DUPLICATE


def _is_conflict(error: RejectedError) -> bool:
    return error.status in {409, 412} or any(p.business_class is BusinessClass.CONFLICT for p in error.problems)


def _joint_key(chunk: Chunk) -> str:
    return hashlib.blake2b("|".join(write.idempotency_key for write in chunk).encode(), digest_size=16).hexdigest()


def _not_sent(error: RemoteError) -> RemoteError:
    """The same reason for records that were never sent: nothing is in doubt about them."""
    if isinstance(error, RateLimitedError):
        return error
    copy = type(error)(error.message, business_class=error.business_class, ambiguous=False, status=error.status)
    copy.exchange = error.exchange
    return copy


def unnumbered(exchange: Exchange) -> RemoteError:
    """Return the error for a record that was taken without its number being told: it may be there."""
    error = RetryableError(
        "The system took the record but did not say under which number.",
        business_class=BusinessClass.SCHEMA_DRIFT,
        ambiguous=True,
    )
    error.exchange = exchange
    return error


def _unanswered(exchange: Exchange) -> RemoteError:
    error = RetryableError(
        "The system's answer says nothing about this record of the batch.",
        business_class=BusinessClass.PROVIDER_OUTAGE,
        ambiguous=True,
    )
    error.exchange = exchange
    return error


def _own_part(answer: Answer, status: int, write: Write, result: Any) -> Exchange:
    """Return the evidence of one record of a batch: what it sent and what was said about it, nothing of its neighbours."""
    exchange = answer.exchange
    return Exchange(
        exchange.method,
        exchange.url,
        status,
        exchange.milliseconds,
        request=_shown(write.values, answer.secrets),
        response=_shown(result, answer.secrets),
    )


def _shown(value: Any, secrets: tuple[str, ...]) -> str:
    return orjson.dumps(redact_json(value, secrets), default=str).decode()[:BODY_CAP]
