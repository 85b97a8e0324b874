"""The exception queue: saved queues with their counts, causes across customers, and the cases of one of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from apps.accounts.actor import Actor
from apps.accounts.list_specs import Column, Filter, ListSpec, ListState, Option
from apps.connectors.registry import all_manifests
from apps.flows.business_rules.library import rule_titled
from apps.flows.models import Flow
from apps.flows.queries.record_keys import find_versions
from apps.monitoring import impact
from apps.monitoring.blame import QUEUE_LABELS, Severity, WaitingOn, WorkQueue
from apps.monitoring.case_pages import CaseCounts, CauseGroup
from apps.monitoring.case_words import cause_words, class_choices, title_words
from apps.monitoring.models import (
    CaseAmount,
    CaseOperation,
    CasePriority,
    CaseWatch,
    ExceptionCase,
    Team,
)
from apps.monitoring.pages import CaseRow
from apps.monitoring.queries.case_rows import case_row, has_proposal, with_names

DUE_SOON = timedelta(hours=4)
MOST_CAUSES = 100
CASES_OF_A_CAUSE = 25
NAMED_CUSTOMERS = 2
OPEN = "open"
CLOSED = ExceptionCase.State.CLOSED
# The saved queues in the order they are offered.
VIEWS = (OPEN, "mine", "watched", "unassigned", "overdue", "due_soon", "customer", "snoozed", "closed")
_AGES = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
_BY_CAUSE = ("error_class", "error_field", "flow__target__system")
CauseKey = tuple[str, str, str]
ANY_SYSTEM = "*"

CASES = ListSpec(
    "exceptions",
    columns=(
        Column("title", _("Exception"), fixed=True, value=attrgetter("title")),
        Column("customer", _("Customer"), sort=("customer__name",), value=attrgetter("customer")),
        Column("flow", _("Flow"), value=attrgetter("flow")),
        Column("queue", _("Queue"), value=attrgetter("queue")),
        Column("records", _("Records"), sort=("operation_count",), value=attrgetter("records"), numeric=True),
        Column("money", _("Money at risk"), sort=("amount",), value=attrgetter("amount"), numeric=True, nullable=True),
        Column("currency", _("Currency"), value=attrgetter("currency")),
        Column("age", _("Open since"), sort=("opened_at",), value=attrgetter("opened_at")),
        Column("due", _("Due"), sort=("due_at",), value=attrgetter("due_at")),
        Column("closed", _("Closed"), sort=("closed_at",), value=attrgetter("closed_at"), nullable=True),
        Column("owner", _("Owner"), value=attrgetter("owner")),
        Column("team", _("Team"), value=attrgetter("team")),
        Column("priority", _("Priority"), sort=("priority",), value=attrgetter("priority_words")),
        Column("tags", _("Tags"), value=lambda row: ", ".join(row.tags)),
        Column("waiting_on", _("Waiting on"), value=attrgetter("waiting_on")),
        Column("proposal", _("Proposal"), value=attrgetter("proposal")),
        Column("sentence", _("What happened"), value=attrgetter("sentence")),
    ),
    filters=(
        Filter("q", _("Search"), "search"),
        Filter("view", _("Queue"), "hidden", tuple(Option(view, view) for view in VIEWS)),
        Filter("queue", _("Work queue"), "hidden", tuple(Option(q.value, _(QUEUE_LABELS[q])) for q in WorkQueue)),
        Filter("by", _("Grouping"), "hidden", (Option("list", _("List")),)),
        Filter("cause", _("Cause"), "hidden"),
        Filter(
            "class",
            _("Kind of failure"),
            "hidden",
            tuple(Option(*choice) for choice in class_choices()),
        ),
        Filter("customer", _("Customer"), "select", all_label=_("All customers")),
        Filter("flow", _("Flow"), "select", all_label=_("All flows")),
        Filter(
            "severity",
            _("Severity"),
            "select",
            (Option("high", _("Urgent")), Option("normal", _("Normal")), Option("low", _("Low"))),
            all_label=_("Any severity"),
        ),
        Filter("owner", _("Owner"), "select", all_label=_("Any owner")),
        Filter("team", _("Team"), "select", all_label=_("Any team")),
        Filter(
            "priority",
            _("Priority"),
            "select",
            tuple(Option(str(value), label) for value, label in CasePriority.choices),
            all_label=_("Any priority"),
        ),
        Filter("tag", _("Tag"), "select", all_label=_("Any tag")),
        Filter(
            "age",
            _("Age"),
            "select",
            (
                Option("day", _("Older than a day")),
                Option("week", _("Older than a week")),
                Option("month", _("Older than a month")),
            ),
            all_label=_("Any age"),
        ),
        Filter(
            "proposal",
            _("Proposal"),
            "select",
            (
                Option("yes", _("Has a proposal")),
                Option("second", _("Waits for a second person")),
                Option("no", _("Has none")),
            ),
            all_label=_("With or without"),
        ),
    ),
    order="due",
    tie=("-id",),
)


def parse_cause(text: str) -> CauseKey | None:
    """Return (class, field, system) of "class:field:system"; None for anything else. The system may be `ANY_SYSTEM`."""
    parts = text.split(":")
    if len(parts) != len(_BY_CAUSE) or not parts[0] or max(map(len, parts)) > 60:
        return None
    return parts[0], parts[1], parts[2]


def cause_of(case: ExceptionCase) -> str:
    """Return the key of the cause that a case belongs to; `case` is read with its flow's target."""
    return ":".join((case.error_class, case.error_field, case.flow.target.system if case.flow else ""))


