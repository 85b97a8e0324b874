"""Fills in what records named that were carried before references were kept, from the contents that are still there.

Started by the upgrade, which names the flows; ends by itself. A portion of ledger lines, what they said and how far it is
are committed together, the newest line first. What is kept already is never touched: it was said later.
"""

import time
from collections.abc import Collection, Sequence
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone

from apps.connectors.canonical.markets import TOLD_BY
from apps.connectors.canonical.references import MATTER, kept_fields
from apps.customers.retention import payload_rule
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.flows.engine.absence import is_deletion
from apps.flows.engine.reconcile import finding_of
from apps.flows.models import EarlierRecords, Flow, FlowVersion, Operation
from apps.flows.services.evidence import canonical_values_of_all
from apps.flows.services.record_markets import add_markets
from apps.flows.services.record_references import Said, add_references

EARLIER_RECORDS_KIND = "flows.earlier_records"
LOOKED_AT_EVERY_SECONDS = 600  # one look at a table of finished rows; it goes a release after the upgrade
SECONDS_AT_ONCE = 10.0
PORTION = 200
TYPES = frozenset({*TOLD_BY, *filter(kept_fields, MATTER)})
log = structlog.get_logger(__name__)


def fill_in(work: LeasedWork) -> RunAgain | None:
    """Go through the next portions of earlier records; None once there are none left."""
    until = time.monotonic() + SECONDS_AT_ONCE
    while True:
        with transaction.atomic():
            work.confirm()
            left = EarlierRecords.objects.filter(finished_at=None).order_by("id").first()
            if left is None:
                return None
            _fill_in_portion(left)
            left.save(update_fields=["before", "lines", "added", "finished_at"])
        if time.monotonic() >= until:
            return RunAgain()


def _fill_in_portion(left: EarlierRecords) -> None:
    """Fill in what one flow's next lines say; the last portion of a flow says so."""
    lines = _lines_before(left) if _says_anything(left) else []
    if len(lines) < PORTION:
        left.finished_at = timezone.now()
    if lines:
        left.before, left.lines = lines[-1].id, left.lines + len(lines)
        left.added += _add(_newest_of_their_records(left.customer_id, lines))
    if left.finished_at is not None:
        log.info("earlier_records_filled_in", flow=str(left.flow_id), lines=left.lines, added=left.added)


def _says_anything(left: EarlierRecords) -> bool:
    """Say whether the flow carries records that name something kept, and whether their contents are kept at all."""
    definitions = FlowVersion.objects.filter(flow_id=left.flow_id).order_by()
    kinds = set(definitions.values_list("definition__canonical_type", flat=True).distinct())
    return not TYPES.isdisjoint(kinds) and payload_rule(left.customer_id).stored


def _lines_before(left: EarlierRecords) -> list[Operation]:
    lines = Operation.objects.filter(flow_id=left.flow_id).select_related("flow__source", "flow__target")
    if left.before is not None:
        lines = lines.filter(id__lt=left.before)
    return list(lines.select_related("last_run__version").order_by("-id")[:PORTION])


def _newest_of_their_records(customer_id: UUID, lines: Sequence[Operation]) -> list[Operation]:
    """Leave out lines of records that a later line speaks of, in whichever flow: it alone says what holds."""
    told = [line for line in lines if line.canonical_type in TYPES and _speaks(line.source_version)]
    newest = _newest_ids(customer_id, {line.business_key for line in told})
    return [line for line in told if line.id in newest]


def _newest_ids(customer_id: UUID, keys: Collection[str]) -> set[UUID]:
    flows = list(Flow.objects.filter(customer_id=customer_id).order_by().values_list("id", flat=True))
    rows = Operation.objects.filter(flow_id__in=flows, canonical_type__in=TYPES, business_key__in=keys).order_by()
    newest: dict[str, UUID] = {}
    for key, line_id, version in rows.values_list("business_key", "id", "source_version"):
        if _speaks(version):
            newest[key] = max(line_id, newest.get(key, line_id))
    return set(newest.values())


def _speaks(source_version: str) -> bool:
    """Say whether a line is about what its record said, not about its deletion or a difference between both sides."""
    return not is_deletion(source_version) and finding_of(source_version) is None


def _add(lines: Sequence[Operation]) -> int:
    values = canonical_values_of_all(lines)
    said = [
        Said(line.customer_id, line.flow.source_id, line.canonical_type, line.business_key, values[line.id])
        for line in lines
        if values[line.id]
    ]
    return add_references(said) + add_markets(said, {line.business_key: line.source_key for line in lines})
