"""All flows with what their monitors find now, and which of these are off, by whom and why."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option
from apps.flows.models import Flow
from apps.monitoring.case_words import title_words
from apps.monitoring.models import ExceptionCase, Monitor
from apps.monitoring.monitor_kinds import SHEETS, MonitorKind
from apps.monitoring.monitor_switches import is_off, off_now
from apps.monitoring.monitors.flow_watch import FOUND
from apps.tenants.templatetags.wording import date_words

_OFF_NOW = "off"
_FOUND_NOW = "found"
_CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FoundNow:
    """What one exception says."""

    case_id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class OffNow:
    """A monitor that is off or paused, by whom and why."""

    kind: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """One flow of the overview. `limits` are the monitors with a limit or a severity of their own."""

    flow: Flow
    found: Sequence[FoundNow]
    off: Sequence[OffNow]
    limits: Sequence[str]


MONITORS = ListSpec(
    key="monitors",
    columns=(
        Column("name", gettext_lazy("Flow"), sort=("name", "customer__name"), value=lambda row: row.flow.name, fixed=True),
        Column("customer", gettext_lazy("Customer"), sort=("customer__name", "name"), value=lambda row: row.flow.customer.name),
        Column("state", gettext_lazy("State"), sort=("state", "name"), value=lambda row: row.flow.state, shown=False),
        Column("found", gettext_lazy("Found now"), sort=("found_now", "name"), value=lambda row: ", ".join(one.title for one in row.found), large_first=True),
        Column("off", gettext_lazy("Off"), sort=("off_now", "name"), value=lambda row: "; ".join(f"{one.title}: {one.words}" for one in row.off), large_first=True),
        Column("limits", gettext_lazy("Own limits"), value=lambda row: ", ".join(row.limits)),
    ),
    filters=(
        Filter("q", gettext_lazy("Flow or customer"), "search"),
        Filter("customer", gettext_lazy("Customer"), "select", all_label=gettext_lazy("All customers")),
        Filter(
            "show",
            gettext_lazy("Monitors"),
            "chips",
            (
                Option(_FOUND_NOW, gettext_lazy("Found something")),
                Option(_OFF_NOW, gettext_lazy("Something is off")),
                Option(_CHANGED, gettext_lazy("Changed by hand")),
            ),
        ),
    ),
    order="-found",
)  # fmt: skip


def fitting(state: ListState, now: datetime) -> QuerySet[Flow]:
    """Return the flows that fit, each with how much is found and off."""
    found = Flow.objects.filter(state__in=[Flow.State.LIVE, Flow.State.PAUSED]).select_related("customer")
    cases = ExceptionCase.objects.filter(FOUND, flow=OuterRef("pk")).exclude(state=ExceptionCase.State.CLOSED)
    monitors = Monitor.objects.filter(flow=OuterRef("pk"))
    found = found.annotate(
        found_now=_number(cases), off_now=_number(monitors.filter(off_now(now))), changed_now=_number(monitors)
    )
    column = {_FOUND_NOW: "found_now", _OFF_NOW: "off_now", _CHANGED: "changed_now"}.get(state.value("show"))
    if column:
        found = found.filter(**{f"{column}__gt": 0})
    if customer_id := state.id_of("customer"):
        found = found.filter(customer_id=customer_id)
    if words := state.value("q"):
        found = found.filter(Q(name__icontains=words) | Q(customer__name__icontains=words))
    return found


def _number(rows: QuerySet[ExceptionCase] | QuerySet[Monitor]) -> Coalesce:
    counted = rows.order_by().values("flow").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def rows_of(flows: Sequence[Flow], now: datetime) -> list[OverviewRow]:
    """Return a page of flows as rows; two queries."""
    ids = [flow.id for flow in flows]
    cases: defaultdict[UUID, list[FoundNow]] = defaultdict(list)
    still_open = ExceptionCase.objects.filter(FOUND, flow_id__in=ids).exclude(state=ExceptionCase.State.CLOSED)
    for flow_id, case_id, title, name in still_open.order_by("id").values_list("flow_id", "id", "title", "error_class"):
        if flow_id is not None:
            cases[flow_id].append(FoundNow(case_id, title_words(title, name)))
    off: defaultdict[UUID, list[OffNow]] = defaultdict(list)
    limits: defaultdict[UUID, list[str]] = defaultdict(list)
    for row in Monitor.objects.filter(flow_id__in=ids).order_by("changed_at"):
        title = _(SHEETS[MonitorKind(row.kind)].title)
        if is_off(row, now):
            off[row.flow_id].append(OffNow(row.kind, title, _who_and_why(row)))
        elif row.own_limit is not None or row.severity:
            limits[row.flow_id].append(title)
    return [OverviewRow(flow, cases[flow.id], off[flow.id], limits[flow.id]) for flow in flows]


def _who_and_why(row: Monitor) -> str:
    words = {"who": row.changed_by, "why": row.reason, "day": date_words(row.changed_at)}
    return _("%(who)s on %(day)s: %(why)s") % words
