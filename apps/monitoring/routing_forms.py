"""What people type about routing: a rule with its conditions and results, and a team."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.customer_directory import list_customer_names
from apps.accounts.stale_check import StaleCheck
from apps.connectors.canonical.registry import CANONICAL_TYPES
from apps.connectors.registry import all_manifests
from apps.customers.forms import CapitalsField
from apps.monitoring.blame import QUEUE_LABELS
from apps.monitoring.case_words import class_choices
from apps.monitoring.models import CasePriority, RoutingRule, Team
from apps.monitoring.queries.case_queue import list_flows
from apps.monitoring.queries.cases import list_workers
from apps.monitoring.queries.routing import list_systems
from apps.monitoring.routing_rules import read_tags

_ANY = gettext_lazy("Any")
_AS_IT_IS = gettext_lazy("As it is")
Choices = list[tuple[str, Any]]


def _ids(pairs: Iterable[tuple[UUID, str]]) -> Choices:
    return [(str(key), name) for key, name in pairs]


class RuleForm(StaleCheck, forms.Form):
    """A rule: what a case must be like, and where it goes then."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of failure"), required=False)
    customer_id = forms.ChoiceField(label=gettext_lazy("Customer"), required=False)
    flow_id = forms.ChoiceField(label=gettext_lazy("Flow"), required=False)
    system = forms.ChoiceField(label=gettext_lazy("System"), required=False)
    canonical_type = forms.ChoiceField(label=gettext_lazy("Kind of record"), required=False)
    amount_from = forms.DecimalField(
        label=gettext_lazy("Money at risk from"), required=False, min_value=0, max_digits=18, decimal_places=4
    )
    currency = CapitalsField(
        label=gettext_lazy("Currency"),
        max_length=3,
        required=False,
        empty_value="",
        help_text=gettext_lazy("Three letters, for example EUR."),
    )
    queue = forms.ChoiceField(label=gettext_lazy("Queue"), required=False)
    team_id = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    owner_id = forms.ChoiceField(
        label=gettext_lazy("Owner"),
        required=False,
        help_text=gettext_lazy("A case that somebody has already stays theirs."),
    )
    priority = forms.TypedChoiceField(label=gettext_lazy("Priority"), required=False, coerce=int, empty_value=None)
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        max_length=320,
        help_text=gettext_lazy("With commas between them. They are added to those the case has."),
    )
    watchers = forms.MultipleChoiceField(
        label=gettext_lazy("Watched by"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_on = forms.BooleanField(label=gettext_lazy("The rule is on"), required=False, initial=True)

    CONDITIONS = ("kind", "customer_id", "flow_id", "system", "canonical_type", "amount_from", "currency")
    RESULTS = ("queue", "team_id", "owner_id", "priority", "tags", "watchers")

    def __init__(self, *args: Any, rule: RoutingRule | None, **kwargs: Any) -> None:
        if rule is not None:
            kwargs["initial"] = _initial(rule)
        super().__init__(*args, **kwargs)
        people = _ids(list_workers())
        names = {known.slug: known.name for known in all_manifests()}
        self._offer("kind", _ANY, sorted(class_choices(), key=lambda pair: str(pair[1])))
        self._offer("customer_id", _ANY, _ids(list_customer_names().items()))
        self._offer("flow_id", _ANY, _ids(list_flows()))
        self._offer("system", _ANY, [(slug, names.get(slug, slug)) for slug in list_systems()])
        self._offer("canonical_type", _ANY, [(name, _(kind.label)) for name, kind in CANONICAL_TYPES.items()])
        self._offer("queue", _AS_IT_IS, [(queue.value, _(label)) for queue, label in QUEUE_LABELS.items()])
        self._offer("team_id", _AS_IT_IS, _ids(Team.objects.values_list("id", "name")))
        self._offer("owner_id", _AS_IT_IS, people)
        self._offer("priority", _AS_IT_IS, [(str(value), label) for value, label in CasePriority.choices])
        self.fields["watchers"].choices = people  # type: ignore[attr-defined]

    def _offer(self, name: str, none: Any, choices: Choices) -> None:
        """Put the choices of a field; what is on record and not offered any more stays a choice of its own."""
        now = str(self.initial.get(name) or "")
        if now and now not in {str(value) for value, _label in choices}:
            choices = [*choices, (now, _("One that is no longer here"))]
        self.fields[name].choices = [("", none), *choices]  # type: ignore[attr-defined]

    def clean_tags(self) -> list[str]:
        """Return the tags."""
        try:
            return read_tags(self.cleaned_data["tags"])
        except forms.ValidationError as error:
            raise forms.ValidationError(error.messages) from error

    @property
    def conditions(self) -> list[forms.BoundField]:
        """Return the fields that say which cases."""
        return [self[name] for name in self.CONDITIONS]

    @property
    def results(self) -> list[forms.BoundField]:
        """Return the fields that say where to."""
        return [self[name] for name in self.RESULTS]

    @property
    def typed(self) -> dict[str, Any]:
        """Return the rule's values as `save_rule` takes them; ask only a valid form."""
        values = {name: self.cleaned_data[name] for name in ("name", "is_on", *self.CONDITIONS, *self.RESULTS)}
        for name in ("customer_id", "flow_id", "team_id", "owner_id"):
            values[name] = UUID(values[name]) if values[name] else None
        values["error_class"] = values.pop("kind")
        values["watchers"] = [UUID(person) for person in values["watchers"]]
        return values


def _initial(rule: RoutingRule) -> dict[str, Any]:
    kept = {name: getattr(rule, name) for name in ("name", "is_on", "amount_from", "priority")}
    words = {name: getattr(rule, name) for name in ("system", "canonical_type", "currency", "queue")}
    ids = {name: str(getattr(rule, name) or "") for name in ("customer_id", "flow_id", "team_id", "owner_id")}
    kept["kind"] = rule.error_class
    return kept | words | ids | {"tags": ", ".join(rule.tags), "watchers": [str(person) for person in rule.watchers]}


class TeamForm(forms.Form):
    """A team: its name and who is in it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    people = forms.MultipleChoiceField(
        label=gettext_lazy("Who is in it"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, team: Team | None, **kwargs: Any) -> None:
        if team is not None:
            members = [str(person) for person in team.members.values_list("person_id", flat=True)]
            kwargs["initial"] = {"name": team.name, "people": members}
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = _ids(list_workers())  # type: ignore[attr-defined]

    @property
    def typed(self) -> dict[str, Any]:
        """Return the team as `save_team` takes it; ask only a valid form."""
        return {
            "name": self.cleaned_data["name"],
            "people": [UUID(person) for person in self.cleaned_data["people"]],
        }