def cause_title(text: str) -> str:
    """Return a cause's key in words."""
    key = parse_cause(text)
    return cause_words(key[0], key[1]) if key else text


def view_of(state: ListState) -> str:
    """Return the name of the saved queue that is looked at."""
    return state.value("view") if state.value("view") in VIEWS else OPEN


def fitting(state: ListState, *, who: Actor, now: datetime) -> QuerySet[ExceptionCase]:
    """Return the cases a queue with its filters shows."""
    chosen = _narrowed(state, now).filter(_views(who, now)[view_of(state)])
    return chosen.filter(queue=state.value("queue")) if state.value("queue") else chosen


def count_cases(state: ListState, *, who: Actor, now: datetime) -> CaseCounts:
    """Return what each saved queue would show with the same filters. One query."""
    wanted = {f"view_{name}": Count("id", filter=view) for name, view in _views(who, now).items()}
    still_open = ~Q(state=CLOSED)
    wanted |= {f"queue_{q.value}": Count("id", filter=still_open & Q(queue=q.value)) for q in WorkQueue}
    counted = _narrowed(state, now).order_by().aggregate(**wanted)
    return CaseCounts(
        {name: counted[f"view_{name}"] for name in VIEWS}, {q.value: counted[f"queue_{q.value}"] for q in WorkQueue}
    )


def _views(who: Actor, now: datetime) -> dict[str, Q]:
    still_open = ~Q(state=CLOSED)
    awake = still_open & Q(snoozed_until__isnull=True)
    return {
        OPEN: still_open,
        "snoozed": still_open & Q(snoozed_until__isnull=False),
        "mine": awake & (Q(owner_id=who.user_id) if who.user_id else Q(pk__in=[])),
        "watched": still_open & Q(Exists(_watching(who))),
        "unassigned": awake & Q(owner__isnull=True),
        "overdue": still_open & Q(due_at__lt=now),
        "due_soon": awake & Q(due_at__gte=now, due_at__lt=now + DUE_SOON),
        "customer": still_open & Q(waiting_on=WaitingOn.CUSTOMER),
        "closed": Q(state=CLOSED),
    }


def _watching(who: Actor) -> QuerySet[CaseWatch]:
    return CaseWatch.objects.filter(case=OuterRef("pk"), person_id=who.user_id)


