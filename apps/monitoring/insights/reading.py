"""Reads a customer's records out of the ledger, each in its newest version, with its values as its batch keeps them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Sum

from apps.flows.engine.definition import DefinitionError
from apps.flows.engine.records import Correction as Corrected
from apps.flows.engine.states import OperationState
from apps.flows.engine.steps.extract import ExtractStep
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import Correction, Flow, FlowDay, Operation
from apps.flows.services.evidence import records_of
from apps.flows.services.session import compile_version
from apps.monitoring.insights.anomalies import DayOfFlow
from apps.monitoring.queries.ledger_rows import id_at

LOOKS_BACK = timedelta(days=400)
MOST_LINES = 20_000  # of one type, the latest; what is more is said
_AT_ONCE = 1_000
# What was refused is an exception already; what was left out, replaced or taken back is no longer so.
_TOLD = (OperationState.WRITTEN, OperationState.UNCHANGED, OperationState.WAITING)
_COLUMNS = (
    "id",
    "business_key",
    "source_version",
    "attempts",
    "flow_id",
    "label",
    "amount",
    "currency",
    "amount_quality",
    "client_ref",
    "project_ref",
    "created_at",
)


@dataclass(frozen=True, slots=True)
class Record:
    """A record in its newest version. `values` are canonical, {} where its contents are not kept (any more)."""

    line: Operation
    values: Mapping[str, Any]
    fields: frozenset[str] = frozenset()  # those that are read of it at all


@dataclass(slots=True)
class Records:
    """The latest records of one type; `cut`: there are more, `without` counts those whose contents are not kept."""

    rows: list[Record] = field(default_factory=list)
    cut: bool = False

    @property
    def without(self) -> int:
        """Return how many have no values."""
        return sum(not row.values for row in self.rows)


def flows_by_type(customer_id: UUID) -> dict[str, list[Flow]]:
    """Return the customer's flows by the type of record that they carry; one query."""
    found: defaultdict[str, list[Flow]] = defaultdict(list)
    flows = Flow.objects.filter(customer_id=customer_id, live_version__isnull=False).exclude(state=Flow.State.RETIRED)
    for flow in flows.select_related("live_version", "source", "target").order_by("id"):
        kind = flow.live_version.definition.get("canonical_type") if flow.live_version else None
        if isinstance(kind, str):
            found[kind].append(flow)
    return dict(found)


def read_records(flows: Sequence[Flow], canonical_type: str, now: datetime) -> Records:
    """Return the latest records of a type that these flows of one customer carried, each once."""
    if not flows:
        return Records()
    lines, cut = _newest(flows, canonical_type, now)
    readings = {flow.id: _extract_of(flow) for flow in flows}
    found = Records(cut=cut)
    for start in range(0, len(lines), _AT_ONCE):
        found.rows += _with_values(lines[start : start + _AT_ONCE], readings)
    return found


def _newest(flows: Sequence[Flow], canonical_type: str, now: datetime) -> tuple[list[Operation], bool]:
    rows = Operation.objects.filter(
        customer_id=flows[0].customer_id,
        flow_id__in=[flow.id for flow in flows],
        canonical_type=canonical_type,
        state__in=_TOLD,
        id__gte=id_at(now - LOOKS_BACK),
    )
    read = list(rows.order_by("-id").only(*_COLUMNS)[: MOST_LINES + 1])
    newest: dict[str, Operation] = {}
    for line in read[:MOST_LINES]:
        if not line.is_deletion and not line.is_finding:
            newest.setdefault(line.business_key, line)
    return list(newest.values()), len(read) > MOST_LINES


def _extract_of(flow: Flow) -> ExtractStep | None:
    """Return what reads a flow's records, None where that cannot be read any more; compiled once for all of them."""
    if flow.live_version is None:
        return None
    try:
        return compile_version(flow.live_version, flow.source, flow.target).compiled.extract
    except (MappingError, DefinitionError, KeyError):
        return None


def _with_values(lines: Sequence[Operation], readings: Mapping[UUID, ExtractStep | None]) -> Iterator[Record]:
    kept, mended = records_of(lines), _corrections([line.id for line in lines])
    fields = {flow_id: read_fields(extract) for flow_id, extract in readings.items()}
    for line in lines:
        extract, record = readings.get(line.flow_id), kept.get(line.id)
        if extract is None or record is None:
            yield Record(line, {}, fields.get(line.flow_id, frozenset()))
        else:
            yield Record(line, extract.plan(record, mended.get(line.id)).canonical, fields[line.flow_id])


def read_fields(extract: ExtractStep | None) -> frozenset[str]:
    """Return the canonical fields that a reading fills at all: only of these can be said that they are empty."""
    return frozenset() if extract is None else frozenset(line.target for line in extract.reading.lines)


def _corrections(ids: Iterable[UUID]) -> dict[UUID, Corrected]:
    values: defaultdict[UUID, dict[str, Any]] = defaultdict(dict)
    typed = Correction.objects.filter(operation_id__in=list(ids)).order_by("id")
    for operation_id, name, value in typed.values_list("operation_id", "field", "new_value"):
        values[operation_id][name] = value
    return {operation_id: Corrected(fields) for operation_id, fields in values.items()}


def read_days(flows: Iterable[Flow], since: date) -> dict[Flow, list[DayOfFlow]]:
    """Return how many records each flow settled on each day; one query, over the days' own figures."""
    by_id = {flow.id: flow for flow in flows}
    rows = FlowDay.objects.filter(flow_id__in=by_id, day__gte=since).order_by().values_list("flow_id", "day")
    found: defaultdict[Flow, list[DayOfFlow]] = defaultdict(list)
    summed = rows.annotate(Sum("written"), Sum("unchanged"), Sum("skipped"), Sum("rejected"))
    for flow_id, day, *parts in summed:
        found[by_id[flow_id]].append(DayOfFlow(day, sum(parts)))
    return dict(found)
