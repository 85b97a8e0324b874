"""Records to try again: as they were kept, or read again from their source where contents are not kept (any more)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from apps.connectors.contract import SourceRecord
from apps.flows.engine.absence import is_deletion
from apps.flows.engine.identity import fit_version, is_older
from apps.flows.engine.reconcile import ends_with_delivery
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation
from apps.flows.services.entries import KnownOperation
from apps.flows.services.session import Session

GONE = (
    "The source has no record {key} any more, and its contents are not kept here: it cannot be sent again. "
    "Leave it out, with the reason."
)
OLDER = (
    "The source shows an older state of record {key} than the one that was read, and its contents are not kept here. "
    "Retry it once the source shows the present state."
)


@dataclass(slots=True)
class Recalled:
    """What became of ledger lines that are to be tried again.

    `replaced` lines have a newer version at the source, which is among `records` and takes their place. `lost` lines cannot
    be tried: each with the sentence that says why.
    """

    records: list[SourceRecord] = field(default_factory=list)
    replaced: list[KnownOperation] = field(default_factory=list)
    lost: list[tuple[Operation, str]] = field(default_factory=list)


async def read_again(session: Session, keys: Sequence[str]) -> dict[str, SourceRecord]:
    """Return what the source holds under `keys` now; those that are gone are left out. Raises RemoteError."""
    found = {record.key: record for record in session.brought if record.key in keys}
    if keys and not session.brought:
        async for page in session.source.read(session.pinned.source_object.name, None, list(dict.fromkeys(keys))):
            found.update({record.key: record for record in page.records})
    return found


def recall(
    lines: Sequence[Operation],
    *,
    kept: Mapping[UUID, SourceRecord],
    keys: Mapping[UUID, str],
    found: Mapping[str, SourceRecord],
) -> Recalled:
    """Sort `lines`: those with `kept` contents as they are, the others by what was `found` under their source keys.

    A version that cannot be compared with the one that was read counts as newer, as everywhere: it is what the source says
    now. Records come in the order of their lines, each once.
    """
    recalled, taken = Recalled(), set[str]()
    for line in lines:
        if line.id in kept:
            recalled.records.append(kept[line.id])
            continue
        if not ends_with_delivery(line.source_version):
            recalled.lost.append((line, line.error_message))  # the next reconciliation looks at both sides again
            continue
        key = keys[line.id]
        record = found.get(key)
        if record is None:
            # Of a deletion, that is no news: a person decides about what was delivered.
            still_gone = line.error_message if is_deletion(line.source_version) else GONE.format(key=key)
            recalled.lost.append((line, still_gone))
            continue
        if fit_version(record.version) != line.source_version:
            if is_older(record.version, line.source_version):
                recalled.lost.append((line, OLDER.format(key=key)))
                continue
            recalled.replaced.append(_known(line))
        if key not in taken:
            taken.add(key)
            recalled.records.append(record)
    return recalled


def _known(line: Operation) -> KnownOperation:
    return KnownOperation(
        line.id,
        line.business_key,
        line.source_version,
        OperationState(line.state),
        len(line.attempts),
        line.revision,
        line.ambiguous,
        line.last_run_id,
    )
