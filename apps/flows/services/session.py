"""One run opened for work in one process: what was pinned, compiled and unsealed at its start (no queries later)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.connectors import registry
from apps.connectors.breaker import require_closed
from apps.connectors.contract import Connector, SourceRecord
from apps.connectors.manifest import ObjectManifest, WriteMode
from apps.connectors.models import Connection
from apps.connectors.opening import open_connector
from apps.customers.retention import payload_rule
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.definition import DefinitionError, FlowDefinition, parse_definition
from apps.flows.engine.echo import Echo
from apps.flows.engine.flow import CompiledFlow, compile_flow
from apps.flows.engine.identity import EffectScope
from apps.flows.engine.ownership import Guard
from apps.flows.engine.states import RunState, states_before
from apps.flows.mapping.compiled import CompiledMapping, MappingError
from apps.flows.mapping.layers import NO_LAYERS, LayerError
from apps.flows.mapping.places import DELIVERY, READING, read_places
from apps.flows.models import Checkpoint, Flow, FlowVersion, Run
from apps.flows.services import announced
from apps.flows.services.backfill import own_position
from apps.flows.services.origin_marks import flow_back, has_way_back
from apps.flows.services.owner_register import guard_for
from apps.flows.services.start_run import causes_of, payload_of
from apps.tenants import scope
from apps.tenants.correlation import Correlation


@dataclass(frozen=True, slots=True)
class PinnedFlow:
    """A published version, compiled between the two objects it moves records between."""

    compiled: CompiledFlow
    source_object: ObjectManifest
    target_object: ObjectManifest
    guard: Guard | None = None  # the customer's owner register, as it is now
    echo: Echo | None = None  # the flow in the other direction, where there is one

    @property
    def delivery(self) -> CompiledMapping:
        """The compiled mapping into the target."""
        return self.compiled.delivery

    @property
    def needs_existing_values(self) -> bool:
        """True when a line keeps what the target has, so that an update must read it first."""
        return keeps_values(self.delivery)


def keeps_values(delivery: CompiledMapping) -> bool:
    """Say whether a line of the mapping keeps what the target has."""
    return any(line.line.write_mode is not WriteMode.OVERWRITE for line in delivery.lines)


def objects_of(
    definition: FlowDefinition, layers: Mapping[str, Any], source_system: str, target_system: str
) -> tuple[ObjectManifest, ObjectManifest]:
    """Return the two objects a version moves records between; their own lines are those of its publishing.

    The batches of a walking flow write nothing: their second object is the first one, without writing.

    Raises KeyError when a system has no such object.
    """
    source, target = registry.manifest(source_system), registry.manifest(target_system)
    kind = definition.canonical_type
    reads = source.object_named(definition.source_object) if definition.source_object else source.object_for(kind)
    places = read_places(layers)
    if reads is not None and READING in places:
        reads = places[READING].reads(reads)
    if definition.walks and reads is not None:
        return reads, replace(reads, writing=None, writing_lines=())  # its steps know themselves where they write
    writes = target.object_named(definition.target_object) if definition.target_object else target.object_for(kind)
    if reads is None or writes is None:
        raise KeyError(f"{source.name} and {target.name} cannot both hold {kind}")
    return reads, places[DELIVERY].writes(writes)


def compile_version(version: FlowVersion, source: Connection, target: Connection) -> PinnedFlow:
    """Compile a published version between two connections. Raises MappingError, DefinitionError, KeyError."""
    definition = parse_definition(version.definition)
    reads, writes = objects_of(definition, version.layers, source.system, target.system)
    places = read_places(version.layers)
    compiled = compile_flow(
        definition,
        reads,
        writes,
        places[DELIVERY].layers if DELIVERY in places else NO_LAYERS,
        source_system=source.system,
        source_label=source.name,
        reading_layers=places[READING].layers if READING in places else NO_LAYERS,
    )
    return PinnedFlow(compiled, reads, writes)


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
    pinned: PinnedFlow
    effects: EffectScope
    source: Connector
    target: Connector
    position: Mapping[str, Any] | None
    reading_done: bool
    batches: int
    outages: int
    correlation: Correlation
    version: int
    stores_contents: bool = True  # the customer's choice: False forgets what was in a record once it is settled
    known_links: dict[tuple[str, str], str] = field(default_factory=dict)
    brought: tuple[SourceRecord, ...] = ()  # what events brought, where records come no other way
    causes: Mapping[str, str] = field(default_factory=dict)  # of gathered events: source key -> correlation id
    comes_back: bool = False  # other flows bring to the source what stands in the target

    @property
    def compiled(self) -> CompiledFlow:
        """The compiled mappings and steps of the pinned version."""
        return self.pinned.compiled

    @property
    def calls(self) -> tuple[UUID, ...]:
        """The connections that the run itself calls; the steps of a walking flow call theirs by themselves."""
        only_source = self.compiled.definition.walks or self.mode == Run.Mode.COMPARE
        return (self.source_id,) if only_source else (self.source_id, self.target_id)

    @property
    def correlation_id(self) -> str:
        """What ties this run to its trigger, in the ledger and in every call."""
        return self.correlation.id


def open_session(work: LeasedWork) -> Session | None:
    """Load the run of `work` and mark it running; None when it is over already. Call inside a transaction.

    Raises PausedError while one of its connections is not called, and what compiling or opening a connection raises.
    """
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
    causes = causes_of(run)
    session = _session(
        work,
        run.flow,
        run.version,
        run.id,
        mode=Run.Mode(run.mode),
        payload=payload_of(run),
        reading_done=run.reading_done,
        batches=run.batches.filter(number__isnull=False).count(),
        outages=run.outages,
        correlation=correlation_of(run, cause=run.id.hex if causes else ""),
    )
    session.causes = causes
    if announced.is_announced(session.pinned.source_object):
        session.brought = announced.newest_of(session.pinned.source_object, announced.brought_records(run))
    require_closed(session.calls)
    return session


def correlation_of(run: Run, *, cause: str = "") -> Correlation:
    """Return what caused a run, or `cause` where an operation of it has one of its own.

    The run's own id stands for several causes, and for an event that was stored before events kept theirs.
    """
    own = run.event.correlation_id or run.id.hex
    return Correlation(cause) if cause not in ("", own) else Correlation(own, run.event.traceparent)


def open_trial(work: LeasedWork, flow: Flow, version: FlowVersion, trial_id: UUID) -> Session:
    """Open a flow for reading and planning only: no run is claimed or marked. Call inside a transaction.

    Raises what compiling the version or opening a connection raises.
    """
    return _session(work, flow, version, trial_id)


def _session(  # noqa: PLR0913  each is one fact of what is opened, all by name
    work: LeasedWork,
    flow: Flow,
    version: FlowVersion,
    run_id: UUID,
    *,
    mode: Run.Mode = Run.Mode.READ,
    payload: Mapping[str, Any] | None = None,
    reading_done: bool = False,
    batches: int = 0,
    outages: int = 0,
    correlation: Correlation | None = None,
) -> Session:
    checkpoint = Checkpoint.objects.filter(flow=flow).first()
    position = checkpoint.position if checkpoint else None
    pinned = compile_version(version, flow.source, flow.target)
    comes_back = has_way_back(flow)
    guard = guard_for(flow.customer_id, pinned.compiled.described.name, flow.source_id, pinned.delivery)
    correlation = correlation or Correlation(run_id.hex)
    return Session(
        work=work,
        run_id=run_id,
        flow_id=flow.id,
        customer_id=flow.customer_id,
        source_id=flow.source_id,
        target_id=flow.target_id,
        mode=mode,
        payload=payload or {},
        pinned=replace(pinned, guard=guard, echo=_echo_of(flow) if comes_back else None),
        effects=EffectScope(scope.require().partner.schema_name, str(flow.id), str(flow.target_id)),
        source=open_connector(flow.source, correlation_id=correlation.id),
        target=open_connector(flow.target, correlation_id=correlation.id),
        position=own_position(run_id, payload or {}) if mode == Run.Mode.BACKFILL else position,
        reading_done=reading_done,
        batches=batches,
        outages=outages,
        correlation=correlation,
        version=version.number,
        stores_contents=payload_rule(flow.customer_id).stored,
        comes_back=comes_back,
    )


def _echo_of(flow: Flow) -> Echo | None:
    """Return what the flow in the other direction writes; None where none can be read."""
    back = flow_back(flow)
    if back is None or back.live_version is None:
        return None
    try:
        compiled = compile_version(back.live_version, back.source, back.target).compiled
    except (MappingError, DefinitionError, LayerError, KeyError):
        return None  # its own runs say so
    return None if compiled.definition.walks else Echo(compiled)
