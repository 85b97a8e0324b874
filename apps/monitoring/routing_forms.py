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
from apps.monitoring.models import AlertRoute, CasePriority, RoutingRule, Team
from apps.monitoring.queries.case_queue import list_flows
from apps.monitoring.queries.cases import list_workers
from apps.monitoring.queries.routing import list_systems
from apps.monitoring.routing_rules import read_tags

ANY = gettext_lazy("Any")
_AS_IT_IS = gettext_lazy("As it is")
Choices = list[tuple[str, Any]]
STORED = {"kind": "error_class"}  # where a field and what is stored have different names
_IDS = ("customer_id", "flow_id", "team_id", "owner_id")


def ids(pairs: Iterable[tuple[UUID, str]]) -> Choices:
    """Return rows as choices."""
    return [(str(key), name) for key, name in pairs]


def offer(form: forms.BaseForm, name: str, none: Any, choices: Choices) -> None:
    """Put the choices of a field; what is on record and not offered any more stays a choice of its own."""
    now = str(form.initial.get(name) or "")
    if now and now not in {value for value, _label in choices}:
        choices = [*choices, (now, _("One that is no longer here"))]
    form.fields[name].choices = [("", none), *choices]  # type: ignore[attr-defined]


class CasesForm(StaleCheck, forms.Form):
    """What is said about cases where rules and routes pick them: fields, choices, and the values as they are stored."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of failure"), required=False)
    customer_id = forms.ChoiceField(label=gettext_lazy("Customer"), required=False)
    flow_id = forms.ChoiceField(label=gettext_lazy("Flow"), required=False)
    amount_from = forms.DecimalField(
        label=gettext_lazy("Money at risk from"), required=False, min_value=0, max_digits=18, decimal_places=4
    )
    currency = CapitalsField(label=gettext_lazy("Currency"), max_length=3, required=False, empty_value="")
    queue = forms.ChoiceField(label=gettext_lazy("Queue"), required=False)
    team_id = forms.ChoiceField(label=gettext_lazy("Team"), required=False)

    CONDITIONS: tuple[str, ...] = ()
    KEPT: tuple[str, ...] = ()  # the fields that are stored, in the order of the page
    NO_PLACE: Any = ANY  # what no queue and no team mean

    def __init__(self, *args: Any, row: RoutingRule | AlertRoute | None, **kwargs: Any) -> None:
        if row is not None:
            kwargs["initial"] = self.values_of(row)
        super().__init__(*args, **kwargs)
        self.order_fields(self.KEPT)
        offer(self, "kind", ANY, sorted(class_choices(), key=lambda pair: str(pair[1])))
        offer(self, "customer_id", ANY, ids(list_customer_names().items()))
        offer(self, "flow_id", ANY, ids(list_flows()))
        offer(self, "queue", self.NO_PLACE, [(queue.value, _(label)) for queue, label in QUEUE_LABELS.items()])
        offer(self, "team_id", self.NO_PLACE, ids(Team.objects.values_list("id", "name")))

    @property
    def conditions(self) -> list[forms.BoundField]:
        """Return the fields that say which cases."""
        return [self[name] for name in self.CONDITIONS]

    @property
    def typed(self) -> dict[str, Any]:
        """Return the values as they are stored; ask only a valid form."""
        values = {STORED.get(name, name): self.cleaned_data[name] for name in self.KEPT}
        return values | {name: UUID(values[name]) if values[name] else None for name in _IDS if name in values}

    def values_of(self, row: Any) -> dict[str, Any]:
        """Return what is stored as the fields show it."""
        values = {name: getattr(row, STORED.get(name, name)) for name in self.KEPT}
        return values | {name: str(values[name] or "") for name in _IDS if name in values}


class RuleForm(CasesForm):
    """A rule: what a case must be like, and where it goes then."""

    system = forms.ChoiceField(label=gettext_lazy("System"), required=False)
    canonical_type = forms.ChoiceField(label=gettext_lazy("Kind of record"), required=False)
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
    KEPT = ("name", *CONDITIONS, *RESULTS, "is_on")
    NO_PLACE = _AS_IT_IS

    def __init__(self, *args: Any, rule: RoutingRule | None, **kwargs: Any) -> None:
        super().__init__(*args, row=rule, **kwargs)
        people = ids(list_workers())
        names = {known.slug: known.name for known in all_manifests()}
        offer(self, "system", ANY, [(slug, names.get(slug, slug)) for slug in list_systems()])
        offer(self, "canonical_type", ANY, [(name, _(kind.label)) for name, kind in CANONICAL_TYPES.items()])
        offer(self, "owner_id", _AS_IT_IS, people)
        offer(self, "priority", _AS_IT_IS, [(str(value), label) for value, label in CasePriority.choices])
        self.fields["watchers"].choices = people  # type: ignore[attr-defined]
        self.fields["currency"].help_text = _("Three letters, for example EUR.")

    def clean_tags(self) -> list[str]:
        """Return the tags."""
        try:
            return read_tags(self.cleaned_data["tags"])
        except forms.ValidationError as error:
            raise forms.ValidationError(error.messages) from error

    @property
    def results(self) -> list[forms.BoundField]:
        """Return the fields that say where to."""
        return [self[name] for name in self.RESULTS]

    @property
    def typed(self) -> dict[str, Any]:
        """Return the rule's values as `save_rule` takes them; ask only a valid form."""
        values = super().typed
        return values | {"watchers": [UUID(person) for person in values["watchers"]]}

    def values_of(self, row: RoutingRule) -> dict[str, Any]:
        """Return a rule as the fields show it."""
        lists = {"tags": ", ".join(row.tags), "watchers": [str(person) for person in row.watchers]}
        return super().values_of(row) | lists


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
        self.fields["people"].choices = ids(list_workers())  # type: ignore[attr-defined]

    @property
    def typed(self) -> dict[str, Any]:
        """Return the team as `save_team` takes it; ask only a valid form."""
        return {
            "name": self.cleaned_data["name"],
            "people": [UUID(person) for person in self.cleaned_data["people"]],
        }
