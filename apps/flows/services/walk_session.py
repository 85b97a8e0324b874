"""One walking operation opened for work in one process: its record, its steps so far, and the systems it may call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.connectors import registry
from apps.connectors.canonical.registry import canonical_type, restore
from apps.connectors.canonical.shapes import Amount, AmountQuality
from apps.connectors.contract import Connector
from apps.connectors.manifest import ObjectManifest
from apps.connectors.models import Connection
from apps.connectors.opening import open_connector
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.acts import StepContext
from apps.flows.engine.definition import FlowDefinition, Step, parse_definition
from apps.flows.engine.echo import Echo
from apps.flows.engine.flow import compile_writing
from apps.flows.engine.identity import EffectScope
from apps.flows.engine.ownership import Guard
from apps.flows.engine.states import OperationState, StepState
from apps.flows.mapping.compiled import CompiledMapping
from apps.flows.mapping.layers import NO_LAYERS, Layers
from apps.flows.mapping.places import read_places
from apps.flows.models import Correction, Flow, FlowRole, Operation, OperationStep, Run
from apps.flows.services.owner_register import guard_for
from apps.flows.services.session import keeps_values
from apps.tenants import scope

SOURCE, TARGET = "source", "target"
UNDONE_TIMES = "undone"  # in a step's result: how often what it made was taken back
RECORD = "record"  # the row that keeps the record itself, as read: a walk may outlive every batch


class MissingRoleError(LookupError):
    """A step names a system that the flow was not given."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step delivers: a connection, its object, and the pinned mapping into it."""

    connection: Connection
    target_object: ObjectManifest
    delivery: CompiledMapping
    guard: Guard | None = None
    echo: Echo | None = None  # walking records are not looked up by their origin

    @property
    def needs_existing_values(self) -> bool:
        """True when a line keeps what the target has, so that an update must read it first."""
        return keeps_values(self.delivery)


@dataclass(slots=True)
class WalkSession:
    """Everything the steps of one operation need. `rows` are the steps begun so far, by name."""

    work: LeasedWork
    operation: Operation
    run: Run
    flow: Flow
    definition: FlowDefinition
    layers: Mapping[str, Any]
    source_object: str
    source_key: str
    canonical: Mapping[str, Any]
    rows: dict[str, OperationStep]
    systems: Mapping[str, Connection] = field(default_factory=dict)

    @property
    def states(self) -> dict[str, StepState]:
        """The states of the steps begun so far."""
        return {name: StepState(row.state) for name, row in self.rows.items()}

    @property
    def correlation_id(self) -> str:
        """What ties the operation to its trigger, in every call."""
        return self.operation.correlation_id

    def context(self, step: Step) -> StepContext:
        """Return what a step may look at now."""
        row, now = self.rows.get(step.name), timezone.now()
        return StepContext(
            record=self.canonical,
            results={name: done.result for name, done in self.rows.items()},
            business_key=self.operation.business_key,
            source_key=self.source_key,
            label=self.operation.label,
            amount=_amount(self.operation),
            began_at=row.started_at if row else now,
            now=now,
            settings=self.definition.settings,
        )

    def connection(self, role: str) -> Connection:
        """Return the system called `role`. Raises MissingRoleError."""
        try:
            return self.systems[role]
        except KeyError:
            raise MissingRoleError(f"The flow has no system for the role {role!r}: choose one on its page.") from None

    def connector(self, role: str) -> Connector:
        """Return an unopened connector to the system called `role`."""
        return open_connector(self.connection(role), correlation_id=self.correlation_id)

    def place(self, step: Step, role: str, type_name: str) -> Place:
        """Return where a step delivers records of a type. Raises MissingRoleError, MappingError."""
        connection = self.connection(role)
        stored = read_places(self.layers)[step.name]
        kind = stored.writes(object_of(connection, type_name, stored.object))
        mapping = compile_delivery(type_name, kind, stored.layers, self.definition.settings)
        return Place(
            connection, kind, mapping, guard_for(self.flow.customer_id, type_name, self.flow.source_id, mapping)
        )

    def idempotency_key(self, step: Step, connection: Connection) -> str:
        """Return the key of this step's effect: the same for every repeat of the same content.

        What was taken back is made anew under another one: a system that remembers the first would only repeat its answer.
        """
        row, place = self.rows.get(step.name), f"{connection.id}/{step.name}"
        undone = row.result.get(UNDONE_TIMES, 0) if row is not None else 0
        scoped = f"{place}/{undone}" if undone else place
        effects = EffectScope(scope.require().partner.schema_name, str(self.flow.id), scoped)
        return effects.key(self.source_key, self.operation.source_version, self.operation.revision)


def object_of(connection: Connection, type_name: str, name: str = "") -> ObjectManifest:
    """Return the object that holds a type in a system. Raises MissingRoleError when there is none to write to."""
    manifest = registry.manifest(connection.system)
    kind = manifest.object_named(name) if name else manifest.object_for(type_name)
    if kind is None or kind.writing is None:
        raise MissingRoleError(f"{connection.name} cannot take records of the type {type_name}.")
    return kind


def compile_delivery(
    type_name: str, kind: ObjectManifest, layers: Layers = NO_LAYERS, settings: Mapping[str, Any] | None = None
) -> CompiledMapping:
    """Compile the lines that write a canonical record to an object. Raises MappingError."""
    return compile_writing(canonical_type(type_name), kind, layers, settings)


def open_walk(work: LeasedWork, state: OperationState = OperationState.WAITING) -> WalkSession | None:
    """Load the operation of `work`; None when it is not in `state` any more. Call inside a transaction.

    Raises:
        DefinitionError: the pinned version cannot be read any more.

    """
    operation = (
        Operation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("flow__source", "flow__target", "last_run__version", "last_run__event")
        .filter(id=UUID(work.reference), state=state)
        .first()
    )
    if operation is None:
        return None
    flow, run = operation.flow, operation.last_run
    rows = {row.name: row for row in OperationStep.objects.filter(operation_id=operation.id)}
    read = rows.pop(RECORD)
    return WalkSession(
        work=work,
        operation=operation,
        run=run,
        flow=flow,
        definition=parse_definition(run.version.definition),
        layers=run.version.layers,
        source_object=read.object_name,
        source_key=read.outside_key,
        canonical=_canonical(operation, read.result),
        rows=rows,
        systems=systems_of(flow),
    )


def _canonical(operation: Operation, kept: Mapping[str, Any]) -> dict[str, Any]:
    described = canonical_type(operation.canonical_type)
    typed = Correction.objects.filter(operation=operation).order_by("id").values_list("field", "new_value")
    values, _ = restore(described, {**kept, **dict(typed)})
    return values | dict(described.derive(values))


def systems_of(flow: Flow) -> dict[str, Connection]:
    """Return a flow's systems by role."""
    further = FlowRole.objects.select_related("connection").filter(flow=flow)
    return {SOURCE: flow.source, TARGET: flow.target, **{role.role: role.connection for role in further}}


def _amount(operation: Operation) -> Amount | None:
    if operation.amount is None:
        return None
    return Amount(operation.amount, operation.currency, AmountQuality(operation.amount_quality or "unknown"))
