"""The records a mapping is tried on: those the ledger has on record, and those that the latest dry run has read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.connectors.canonical.registry import restore
from apps.connectors.canonical.values import plain_text
from apps.connectors.contract import SourceRecord
from apps.connectors.redaction import redact_json
from apps.flows.engine.states import StepState
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.models import Batch, DryRun, Flow, Operation, OperationStep
from apps.flows.queries.mapped_places import MappedPlace
from apps.flows.queries.record_keys import find_records
from apps.flows.services.dry_run import rows_kept
from apps.flows.services.evidence import records_of
from apps.flows.services.walk_session import RECORD

MOST_LISTED = 20
_MOST_OPENED = 5  # each may open a batch
_RECORDED, _READ = "record", "read"
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class SampleChoice:
    """One record to try on. `token` names it in an address; `is_kept` False: its contents are not kept (any more)."""

    token: str
    label: str
    key: str
    state: str
    at: datetime | None
    is_kept: bool = True


@dataclass(frozen=True, slots=True)
class Sample:
    """A record to try on. `results` are what the steps of its walk were answered, by step."""

    choice: SampleChoice
    record: SourceRecord
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def values_at(self, reading: MappedPlace, place: MappedPlace) -> Mapping[str, Any]:
        """Return what the lines of a place read of the record: the record itself, or what reading made of it."""
        if place.is_reading:
            return self.record.values
        if not place.mapped_by:
            return ExtractStep(reading.described, reading.survey.compiled).plan(self.record).canonical
        return restore(place.described, self.results.get(place.mapped_by, _NOTHING))[0]


def list_recorded(flow: Flow, typed: str = "") -> list[SampleChoice]:
    """Return the flow's newest records, or those that a typed key names, newest first. Two queries without a key."""
    named = (row for row in find_records(typed, most=MOST_LISTED) if row.flow_id == flow.id) if typed else None
    lines = _newest(flow) if named is None else list(named)
    kept = _kept_batches(lines)
    return [_choice(line, is_kept=bool(kept.intersection(line.attempts))) for line in lines]


def _newest(flow: Flow) -> list[Operation]:
    # Not by its customer as well: the database would lay two indexes over each other and read both to their ends.
    return list(Operation.objects.filter(flow_id=flow.id).order_by("-id")[:MOST_LISTED])


def _kept_batches(lines: Sequence[Operation]) -> frozenset[UUID]:
    ids = {batch_id for line in lines for batch_id in line.attempts}
    return frozenset(Batch.objects.filter(id__in=ids, plan__isnull=False).values_list("id", flat=True))


def _choice(line: Operation, *, is_kept: bool) -> SampleChoice:
    token = f"{_RECORDED}-{line.id}"
    return SampleChoice(token, line.label or line.business_key, line.source_key, line.state, line.changed_at, is_kept)


def latest_dry_run(flow: Flow) -> DryRun | None:
    """Return the newest dry run of a flow, without its rows; None when there was none."""
    return DryRun.objects.filter(flow=flow).defer("rows").order_by("-id").first()


def list_read(flow: Flow) -> list[SampleChoice]:
    """Return the records that the newest finished dry run has read from the source, as they were then."""
    done = _finished(flow)
    if done is None:
        return []
    return [
        SampleChoice(f"{_READ}-{done.id}-{number}", row["label"] or row["key"], row["key"], "", done.finished_at)
        for number, row in enumerate(rows_kept(done)[:MOST_LISTED])
    ]


def _finished(flow: Flow) -> DryRun | None:
    return DryRun.objects.filter(flow=flow, state=DryRun.State.DONE).order_by("-id").first()


def get_sample(flow: Flow, token: str) -> Sample | None:
    """Return the record that a token names; None when it is not of this flow, or its contents are not kept (any more)."""
    kind, _, rest = token.partition("-")
    if kind == _RECORDED:
        return _recorded(flow, rest)
    if kind == _READ:
        return _read(flow, rest)
    return None


def latest_sample(flow: Flow) -> Sample | None:
    """Return the newest record whose contents are kept, one that has walked before one that has not; None without any."""
    newest = _newest(flow)
    walked = set(
        OperationStep.objects.filter(operation_id__in=[line.id for line in newest], state=StepState.DONE)
        .exclude(name=RECORD)
        .values_list("operation_id", flat=True)
    )
    likely = sorted(newest, key=lambda line: line.id not in walked)[:_MOST_OPENED]
    records = records_of(likely[:1]) or records_of(likely)
    line = next((one for one in likely if one.id in records), None)
    return _of_line(line, records[line.id]) if line else None


def _recorded(flow: Flow, written: str) -> Sample | None:
    try:
        operation_id = UUID(written)
    except ValueError:
        return None
    line = Operation.objects.filter(customer_id=flow.customer_id, flow_id=flow.id, id=operation_id).first()
    record = records_of([line]).get(line.id) if line else None
    return _of_line(line, record) if line and record else None


def _of_line(line: Operation, record: SourceRecord) -> Sample:
    done = OperationStep.objects.filter(operation_id=line.id, state=StepState.DONE).exclude(name=RECORD)
    return Sample(_choice(line, is_kept=True), _redacted(record), dict(done.values_list("name", "result")))


def _redacted(record: SourceRecord) -> SourceRecord:
    # What is tried is shown: a secret that stands in a record comes out of no line.
    return replace(record, values=redact_json(record.values))


def _read(flow: Flow, written: str) -> Sample | None:
    dry_run_id, _, number = written.rpartition("-")
    try:
        done = DryRun.objects.filter(flow=flow, state=DryRun.State.DONE, id=UUID(dry_run_id)).first()
        rows = rows_kept(done) if done else []
        position = int(number) if number.isascii() and number.isdigit() else len(rows)
    except ValueError:
        return None
    if done is None or position >= len(rows):
        return None
    row = rows[position]
    choice = SampleChoice(f"{_READ}-{written}", row["label"] or row["key"], row["key"], "", done.finished_at)
    return Sample(choice, SourceRecord("", row["key"], row["version"], row["source"]))


def shown(value: Any, most: int = 120) -> str:
    """Return a value as a row shows it: in one short line, secrets taken out; "" for nothing."""
    if value is None:
        return ""
    text = plain_text(redact_json(value)) if isinstance(value, (dict, list)) else plain_text(value)
    return f"{text[:most]}…" if len(text) > most else text
