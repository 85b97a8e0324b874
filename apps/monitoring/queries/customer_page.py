"""One customer's page for the partner's people: its head, its overview with the picture of its systems, and its tabs."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import F, Max
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.actions import Action
from apps.accounts.actor import Actor
from apps.accounts.models import Invitation
from apps.accounts.queries import list_open_invitations
from apps.connectors.models import Connection
from apps.connectors.queries import system_name
from apps.customers.customer_frame import CustomerFrame, FrameAction, FrameTab
from apps.customers.models import Customer
from apps.customers.queries import CutOffLine, upcoming_cut_offs
from apps.flows.engine.states import RUN_TERMINAL, RunState
from apps.flows.models import Flow, Run
from apps.flows.queries.runs import RunRow, run_row
from apps.monitoring.landscape import Landscape, Link, lay_out
from apps.monitoring.models import ExceptionCase
from apps.monitoring.pages import CaseRow
from apps.monitoring.queries.case_rows import case_row, with_names
from apps.monitoring.queries.figures import Tally, open_cases, tallies
from apps.monitoring.queries.trends import money_at_risk_at

SHOWN_CASES = 5
CASES_SHOWN = 50
SHOWN_RUNS = 6
CUT_OFFS_AHEAD = timedelta(days=31)
TREND = timedelta(days=7)  # money at risk is compared with what it was then


@dataclass(frozen=True, slots=True)
class SystemNode:
    """A connection in the picture."""

    id: str
    name: str
    system: str
    state: str
    is_sandbox: bool
    reads: int
    writes: int


@dataclass(frozen=True, slots=True)
class FlowEdge:
    """A flow in the picture: its live state, and its records of today and those held up."""

    id: str
    name: str
    source: str
    target: str
    mark: str
    reason: str
    today: int
    blocked: int
    last_success_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerOverview:
    """Everything a customer's overview shows besides its charts."""

    tally: Tally
    systems: tuple[SystemNode, ...]
    flows: tuple[FlowEdge, ...]
    picture: Landscape
    marks: tuple[str, ...]
    cases: tuple[CaseRow, ...]
    runs: tuple[RunRow, ...]
    cut_offs: tuple[CutOffLine, ...]
    at_risk_before: dict[str, Decimal]


def frame_of(customer: Customer, who: Actor, tab: str, now: datetime) -> CustomerFrame:
    """Return the head of a customer's pages as `who` sees it, with `tab` open. Five queries."""
    tally = tallies("customer_id", now=now, customer_id=customer.id)[customer.id]
    health = tally.health()
    return CustomerFrame(
        customer=customer,
        colour=health.colour,
        reasons=health.reasons,
        owner=str(customer.account_owner or ""),
        local_time=now.astimezone(ZoneInfo(customer.time_zone)),
        tabs=tuple(_tabs(customer, who, tab, tally)),
        action=_next_step(customer, who, tally),
    )


def _tabs(customer: Customer, who: Actor, open_tab: str, tally: Tally) -> Iterable[FrameTab]:
    shown: tuple[tuple[str, str, str, Action, int | None], ...] = (
        ("overview", _("Overview"), "monitoring:customer-overview", Action.VIEW_CUSTOMERS, None),
        ("flows", _("Flows"), "monitoring:customer-flow-list", Action.VIEW_FLOWS, tally.flows.get("all", 0)),
        (
            "connections",
            _("Connections"),
            "monitoring:customer-connection-list",
            Action.VIEW_CONNECTIONS,
            tally.connections.get("all", 0),
        ),
        ("mappings", _("Mappings"), "monitoring:customer-mapping-list", Action.VIEW_FLOWS, None),
        ("owners", _("Who owns what"), "flows:owner-list", Action.VIEW_FLOWS, None),
        ("cases", _("Exceptions"), "monitoring:customer-case-list", Action.VIEW_CASES, tally.cases.get("open", 0)),
        ("service", _("Service level"), "monitoring:customer-service", Action.VIEW_CUSTOMERS, None),
        ("value", _("Value"), "monitoring:customer-value", Action.VIEW_CUSTOMERS, None),
        ("runs", _("Runs"), "monitoring:customer-run-list", Action.VIEW_RUNS, None),
        ("people", _("People"), "monitoring:customer-people", Action.VIEW_CUSTOMERS, None),
        ("settings", _("Settings"), "customers:customer-settings", Action.VIEW_CUSTOMERS, None),
    )
    for name, label, url_name, action, number in shown:
        if who.can(action):
            yield FrameTab(name, label, reverse(url_name, args=[customer.id]), name == open_tab, number)


