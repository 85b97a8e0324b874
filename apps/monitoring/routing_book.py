"""Sends cases where the partner's rules say: new ones as they open, open ones when somebody asks for it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet

from apps.accounts.actions import Action, roles_with
from apps.accounts.models import User
from apps.monitoring import case_book
from apps.monitoring.blame import WorkQueue
from apps.monitoring.models import CaseAmount, CaseOperation, CaseWatch, ExceptionCase, RoutingRule
from apps.monitoring.routing import CaseFacts, Conditions, Destination, Rule, first_fitting


@dataclass(frozen=True, slots=True)
class Routed:
    """What the rules say about a case; `rule` None: none fits. `changes` tells whether anything would be different."""

    case: ExceptionCase
    rule: Rule | None
    changes: bool


def read_rules() -> list[Rule]:
    """Return the rules that are on, in their order."""
    return [as_rule(row) for row in RoutingRule.objects.filter(is_on=True)]


def as_rule(row: RoutingRule) -> Rule:
    """Return a stored rule as the pure one."""
    return Rule(
        id=row.id,
        name=row.name,
        conditions=Conditions(
            business_class=row.error_class,
            customer_id=row.customer_id,
            flow_id=row.flow_id,
            system=row.system,
            canonical_type=row.canonical_type,
            amount_from=row.amount_from,
            currency=row.currency,
        ),
        destination=Destination(
            queue=WorkQueue(row.queue) if row.queue else None,
            team_id=row.team_id,
            owner_id=row.owner_id,
            priority=row.priority,
            tags=tuple(row.tags),
            watchers=tuple(row.watchers),
        ),
    )


def facts_of(cases: Sequence[ExceptionCase]) -> dict[UUID, CaseFacts]:
    """Return what rules ask of each case; `cases` are read with their flow's source and target. Two queries."""
    ids = [case.id for case in cases]
    types: defaultdict[UUID, set[str]] = defaultdict(set)
    rows = CaseOperation.objects.filter(case__in=ids, open=True).order_by()
    for case_id, kind in rows.values_list("case_id", "operation__canonical_type").distinct():
        types[case_id].add(kind)
    amounts: defaultdict[UUID, dict[str, Decimal]] = defaultdict(dict)
    parts = CaseAmount.objects.filter(case__in=ids).values_list("case_id", "currency", "amount")
    for case_id, currency, amount in parts:
        amounts[case_id][currency] = amount
    return {
        case.id: CaseFacts(
            business_class=case.error_class,
            customer_id=case.customer_id,
            flow_id=case.flow_id,
            systems=frozenset({case.flow.source.system, case.flow.target.system}) if case.flow else frozenset(),
            canonical_types=frozenset(types[case.id]),
            amounts=amounts[case.id],
            queue=case.queue,
            severity=case.severity,
            team_id=case.team_id,
        )
        for case in cases
    }


