"""Reading onboardings: the facts of many customers in a fixed number of queries, the board, and one customer's checklist."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, Q
from django.http import Http404

from apps.accounts.models import Invitation, User
from apps.connectors import registry
from apps.connectors.models import Connection, ConnectionTest
from apps.connectors.queries import system_name
from apps.customers.models import Customer, LegalEntity, Membership, Onboarding, OnboardingInvite
from apps.customers.onboarding import Facts, Readiness, Stage, Step, StepReadiness, readiness
from apps.flows.models import DryRun, Flow
from apps.flows.templates_library import list_templates

MOST_ON_BOARD = 300
MAPPING_SAMPLE = 25  # records the mapping is shown on; a dry run looks at more, so these do not count as one


@dataclass(slots=True)
class Known:
    """The rows behind one customer's facts."""

    customer: Customer
    onboarding: Onboarding
    entities: int = 0
    entities_without_country: int = 0
    connections: list[Connection] = field(default_factory=list)
    first_passed: dict[UUID, datetime] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    people: int = 0
    sampled: set[UUID] = field(default_factory=set)
    dry_runs: dict[UUID, DryRun] = field(default_factory=dict)
    asks: list[OnboardingInvite] = field(default_factory=list)

    @property
    def planned(self) -> list[str]:
        """Return the systems that somebody means to connect and that are not connected yet."""
        there = {connection.system for connection in self.connections}
        return [slug for slug in self.onboarding.planned if slug not in there]

    @property
    def to_go_live(self) -> list[Flow]:
        """Return the flows that going live is about: the drafts, or all of them once there is none left."""
        return [flow for flow in self.flows if flow.state == Flow.State.DRAFT] or self.flows


@dataclass(frozen=True, slots=True)
class OnboardingRow:
    """One customer of the board: how far it is, since when, and what is waited for."""

    known: Known
    readiness: Readiness
    waiting: OnboardingInvite | None

    @property
    def customer(self) -> Customer:
        """Return whose onboarding it is."""
        return self.known.customer

    @property
    def next(self) -> StepReadiness:
        """Return the step to do next."""
        return self.readiness.next_step


@dataclass(frozen=True, slots=True)
class Board:
    """All onboardings by stage, those that stand longest first. `owners` are those to filter by."""

    rows: list[OnboardingRow]
    owners: list[User]

    def of(self, stage: Stage) -> list[OnboardingRow]:
        """Return one column."""
        return [row for row in self.rows if row.readiness.stage is stage]


def get_board(owner_id: UUID | None, *, nobody: bool = False) -> Board:
    """Return the customers being onboarded; `owner_id` limits them to one person's, `nobody` to those without owner."""
    customers = Customer.objects.filter(state=Customer.State.ONBOARDING).order_by("name")[:MOST_ON_BOARD]
    rows = list_rows(list(customers))
    owners = {row.known.onboarding.owner for row in rows if row.known.onboarding.owner}
    chosen = [row for row in rows if _is_wanted(row.known.onboarding.owner_id, owner_id, nobody=nobody)]
    chosen.sort(key=lambda row: (row.readiness.stage_since, row.customer.name))
    return Board(chosen, sorted(owners, key=lambda person: person.name.lower()))


def _is_wanted(owner: UUID | None, wanted: UUID | None, *, nobody: bool) -> bool:
    if nobody:
        return owner is None
    return wanted is None or owner == wanted


def get_row(customer_id: UUID) -> OnboardingRow:
    """Return one customer's onboarding, whether it was formally begun or not. Raises Http404."""
    customer = Customer.objects.select_related("account_owner").filter(id=customer_id).first()
    if customer is None:
        raise Http404("There is no such customer.")
    return list_rows([customer])[0]


def list_rows(customers: Sequence[Customer]) -> list[OnboardingRow]:
    """Return how far each of these customers is, in the order given."""
    return [_row(known) for known in _known(customers)]


def _row(known: Known) -> OnboardingRow:
    judged = readiness(facts_of(known))
    wanted = judged.next_step.step
    waiting = next((ask for ask in known.asks if ask.step == wanted), known.asks[0] if known.asks else None)
    return OnboardingRow(known, judged, waiting)


def facts_of(known: Known) -> Facts:
    """Return what the rules judge by."""
    connections = known.connections
    confirmed = known.onboarding.confirmed
    tried = [known.dry_runs.get(flow.id) for flow in known.to_go_live]
    whole = [one for one in tried if one is not None]
    return Facts(
        started_at=known.onboarding.started_at,
        has_country=bool(known.customer.country),
        entities=known.entities,
        entities_without_country=known.entities_without_country,
        connections=len(connections),
        sources=sum(_fits(connection, reads=True) for connection in connections),
        targets=sum(_fits(connection, reads=False) for connection in connections),
        planned=len(known.planned),
        untested=sum(connection.state == Connection.State.UNTESTED for connection in connections),
        troubled=sum(connection.state == Connection.State.ATTENTION for connection in connections),
        flows=len(known.flows),
        live_flows=sum(flow.state == Flow.State.LIVE for flow in known.flows),
        is_sampled=bool(known.to_go_live) and all(flow.id in known.sampled for flow in known.to_go_live),
        people=known.people,
        is_dry_run=bool(whole) and len(whole) == len(tried),
        is_dry_run_stale=any(
            run.version_id != flow.live_version_id
            for flow, run in zip(known.to_go_live, tried, strict=True)
            if run is not None
        ),
        refused=sum(run.rejected for run in whole),
        confirmed=frozenset(confirmed),
        entities_at=_confirmed_at(confirmed, Step.ENTITIES),
        connected_at=max(known.first_passed.values(), default=None),
        configured_at=_confirmed_at(confirmed, Step.MAPPING),
        dry_run_at=max((run.finished_at for run in whole if run.finished_at), default=None),
    )