def _next_step(customer: Customer, who: Actor, tally: Tally) -> FrameAction | None:
    """Return the one thing to do next: what is missing first, then what is wrong, then nothing in particular."""
    steps: tuple[tuple[bool, Action, Callable[[], FrameAction | None]], ...] = (
        (customer.state == Customer.State.ONBOARDING, Action.EDIT_CUSTOMERS, lambda: _to_onboarding(customer)),
        (not tally.connections.get("all"), Action.EDIT_CONNECTIONS, lambda: _to_connect(customer)),
        (not tally.flows.get("all"), Action.EDIT_FLOWS, lambda: _to_install(customer)),
        (bool(tally.cases.get("open")), Action.VIEW_CASES, lambda: _to_cases(customer, tally.cases["open"])),
        (True, Action.EDIT_CUSTOMERS, lambda: _to_edit(customer)),
    )
    for applies, action, build in steps:
        if applies and who.can(action) and (found := build()):
            return found
    return None


def _to_onboarding(customer: Customer) -> FrameAction | None:
    try:
        url = reverse("flows:onboarding-checklist", args=[customer.id])
    except NoReverseMatch:
        return None
    return FrameAction(_("Go on with the onboarding"), url, "checklist")


def _to_connect(customer: Customer) -> FrameAction:
    url = f"{reverse('connectors:connection-create')}?customer={customer.id}"
    return FrameAction(_("Connect a system"), url, "plug")


def _to_install(customer: Customer) -> FrameAction:
    return FrameAction(_("Install a flow"), f"{reverse('flows:flow-install')}?customer={customer.id}", "plus")


def _to_cases(customer: Customer, number: int) -> FrameAction:
    words = ngettext("Work on %(count)d exception", "Work on %(count)d exceptions", number) % {"count": number}
    return FrameAction(words, f"{reverse('monitoring:case-list')}?customer={customer.id}", "alert-triangle")


def _to_edit(customer: Customer) -> FrameAction:
    return FrameAction(_("Edit"), reverse("customers:customer-edit", args=[customer.id]), "pencil")


def get_overview(customer: Customer, *, now: datetime) -> CustomerOverview:
    """Return what a customer's overview shows. Fourteen queries, however much it has."""
    connections = list(Connection.objects.filter(customer=customer).order_by("name", "id"))
    flows = list(Flow.objects.filter(customer=customer).exclude(state=Flow.State.RETIRED).order_by("name", "id"))
    edges = tuple(_edges(flows, connections, customer, now))
    systems = tuple(_nodes(connections, flows))
    return CustomerOverview(
        tally=tallies("customer_id", now=now, customer_id=customer.id)[customer.id],
        systems=systems,
        flows=edges,
        picture=lay_out([node.id for node in systems], [Link(e.id, e.source, e.target) for e in edges]),
        marks=tuple(mark for mark in MARKS if mark in {edge.mark for edge in edges}),
        cases=_open_cases(customer, now),
        runs=tuple(list_latest_runs(customer, SHOWN_RUNS)),
        cut_offs=tuple(upcoming_cut_offs(CUT_OFFS_AHEAD, now=now, customer_id=customer.id)),
        at_risk_before=money_at_risk_at(now - TREND, customer_id=customer.id),
    )


def _nodes(connections: Iterable[Connection], flows: Sequence[Flow]) -> Iterable[SystemNode]:
    reads, writes = Counter(flow.source_id for flow in flows), Counter(flow.target_id for flow in flows)
    for one in connections:
        yield SystemNode(
            id=str(one.id),
            name=one.name,
            system=system_name(one.system),
            state=one.state,
            is_sandbox=one.environment == Connection.Environment.SANDBOX,
            reads=reads[one.id],
            writes=writes[one.id],
        )


# The states of a flow in the picture, the gravest first.
MARKS = ("stopped", "held", "running", "flowing", "idle", "paused", "draft")
_UNUSABLE = frozenset({Connection.State.ATTENTION.value, Connection.State.DISABLED.value})


