"""Values that a flow's tables do not know: those that hold records up, and those that were read lately."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, QuerySet, Sum

from apps.connectors.canonical.values import plain_text
from apps.connectors.contract import SourceRecord
from apps.connectors.manifest import FieldSpec
from apps.flows.engine.states import OperationState
from apps.flows.mapping.compiled import CompiledLine
from apps.flows.mapping.gaps import build_gap_reader, build_table_reader, is_cut, suggest_values
from apps.flows.models import Batch, Flow, Operation, Run
from apps.flows.services import blobs
from apps.flows.services.evidence import canonical_values_of
from apps.flows.services.session import PinnedFlow

LATEST_BATCHES = 3
MOST_SHOWN = 50
_LATEST_RUNS = 20
_MOST_SENTENCES = 1_000
_MOST_CUT = 10  # values that are looked up in full: each opens the evidence of a batch
_SAID = "” has no value in the table of "  # as the compiled mapping says it (mapping/fitting.py)


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value without a row: the records it holds up with their money, and how often it was read lately."""

    value: str
    blocked: int
    seen: int
    last_at: datetime | None
    money: tuple[tuple[Decimal, str], ...]
    suggestions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ValueGaps:
    """What one table does not know. `ready` records were held up by values that have a row now; `looked_at` were read."""

    unknown: tuple[UnknownValue, ...] = ()
    more: int = 0
    ready: int = 0
    looked_at: int = 0


NO_GAPS = ValueGaps()


@dataclass(slots=True)
class _Held:
    """What one value holds up, gathered over the sentences it stands in."""

    blocked: int = 0
    seen: int = 0
    last_at: datetime | None = None
    money: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    sentences: list[str] = field(default_factory=list)

    def noticed(self, at: datetime) -> None:
        self.last_at = at if self.last_at is None else max(self.last_at, at)


def list_value_gaps(flow: Flow, pinned: PinnedFlow) -> dict[str, ValueGaps]:
    """Return by target field what the tables of the flow's mapping do not know."""
    lines = [line for line in pinned.delivery.lines if line.line.value_map is not None]
    if not lines:
        return {}
    held = _held_up(flow, lines)
    looked_at = _add_read_lately(flow, pinned, lines, held)
    specs = {spec.name: spec for spec in pinned.target_object.fields}
    return {line.target: _gaps(line, specs.get(line.target), held[line.target], looked_at) for line in lines}


def ready_operations(flow: Flow, pinned: PinnedFlow, target: str) -> QuerySet[Operation]:
    """Return the blocked records whose value has got a row in the table since."""
    lines = [line for line in pinned.delivery.lines if line.target == target and line.line.value_map is not None]
    known = {line.target: _known(line) for line in lines}
    sentences = [
        sentence
        for line in lines
        for value, one in _held_up(flow, lines)[line.target].items()
        if value in known[line.target]
        for sentence in one.sentences
    ]
    return _blocked(flow).filter(error_message__in=sentences)


def _blocked(flow: Flow) -> QuerySet[Operation]:
    # By customer as well: that is what the ledger is indexed by.
    return Operation.objects.filter(
        customer_id=flow.customer_id, flow_id=flow.id, state=OperationState.REJECTED, error_message__contains=_SAID
    )


def _held_up(flow: Flow, lines: Sequence[CompiledLine]) -> dict[str, dict[str, _Held]]:
    readers = {line.target: build_gap_reader(line.label, line.line) for line in lines}
    held: dict[str, dict[str, _Held]] = {line.target: defaultdict(_Held) for line in lines}
    cut = 0
    for row in _grouped(flow):
        for line in lines:
            value = readers[line.target](row["error_message"])
            if is_cut(value):
                cut += 1
                value = _whole_value(flow, line, row["error_message"]) if cut <= _MOST_CUT else ""
            if value:
                _add(held[line.target][value], row)
    return held


def _grouped(flow: Flow) -> Iterable[Mapping[str, Any]]:
    return (
        _blocked(flow)
        .values("error_message", "currency")
        .annotate(number=Count("id"), last_at=Max("changed_at"), held=Sum("amount"))
        .order_by("-number")[:_MOST_SENTENCES]
    )


def _add(held: _Held, row: Mapping[str, Any]) -> None:
    held.blocked += row["number"]
    held.noticed(row["last_at"])
    held.sentences.append(row["error_message"])
    if row["held"] is not None:
        held.money[row["currency"]] += row["held"]


def _whole_value(flow: Flow, line: CompiledLine, sentence: str) -> str:
    """Return a value that the sentence cuts short, from the evidence of one of its records; "" without evidence."""
    operation = _blocked(flow).select_related("flow").filter(error_message=sentence).order_by("-id").first()
    return build_table_reader(line.line)(canonical_values_of(operation)) if operation else ""


def _add_read_lately(
    flow: Flow, pinned: PinnedFlow, lines: Sequence[CompiledLine], held: Mapping[str, dict[str, _Held]]
) -> int:
    """Count the values of what was read lately, through the live mapping; return how many records that was."""
    readers = [(line.target, build_table_reader(line.line), _known(line)) for line in lines]
    looked_at = 0
    for at, record in _read_lately(flow):
        looked_at += 1
        canonical = pinned.compiled.extract.plan(record).canonical
        for target, read, known in readers:
            value = read(canonical)
            if value and value not in known:
                one = held[target][value]
                one.seen += 1
                one.noticed(at)
    return looked_at


def _read_lately(flow: Flow) -> Iterator[tuple[datetime, SourceRecord]]:
    runs = list(Run.objects.filter(flow=flow).order_by("-id").values_list("id", flat=True)[:_LATEST_RUNS])
    batches = Batch.objects.filter(run_id__in=runs, step="", plan__isnull=False).order_by("-id")
    for created_at, plan in batches.values_list("created_at", "plan")[:LATEST_BATCHES]:
        for entry in blobs.unpack(plan)["entries"]:
            if entry["values"] is not None:
                yield created_at, SourceRecord(entry["object"], entry["key"], entry["version"], entry["values"])


def _known(line: CompiledLine) -> frozenset[str]:
    return frozenset(plain_text(key) for key in line.line.value_map or {})


def _gaps(line: CompiledLine, spec: FieldSpec | None, held: Mapping[str, _Held], looked_at: int) -> ValueGaps:
    known, choices = _known(line), spec.choices if spec else ()
    unknown = [(value, one) for value, one in held.items() if value not in known]
    unknown.sort(key=lambda pair: (-pair[1].blocked, -pair[1].seen, pair[0]))
    return ValueGaps(
        unknown=tuple(
            UnknownValue(
                value,
                one.blocked,
                one.seen,
                one.last_at,
                tuple((amount, currency) for currency, amount in sorted(one.money.items())),
                suggest_values(value, choices, line.line.value_map or {}),
            )
            for value, one in unknown[:MOST_SHOWN]
        ),
        more=max(len(unknown) - MOST_SHOWN, 0),
        ready=sum(one.blocked for value, one in held.items() if value in known),
        looked_at=looked_at,
    )
