"""Bringing one batch to the target: references first, then doubtful records, then the writes. No database here."""

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.connectors.answers import holds
from apps.connectors.contract import Connector, Write, WriteOutcome
from apps.connectors.errors import BusinessClass, FieldProblem, RejectedError, RemoteError, RetryableError
from apps.connectors.manifest import ObjectManifest
from apps.flows.engine.ownership import Dispute
from apps.flows.services.entries import Delivery, Destination, Entry, Minded
from apps.flows.services.held_values import mind_held_values

TypeAndKey = tuple[str, str]
_FIRST_PORTION = 4  # times what the system takes at once
_QUICK_SECONDS = 2.0
IN_DOUBT = "in_doubt"  # the code of a refusal that only a person can settle


async def deliver_entries(
    target: Connector,
    place: Destination,
    entries: list[Entry],
    known_links: Mapping[TypeAndKey, str],
    *,
    ends_at: float = math.inf,
) -> Delivery:
    """Deliver `entries` and answer for each of them.

    `known_links` maps (canonical type, key) to the target's id for references resolved earlier. What is not sent when
    `ends_at` (of time.monotonic) has come is answered as not tried yet: it waits for the next slice.
    """
    found = await _resolve_references(target, entries, known_links)
    links = {**known_links, **found}
    outcomes: dict[UUID, WriteOutcome] = {}
    ready: list[Entry] = []
    for position, entry in enumerate(entries):
        missing = _missing_reference(target, entry, links)
        if missing:
            outcomes[entry.operation_id] = WriteOutcome(position, error=missing)
        else:
            ready.append(entry)
    writes = [_write(position, entry, links) for position, entry in enumerate(ready)]
    minded = await mind_held_values(target, place, ready, writes)
    left = []
    for write in writes:
        operation_id = ready[write.position].operation_id
        if operation_id in minded and not minded[operation_id].sent:
            outcomes[operation_id] = WriteOutcome(write.position, target_key=write.target_key)
        else:
            left.append(write)
    for outcome in await _send_in_time(target, place.target_object, ready, left, ends_at):
        outcomes[ready[outcome.position].operation_id] = outcome
    return Delivery(outcomes, found, minded)


async def look_ahead(
    target: Connector, place: Destination, entries: list[Entry], known_links: Mapping[TypeAndKey, str]
) -> tuple[dict[UUID, RejectedError], dict[UUID, Minded]]:
    """Return which of the entries name something the target does not have, and what of others would be kept as it is.

    Only reads. What the target holds is looked at where the owner register or an origin mark asks for it.
    """
    links = {**known_links, **await _resolve_references(target, entries, known_links)}
    asked = {entry.operation_id: _missing_reference(target, entry, links) for entry in entries}
    missing = {operation_id: error for operation_id, error in asked.items() if error is not None}
    ready = [entry for entry in entries if entry.operation_id not in missing]
    if place.guard is None and not any(entry.returns for entry in ready):
        return missing, {}
    writes = [_write(position, entry, links) for position, entry in enumerate(ready)]
    return missing, await mind_held_values(target, place, ready, writes)


async def _send_in_time(
    target: Connector, kind: ObjectManifest, ready: list[Entry], writes: list[Write], ends_at: float
) -> list[WriteOutcome]:
    """Send portion by portion: large ones to a quick system, small ones to a slow one, none after the time is up."""
    outcomes: list[WriteOutcome] = []
    smallest = target.manifest.limits.at_once * (kind.writing.batch_size if kind.writing else 1)
    size, begin = smallest * _FIRST_PORTION, 0
    while begin < len(writes):
        started = time.monotonic()
        if started >= ends_at:
            return outcomes + [WriteOutcome(write.position, error=_not_tried()) for write in writes[begin:]]
        portion = writes[begin : begin + size]
        try:
            outcomes += await _send(target, kind, ready, portion)
        except RemoteError as error:
            if _tells_repeats(kind):
                raise  # what arrived before is found by looking
            left = writes[begin:]
            return outcomes + [WriteOutcome(write.position, error=error, exchange=error.exchange) for write in left]
        begin += len(portion)
        size = size * 2 if time.monotonic() - started < _QUICK_SECONDS else smallest
    return outcomes


def _not_tried() -> RetryableError:
    return RetryableError(
        "Not sent yet: the system answers slowly and others had to get their turn.",
        business_class=BusinessClass.TIMEOUT,
    )


async def _send(target: Connector, kind: ObjectManifest, ready: list[Entry], writes: list[Write]) -> list[WriteOutcome]:
    doubtful = [write for write in writes if ready[write.position].probe_first and write.target_key is None]
    if doubtful and not _tells_repeats(kind):
        left_alone = {write.position for write in doubtful}
        others = [write for write in writes if write.position not in left_alone]
        in_doubt = [WriteOutcome(position, error=_in_doubt(target, kind)) for position in left_alone]
        return in_doubt + (await _send(target, kind, ready, others) if others else [])
    arrived = await target.probe(kind.name, doubtful) if doubtful else {}
    settled = [
        WriteOutcome(write.position, target_key=arrived[write.position].key, created=True)
        for write in doubtful
        if write.position in arrived and holds(arrived[write.position].values, write.values)
    ]
    done = {outcome.position for outcome in settled}
    left = [
        _as_update(write, arrived[write.position].key) if write.position in arrived else write
        for write in writes
        if write.position not in done
    ]
    outcomes = await target.upsert(kind.name, left) if left else []
    return settled + await _settle_doubt(target, kind, left, outcomes)


