"""How many hours of work held-up records stand for: read once, when they are judged, from the evidence of their batch."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.manifest import ValueKind
from apps.flows.engine.definition import DefinitionError
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import Flow, Operation
from apps.flows.services.evidence import records_of
from apps.flows.services.session import compile_version

MOST_HOURS = Decimal(1_000_000)  # more than the column holds is a typing mistake in the source, not work


def hours_of(operations: Iterable[Operation]) -> dict[UUID, Decimal]:
    """Return the hours of each ledger line that is about work; lines of other kinds, or without evidence, are left out."""
    by_flow: defaultdict[Flow, list[Operation]] = defaultdict(list)
    for operation in operations:
        if _hours_field(operation.canonical_type):
            by_flow[operation.flow].append(operation)
    return {key: hours for flow, lines in by_flow.items() for key, hours in _hours_of_flow(flow, lines).items()}


def _hours_field(type_name: str) -> str:
    described = CANONICAL_TYPES.get(type_name)
    fields = described.fields if described else ()
    return next((known.name for known in fields if known.kind is ValueKind.HOURS), "")


def _hours_of_flow(flow: Flow, lines: list[Operation]) -> dict[UUID, Decimal]:
    if flow.live_version is None:
        return {}
    try:
        reading = compile_version(flow.live_version, flow.source, flow.target).compiled.reading
    except (MappingError, DefinitionError, KeyError):
        return {}  # what the records are cannot be read any more; that they are held up is known all the same
    kinds = {line.id: line.canonical_type for line in lines}
    found: dict[UUID, Decimal] = {}
    for key, record in records_of(lines).items():
        value = reading.apply(record.values).values.get(_hours_field(kinds[key]))
        if isinstance(value, Decimal) and value.is_finite() and abs(value) < MOST_HOURS:
            found[key] = value
    return found
