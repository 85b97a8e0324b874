"""The figures of all live flows, read in a fixed number of queries, however many flows there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery, Sum

from apps.connectors.breaker_rule import BreakerState
from apps.connectors.models import CircuitBreaker
from apps.flows.engine.rhythm import read_rhythm
from apps.flows.engine.states import RunState
from apps.flows.models import Flow, FlowRole, Run, TriggerEvent
from apps.flows.queries.operation_list import since_id
from apps.flows.triggers.quiet import quiet_until
from apps.monitoring.connection_watch import PROBES_TO_TELL
from apps.monitoring.models import Monitor, MonitorFigures
from apps.monitoring.monitor_kinds import MonitorKind, kind_of_failure
from apps.monitoring.monitor_switches import is_off
from apps.monitoring.monitors.learning import NOTHING, Learned, Sample, read_learned
from apps.monitoring.monitors.rules import FlowFigures, is_beyond
from apps.monitoring.rhythm import PATIENCE, Silence, learned_silence, silence

LIVING = (Run.Mode.READ, Run.Mode.RECORDS)  # replays and backfills are people's doing: they neither teach nor alarm
_NOT_MOVING = (Run.Mode.COMPARE, Run.Mode.RECONCILE)
_LOOKED_BACK = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class _Moments:
    """Of one flow: its latest ended run and what came of it, the latest that read something, when something moved."""

    last_ended_at: datetime | None = None
    last_state: str | None = None
    last_class: str | None = None
    last_read_id: UUID | None = None
    moved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read for all flows at once, by flow."""

    moments: Mapping[UUID, _Moments]
    runs: Mapping[UUID, Run]
    running: Mapping[UUID, Run]
    waits: Mapping[UUID, tuple[datetime, int]]
    away: Collection[UUID]
    learned: Mapping[tuple[UUID, MonitorKind], Learned]
    monitors: Mapping[UUID, list[Monitor]]
    today: Mapping[UUID, float]


class FlowRead(NamedTuple):
    """A flow with its figures, and what people set of its monitors."""

    flow: Flow
    figures: FlowFigures
    monitors: Sequence[Monitor]


def read_figures(now: datetime, flows: QuerySet[Flow] | None = None) -> list[FlowRead]:
    """Return the figures of every live flow, or of those asked for; ten queries."""
    asked = Flow.objects.filter(state=Flow.State.LIVE) if flows is None else flows
    found = list(asked.select_related("live_version", "customer").order_by("id"))
    known = _read(found, now)
    return [FlowRead(flow, _figures_of(flow, known, now), known.monitors.get(flow.id, ())) for flow in found]


def _moments(ids: Collection[UUID]) -> dict[UUID, _Moments]:
    ended = Run.objects.filter(flow=OuterRef("pk"), finished_at__isnull=False).exclude(state=RunState.CANCELLED)
    moving = ended.exclude(mode__in=_NOT_MOVING).order_by("-id")
    living = ended.filter(mode__in=LIVING).order_by("-id")
    moved = living.filter(Q(written__gt=0) | Q(unchanged__gt=0))
    rows = Flow.objects.filter(id__in=ids).values_list(
        "id",
        Subquery(moving.values("finished_at")[:1]),
        Subquery(moving.values("state")[:1]),
        Subquery(moving.values("error_class")[:1]),
        Subquery(living.filter(read__gt=0).values("id")[:1]),
        Subquery(moved.values("finished_at")[:1]),
    )
    return {flow_id: _Moments(*rest) for flow_id, *rest in rows}


def _read(flows: Collection[Flow], now: datetime) -> _Known:
    ids = [flow.id for flow in flows]
    monitors: dict[UUID, list[Monitor]] = {}
    for row in Monitor.objects.filter(flow__in=ids):
        monitors.setdefault(row.flow_id, []).append(row)
    learned = {
        (row.flow_id, MonitorKind(row.kind)): read_learned(row.learned)
        for row in MonitorFigures.objects.filter(flow__in=ids).defer("samples")
    }
    moments = _moments(ids)
    last_ids = [one.last_read_id for one in moments.values() if one.last_read_id]
    under_way = Run.objects.filter(flow__in=ids, state=RunState.RUNNING, mode__in=LIVING, started_at__isnull=False)
    under_way = under_way.filter(id__gte=since_id(now - _LOOKED_BACK))
    return _Known(
        moments=moments,
        runs={run.flow_id: run for run in Run.objects.filter(id__in=last_ids)},
        running={run.flow_id: run for run in under_way.order_by("-id")},
        waits=_waits(ids, now),
        away=flows_without_connection(),
        learned=learned,
        monitors=monitors,
        today=_today(flows, learned, monitors, now),
    )


def _waits(ids: Collection[UUID], now: datetime) -> dict[UUID, tuple[datetime, int]]:
    """Return since when the oldest start of each flow waits, and how many do: in the inbox, or as runs not begun."""
    events = TriggerEvent.objects.filter(flow__in=ids, run__isnull=True, id__gte=since_id(now - _LOOKED_BACK))
    queued = Run.objects.filter(flow__in=ids, state=RunState.QUEUED, started_at__isnull=True, mode__in=LIVING)
    queued = queued.filter(id__gte=since_id(now - _LOOKED_BACK))
    found: dict[UUID, tuple[datetime, int]] = {}
    for rows in (
        events.order_by().values_list("flow_id").annotate(oldest=Min("received_at"), number=Count("id")),
        queued.order_by().values_list("flow_id").annotate(oldest=Min("created_at"), number=Count("id")),
    ):
        for flow_id, oldest, number in rows:
            earlier, others = found.get(flow_id, (oldest, 0))
            found[flow_id] = (min(earlier, oldest), others + number)
    return found


