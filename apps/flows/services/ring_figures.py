"""What the flows of a ring did since they were changed, and what was usual for them before."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Sum

from apps.connectors.errors import BusinessClass
from apps.flows.engine.reconcile import Cause
from apps.flows.engine.rings import Figures
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation, RolloutMember, Run

_USUAL_DAYS = timedelta(days=14)


def figures_since(members: Sequence[RolloutMember]) -> Figures:
    """Return what the flows read and refused with their new versions, the money newly held up by that, and what differs."""
    versions = [member.version_after_id for member in members if member.version_after_id]
    read, rejected = _counts(Q(version_id__in=versions))
    held = (
        Operation.objects.filter(
            flow_id__in=[member.flow_id for member in members],
            last_run__version_id__in=versions,
            state=OperationState.REJECTED,
            amount__isnull=False,
        )
        .exclude(error_class=BusinessClass.UNRECONCILED)
        .order_by()
        .values("currency")
        .annotate(total=Sum("amount"))
        .values_list("currency", "total")
    )
    return Figures(
        read, rejected, {currency: Decimal(total) for currency, total in held}, _unexplained(members, versions)
    )


def usual_figures(members: Sequence[RolloutMember]) -> Figures:
    """Return what the same flows read and refused in the two weeks before they were changed."""
    wanted = Q()
    for member in members:
        if member.changed_at is not None:
            since = member.changed_at - _USUAL_DAYS
            wanted |= Q(flow_id=member.flow_id, created_at__gte=since, created_at__lt=member.changed_at)
    return Figures(*_counts(wanted)) if wanted else Figures()


def _unexplained(members: Sequence[RolloutMember], versions: Sequence[UUID]) -> int:
    """Return how many records the new versions carried over, or never read, that a reconciliation could not explain."""
    findings = Operation.objects.filter(
        flow_id__in=[member.flow_id for member in members],
        state=OperationState.REJECTED,
        error_class=BusinessClass.UNRECONCILED,
        run__version_id__in=versions,
    )
    carried = Operation.objects.filter(
        flow_id=OuterRef("flow_id"),
        canonical_type=OuterRef("canonical_type"),
        business_key=OuterRef("business_key"),
        last_run__version_id__in=versions,
    ).exclude(error_class=BusinessClass.UNRECONCILED)
    return findings.filter(Q(error_code=Cause.NEVER_READ) | Exists(carried)).count()


def _counts(wanted: Q) -> tuple[int, int]:
    runs = Run.objects.filter(wanted).exclude(mode__in=(Run.Mode.COMPARE, Run.Mode.RECONCILE))
    sums = runs.order_by().aggregate(read=Sum("read"), rejected=Sum("rejected"))
    return sums["read"] or 0, sums["rejected"] or 0
