"""The list of flows: its columns and filters, the rows that fit, and today's figures of each of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, IntegerField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.listing import Column, Filter, ListSpec, ListState, Option, count_by
from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, FlowDay, Operation, Run
from apps.flows.queries.flows import DayFigures, count_open, figures_of, flows, last_success_of
from apps.flows.queries.waiting_triggers import Hold, list_holds

TREND_DAYS = 14
_STATE_WORDS = {
    Flow.State.LIVE: _("Live"),
    Flow.State.PAUSED: _("Paused"),
    Flow.State.DRAFT: _("Draft"),
    Flow.State.RETIRED: _("Retired"),
}


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One flow of the list. `blocked` is how many records wait for a person now; `last_run` None: it never ran.

    `trend` is what was written on each of the last days, oldest first.
    """

    flow: Flow
    last_run: Run | None
    last_success_at: datetime | None
    today: DayFigures
    blocked: int
    trend: list[int]
    hold: Hold | None = None


FLOWS = ListSpec(
    key="flows",
    columns=(
        Column("name", _("Flow"), sort=("name", "customer__name"), value=lambda row: row.flow.name, fixed=True),
        Column("customer", _("Customer"), sort=("customer__name", "name"), value=lambda row: row.flow.customer.name),
        Column("source", _("From"), sort=("source__name", "name"), value=lambda row: row.flow.source.name, shown=False),
        Column("target", _("To"), sort=("target__name", "name"), value=lambda row: row.flow.target.name, shown=False),
        Column("state", _("State"), sort=("state", "name"), value=lambda row: row.flow.state),
        Column("run", _("Last run"), sort=("newest_run",), value=lambda row: row.last_run.state if row.last_run else "", nullable=True, large_first=True),
        Column("success", _("Last success"), sort=("last_success",), value=lambda row: row.last_success_at, nullable=True, large_first=True),
        Column("trend", _("Last 14 days")),
        Column("read", _("Read today"), value=lambda row: row.today.read, numeric=True, shown=False),
        Column("written", _("Written today"), value=lambda row: row.today.written, numeric=True),
        Column("blocked", _("Blocked"), sort=("blocked", "name"), value=lambda row: row.blocked, numeric=True, large_first=True),
    ),
    filters=(
        Filter("q", _("Flow or customer"), "search"),
        Filter("customer", _("Customer"), "select", all_label=_("All customers")),
        Filter("template", _("Template"), "hidden"),
        Filter("state", _("State"), "chips", tuple(Option(s.value, w) for s, w in _STATE_WORDS.items())),
    ),
    order="customer",
)  # fmt: skip


def fitting_flows(state: ListState, *, any_state: bool = False) -> QuerySet[Flow]:
    """Return the flows that fit; `any_state` leaves the filter by state out, to count them."""
    # What a version says is long, and no row shows it.
    light = flows().defer(*(f"live_version__{name}" for name in ("definition", "base_definition", "layers")))
    found = _with_sorted_figure(light, state.sort)
    if state.value("state") and not any_state:
        found = found.filter(state=state.value("state"))
    if customer_id := state.id_of("customer"):
        found = found.filter(customer_id=customer_id)
    if template := state.value("template"):
        found = found.filter(template=template)
    if words := state.value("q"):
        found = found.filter(Q(name__icontains=words) | Q(customer__name__icontains=words))
    return found


def count_by_state(state: ListState) -> dict[str, int]:
    """Return how many flows that fit the other filters are in each state; "" stands for all."""
    return count_by(fitting_flows(state, any_state=True), "state")


def flow_rows(shown: Sequence[Flow], today: date) -> list[FlowRow]:
    """Return flows as the list shows them; as many queries for one as for fifty."""
    ids = [flow.id for flow in shown]
    runs, days = _newest_runs(ids), _written_by_day(ids, today)
    figures, success, blocked = figures_of(ids, today), last_success_of(ids), count_open(ids)
    holds = list_holds(shown, timezone.now())
    return [
        FlowRow(
            flow=flow,
            last_run=runs.get(flow.id),
            last_success_at=success.get(flow.id),
            today=figures[flow.id],
            blocked=blocked.get((flow.id, OperationState.REJECTED), 0),
            trend=[days[flow.id][today - timedelta(back)] for back in reversed(range(TREND_DAYS))],
            hold=holds.get(flow.id),
        )
        for flow in shown
    ]


def _with_sorted_figure(found: QuerySet[Flow], sort: str) -> QuerySet[Flow]:
    """Work a figure out for every flow only when the list is ordered by it; the rows' own figures come later."""
    here = OuterRef("pk")
    if sort == "run":
        newest = Run.objects.filter(flow=here).order_by("-id").values("id")[:1]
        return found.annotate(newest_run=Subquery(newest))
    if sort == "success":
        latest = FlowDay.objects.filter(flow=here).order_by().values("flow").annotate(at=Max("last_success_at"))
        return found.annotate(last_success=Subquery(latest.values("at")))
    if sort == "blocked":
        rejected = Operation.objects.filter(flow=here, state=OperationState.REJECTED).order_by().values("flow")
        number = Subquery(rejected.annotate(number=Count("id")).values("number"), output_field=IntegerField())
        return found.annotate(blocked=Coalesce(number, 0))
    return found


def _newest_runs(ids: Sequence[UUID]) -> dict[UUID, Run]:
    newest = Run.objects.filter(flow=OuterRef("pk")).order_by("-id").values("id")[:1]
    chosen = Flow.objects.filter(id__in=ids).annotate(newest_run=Subquery(newest)).values("newest_run")
    return {run.flow_id: run for run in Run.objects.filter(id__in=chosen)}


def _written_by_day(ids: Iterable[UUID], today: date) -> defaultdict[UUID, defaultdict[date, int]]:
    days: defaultdict[UUID, defaultdict[date, int]] = defaultdict(lambda: defaultdict(int))
    recent = FlowDay.objects.filter(flow_id__in=ids, day__gt=today - timedelta(TREND_DAYS), day__lte=today)
    for flow_id, day, written in recent.values_list("flow_id", "day", "written"):
        days[flow_id][day] += written
    return days