def flows_without_connection() -> set[UUID]:
    """Return the flows that use a connection which stays away or refuses the sign-in. Two queries, one when all is well."""
    away = CircuitBreaker.objects.filter(state=BreakerState.OPEN)
    away = away.filter(Q(needs_person=True) | Q(probes__gte=PROBES_TO_TELL))
    connections = list(away.values_list("connection_id", flat=True))
    if not connections:
        return set()
    in_role = FlowRole.objects.filter(connection_id__in=connections).values("flow_id")
    uses = Q(source_id__in=connections) | Q(target_id__in=connections) | Q(id__in=in_role)
    return set(Flow.objects.filter(uses).values_list("id", flat=True))


def _today(
    flows: Collection[Flow],
    learned: Mapping[tuple[UUID, MonitorKind], Learned],
    monitors: Mapping[UUID, list[Monitor]],
    now: datetime,
) -> dict[UUID, float]:
    """Return what came through today of those flows whose last day was too poor: only there it matters."""
    poor: dict[UUID, Q] = {}
    for flow in flows:
        known = learned.get((flow.id, MonitorKind.EMPTY), NOTHING)
        own = next((row.own_limit for row in monitors.get(flow.id, ()) if row.kind == MonitorKind.EMPTY), None)
        if known.last is not None and is_beyond(MonitorKind.EMPTY, known.last, known, own):
            poor[flow.id] = Q(flow_id=flow.id, finished_at__gte=midnight_of(flow, now))
    if not poor:
        return {}
    any_of = Q()
    for one in poor.values():
        any_of |= one
    came = Run.objects.filter(any_of, mode__in=LIVING, id__gte=since_id(now - timedelta(days=8)))
    rows = came.order_by().values_list("flow_id").annotate(came=Sum(F("read")))
    return dict.fromkeys(poor, 0.0) | {flow_id: float(number or 0) for flow_id, number in rows}


def midnight_of(flow: Flow, now: datetime) -> datetime:
    """Return when the day began for the flow's customer."""
    local = now.astimezone(ZoneInfo(flow.customer.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _figures_of(flow: Flow, known: _Known, now: datetime) -> FlowFigures:
    monitors, run, moments = known.monitors.get(flow.id, []), known.runs.get(flow.id), known.moments[flow.id]
    found, ended_at = _silence(flow, moments, now), moments.last_ended_at
    return FlowFigures(
        name=flow.name,
        learned={kind: known.learned[flow.id, kind] for kind in MonitorKind if (flow.id, kind) in known.learned},
        own={MonitorKind(row.kind): row.own_limit for row in monitors if row.own_limit is not None},
        off=frozenset(MonitorKind(row.kind) for row in monitors if is_off(row, now)),
        causes=_causes(moments, is_away=flow.id in known.away),
        last=_took(run),
        refused=_refused(run),
        running=_going_on(known.running.get(flow.id), now),
        wait=_wait(flow, known.waits.get(flow.id), now),
        silence=found,
        ran_since=found is not None and ended_at is not None and ended_at > found.since,
        today=known.today.get(flow.id),
        is_quiet=_is_quiet(flow, now),
    )


def _causes(moments: _Moments, *, is_away: bool) -> frozenset[MonitorKind]:
    """Return what is wrong already, and has an exception of its own."""
    causes = {MonitorKind.CONNECTION} if is_away else set()
    if moments.last_state == RunState.FAILED:
        causes.add(kind_of_failure(moments.last_class or "", held_up=False))
    return frozenset(causes)


def _going_on(run: Run | None, now: datetime) -> Sample | None:
    if run is None or run.started_at is None:
        return None
    return Sample(run.started_at, (now - run.started_at).total_seconds(), run.read)


def _took(run: Run | None) -> Sample | None:
    # While a system was away it waited: that is no slowness of the flow's.
    if run is None or run.started_at is None or run.finished_at is None or run.outages:
        return None
    return Sample(run.finished_at, (run.finished_at - run.started_at).total_seconds(), run.read)


def _refused(run: Run | None) -> Sample | None:
    if run is None or run.finished_at is None or not run.read:
        return None
    return Sample(run.finished_at, run.rejected / run.read, run.read)


def _wait(flow: Flow, wait: tuple[datetime, int] | None, now: datetime) -> Sample | None:
    if wait is None:
        return None
    since = max(filter(None, (wait[0], _resumed_at(flow))))
    return Sample(since, max((now - since).total_seconds(), 0.0), wait[1])


def _silence(flow: Flow, moments: _Moments, now: datetime) -> Silence | None:
    """Return the silence of a flow that ran or moved nothing for longer than a person or its rhythm says."""
    live_since = _live_since(flow)
    expected = silence(
        last_ended_at=moments.last_ended_at,
        expected_since=live_since,
        expected_every_seconds=flow.expected_every_seconds,
        now=now,
    )
    if expected is not None:
        return expected
    since = max(filter(None, (moments.moved_at, _resumed_at(flow), live_since)))
    return learned_silence(read_rhythm(flow.rhythm), since, now)


def _live_since(flow: Flow) -> datetime:
    return (flow.live_version and flow.live_version.published_at) or flow.created_at


def _resumed_at(flow: Flow) -> datetime | None:
    stored = (flow.rhythm or {}).get("resumed_at")
    return datetime.fromisoformat(stored) if stored else None


def _is_quiet(flow: Flow, now: datetime) -> bool:
    """Return whether nothing is to start now, or was not a moment ago: what waited for that begins by and by."""
    if not flow.blackouts:
        return False
    earlier = now - timedelta(seconds=min((flow.expected_every_seconds or 600) * PATIENCE, 86400))
    return quiet_until(flow, now) is not None or quiet_until(flow, earlier) is not None
