"""The values that walk the engine: what is known of a record, and what is planned for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from apps.connectors.canonical.shapes import Amount, LedgerReferences
from apps.connectors.errors import FieldProblem
from apps.flows.engine.states import OperationState
from apps.flows.mapping.compiled import Reference


class LinkState(NamedTuple):
    """What the target is known to hold of one record. An empty fingerprint or version is not compared."""

    target_key: str
    source_version: str = ""
    fingerprint: str = ""


class OpenOperation(NamedTuple):
    """An operation of the same record that is not done: it waits, or somebody must act on it.

    `fingerprint` is that of the content last tried ("" when it never got that far).
    """

    source_version: str
    state: OperationState
    fingerprint: str = ""
    revision: int = 0
    problems: tuple[FieldProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """Canonical values a person set for one record before replaying it, as typed in; `revision` counts from 1.

    A None or empty value takes the source's value away. `source_version` is the version that was mended: a later one
    from the source is taken as it is ("" : the correction holds for every version).
    """

    values: Mapping[str, Any]
    revision: int = 1
    source_version: str = ""


class Extracted(NamedTuple):
    """A record in canonical form, with what could not be read of it."""

    canonical: dict[str, Any]
    problems: tuple[FieldProblem, ...]


class PlannedOperation(NamedTuple):
    """What will be done with one version of one record, and why.

    `decision` WAITING means: to be delivered, unless `reason` says that it stands behind an earlier one or walks by itself. `mapped` is
    None unless the record got as far as mapping. `target_key` None means create.
    """

    business_key: str
    source_key: str
    source_version: str
    canonical: dict[str, Any]
    mapped: dict[str, Any] | None
    references: tuple[Reference, ...]
    decision: OperationState
    step: str
    reason: str
    problems: tuple[FieldProblem, ...]
    fingerprint: str
    target_key: str | None
    amount: Amount | None
    refs: LedgerReferences
    idempotency_key: str
    revision: int = 0

    @property
    def to_deliver(self) -> bool:
        """True when the batch is to send it."""
        return self.decision is OperationState.WAITING and not self.reason


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What will be done with a batch. `duplicates` counts records the source sent twice in it: they are left out."""

    entries: tuple[PlannedOperation, ...]
    duplicates: int = 0


# Reasons of decisions; each has a sentence in REASONS.
SAME_VERSION = "same_version"
SAME_CONTENT = "same_content"
OLDER_VERSION = "older_version"
NEWER_IN_BATCH = "newer_in_batch"
ALREADY_WAITING = "already_waiting"
BEHIND_EARLIER = "behind_earlier"
STILL_REJECTED = "still_rejected"
PROBLEMS = "problems"
WALKS = "walks"
GAVE_WAY = "gave_way"
CAME_BACK = "came_back"

REASONS: Mapping[str, str] = {
    SAME_VERSION: "This version was delivered before.",
    SAME_CONTENT: "Nothing that the target receives has changed.",
    OLDER_VERSION: "A newer version was delivered already.",
    NEWER_IN_BATCH: "A newer version came in the same reading.",
    ALREADY_WAITING: "The same version waits already.",
    BEHIND_EARLIER: "An earlier version of the record must go first.",
    STILL_REJECTED: "It was rejected before and nothing has changed since.",
    PROBLEMS: "Something is wrong with the record.",
    WALKS: "It walks the flow's steps by itself.",
    GAVE_WAY: "A newer version of the record has taken its place.",
    CAME_BACK: "It came back as it was written there from this very system: nothing has to be sent.",
}
