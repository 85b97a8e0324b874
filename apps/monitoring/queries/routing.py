"""Reading routing: the rules in words, the teams, each class's own queue, and what the rules would make of open cases."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from apps.accounts.customer_directory import list_customer_names
from apps.accounts.models import User
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.models import Connection
from apps.connectors.registry import all_manifests
from apps.flows.models import Flow
from apps.monitoring import routing_book
from apps.monitoring.blame import CLASSES, verdict_for
from apps.monitoring.case_words import queue_words, title_words
from apps.monitoring.models import CasePriority, RoutingRule, Team
from apps.monitoring.routing import Rule
from apps.monitoring.routing_book import Routed
from apps.tenants.templatetags.wording import money_words

SHOWN_CASES = 20


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in words."""

    id: UUID
    name: str
    is_on: bool
    when: tuple[str, ...]
    then: tuple[str, ...]
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class RoutedCase:
    """An open case with what a rule would make of it."""

    id: UUID
    title: str
    customer: str
    queue: str
    changes: bool


@dataclass(frozen=True, slots=True)
class RoutedGroup:
    """The open cases one rule would take (`name` "": those that no rule fits), the first of them by name."""

    name: str
    cases: int
    changes: int
    shown: tuple[RoutedCase, ...]

    @property
    def more(self) -> int:
        """Return how many are not shown."""
        return self.cases - len(self.shown)


@dataclass(frozen=True, slots=True)
class Names:
    """Names of what rules refer to, by id; read once for all rules."""

    people: dict[UUID, str]
    flows: dict[UUID, str]
    systems: dict[str, str]
    customers: dict[UUID, str]


def get_rule(rule_id: UUID) -> RoutingRule:
    """Return one rule. Raises Http404."""
    rule = RoutingRule.objects.filter(id=rule_id).first()
    if rule is None:
        raise Http404("There is no such rule.")
    return rule


def get_team(team_id: UUID) -> Team:
    """Return one team. Raises Http404."""
    team = Team.objects.filter(id=team_id).first()
    if team is None:
        raise Http404("There is no such team.")
    return team


def list_systems() -> list[str]:
    """Return the systems that anybody here has a connection to, in order of their names."""
    return sorted(set(Connection.objects.values_list("system", flat=True)))


def list_teams() -> list[tuple[UUID, str, list[str]]]:
    """Return every team with the names of its people."""
    teams = Team.objects.prefetch_related("members__person")
    return [(team.id, team.name, sorted(str(one.person) for one in team.members.all())) for team in teams]


def list_rules() -> list[RuleRow]:
    """Return the rules in words, in their order."""
    rows = list(RoutingRule.objects.select_related("team"))
    names = _names(rows)
    return [
        RuleRow(
            id=row.id,
            name=row.name,
            is_on=row.is_on,
            when=tuple(_when(row, names)) or (_("every exception"),),
            then=tuple(_then(row, names)),
            is_first=index == 0,
            is_last=index == len(rows) - 1,
        )
        for index, row in enumerate(rows)
    ]


def _names(rows: Sequence[RoutingRule]) -> Names:
    people = {person for row in rows for person in (row.owner_id, *row.watchers) if person}
    known = User.objects.filter(id__in=people)
    return Names(
        people={person.id: str(person) for person in known},
        flows=dict(Flow.objects.filter(id__in=[row.flow_id for row in rows]).values_list("id", "name")),
        systems={known.slug: known.name for known in all_manifests()},
        customers=list_customer_names() if any(row.customer_id for row in rows) else {},
    )


def _when(row: RoutingRule, names: Names) -> list[str]:
    kind = CANONICAL_TYPES.get(row.canonical_type)
    said = [
        _(verdict_for(row.error_class).title) if row.error_class else "",
        names.customers.get(row.customer_id, "") if row.customer_id else "",
        names.flows.get(row.flow_id, "") if row.flow_id else "",
        names.systems.get(row.system, row.system),
        _(kind.label) if kind else row.canonical_type,
    ]
    if row.amount_from is not None:
        said.append(_("from %(money)s") % {"money": money_words(row.amount_from, row.currency)})
    return [words for words in said if words]


def _then(row: RoutingRule, names: Names) -> list[str]:
    watchers = [names.people[person] for person in row.watchers if person in names.people]
    said = [
        _("Queue: %(name)s") % {"name": queue_words(row.queue)} if row.queue else "",
        _("Team: %(name)s") % {"name": row.team.name} if row.team else "",
        _("Owner: %(name)s") % {"name": names.people.get(row.owner_id, "")} if row.owner_id else "",
        _("Priority: %(name)s") % {"name": CasePriority(row.priority).label} if row.priority else "",
        _("Tags: %(names)s") % {"names": ", ".join(row.tags)} if row.tags else "",
        _("Watched by: %(names)s") % {"names": ", ".join(watchers)} if watchers else "",
    ]
    return [words for words in said if words]


def list_fallbacks() -> list[tuple[str, str]]:
    """Return each kind of failure with the queue it goes to where no rule and no step of a flow says otherwise."""
    known = [verdict_for(business_class) for business_class in CLASSES]
    return sorted((_(verdict.title), queue_words(verdict.queue)) for verdict in known)


def preview(rules: Sequence[Rule]) -> list[RoutedGroup]:
    """Return what these rules would make of the open cases, by rule in their order, what none fits last."""
    grouped: defaultdict[str, list[Routed]] = defaultdict(list)
    for one in routing_book.preview(rules):
        grouped[one.rule.name if one.rule else ""].append(one)
    return [_group(name, grouped[name]) for name in (*dict.fromkeys(rule.name for rule in rules), "") if grouped[name]]


def _group(name: str, found: list[Routed]) -> RoutedGroup:
    first = sorted(found, key=lambda one: not one.changes)[:SHOWN_CASES]
    shown = tuple(
        RoutedCase(
            one.case.id,
            title_words(one.case.title, one.case.error_class),
            one.case.customer.name,
            queue_words(one.case.queue),
            one.changes,
        )
        for one in first
    )
    return RoutedGroup(name, len(found), sum(one.changes for one in found), shown)
