"""What the services pass between planning, delivering and settling one batch (plain values, no queries)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.connectors.contract import SourceRecord, WriteOutcome
from apps.flows.engine.records import PlannedOperation
from apps.flows.engine.states import OperationState


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
    attempt may have arrived; `repeat` records were settled before and get no new line.
    """

    operation_id: UUID
    record: SourceRecord
    planned: PlannedOperation
    known: KnownOperation | None = None
    probe_first: bool = False
    repeat: OperationState | None = None

    @property
    def to_deliver(self) -> bool:
        """True when the target has to be called for this record."""
        return self.repeat is None and self.planned.to_deliver


@dataclass(slots=True)
class OpenBatch:
    """A batch that is written ahead and not settled. `duplicates` records came twice in it and are left out."""

    id: UUID
    number: int
    entries: list[Entry]
    checkpoint_after: Mapping[str, Any] | None
    overtaken: list[KnownOperation] = field(default_factory=list)
    duplicates: int = 0


@dataclass(slots=True)
class Delivery:
    """What came of delivering a batch: an outcome for each operation that was tried, and ids learned on the way."""

    outcomes: dict[UUID, WriteOutcome]
    found_links: dict[tuple[str, str], str] = field(default_factory=dict)  # (canonical type, key) -> target id
