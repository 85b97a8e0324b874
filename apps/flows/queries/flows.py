"""Reading installed flows: the list with today's figures, and everything one flow's page shows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.http import Http404

from apps.connectors import registry
from apps.connectors.models import Connection
from apps.connectors.usage_directory import ConnectionUse
from apps.customers.models import Customer
from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, FlowDay, FlowVersion, Operation, Run, Trigger
from apps.flows.templates_library import FlowTemplate, UnknownTemplateError, flow_template

FLOWS_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class FlowFilter:
    """Which flows are wanted; "" and None want all. `page` counts from 1."""

    state: str = ""
    customer_id: UUID | None = None
    words: str = ""
    page: int = 1


@dataclass(slots=True)
class DayFigures:
    """What a flow did on one day, over all currencies. `amounts` is what got through, as (amount, currency)."""

    read: int = 0
    written: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejected: int = 0
    amounts: list[tuple[Decimal, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One flow of the list. `blocked` is how many records wait for a person now; `last_run` None: it never ran."""

    flow: Flow
    last_run: Run | None
    last_success_at: datetime | None
    today: DayFigures
    blocked: int


@dataclass(frozen=True, slots=True)
class FlowList:
    """One page of flows; `pages` counts from 1."""

    rows: list[FlowRow]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """A flow with its figures and its latest history. `blocked` and `waiting` are records, now."""

    flow: Flow
    template: FlowTemplate | None
    today: DayFigures
    last_success_at: datetime | None
    blocked: int
    waiting: int
    versions: list[FlowVersion]
    runs: list[Run]
    schedule: Trigger | None
    webhooks: list[Trigger]


def get_flow(flow_id: UUID) -> Flow:
    """Return one flow in scope. Raises Http404 when it does not exist or belongs to someone else."""
    found = flows().filter(id=flow_id).first()
    if found is None:
        raise Http404("There is no such flow.")
    return found


def flows() -> QuerySet[Flow]:
    """Return the flows in scope with what their pages name."""
    return Flow.objects.select_related("customer", "source", "target", "live_version")


def list_flows(wanted: FlowFilter, today: date) -> FlowList:
    """Return one page of flows, by customer and name."""
    fitting = _fitting(wanted)
    total = fitting.count()
    pages = max(-(-total // FLOWS_A_PAGE), 1)
    page = min(max(wanted.page, 1), pages)
    newest = Run.objects.filter(flow=OuterRef("pk")).order_by("-id").values("id")[:1]
    start = (page - 1) * FLOWS_A_PAGE
    chosen = list(
        fitting.annotate(newest_run=Subquery(newest)).order_by("customer__name", "name")[start : start + FLOWS_A_PAGE]
    )
    return FlowList(_rows(chosen, today), total, page, pages)


def _fitting(wanted: FlowFilter) -> QuerySet[Flow]:
    found = flows()
    if wanted.state:
        found = found.filter(state=wanted.state)
    if wanted.customer_id:
        found = found.filter(customer_id=wanted.customer_id)
    if wanted.words:
        found = found.filter(Q(name__icontains=wanted.words) | Q(customer__name__icontains=wanted.words))
    return found


def _rows(chosen: Sequence[Flow], today: date) -> list[FlowRow]:
    ids = [flow.id for flow in chosen]
    runs = Run.objects.in_bulk([flow.newest_run for flow in chosen if flow.newest_run])  # type: ignore[attr-defined]
    figures, success, blocked = _figures_of(ids, today), last_success_of(ids), _open_counts(ids)
    return [
        FlowRow(
            flow=flow,
            last_run=runs.get(flow.newest_run),  # type: ignore[attr-defined]
            last_success_at=success.get(flow.id),
            today=figures[flow.id],
            blocked=blocked.get((flow.id, OperationState.REJECTED), 0),
        )
        for flow in chosen
    ]


def _figures_of(ids: Iterable[UUID], today: date) -> defaultdict[UUID, DayFigures]:
    figures: defaultdict[UUID, DayFigures] = defaultdict(DayFigures)
    for row in FlowDay.objects.filter(flow_id__in=ids, day=today).order_by("currency"):
        day = figures[row.flow_id]
        for name in ("read", "written", "unchanged", "skipped", "rejected"):
            setattr(day, name, getattr(day, name) + getattr(row, name))
        if row.currency and row.amount_written:
            day.amounts.append((row.amount_written, row.currency))
    return figures


def last_success_of(ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Return when each flow last got a record through; flows that never did are left out."""
    days = FlowDay.objects.filter(flow_id__in=ids, last_success_at__isnull=False)
    return dict(days.order_by().values("flow_id").annotate(at=Max("last_success_at")).values_list("flow_id", "at"))


def _open_counts(ids: Iterable[UUID]) -> dict[tuple[UUID, str], int]:
    still_open = Operation.objects.filter(flow_id__in=ids, state__in=["waiting", "rejected"])
    counted = still_open.order_by().values("flow_id", "state").annotate(number=Count("id"))
    return {(row["flow_id"], row["state"]): row["number"] for row in counted}


def get_flow_facts(flow: Flow, today: date) -> FlowFacts:
    """Return what a flow's page shows besides its mapping."""
    counts = _open_counts([flow.id])
    triggers = list(Trigger.objects.filter(flow=flow, active=True).select_related("endpoint").order_by("id"))
    return FlowFacts(
        flow=flow,
        template=template_of(flow),
        today=_figures_of([flow.id], today)[flow.id],
        last_success_at=last_success_of([flow.id]).get(flow.id),
        blocked=counts.get((flow.id, OperationState.REJECTED), 0),
        waiting=counts.get((flow.id, OperationState.WAITING), 0),
        versions=list(FlowVersion.objects.filter(flow=flow).defer("definition", "layers")[:20]),
        runs=list(Run.objects.filter(flow=flow).select_related("event")[:8]),
        schedule=next((t for t in triggers if t.kind == Trigger.Kind.SCHEDULE), None),
        webhooks=[t for t in triggers if t.kind == Trigger.Kind.WEBHOOK],
    )


def template_of(flow: Flow) -> FlowTemplate | None:
    """Return the template a flow was installed from, None when the library no longer has it."""
    try:
        return flow_template(flow.template)
    except UnknownTemplateError:
        return None


def list_installable_connections(customer: Customer) -> list[Connection]:
    """Return a customer's connections that are not switched off, by name."""
    return list(Connection.objects.filter(customer=customer).exclude(state=Connection.State.DISABLED))


def fitting_connections(
    template: FlowTemplate, connections: Iterable[Connection]
) -> tuple[list[Connection], list[Connection]]:
    """Return which of the connections can be this template's source, and which its target."""
    known = [(connection, registry.manifest(connection.system)) for connection in connections]
    return (
        [connection for connection, system in known if template.can_read(system)],
        [connection for connection, system in known if template.can_write(system)],
    )


def list_customers_to_choose() -> list[tuple[UUID, str]]:
    """Return the customers in scope as (id, name), for filters and forms."""
    return list(Customer.objects.order_by("name").values_list("id", "name"))


def list_uses_of_connection(connection_id: UUID) -> list[ConnectionUse]:
    """Return which flows read from or write to a connection, by name; one query."""
    flows = Flow.objects.filter(Q(source_id=connection_id) | Q(target_id=connection_id)).order_by("name", "id")
    return [
        ConnectionUse(flow.id, flow.name, flow.state, "reads" if flow.source_id == connection_id else "writes")
        for flow in flows
    ]