async def _settle_doubt(
    target: Connector, kind: ObjectManifest, writes: list[Write], outcomes: list[WriteOutcome]
) -> list[WriteOutcome]:
    """After a time-out ask at once whether the write arrived: most doubts end here."""
    doubtful = {o.position for o in outcomes if o.error is not None and o.error.ambiguous}
    if not doubtful:
        return outcomes
    asked = [write for write in writes if write.position in doubtful and write.target_key is None]
    if not _tells_repeats(kind):
        blind = {write.position for write in asked}
        return [_handed_over(target, kind, o) if o.position in blind else o for o in outcomes]
    try:
        arrived = await target.probe(kind.name, asked) if asked else {}
    except RemoteError:
        return outcomes  # the doubt stays on the line; the next attempt probes first
    return [
        WriteOutcome(o.position, target_key=arrived[o.position].key, exchange=o.exchange, created=True)
        if o.position in arrived
        else o
        for o in outcomes
    ]


def _tells_repeats(kind: ObjectManifest) -> bool:
    return kind.writing is None or kind.writing.tells_repeats


def _handed_over(target: Connector, kind: ObjectManifest, outcome: WriteOutcome) -> WriteOutcome:
    return replace(outcome, error=_in_doubt(target, kind))


def _in_doubt(target: Connector, kind: ObjectManifest) -> RejectedError:
    """Return the refusal to create a second time what may be there already, where nothing but a person can tell."""
    sentence = (
        f"It may have arrived: {target.manifest.name} gave no clear answer, and cannot tell a repeat from a new record. "
        f"Look for it under {kind.label.lower()} there: skip this record if it is there, retry it if it is not."
    )
    problem = FieldProblem("", sentence, BusinessClass.DUPLICATE, IN_DOUBT)
    error = RejectedError(sentence, problems=(problem,))
    error.ambiguous = True
    return error


def _write(position: int, entry: Entry, links: Mapping[TypeAndKey, str]) -> Write:
    planned = entry.planned
    values = dict(planned.mapped or {})
    for reference in planned.references:
        values[reference.field] = links[reference.canonical_type, reference.key]
    return Write(position, values, planned.business_key, planned.idempotency_key, planned.target_key)


def _as_update(write: Write, target_key: str) -> Write:
    # Another request than the creation that arrived, so another key: the same one would be refused as a conflict.
    return Write(write.position, write.values, write.business_key, f"{write.idempotency_key}:found", target_key)


async def _resolve_references(
    target: Connector, entries: Iterable[Entry], known_links: Mapping[TypeAndKey, str]
) -> dict[TypeAndKey, str]:
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for reference in entry.planned.references:
            if (reference.canonical_type, reference.key) not in known_links:
                wanted[reference.canonical_type].add(reference.key)
    found: dict[TypeAndKey, str] = {}
    for canonical_type, keys in wanted.items():
        kind = target.manifest.object_for(canonical_type)
        if kind is None:
            continue
        for key, record in (await target.find(kind.name, sorted(keys))).items():
            found[canonical_type, key] = record.key
    return found


def _missing_reference(target: Connector, entry: Entry, links: Mapping[TypeAndKey, str]) -> RejectedError | None:
    problems: list[FieldProblem] = []
    for reference in entry.planned.references:
        if (reference.canonical_type, reference.key) not in links:
            kind = target.manifest.object_for(reference.canonical_type)
            label = kind.label if kind else reference.canonical_type
            sentence = (
                f"{label} {reference.key!r} does not exist in {target.manifest.name}. "
                "Create it there, or correct the record, then retry."
            )
            problems.append(FieldProblem(reference.field, sentence, BusinessClass.MISSING_REFERENCE))
    return RejectedError(problems[0].message, problems=tuple(problems)) if problems else None


def evidence_of(outcome: WriteOutcome, minded: Minded | None = None, *, contents: bool = True) -> dict[str, Any]:
    """Return what is kept of one answer in the batch's outcome; without `contents` not what was sent and answered."""
    exchange = outcome.exchange
    return {
        "target_key": outcome.target_key,
        "created": outcome.created,
        "error": outcome.error.message if outcome.error else "",
        "ambiguous": bool(outcome.error and outcome.error.ambiguous),
        "taken": outcome.receipt is not None,
        "exchange": None
        if exchange is None
        else [
            exchange.method,
            exchange.url,
            exchange.status,
            exchange.milliseconds,
            exchange.request if contents else "",
            exchange.response if contents else "",
        ],
        "unsent": bool(minded and not minded.sent),
        "disputes": [_kept_dispute(one, contents=contents) for one in (minded.disputes if minded else ())],
    }


def _kept_dispute(one: Dispute, *, contents: bool) -> list[Any]:
    """Return a dispute as evidence keeps it, in the order of its fields."""
    values = (one.ours, one.theirs) if contents else (None, None)
    return [one.canonical_type, one.field, one.target_field, *values, one.rule, one.ruling, one.owner]