def _narrowed(state: ListState, now: datetime) -> QuerySet[ExceptionCase]:
    """Return the cases that fit every filter but the queue."""
    plain = {"customer": "customer_id", "flow": "flow_id", "severity": "severity", "class": "error_class"}
    among = ExceptionCase.objects.filter(
        **{path: state.value(name) for name, path in plain.items() if state.value(name)}
    )
    if owner := state.value("owner"):
        among = among.filter(owner__isnull=True) if owner == "nobody" else among.filter(owner_id=UUID(owner))
    if team := state.value("team"):
        among = among.filter(team_id=UUID(team))
    if tag := state.value("tag"):
        among = among.filter(tags__contains=[tag])
    if priority := state.value("priority"):
        among = among.filter(priority=int(priority))
    if (age := _AGES.get(state.value("age"))) is not None:
        among = among.filter(opened_at__lt=now - age)
    if (cause := parse_cause(state.value("cause"))) is not None:
        among = among.filter(_is_of(cause))
    if proposal := state.value("proposal"):
        among = among.filter(has_proposal(proposal))
    return among.filter(_holds(state.value("q"))) if state.value("q") else among


def _is_of(cause: CauseKey) -> Q:
    known = Q(error_class=cause[0], error_field=cause[1])
    if cause[2] == ANY_SYSTEM:
        return known
    return known & (Q(flow__target__system=cause[2]) if cause[2] else Q(flow__isnull=True))


def _holds(words: str) -> Q:
    """Return the condition for cases that name the words, or hold a record with exactly this number."""
    named = Q(title__icontains=words) | Q(explanation__icontains=words)
    holding = CaseOperation.objects.filter(operation_id__in=find_versions(words)).values_list("case_id", flat=True)
    return named | Q(customer__name__icontains=words) | Q(flow__name__icontains=words) | Q(id__in=set(holding))


def build_rows(found: Iterable[ExceptionCase], now: datetime) -> list[CaseRow]:
    """Return the rows of cases that `with_names` read."""
    return [case_row(case, now) for case in found]


def list_causes(
    chosen: QuerySet[ExceptionCase], state: ListState, *, open_keys: frozenset[str], now: datetime
) -> list[CauseGroup]:
    """Return the causes of the chosen cases in the order asked for, those of `open_keys` with their first cases.

    Four queries, and one more for every open cause.
    """
    sums, names = _money(chosen), _names(chosen)
    grouped = (
        chosen.order_by()
        .values(*_BY_CAUSE)
        .annotate(
            cases=Count("id"),
            records=Sum("operation_count"),
            customers=Count("customer_id", distinct=True),
            oldest=Min("opened_at"),
            due=Min("due_at"),
            severe=Count("id", filter=Q(severity=Severity.HIGH)),
            priority=Min("priority"),
            # A case's id as text: the database has no smallest UUID.
            only=Min(Cast("id", CharField())),
            first_title=Min("title"),
            last_title=Max("title"),
        )
    )
    systems = {known.slug: known.name for known in all_manifests()}
    groups = [_group(row, sums, names, systems, state, now) for row in grouped]
    groups.sort(key=_order(state), reverse=state.descending)
    return _filled(groups[:MOST_CAUSES], chosen, grouped, state, open_keys, now)


def _key(row: dict[str, Any]) -> CauseKey:
    return row["error_class"], row["error_field"], row["flow__target__system"] or ""


def _title(row: dict[str, Any], key: CauseKey) -> str:
    """Return what the cases of a cause have in common: the business rule that all of them break, else class and field."""
    is_one_rule = row["first_title"] == row["last_title"] and rule_titled(row["first_title"]) is not None
    return title_words(row["first_title"], key[0]) if is_one_rule else cause_words(key[0], key[1])


def _group(
    row: dict[str, Any],
    sums: dict[CauseKey, tuple[impact.Sum, ...]],
    names: dict[CauseKey, list[str]],
    systems: dict[str, str],
    state: ListState,
    now: datetime,
) -> CauseGroup:
    key = _key(row)
    return CauseGroup(
        key=":".join(key),
        title=_title(row, key),
        system=systems.get(key[2], key[2]),
        cases=row["cases"],
        records=row["records"] or 0,
        customers=row["customers"],
        customer_names=tuple(names[key][:NAMED_CUSTOMERS]),
        sums=sums.get(key, ()),
        oldest_at=row["oldest"],
        due_at=row["due"],
        is_late=row["due"] is not None and row["due"] < now and state.value("view") != "closed",
        is_severe=bool(row["severe"]),
        priority=row["priority"],
    )


