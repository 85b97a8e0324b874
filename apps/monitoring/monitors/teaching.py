"""Learning what is usual: each live flow's new runs are read once, and what was wrong then teaches nothing."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from apps.flows.engine.states import RunState
from apps.flows.models import Flow, Run
from apps.flows.queries.operation_list import since_id
from apps.monitoring.models import ExceptionCase, MonitorFigures, MonitorFinding
from apps.monitoring.monitor_kinds import LEARNED, MonitorKind
from apps.monitoring.monitors.figures import LIVING, midnight_of
from apps.monitoring.monitors.learning import (
    KEPT,
    LEAST_RUNS,
    Learned,
    Sample,
    day_sample,
    learn_days,
    learn_high,
    read_sample,
)

LOOKED_BACK = timedelta(days=90)
_LONGEST_RUN = timedelta(days=14)  # ids say when a run was made: one that ended lately was made at most so long before
_DISTURBING = {
    MonitorKind.EMPTY: (MonitorKind.EMPTY, MonitorKind.OVERDUE),
    MonitorKind.SLOW: (MonitorKind.SLOW,),
    MonitorKind.BACKLOG: (MonitorKind.BACKLOG,),
    MonitorKind.PARTIAL: (MonitorKind.PARTIAL,),
}


def teach_all(now: datetime) -> int:
    """Teach the monitors of every live flow what was seen since they learned last. Returns how many flows there were.

    Each flow in a transaction of its own; doing it twice changes nothing.
    """
    with transaction.atomic():
        flows = list(Flow.objects.select_related("customer").filter(state=Flow.State.LIVE))
    for flow in flows:
        with transaction.atomic():
            teach_flow(flow, now)
    return len(flows)


def teach_flow(flow: Flow, now: datetime) -> None:
    """Read the runs that ended since one flow's monitors learned last, and learn anew. In a transaction."""
    rows = {MonitorKind(row.kind): row for row in MonitorFigures.objects.select_for_update().filter(flow=flow)}
    since = min((row.seen_until for row in rows.values()), default=now - LOOKED_BACK)
    until = midnight_of(flow, now)
    disturbed = _disturbances(flow, now) if rows else {}
    for kind in LEARNED:
        row = rows.get(kind) or MonitorFigures(flow=flow, customer_id=flow.customer_id, kind=kind, seen_until=since)
        seen_to = until if kind is MonitorKind.EMPTY else now
        new = _seen(flow, kind, row.seen_until, seen_to) if row.seen_until < seen_to else []
        samples = _kept([*map(read_sample, row.samples), *new], now)
        row.samples = [sample.to_json() for sample in samples]
        row.learned = _learn(kind, samples, disturbed.get(kind, [])).to_json()
        row.seen_until = max(row.seen_until, seen_to)
        row.save()


def _kept(samples: Sequence[Sample], now: datetime) -> list[Sample]:
    return [sample for sample in samples if sample.at >= now - LOOKED_BACK][-KEPT:]


def _learn(kind: MonitorKind, samples: Sequence[Sample], disturbed: Sequence[tuple[datetime, datetime]]) -> Learned:
    if kind is MonitorKind.EMPTY:
        good = [one for one in samples[:-1] if not _is_in(one, disturbed)]
        return Learned(days=learn_days(good), last=samples[-1] if samples else None, seen=len(good))
    good = [one for one in samples if not _is_in(one, disturbed)]
    usual = learn_high([one.value for one in good])
    size = learn_high([float(one.size) for one in good]) if kind is MonitorKind.SLOW else None
    return Learned(usual=usual, size=size, seen=min(len(good), LEAST_RUNS) if usual is None else len(good))


def _is_in(sample: Sample, spans: Iterable[tuple[datetime, datetime]]) -> bool:
    return any(since <= sample.at <= until for since, until in spans)


def _disturbances(flow: Flow, now: datetime) -> dict[MonitorKind, list[tuple[datetime, datetime]]]:
    """Return when something was wrong, by what it keeps from learning; what a person closed as known counts as usual."""
    rows = MonitorFinding.objects.filter(flow=flow, found_at__gte=now - LOOKED_BACK)
    rows = rows.exclude(case__closed_how=ExceptionCase.ClosedHow.BY_PERSON)
    found = [
        (MonitorKind(kind), since, ended or now) for kind, since, ended in rows.values_list("kind", "since", "ended_at")
    ]
    return {
        kind: [(since, until) for found_kind, since, until in found if found_kind in disturbing]
        for kind, disturbing in _DISTURBING.items()
    }


def _seen(flow: Flow, kind: MonitorKind, since: datetime, until: datetime) -> list[Sample]:
    """Return what was seen from `since` to before `until`, the oldest first."""
    runs = Run.objects.filter(flow=flow, mode__in=LIVING, id__gte=since_id(since - _LONGEST_RUN))
    if kind is MonitorKind.EMPTY:
        return _days(flow, runs.filter(finished_at__gte=since, finished_at__lt=until))
    ended = runs.filter(finished_at__gte=since, finished_at__lt=until).exclude(state=RunState.CANCELLED)
    if kind is MonitorKind.BACKLOG:
        waits = runs.filter(started_at__gte=since, started_at__lt=until)
        moments = waits.order_by("-id").values_list("started_at", "event__received_at")[:KEPT]
        return [
            Sample(began, max((began - came).total_seconds(), 0.0)) for began, came in reversed(list(moments)) if began
        ]
    read = ended.filter(read__gt=0).exclude(state=RunState.FAILED)
    if kind is MonitorKind.PARTIAL:
        shares = read.order_by("-id").values_list("finished_at", "rejected", "read")[:KEPT]
        return [Sample(at, rejected / number, number) for at, rejected, number in reversed(list(shares)) if at]
    spans = read.filter(outages=0).order_by("-id").values_list("finished_at", "started_at", "read")[:KEPT]
    return [
        Sample(at, (at - began).total_seconds(), number) for at, began, number in reversed(list(spans)) if at and began
    ]


def _days(flow: Flow, runs: QuerySet[Run]) -> list[Sample]:
    """Return what came through on each whole day of the customer's on which something ran."""
    day = TruncDate("finished_at", tzinfo=ZoneInfo(flow.customer.time_zone))
    well = runs.filter(~Q(state=RunState.CANCELLED) & ~Q(state=RunState.FAILED))
    rows = well.order_by().annotate(day=day).values_list("day").annotate(came=Sum(F("read"))).order_by("day")
    return [day_sample(found, float(came or 0)) for found, came in rows]
