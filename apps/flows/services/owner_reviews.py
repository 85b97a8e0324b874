"""Changes of other systems' fields that wait for a person: opened and closed by deliveries, decided by people.

A review is opened in the transaction that settles the delivery it came of, so none is lost and none is told of twice. What
people decide is services/owner_decisions.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from apps.flows.engine.ownership import Dispute, Ruling
from apps.flows.models import OwnerReview
from apps.flows.services.blobs import plain_json
from apps.flows.services.entries import Minded

OPEN = (OwnerReview.State.OPEN, OwnerReview.State.ASKED)


@dataclass(frozen=True, slots=True)
class Where:
    """Where a delivery went: what all reviews that come of it have in common."""

    customer_id: UUID
    flow_id: UUID
    connection_id: UUID
    object_name: str
    canonical_type: str
    stores_contents: bool


class Seen(NamedTuple):
    """One record of a delivery whose target was looked at."""

    operation_id: UUID
    business_key: str
    label: str
    target_key: str
    minded: Minded


def keep(where: Where, seen: Sequence[Seen], now: datetime) -> None:
    """Open a review for each change that was kept out for one, and close those that are no longer in dispute.

    Called in the transaction that settles the delivery. One query where nothing is open and nothing is in dispute.
    """
    if not seen:
        return
    of_records = OwnerReview.objects.select_for_update(no_key=True).filter(
        connection_id=where.connection_id,
        canonical_type=where.canonical_type,
        business_key__in=[one.business_key for one in seen],
    )
    open_ones = {(row.business_key, row.target_field): row for row in of_records.filter(state__in=OPEN)}
    wanted = {
        (one.business_key, dispute.target_field): (one, dispute)
        for one in seen
        for dispute in one.minded.disputes
        if dispute.ruling is Ruling.REVIEW
    }
    agreed = [row.id for key, row in open_ones.items() if key not in wanted and row.state == OwnerReview.State.OPEN]
    if agreed:
        OwnerReview.objects.filter(id__in=agreed).update(state=OwnerReview.State.AGREED, decided_at=now)
    if not wanted:
        return
    refused = list(of_records.filter(state=OwnerReview.State.REFUSED, is_kept=True))
    for key, (one, dispute) in wanted.items():
        fresh = _filled(open_ones.get(key) or OwnerReview(opened_at=now), where, one, dispute, now)
        if key not in open_ones and any(_says_the_same(row, fresh) for row in refused):
            continue  # a person has refused just this before
        if fresh.state == OwnerReview.State.OPEN:
            fresh.save()


def _filled(row: OwnerReview, where: Where, one: Seen, dispute: Dispute, now: datetime) -> OwnerReview:
    kept = where.stores_contents
    facts: dict[str, Any] = {
        "customer_id": where.customer_id,
        "flow_id": where.flow_id,
        "operation_id": one.operation_id,
        "connection_id": where.connection_id,
        "object_name": where.object_name[:60],
        "canonical_type": where.canonical_type,
        "business_key": one.business_key,
        "label": one.label[:300],
        "target_key": one.target_key[:120],
        "field": dispute.field[:60],
        "target_field": dispute.target_field[:120],
        "ours": plain_json(dispute.ours) if kept else None,
        "theirs": plain_json(dispute.theirs) if kept else None,
        "is_kept": kept,
        "rule": dispute.rule.value,
        "owner": dispute.owner[:160],
        "seen_at": now,
    }
    for name, value in facts.items():
        setattr(row, name, value)
    return row


def _says_the_same(refused: OwnerReview, fresh: OwnerReview) -> bool:
    same_place = (refused.business_key, refused.target_field) == (fresh.business_key, fresh.target_field)
    return same_place and (refused.ours, refused.theirs) == (fresh.ours, fresh.theirs)