def _order(state: ListState) -> Callable[[CauseGroup], Any]:
    if state.sort == "money":
        return lambda group: (max((part.amount for part in group.sums), default=Decimal(-1)), group.key)
    if state.sort == "priority":
        return lambda group: (group.priority, group.due_at, group.key)
    if state.sort == "age":
        return lambda group: (group.oldest_at, group.key)
    return lambda group: (group.due_at is None, group.due_at, group.key)


def _filled(
    groups: list[CauseGroup],
    chosen: QuerySet[ExceptionCase],
    grouped: Iterable[dict[str, Any]],
    state: ListState,
    open_keys: frozenset[str],
    now: datetime,
) -> list[CauseGroup]:
    """Put the case itself where a cause has only one, and the first cases into those that are open."""
    single = {":".join(_key(row)): UUID(row["only"]) for row in grouped if row["cases"] == 1}
    known = with_names(ExceptionCase.objects.filter(id__in=[single[g.key] for g in groups if g.key in single]))
    by_id = {case.id: case_row(case, now) for case in known}
    return [
        replace(group, only=by_id.get(single[group.key]))
        if group.key in single
        else replace(group, is_open=True, rows=tuple(rows_of_cause(chosen, state, group.key, now)))
        if group.key in open_keys
        else group
        for group in groups
    ]


def rows_of_cause(chosen: QuerySet[ExceptionCase], state: ListState, key: str, now: datetime) -> list[CaseRow]:
    """Return the first cases of one cause, in the order asked for."""
    cause = parse_cause(key)
    if cause is None:
        return []
    found = with_names(chosen.filter(_is_of(cause))).order_by(*state.ordering())
    return build_rows(found[:CASES_OF_A_CAUSE], now)


def _money(chosen: QuerySet[ExceptionCase]) -> dict[CauseKey, tuple[impact.Sum, ...]]:
    paths = {"error_class": F("case__error_class"), "error_field": F("case__error_field")}
    rows = (
        CaseAmount.objects.filter(case__in=chosen.order_by().values("id"))
        .values(**paths, flow__target__system=F("case__flow__target__system"))
        .order_by()
        .values(*_BY_CAUSE, "currency", "quality")
        .annotate(total=Sum("amount"), number=Sum("records"))
    )
    parts: defaultdict[CauseKey, list[impact.Sum]] = defaultdict(list)
    for row in rows:
        parts[_key(row)].append(
            impact.Sum(row["currency"], row["total"], impact.Quality(row["quality"]), row["number"])
        )
    return {key: impact.added(found) for key, found in parts.items()}


def _names(chosen: QuerySet[ExceptionCase]) -> defaultdict[CauseKey, list[str]]:
    found: defaultdict[CauseKey, list[str]] = defaultdict(list)
    rows = chosen.order_by("customer__name").values(*_BY_CAUSE, "customer__name").distinct()
    for row in rows[: MOST_CAUSES * 50]:
        found[_key(row)].append(row["customer__name"])
    return found


def count_new(state: ListState, *, who: Actor, since: datetime, now: datetime) -> int:
    """Return how many cases of the queue were opened after a moment."""
    return fitting(state, who=who, now=now).filter(opened_at__gt=since).count()


def list_teams() -> list[tuple[UUID, str]]:
    """Return the teams a queue can be narrowed to."""
    return list(Team.objects.values_list("id", "name"))


def list_tags() -> list[str]:
    """Return the tags of open cases, in order."""
    lists = ExceptionCase.objects.exclude(state=CLOSED).exclude(tags=[]).values_list("tags", flat=True).order_by()
    return sorted({tag for tags in lists.distinct() for tag in tags})


def list_flows() -> list[tuple[UUID, str]]:
    """Return the flows a queue can be narrowed to, with whose they are."""
    known = Flow.objects.order_by("customer__name", "name").values_list("id", "customer__name", "name")
    return [(flow_id, f"{customer} · {name}") for flow_id, customer, name in known]
