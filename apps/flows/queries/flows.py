"""Reading installed flows: everything one flow's page shows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404

from apps.connectors.models import CircuitBreaker
from apps.connectors.queries import get_system, open_breakers
from apps.customers.models import Customer
from apps.flows.engine.definition import parse_definition
from apps.flows.engine.states import OperationState
from apps.flows.models import Flow, FlowDay, FlowRole, Operation, Run, Trigger
from apps.flows.templates_library import FlowTemplate, UnknownTemplateError, flow_template


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
class FlowFacts:
    """A flow with its figures and its latest history. `blocked` and `waiting` are records, now."""

    flow: Flow
    today: DayFigures
    last_success_at: datetime | None
    blocked: int
    waiting: int
    runs: list[Run]

    @property
    def flow_key(self) -> str:
        """Return the flow's id as addresses carry it."""
        return str(self.flow.id)

    @property
    def written_tone(self) -> str:
        """Return the tone of what was written today."""
        return "success" if self.today.written else "neutral"

    @property
    def blocked_tone(self) -> str:
        """Return the tone of what is blocked."""
        return "danger" if self.blocked else "neutral"

    @property
    def waiting_tone(self) -> str:
        """Return the tone of what waits."""
        return "warning" if self.waiting else "neutral"


def get_flow(flow_id: UUID) -> Flow:
    """Return one flow in scope. Raises Http404 when it does not exist or belongs to someone else."""
    found = flows().filter(id=flow_id).first()
    if found is None:
        raise Http404("There is no such flow.")
    return found


def flows() -> QuerySet[Flow]:
    """Return the flows in scope with what their pages name."""
    return Flow.objects.select_related("customer", "source", "target", "live_version")


def figures_of(ids: Iterable[UUID], today: date) -> defaultdict[UUID, DayFigures]:
    """Return what each flow did on one day; a flow without a day did nothing."""
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


def count_open(ids: Iterable[UUID]) -> dict[tuple[UUID, str], int]:
    """Return how many records of each flow are waiting or rejected now, by (flow, state)."""
    still_open = Operation.objects.filter(flow_id__in=ids, state__in=["waiting", "rejected"])
    counted = still_open.order_by().values("flow_id", "state").annotate(number=Count("id"))
    return {(row["flow_id"], row["state"]): row["number"] for row in counted}


def get_flow_facts(flow: Flow, today: date) -> FlowFacts:
    """Return a flow's figures of today and its latest runs."""
    counts = count_open([flow.id])
    return FlowFacts(
        flow=flow,
        today=figures_of([flow.id], today)[flow.id],
        last_success_at=last_success_of([flow.id]).get(flow.id),
        blocked=counts.get((flow.id, OperationState.REJECTED), 0),
        waiting=counts.get((flow.id, OperationState.WAITING), 0),
        runs=list(Run.objects.filter(flow=flow).select_related("event")[:8]),
    )


def schedule_of(flow: Flow) -> Trigger | None:
    """Return what starts a flow by itself, None when nothing does."""
    return Trigger.objects.filter(flow=flow, kind=Trigger.Kind.SCHEDULE, active=True).first()


def template_of(flow: Flow) -> FlowTemplate | None:
    """Return the template a flow was installed from, None when the library no longer has it."""
    try:
        return flow_template(flow.template)
    except UnknownTemplateError:
        return None


def object_read(flow: Flow) -> str:
    """Return which object of its source a flow reads, as the source's manifest calls it; "" before it has a version."""
    if flow.live_version is None:
        return ""
    definition = parse_definition(flow.live_version.definition)
    spec = get_system(flow.source.system).object_for(definition.canonical_type)
    return definition.source_object or (spec.name if spec else "")


def list_customers_to_choose() -> list[tuple[UUID, str]]:
    """Return the customers in scope as (id, name), for filters and forms."""
    return list(Customer.objects.order_by("name").values_list("id", "name"))


def list_breakers_of(flow: Flow) -> list[CircuitBreaker]:
    """Return the breakers of a flow's connections that are not called just now; one query."""
    own = Q(connection_id__in=[flow.source_id, flow.target_id])
    others = Q(connection_id__in=FlowRole.objects.filter(flow=flow).values("connection_id"))
    return list(open_breakers().filter(own | others))
