"""Origin marks: which records of a source were made from records of the very system they are about to go to.

A flow that writes a record leaves a link: our name of the record, and its number in the target. Read the other way round, the
link says where a record came from. So a record that comes back is known again: it changes the one it was made from instead of
making a second one, and where it is as we wrote it, nothing is sent at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection

from apps.flows.engine.identity import business_key, fit_source_key, source_key_of
from apps.flows.engine.states import BatchState
from apps.flows.models import Batch, Flow

if TYPE_CHECKING:
    from apps.connectors.contract import SourceRecord
    from apps.flows.services.session import Session

# From the number in the source to the record it was made from, and on to where that one came from: a loop over five systems
# is one as well.
_ORIGINS = """
WITH RECURSIVE origin(start, key, hop) AS (
  SELECT outside_key, business_key, 1 FROM flows_link
  WHERE connection_id = %(source)s AND canonical_type = %(type)s AND outside_key = ANY(%(keys)s)
  UNION ALL
  SELECT o.start, l.business_key, o.hop + 1 FROM origin o
  JOIN connectors_connection c
    ON c.customer_id = %(customer)s AND starts_with(o.key, %(type)s || ':' || c.system || ':')
  JOIN flows_link l ON l.connection_id = c.id AND l.canonical_type = %(type)s
    AND l.outside_key = substr(o.key, length(%(type)s || ':' || c.system || ':') + 1)
  WHERE o.hop < 5 AND NOT starts_with(o.key, %(wanted)s)
)
SELECT start, key FROM origin WHERE starts_with(key, %(wanted)s) ORDER BY hop DESC
"""


def has_way_back(flow: Flow) -> bool:
    """Say whether other flows of the customer lead from the flow's target to its source, over any number of systems."""
    flows = Flow.objects.filter(customer_id=flow.customer_id)
    ways = [
        *flows.values_list("source_id", "target_id"),
        *flows.filter(roles__isnull=False).values_list("source_id", "roles__connection_id"),
    ]
    reached, before = {flow.target_id}, 0
    while len(reached) > before:
        before = len(reached)
        reached |= {target for source, target in ways if source in reached}
    return flow.source_id in reached


def flow_back(flow: Flow) -> Flow | None:
    """Return the flow of the same customer that goes the other way between the same two systems, the latest made."""
    there = Flow.objects.filter(customer_id=flow.customer_id, source_id=flow.target_id, target_id=flow.source_id)
    return there.select_related("source", "target", "live_version").order_by("-created_at").first()


def may_be_ours(session: Session, unknown: Sequence[str]) -> bool:
    """Say whether records of the source without an origin may be ours all the same: a write there is not settled yet."""
    if not session.comes_back or not unknown:
        return False
    sent = Batch.objects.filter(customer_id=session.customer_id, state=BatchState.SENT)
    return sent.filter(run__flow__target_id=session.source_id).exclude(run_id=session.run_id).exists()


def twins_of(session: Session, records: Sequence[SourceRecord]) -> dict[str, str]:
    """Return, by business key, the target's own number of the record that a source record was made from.

    Records without one are left out. One query where a way back exists, none elsewhere.
    """
    if not session.comes_back:
        return {}
    kind, target = session.compiled.described.name, session.target.manifest.slug
    asked: dict[str, Any] = {
        "source": session.source_id,
        "customer": session.customer_id,
        "type": kind,
        "keys": [fit_source_key(record.key) for record in records],
        "wanted": business_key(kind, target, ""),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ORIGINS, asked)
        found = {start: source_key_of(key, kind, target) for start, key in cursor.fetchall()}
    system = session.compiled.source_system
    return {business_key(kind, system, start): twin for start, twin in found.items() if twin}
