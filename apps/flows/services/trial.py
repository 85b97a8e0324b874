"""The inside of a dry run: read some records, plan them as a run would, look up what they name, and judge each."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction

from apps.connectors.contract import Page, SourceRecord
from apps.connectors.errors import FieldProblem, RejectedError
from apps.connectors.redaction import redact_json
from apps.flows.engine.conditions import REASON_SENTENCES
from apps.flows.engine.counts import COUNT_COLUMN
from apps.flows.engine.records import REASONS, SAME_VERSION
from apps.flows.engine.states import OperationState
from apps.flows.models import Batch, Operation
from apps.flows.services import blobs, planning
from apps.flows.services.deliver import look_ahead
from apps.flows.services.entries import Entry, Minded
from apps.flows.services.execute_run import close_connectors, open_connectors
from apps.flows.services.rule_book import open_rules
from apps.flows.services.session import Session

_MOST_LOOKED_AT = 5_000
_MOST_REASONS = 20
_MOST_COMPARED = 50  # each comparison opens the batch that delivered the record
_READING_SECONDS = 12.0  # then what was read is judged, so that the worker is free again
_PATIENCE_SECONDS = 25.0
_KEPT_OF_EACH = 40  # so that no outcome crowds out the others
_SENTENCES = {**REASONS, **REASON_SENTENCES}
_ORDER = ("rejected", "creates", "updates", "skipped", "unchanged")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Wish:
    """What to try: the records called `keys`, else the changes since `since` (None: all), `most` of them.

    `as_next_run` takes the first ones and leaves out what the ledger has already, as the next run will; else the newest
    ones are taken and compared with what was last delivered.
    """

    most: int
    keys: tuple[str, ...] = ()
    since: Mapping[str, Any] | None = None
    as_next_run: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would come of one record: one of a dry run's counts, at which step, and why."""

    count: str
    step: str
    problems: tuple[FieldProblem, ...] = ()
    reason: str = ""

    def reasons(self) -> list[dict[str, str]]:
        """Return every reason as {"class", "field", "code", "reason"}."""
        if self.problems:
            return [
                {"class": p.business_class.value, "field": p.field, "code": p.code, "reason": p.message}
                for p in self.problems
            ]
        return [{"class": "", "field": "", "code": "", "reason": self.reason}] if self.reason else []