def with_systems(cases: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
    """Return the same cases with what `facts_of` needs."""
    return cases.select_related("flow__source", "flow__target")


def only_facts(cases: QuerySet[ExceptionCase]) -> QuerySet[ExceptionCase]:
    """Return the same cases with nothing but what `facts_of` needs: for looking at hundreds."""
    return with_systems(cases).only(
        *("error_class", "customer_id", "flow_id", "queue", "severity", "team_id"),
        *("flow__source__system", "flow__target__system"),
    )


def route_new(now: datetime) -> int:
    """Send the cases that nobody routed yet where they belong; returns how many a rule took.

    Call it inside the transaction that opened them, after they were measured: rules may ask for the money.
    """
    new = ExceptionCase.objects.select_for_update(of=("self",)).filter(routed_at__isnull=True)
    cases = list(with_systems(new.exclude(state=ExceptionCase.State.CLOSED)).order_by("id"))
    if not cases:
        return 0
    taken = sum(
        _send(one, now, done_by=case_book.SYSTEM) for one in _judged(cases, read_rules()) if one.rule is not None
    )
    ExceptionCase.objects.filter(id__in=[case.id for case in cases]).update(routed_at=now)
    return taken


def preview(rules: Sequence[Rule]) -> list[Routed]:
    """Return what these rules would make of every open case, the most urgent first; nothing is changed."""
    return _judged(list(_open_cases()), rules)


def route_open(now: datetime, done_by: str) -> int:
    """Send all open cases where the rules say; returns how many changed. Call it inside a transaction.

    Who has a case already keeps it: people decided that.
    """
    cases = list(_open_cases().select_for_update(of=("self",)))
    moved = sum(_send(one, now, done_by=done_by) for one in _judged(cases, read_rules()) if one.changes)
    ExceptionCase.objects.filter(id__in=[case.id for case in cases]).update(routed_at=now)
    return moved


def _open_cases() -> QuerySet[ExceptionCase]:
    still_open = ExceptionCase.objects.exclude(state=ExceptionCase.State.CLOSED)
    return with_systems(still_open).select_related("customer").order_by("due_at", "id")


def _judged(cases: Sequence[ExceptionCase], rules: Sequence[Rule]) -> list[Routed]:
    facts = facts_of(cases)
    chosen = {case.id: first_fitting(rules, facts[case.id]) for case in cases}
    people = _usable_people(rule for rule in chosen.values() if rule is not None)
    watched = _watched(cases)
    found = []
    for case in cases:
        rule = chosen[case.id]
        usable = _usable(rule, people) if rule is not None else None
        found.append(Routed(case, usable, usable is not None and _differs(case, usable, watched[case.id])))
    return found


def _usable_people(rules: Iterable[Rule]) -> set[UUID]:
    """Return which of the people that rules name may still work cases."""
    named = {person for rule in rules for person in (rule.destination.owner_id, *rule.destination.watchers) if person}
    if not named:
        return set()
    people = User.objects.filter(id__in=named, is_active=True, role__in=roles_with(Action.WORK_CASES))
    return set(people.values_list("id", flat=True))


def _usable(rule: Rule, people: set[UUID]) -> Rule:
    """Return the rule without people who left, or whose role changed since it was written."""
    to = rule.destination
    owner = to.owner_id if to.owner_id in people else None
    watchers = tuple(person for person in to.watchers if person in people)
    kept = Destination(to.queue, to.team_id, owner, to.priority, to.tags, watchers)
    return Rule(rule.id, rule.name, rule.conditions, kept)


def _watched(cases: Sequence[ExceptionCase]) -> defaultdict[UUID, set[UUID]]:
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for case_id, person_id in CaseWatch.objects.filter(case__in=[c.id for c in cases]).values_list(
        "case_id", "person_id"
    ):
        found[case_id].add(person_id)
    return found


def _differs(case: ExceptionCase, rule: Rule, watching: set[UUID]) -> bool:
    to = rule.destination
    return any(
        (
            to.queue is not None and to.queue != case.queue,
            to.team_id is not None and to.team_id != case.team_id,
            to.owner_id is not None and case.owner_id is None,
            to.priority is not None and to.priority != case.priority,
            not set(to.tags) <= set(case.tags),
            not set(to.watchers) <= watching,
        )
    )


def _send(routed: Routed, now: datetime, *, done_by: str) -> bool:
    """Move a case where its rule says and put that into its history. False when it was there already."""
    case, rule = routed.case, routed.rule
    if rule is None or not routed.changes:
        return False
    to = rule.destination
    if to.queue is not None:
        case_book.move_to_queue(case, to.queue)
    if to.team_id is not None:
        case.team_id = to.team_id
    if to.owner_id is not None and case.owner_id is None:
        case.owner_id = to.owner_id
    if to.priority is not None:
        case.priority = to.priority
    case.tags = sorted({*case.tags, *to.tags})
    case.changed_at = now
    case.save(update_fields=["queue", "due_at", "team", "owner", "priority", "tags", "changed_at"])
    case_book.watch(case, to.watchers, now)
    case_book.note_step(case, f"Routed by the rule “{rule.name}”.", done_by, now)
    return True