def _confirmed_at(confirmed: dict[str, dict[str, str]], step: Step) -> datetime | None:
    text = confirmed.get(step.value, {}).get("at", "")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _fits(connection: Connection, *, reads: bool) -> bool:
    """Return whether some template could read from (or write to) the connection."""
    if connection.state == Connection.State.DISABLED:
        return False
    try:
        system = registry.manifest(connection.system)
    except KeyError:
        return False
    return any(template.can_read(system) if reads else template.can_write(system) for template in list_templates())


def _known(customers: Sequence[Customer]) -> list[Known]:
    ids = [customer.id for customer in customers]
    begun = {row.customer_id: row for row in Onboarding.objects.filter(customer_id__in=ids).select_related("owner")}
    found = {
        customer.id: Known(customer, begun.get(customer.id) or _not_begun(customer), people=0) for customer in customers
    }
    _add_companies(found, ids)
    _add_connections(found, ids)
    _add_flows(found, ids)
    _add_people(found, ids)
    for ask in OnboardingInvite.objects.filter(customer_id__in=ids, answered_at=None, revoked_at=None).order_by("id"):
        found[ask.customer_id].asks.append(ask)
    return list(found.values())


def _not_begun(customer: Customer) -> Onboarding:
    """Return what a customer that was added elsewhere starts from; not stored until something is decided."""
    return Onboarding(customer=customer, started_at=customer.created_at, changed_at=customer.created_at)


def _add_companies(found: dict[UUID, Known], ids: Iterable[UUID]) -> None:
    counted = LegalEntity.objects.filter(customer_id__in=ids).order_by().values_list("customer_id")
    for customer_id, number, unplaced in counted.annotate(
        number=Count("id"), unplaced=Count("id", filter=Q(country=""))
    ):
        found[customer_id].entities, found[customer_id].entities_without_country = number, unplaced


def _add_connections(found: dict[UUID, Known], ids: Iterable[UUID]) -> None:
    used = Connection.objects.filter(customer_id__in=ids).exclude(state=Connection.State.DISABLED)
    for connection in used.order_by("id"):
        found[connection.customer_id].connections.append(connection)
    passed = ConnectionTest.objects.filter(customer_id__in=ids, state=ConnectionTest.State.PASSED).order_by()
    for customer_id, connection_id, at in passed.values_list("customer_id", "connection_id").annotate(
        first=Min("finished_at")
    ):
        found[customer_id].first_passed[connection_id] = at


def _add_flows(found: dict[UUID, Known], ids: Iterable[UUID]) -> None:
    flows = Flow.objects.filter(customer_id__in=ids).exclude(state=Flow.State.RETIRED)
    chosen = list(flows.select_related("source", "target", "live_version").order_by("id"))
    for flow in chosen:
        flow.customer = found[flow.customer_id].customer
        found[flow.customer_id].flows.append(flow)
    done = DryRun.objects.filter(flow__in=chosen, state=DryRun.State.DONE, read__gt=0).defer("rows")
    for run in done.order_by("flow_id", "id"):
        found[run.customer_id].sampled.add(run.flow_id)
        if run.most > MAPPING_SAMPLE:
            found[run.customer_id].dry_runs[run.flow_id] = run  # the newest comes last


def _add_people(found: dict[UUID, Known], ids: Iterable[UUID]) -> None:
    counts: defaultdict[UUID, int] = defaultdict(int)
    members = Membership.objects.filter(customer_id__in=ids, user__is_active=True).order_by()
    for customer_id, number in members.values_list("customer_id").annotate(Count("id")):
        counts[customer_id] += number
    invited = Invitation.objects.filter(customer_id__in=ids, accepted_at=None, withdrawn_at=None).order_by()
    for customer_id, number in invited.values_list("customer_id").annotate(Count("id")):
        if customer_id is not None:
            counts[customer_id] += number
    for customer_id, number in counts.items():
        found[customer_id].people = number


def list_colleagues() -> list[User]:
    """Return those of the team who can work on an onboarding, by name."""
    return list(User.objects.filter(is_active=True, role__in=["owner", "builder"]).order_by("name", "email"))


def list_invites(customer: Customer) -> list[OnboardingInvite]:
    """Return whom this customer's steps were sent to, newest first."""
    return list(OnboardingInvite.objects.filter(customer=customer).select_related("assignee")[:60])


def get_invite(customer: Customer, invite_id: UUID) -> OnboardingInvite:
    """Return one ask of a customer. Raises Http404."""
    found = OnboardingInvite.objects.select_related("customer").filter(customer=customer, id=invite_id).first()
    if found is None:
        raise Http404("There is no such request.")
    return found


def connection_of_system(customer: Customer, system: str) -> Connection | None:
    """Return the customer's newest connection to a system, None before there is one."""
    return Connection.objects.filter(customer=customer, system=system).order_by("-id").first()


def asked_system(ask: OnboardingInvite) -> str:
    """Return what people call the system whose access is asked for, "" for other steps."""
    return system_name(ask.system) if ask.system else ""