@dataclass(slots=True)
class Trial:
    """What a dry run has found."""

    judged: list[tuple[Entry, Outcome]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    amounts: dict[str, Decimal] = field(default_factory=dict)
    reached_end: bool = True

    def add(self, entry: Entry, outcome: Outcome) -> None:
        """Count one record."""
        self.judged.append((entry, outcome))
        self.counts[outcome.count] += 1
        amount = entry.planned.amount
        if outcome.count in {"creates", "updates"} and amount is not None:
            self.amounts[amount.currency] = self.amounts.get(amount.currency, Decimal(0)) + amount.value

    def frequent_reasons(self) -> dict[str, list[dict[str, Any]]]:
        """Return {"rejected": [...], "skipped": [...]}: a reason's first sentence with its count, most frequent first."""
        return {name: self._reasons_of(name) for name in ("rejected", "skipped")}

    def _reasons_of(self, count: str) -> list[dict[str, Any]]:
        found: dict[tuple[str, ...], dict[str, Any]] = {}
        for _, outcome in self.judged:
            if outcome.count != count:
                continue
            for reason in outcome.reasons():
                # One cause, however its sentence names the record: the code where there is one, else the words.
                cause = (reason["class"], reason["field"], reason["code"] or (reason["class"] or reason["reason"]))
                found.setdefault(cause, {**reason, "count": 0})["count"] += 1
        return sorted(found.values(), key=lambda one: -one["count"])[:_MOST_REASONS]


def latest_source_keys(session: Session, most: int) -> tuple[str, ...]:
    """Return the source's own keys of the records the flow met last; () before its first run."""
    lines = Operation.objects.filter(flow_id=session.flow_id).order_by("-id")
    return tuple(dict.fromkeys(lines.values_list("source_key", flat=True)[: most * 2]))[:most]


def try_out(session: Session, runner: asyncio.Runner, wish: Wish) -> Trial:
    """Read and judge what is wished for. Nothing is written, here or outside.

    Raises:
        RemoteError, TimeoutError: a system does not answer.

    """
    trial = Trial()
    runner.run(_in_time(open_connectors(session)))
    try:
        records = runner.run(_in_time(_read(session, wish, trial)))
        size = session.compiled.definition.batch_size
        for start in range(0, len(records), size):
            _judge(session, runner, wish, records[start : start + size], trial)
    finally:
        runner.run(_in_time(close_connectors(session)))
    return trial


def try_records(session: Session, runner: asyncio.Runner, records: Sequence[SourceRecord]) -> Trial:
    """Judge records that are at hand already, as a run that tries them again would. Nothing is written, here or outside.

    Raises:
        RemoteError, TimeoutError: a system does not answer.

    """
    trial = Trial()
    runner.run(_in_time(open_connectors(session)))
    try:
        size = session.compiled.definition.batch_size
        for start in range(0, len(records), size):
            _judge(session, runner, Wish(len(records)), records[start : start + size], trial)
    finally:
        runner.run(_in_time(close_connectors(session)))
    return trial


async def _in_time(work: Coroutine[Any, Any, _Result]) -> _Result:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        return await work


async def _read(session: Session, wish: Wish, trial: Trial) -> list[SourceRecord]:
    pages = session.source.read(session.pinned.source_object.name, wish.since, wish.keys)
    newest_only = not wish.as_next_run and not wish.keys
    kept: deque[SourceRecord] = deque(maxlen=wish.most if newest_only else None)
    seen, ends_at = 0, time.monotonic() + _READING_SECONDS
    async for page in pages:
        kept.extend(page.records)
        seen += len(page.records)
        enough = seen >= (_MOST_LOOKED_AT if newest_only else wish.most) or time.monotonic() >= ends_at
        if page.last or enough:
            trial.reached_end = page.last and len(kept) <= wish.most
            break
    await _stop(pages)
    return list(kept)[: wish.most]


async def _stop(pages: AsyncIterator[Page]) -> None:
    close = getattr(pages, "aclose", None)
    if close is not None:
        await close()


def _judge(session: Session, runner: asyncio.Runner, wish: Wish, records: Sequence[SourceRecord], trial: Trial) -> None:
    with transaction.atomic():
        session.work.confirm()
        batch = planning.plan_only(session, records)
    rules = open_rules(session)
    if rules is not None:
        runner.run(_in_time(rules.ask(batch)))
        with transaction.atomic():
            planning.hold_back(batch, rules.judge())
    to_deliver = [entry for entry in batch.entries if entry.planned.to_deliver]
    looking = look_ahead(session.target, session.pinned, to_deliver, session.known_links)
    missing, minded = runner.run(_in_time(looking))
    for entry in batch.entries:
        trial.add(entry, _outcome(entry, missing, minded.get(entry.operation_id), as_next_run=wish.as_next_run))
    trial.counts["skipped"] += batch.duplicates


def _outcome(
    entry: Entry, missing: Mapping[UUID, RejectedError], minded: Minded | None, *, as_next_run: bool
) -> Outcome:
    planned = entry.planned
    if as_next_run and entry.repeat is not None:
        return Outcome(COUNT_COLUMN[entry.repeat], "extract", reason=_SENTENCES[SAME_VERSION])
    if entry.operation_id in missing:
        return Outcome("rejected", "deliver", missing[entry.operation_id].problems)
    if planned.to_deliver and minded is not None and not minded.sent:
        return Outcome("unchanged", "deliver", reason=minded.sentence)
    if planned.to_deliver:
        kept = minded.kept_words if minded else ""
        return Outcome("updates" if planned.target_key else "creates", "deliver", reason=kept)
    if planned.decision is OperationState.REJECTED:
        return Outcome("rejected", planned.step, planned.problems)
    return Outcome(COUNT_COLUMN[planned.decision], planned.step, reason=_SENTENCES.get(planned.reason, planned.reason))


def rows_of(session: Session, trial: Trial, most: int) -> list[dict[str, Any]]:
    """Return some of the records as they are kept, problems first, secrets redacted.

    Each has key, business_key, label, version, outcome, step, reasons, source, canonical, mapped, before (what was last
    delivered, None when unknown), target_key, amount and currency.
    """
    chosen = _chosen(trial, most)
    with transaction.atomic():
        before = _delivered_before(session, [entry for entry, outcome in chosen if outcome.count == "updates"])
    describe = session.compiled.described.describe
    return [
        _row(entry, outcome, describe(entry.planned.canonical)[:300], before.get(entry.planned.business_key))
        for entry, outcome in chosen
    ]


def _chosen(trial: Trial, most: int) -> list[tuple[Entry, Outcome]]:
    by_count = {name: [pair for pair in trial.judged if pair[1].count == name] for name in _ORDER}
    first = [pair for name in _ORDER for pair in by_count[name][:_KEPT_OF_EACH]]
    rest = [pair for name in _ORDER for pair in by_count[name][_KEPT_OF_EACH:]]
    kept = [*first, *rest[: max(most - len(first), 0)]][:most]
    return sorted(kept, key=lambda pair: _ORDER.index(pair[1].count))


def _row(entry: Entry, outcome: Outcome, label: str, before: dict[str, Any] | None) -> dict[str, Any]:
    planned = entry.planned
    names = {reference.field: reference.key for reference in planned.references}
    return {
        "key": entry.record.key,
        "business_key": planned.business_key,
        "label": label,
        "version": planned.source_version,
        "outcome": outcome.count,
        "step": outcome.step,
        "reasons": outcome.reasons(),
        "source": redact_json(entry.record.values),
        "canonical": {name: _plain(value) for name, value in planned.canonical.items()},
        "mapped": None if planned.mapped is None else redact_json({**planned.mapped, **names}),
        "before": before,
        "target_key": planned.target_key or "",
        "amount": None if planned.amount is None else str(planned.amount.value),
        "currency": "" if planned.amount is None else planned.amount.currency,
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str | list | dict) else str(value)


def _delivered_before(session: Session, entries: Sequence[Entry]) -> dict[str, dict[str, Any]]:
    """Return what was last delivered of each record, by business key; those whose evidence is gone are left out."""
    keys = [entry.planned.business_key for entry in entries[:_MOST_COMPARED]]
    lines = Operation.objects.filter(
        flow_id=session.flow_id,
        canonical_type=session.compiled.described.name,
        business_key__in=keys,
        state=OperationState.WRITTEN,
    )
    newest = {line.business_key: line for line in lines.order_by("id") if line.attempts}
    batches = Batch.objects.filter(id__in={line.attempts[-1] for line in newest.values()}, plan__isnull=False)
    sent: dict[str, Any] = {}
    for plan in batches.values_list("plan", flat=True):
        sent.update({entry["id"]: entry["mapped"] for entry in blobs.unpack(plan)["entries"]})
    return {key: redact_json(sent[str(line.id)]) for key, line in newest.items() if sent.get(str(line.id))}