def _edges(
    flows: Sequence[Flow], connections: Iterable[Connection], customer: Customer, now: datetime
) -> Iterable[FlowEdge]:
    counted = tallies("flow_id", now=now, customer_id=customer.id)
    unusable = {one.id for one in connections if one.state in _UNUSABLE}
    running = set(
        Run.objects.filter(flow__in=[flow.id for flow in flows])
        .exclude(state__in=[*RUN_TERMINAL, RunState.WAITING])
        .order_by()
        .values_list("flow_id", flat=True)
    )
    for flow in flows:
        tally = counted[flow.id]
        is_cut = flow.source_id in unusable or flow.target_id in unusable
        yield FlowEdge(
            id=str(flow.id),
            name=flow.name,
            source=str(flow.source_id),
            target=str(flow.target_id),
            mark=mark_of(flow.state, tally, is_cut=is_cut, is_running=flow.id in running),
            reason=_("One of its two systems cannot be used.") if is_cut else tally.health().reason,
            today=tally.days.get("today_written") or 0,
            blocked=tally.cases.get("blocked") or 0,
            last_success_at=tally.days.get("last_success_at"),
        )


def mark_of(state: str, tally: Tally, *, is_cut: bool, is_running: bool) -> str:
    """Return which of MARKS a flow wears; `is_cut` says that one of its systems cannot be used."""
    if state != Flow.State.LIVE:
        return "paused" if state == Flow.State.PAUSED else "draft"
    if is_cut or tally.cases.get("silent"):
        return "stopped"
    if is_running:
        return "running"
    if tally.cases.get("open"):
        return "held"
    return "flowing" if tally.days.get("last_success_at") else "idle"


def _open_cases(customer: Customer, now: datetime) -> tuple[CaseRow, ...]:
    dearest = F("amount").desc(nulls_last=True)
    found = with_names(open_cases().filter(customer=customer)).order_by("due_at", dearest, "id")
    return tuple(case_row(case, now) for case in found[:SHOWN_CASES])


def list_latest_runs(customer: Customer, number: int) -> list[RunRow]:
    """Return a customer's latest runs, the newest first."""
    found = Run.objects.select_related("flow", "customer", "event").filter(customer=customer).order_by("-id")
    return [run_row(run) for run in found[:number]]


@dataclass(frozen=True, slots=True)
class FlowLine:
    """A flow of the flows tab."""

    flow: Flow
    mark: str
    tally: Tally
    last_run_at: datetime | None


def list_flow_lines(customer: Customer, *, now: datetime) -> list[FlowLine]:
    """Return a customer's flows with their figures, those that are no longer used last."""
    flows = list(Flow.objects.filter(customer=customer).select_related("source", "target", "live_version"))
    counted = tallies("flow_id", now=now, customer_id=customer.id)
    last = dict(Run.objects.filter(customer=customer).order_by().values_list("flow_id").annotate(at=Max("created_at")))
    running = set(
        Run.objects.filter(customer=customer)
        .exclude(state__in=[*RUN_TERMINAL, RunState.WAITING])
        .order_by()
        .values_list("flow_id", flat=True)
    )
    lines = [
        FlowLine(
            flow=flow,
            mark=mark_of(
                flow.state,
                counted[flow.id],
                is_cut=flow.source.state in _UNUSABLE or flow.target.state in _UNUSABLE,
                is_running=flow.id in running,
            ),
            tally=counted[flow.id],
            last_run_at=last.get(flow.id),
        )
        for flow in flows
    ]
    return sorted(lines, key=lambda line: (line.flow.state == Flow.State.RETIRED, line.flow.name.casefold()))


def list_cases_of(customer: Customer, *, closed: bool, now: datetime) -> list[CaseRow]:
    """Return a customer's cases, the most urgent or the latest closed first; fifty at most."""
    found = ExceptionCase.objects.filter(customer=customer)
    if closed:
        chosen = found.filter(state=ExceptionCase.State.CLOSED).order_by("-closed_at", "-id")
    else:
        chosen = found.exclude(state=ExceptionCase.State.CLOSED).order_by("due_at", "-id")
    return [case_row(case, now) for case in with_names(chosen)[:CASES_SHOWN]]


def list_connections(customer: Customer) -> list[tuple[Connection, str]]:
    """Return a customer's connections with their systems' names, those that need somebody first."""
    found = Connection.objects.filter(customer=customer).order_by("name", "id")
    rows = [(one, system_name(one.system)) for one in found]
    return sorted(rows, key=lambda row: row[0].state != Connection.State.ATTENTION)


def list_invitations(customer: Customer, now: datetime) -> list[Invitation]:
    """Return the invitations of a customer's people that nobody has used yet, the newest first."""
    return list(list_open_invitations().filter(customer_id=customer.id, expires_at__gt=now))
