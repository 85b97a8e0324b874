"""What the services pass between planning, delivering and settling one batch (plain values, no queries)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from apps.connectors.contract import SourceRecord, WriteOutcome
from apps.connectors.manifest import ObjectManifest
from apps.flows.engine.echo import Echo
from apps.flows.engine.ownership import Dispute, Guard, Ruling
from apps.flows.engine.records import CAME_BACK, REASONS, WALKS, PlannedOperation
from apps.flows.engine.states import OperationState
from apps.flows.mapping.compiled import CompiledMapping


class Destination(Protocol):
    """Where records go: the target's object, and the mapping into it."""

    @property
    def target_object(self) -> ObjectManifest:
        """The object that is written."""

    @property
    def delivery(self) -> CompiledMapping:
        """The compiled mapping into it."""

    @property
    def needs_existing_values(self) -> bool:
        """True when a line keeps what the target has, so that an update must read it first."""

    @property
    def guard(self) -> Guard | None:
        """Which fields belong to other systems; None when every field may be written."""

    @property
    def echo(self) -> Echo | None:
        """What the flow in the other direction writes; None when there is none."""


@dataclass(frozen=True, slots=True)
class KnownOperation:
    """A ledger line that exists already for a record of the batch."""

    id: UUID
    business_key: str
    source_version: str
    state: OperationState
    attempts: int
    revision: int
    ambiguous: bool
    last_run_id: UUID  # the run whose counts hold it


@dataclass(slots=True)
class Entry:
    """One record on its way through one batch.

    `known` is its ledger line when there is one; `probe_first` asks the target before writing, because an earlier
    attempt may have arrived; `repeat` records were settled before and get no new line; `behind` is until when the record
    waits because its target has taken another version of it and not answered yet; `returns` says that it was made from a
    record of the very system it goes to, so that it may be nothing but what we wrote ourselves. `held` says that a
    business rule stopped it.
    """

    operation_id: UUID
    record: SourceRecord
    planned: PlannedOperation
    known: KnownOperation | None = None
    probe_first: bool = False
    repeat: OperationState | None = None
    behind: datetime | None = None
    held: bool = False
    returns: bool = False

    @property
    def walks(self) -> bool:
        """True when the record goes on by itself, step by step."""
        return self.repeat is None and self.planned.reason == WALKS

    @property
    def to_deliver(self) -> bool:
        """True when the target has to be called for this record."""
        return self.repeat is None and self.behind is None and self.planned.to_deliver


def evidence_entry(entry: Entry, *, contents: bool = True) -> dict[str, Any]:
    """Return what a batch's plan keeps of one record; without `contents` only how to find it and its effect again."""
    planned = entry.planned
    held = [[p.field, p.message, p.business_class, p.code] for p in planned.problems] if entry.held else None
    return {
        "id": str(entry.operation_id),
        "object": entry.record.object_name,
        "key": entry.record.key,
        "version": entry.record.version,
        "values": entry.record.values if contents else None,
        "mapped": planned.mapped if contents else None,
        "idempotency_key": planned.idempotency_key,
        "business_key": planned.business_key,
        "repeat": entry.repeat.value if entry.repeat else "",
        **({"held": held} if held else {}),
    }


@dataclass(slots=True)
class OpenBatch:
    """A batch that is written ahead and not settled. `duplicates` records came twice in it and are left out.

    `overtaken` lines end when one of these records gets through; `replaced` ones with the batch, whatever comes of it: their
    record was asked for again, and its newer version is in here with a line of its own.
    """

    id: UUID
    number: int
    entries: list[Entry]
    checkpoint_after: Mapping[str, Any] | None
    overtaken: list[KnownOperation] = field(default_factory=list)
    duplicates: int = 0
    replaced: list[KnownOperation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Minded:
    """What looking at the target before writing showed: fields in dispute; `sent` False says that nothing was left to send."""

    disputes: tuple[Dispute, ...] = ()
    sent: bool = True

    @property
    def sentence(self) -> str:
        """Return why nothing was sent, "" when something was."""
        if self.sent:
            return ""
        if not self.disputes:
            return REASONS[CAME_BACK]
        owners = ", ".join(dict.fromkeys(dispute.owner for dispute in self.disputes))
        return f"Nothing was sent: all that differs belongs to {owners}."[:600]

    @property
    def kept_words(self) -> str:
        """Return which fields would stay as the target has them, "" when none."""
        kept = [f"{one.field} ({one.owner})" for one in self.disputes if one.ruling is not Ruling.WRITTEN]
        return f"Stays as it is there: {', '.join(kept)}."[:600] if kept else ""


@dataclass(slots=True)
class Delivery:
    """What came of delivering a batch: an outcome for each operation that was tried, and ids learned on the way.

    `minded` has those whose target's values were looked at for the owner register or because they had come back.
    """

    outcomes: dict[UUID, WriteOutcome]
    found_links: dict[tuple[str, str], str] = field(default_factory=dict)  # (canonical type, key) -> target id
    minded: dict[UUID, Minded] = field(default_factory=dict)
