"""What a deletion at the source becomes: a blocked ledger line of its own, which a person decides about.

Nothing is taken back in the target by itself: a deletion may be a mistake, and what was posted may have been billed. The
line names both records; it is settled by the record coming back, or by a person who leaves it out with the reason.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from apps.connectors.errors import BusinessClass
from apps.connectors.models import Connection
from apps.flows.engine.absence import deletion_version
from apps.flows.engine.states import OperationState
from apps.flows.models import Operation, Run
from apps.flows.services.day_figures import Tally, add_to_day
from apps.flows.services.session import Session
from apps.flows.services.told_lines import facts_of, told_line
from apps.flows.signals import ledger_changed
from apps.flows.told_words import DELETED_AT_SOURCE, DELETED_AT_SOURCE_UNNAMED

DELIVERED = (OperationState.WRITTEN, OperationState.UNCHANGED)


def tell_deleted(session: Session, source_keys: Sequence[str], *, origin: str) -> int:
    """Write down that the source deleted delivered records, as lines for a person to decide; returns how many.

    `origin` says how the deletions were found. In a transaction of the lease's holder.
    """
    delivered = (
        Operation.objects.filter(flow_id=session.flow_id, source_key__in=list(source_keys), state__in=DELIVERED)
        .order_by("source_key", "-created_at", "-id")
        .distinct("source_key")
    )
    names = dict(Connection.objects.filter(id__in=[session.source_id, session.target_id]).values_list("id", "name"))
    now = timezone.now()
    lines = [_line(session, line, names, origin, now) for line in delivered]
    if not lines:
        return 0
    Operation.objects.bulk_create(lines)
    told = len(lines)
    Run.objects.filter(id=session.run_id).update(read=F("read") + told, rejected=F("rejected") + told)
    add_to_day(session.flow_id, session.customer_id, Tally(told, Counter(rejected=told)), now)
    ledger_changed.send(sender=Operation, flow_id=session.flow_id, customer_id=session.customer_id)
    return told


def _line(session: Session, delivered: Operation, names: dict[UUID, str], origin: str, now: datetime) -> Operation:
    words = {"source": names[session.source_id], "target": names[session.target_id], "key": delivered.target_key}
    sentence = DELETED_AT_SOURCE if delivered.target_key else DELETED_AT_SOURCE_UNNAMED
    return told_line(
        session,
        facts_of(delivered),
        version=deletion_version(session.run_id.hex),
        step="extract",
        business_class=BusinessClass.SOURCE_DELETED,
        code=origin,
        sentence=sentence % words,
        now=now,
    )
