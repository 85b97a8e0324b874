"""What a draft's mapping makes of the real records of its latest trial, line by line, and which values no table knows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404

from apps.connectors.canonical.values import UnusableValueError, plain_text
from apps.connectors.contract import SourceRecord
from apps.connectors.errors import BusinessClass
from apps.connectors.manifest import MappingLine
from apps.flows.engine.definition import DefinitionError
from apps.flows.mapping.compiled import MappingError
from apps.flows.mapping.explain import ExplainedLine, explain
from apps.flows.mapping.gaps import value_at_table
from apps.flows.models import DryRun, Flow
from apps.flows.queries.mapping import problem_sentences
from apps.flows.services.dry_run import rows_kept
from apps.flows.services.session import PinnedFlow, compile_version

_LONGEST = 160


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One field of the target: from where, what it would get, or why it would get nothing."""

    target: str
    label: str
    source: str
    value: str
    problem: str
    required: bool


@dataclass(frozen=True, slots=True)
class PreviewRecord:
    """One real record. `refused` is why it would not get through besides its mapping."""

    number: int
    label: str
    problems: int
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A value that the table of a line does not know; `known` are what others of the table become."""

    target: str
    label: str
    value: str
    count: int
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The records of a trial through the mapping as it is now; `lines` are those of the record looked at."""

    records: list[PreviewRecord]
    chosen: PreviewRecord | None
    lines: list[PreviewLine]
    gaps: list[Gap]
    sentences: list[str]

    @property
    def with_problems(self) -> int:
        """Return how many of the records would not get through the mapping."""
        return sum(record.problems > 0 for record in self.records)


def latest_trial(flow: Flow, *, most_at_least: int = 0) -> DryRun | None:
    """Return the newest trial of a flow that looked at so many records, whatever became of it; None before the first."""
    return DryRun.objects.filter(flow=flow, most__gt=most_at_least).defer("rows").first()


def latest_result(flow: Flow) -> DryRun | None:
    """Return the newest trial that read something, with its records."""
    return DryRun.objects.filter(flow=flow, state=DryRun.State.DONE, read__gt=0).first()


def get_flow_of(customer_id: UUID, flow_id: UUID) -> Flow:
    """Return one flow of a customer. Raises Http404."""
    found = Flow.objects.filter(customer_id=customer_id, id=flow_id).first()
    if found is None:
        raise Http404("There is no such flow.")
    return found


def get_preview(flow: Flow, result: DryRun, *, number: int) -> Preview:
    """Put a trial's records through the flow's mapping as it is now; `number` (from 1) is the record to look at."""
    version = flow.live_version
    if version is None:
        return Preview([], None, [], [], [])
    try:
        pinned = compile_version(version, flow.source, flow.target)
    except MappingError as error:
        return Preview([], None, [], [], problem_sentences(error.problems))
    except (DefinitionError, KeyError) as error:
        return Preview([], None, [], [], [str(error.args[0]) if error.args else str(error)])
    # What the template leaves out need not be complete: nobody has to look at it.
    wanted = [(row, _canonical(pinned, row)) for row in rows_kept(result) if row["outcome"] != "skipped"]
    tried = [(row, canonical, explain(pinned.compiled.delivery, canonical)) for row, canonical in wanted]
    records = [_record(place, row, lines) for place, (row, _, lines) in enumerate(tried, start=1)]
    chosen = records[min(max(number, 1), len(records)) - 1] if records else None
    shown = tried[chosen.number - 1][2] if chosen else []
    return Preview(records, chosen, [_line(pinned, flow, line) for line in shown], _gaps(pinned, tried), [])


def _canonical(pinned: PinnedFlow, row: dict[str, Any]) -> dict[str, Any]:
    record = SourceRecord(pinned.source_object.name, row["key"], row["version"], row["source"])
    return dict(pinned.compiled.extract.plan(record).canonical)


def _record(number: int, row: dict[str, Any], lines: list[ExplainedLine]) -> PreviewRecord:
    # What the mapping makes of it is asked anew; what a check or the target said stands until the next trial.
    refused = tuple(found["reason"] for found in row["reasons"] if row["step"] != "map")
    return PreviewRecord(number, row["label"] or row["key"], sum(line.problem is not None for line in lines), refused)


def _line(pinned: PinnedFlow, flow: Flow, line: ExplainedLine) -> PreviewLine:
    own = next(one.line for one in pinned.compiled.delivery.lines if one.target == line.target)
    described = pinned.compiled.described.field_named(own.source.partition(".")[0]) if own.source else None
    problem = line.problem.message.replace("{source}", flow.source.name) if line.problem else ""
    value = "" if line.value is None else plain_text(line.value)
    return PreviewLine(
        line.target, line.label, described.label if described else "", value[:_LONGEST], problem, line.required
    )


def _gaps(pinned: PinnedFlow, tried: list[tuple[dict[str, Any], dict[str, Any], list[ExplainedLine]]]) -> list[Gap]:
    counted: Counter[tuple[str, str]] = Counter()
    lines = {one.target: one for one in pinned.compiled.delivery.lines}
    for _row, canonical, explained in tried:
        for line in explained:
            if line.problem is not None and line.problem.business_class is BusinessClass.MAPPING_GAP:
                counted[line.target, _looked_up(lines[line.target].line, canonical)] += 1
    return [
        Gap(target, lines[target].label, value, number, _known_values(lines[target].line.value_map))
        for (target, value), number in counted.most_common()
        if value
    ]


def _looked_up(line: MappingLine, canonical: Mapping[str, Any]) -> str:
    try:
        return value_at_table(line, canonical)
    except UnusableValueError:
        return ""


def _known_values(table: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain_text(value) for value in (table or {}).values()))[:50]
