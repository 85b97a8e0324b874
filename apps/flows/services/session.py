"""One run opened for work in one process: what was pinned, compiled and unsealed at its start (no queries later)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.connectors import registry
from apps.connectors.contract import Connector
from apps.connectors.services import open_connector
from apps.dispatch.leases import LeasedWork
from apps.flows.engine import CompiledFlow, compile_flow, parse_definition
from apps.flows.engine.identity import EffectScope
from apps.flows.engine.states import RunState, states_before
from apps.flows.mapping import layers_from_stored
from apps.flows.models import Checkpoint, FlowVersion, Run
from apps.tenants import scope


@dataclass(slots=True)
class Session:
    """Everything a slice of a run needs. `known_links` remembers references resolved so far, per (type, key)."""

    work: LeasedWork
    run_id: UUID
    flow_id: UUID
    customer_id: UUID
    source_id: UUID
    target_id: UUID
    mode: Run.Mode
    payload: Mapping[str, Any]
    compiled: CompiledFlow
    effects: EffectScope
    source: Connector
    target: Connector
    source_name: str
    position: Mapping[str, Any] | None
    reading_done: bool
    batches: int
    outages: int
    correlation_id: str
    known_links: dict[tuple[str, str], str] = field(default_factory=dict)


def compile_version(version: FlowVersion, source_system: str, target_system: str) -> CompiledFlow:
    """Compile a published version between two systems of the catalogue. Raises MappingError, DefinitionError."""
    definition = parse_definition(version.definition)
    return compile_flow(
        definition,
        registry.manifest(source_system),
        registry.manifest(target_system),
        layers_from_stored(version.layers),
    )


def open_session(work: LeasedWork) -> Session | None:
    """Load the run of `work` and mark it running; None when it is over already. Call inside a transaction."""
    run = (
        Run.objects.select_related("flow__source", "flow__target", "version", "event", "customer")
        .filter(id=UUID(work.reference))
        .first()
    )
    if run is None:
        return None
    claimed = Run.objects.filter(id=run.id, state__in=[*states_before(RunState.RUNNING), RunState.RUNNING])
    if not claimed.update(state=RunState.RUNNING, started_at=run.started_at or timezone.now()):
        return None
    flow = run.flow
    checkpoint = Checkpoint.objects.filter(flow=flow).first()
    correlation_id = run.id.hex
    return Session(
        work=work,
        run_id=run.id,
        flow_id=flow.id,
        customer_id=run.customer_id,
        source_id=flow.source_id,
        target_id=flow.target_id,
        mode=Run.Mode(run.mode),
        payload=run.event.payload,
        compiled=compile_version(run.version, flow.source.system, flow.target.system),
        effects=EffectScope(scope.require().partner.schema_name, str(flow.id), str(flow.target_id)),
        source=open_connector(flow.source, correlation_id=correlation_id),
        target=open_connector(flow.target, correlation_id=correlation_id),
        source_name=flow.source.name,
        position=checkpoint.position if checkpoint else None,
        reading_done=run.reading_done,
        batches=run.batches.count(),
        outages=run.outages,
        correlation_id=correlation_id,
    )
