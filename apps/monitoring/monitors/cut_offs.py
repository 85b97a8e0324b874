"""Cut-offs to come that will not be reached as things stand, each blamed on the flow that has the most left to do."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count

from apps.flows.models import Flow, Operation
from apps.monitoring.cut_off_flows import NOT_POSTED, flows_before_cut_offs
from apps.monitoring.models import Monitor
from apps.monitoring.monitor_kinds import MonitorKind
from apps.monitoring.monitor_switches import off_flows
from apps.monitoring.monitors.rules import Finding
from apps.monitoring.queries.cut_off_board import coming_cut_offs
from apps.monitoring.sla_pages import CutOffRow

AHEAD = timedelta(hours=4)  # so long before a cut-off, what is still in the way is told; too slow a pace, a day before
_PACE_AHEAD = timedelta(hours=24)


def cut_offs_at_risk(now: datetime) -> Iterator[tuple[Flow, Finding]]:
    """Yield a finding for each cut-off at risk, with the flow to blame; one whose monitors are all off is left out."""
    own = dict(
        Monitor.objects.filter(kind=MonitorKind.CUT_OFF, own_limit__isnull=False).values_list("flow_id", "own_limit")
    )
    longest = max([_PACE_AHEAD, *(timedelta(seconds=seconds) for seconds in own.values() if seconds)])
    rows = [row for row in coming_cut_offs(now=now, within=longest) if row.ready or row.to_approve or row.blocked]
    if not rows:
        return
    flows = flows_before_cut_offs({row.customer_id for row in rows})
    off = set(off_flows(MonitorKind.CUT_OFF, now))
    for row in rows:
        ids = [flow_id for flow_id in flows[row.customer_id].flow_ids if flow_id not in off]
        flow = _most_left(ids)
        if flow is not None and (sentence := _risk(row, own.get(flow.id), now)):
            mark = f"{row.id} {row.next_at:%Y-%m-%d}"
            yield flow, Finding(MonitorKind.CUT_OFF, sentence, now, _left(row), 0, mark, row.next_at)


def _risk(row: CutOffRow, own: float | None, now: datetime) -> str:
    """Return why the cut-off is at risk, "" when it is not; a person's own limit is how long before it to look."""
    left = row.next_at - now
    ahead = timedelta(seconds=own) if own is not None else AHEAD
    when = f"{row.name} falls due on {row.next_at:%d %b %Y, %H:%M} UTC"
    if row.expected_at is not None and row.expected_at > row.next_at and left <= max(ahead, _PACE_AHEAD):
        return (
            f"{when}. At the present rate what is ready is posted by {row.expected_at:%d %b %Y, %H:%M} UTC: too late."
        )
    if left > ahead or not (row.blocked or row.to_approve):
        return ""
    parts = []
    if row.blocked:
        parts.append("1 record is blocked" if row.blocked == 1 else f"{row.blocked:,} records are blocked")
    if row.to_approve:
        parts.append("1 waits for an approval" if row.to_approve == 1 else f"{row.to_approve:,} wait for an approval")
    return f"{when}: {', '.join(parts)}."


def _left(row: CutOffRow) -> float:
    return float(row.ready + row.to_approve + row.blocked)


def _most_left(ids: Collection[UUID]) -> Flow | None:
    left = Operation.objects.filter(flow_id__in=ids, state__in=NOT_POSTED).order_by()
    row = left.values_list("flow_id").annotate(number=Count("id")).order_by("-number").first()
    return Flow.objects.get(id=row[0]) if row else None
