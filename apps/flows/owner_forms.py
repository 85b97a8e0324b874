"""What people type into a customer's owner register, and about a change that waits for them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from apps.accounts.stale_check import StaleCheck
from apps.connectors.models import Connection
from apps.customers.models import Customer
from apps.flows.engine.ownership import ConflictRule
from apps.flows.models import FieldOwner
from apps.flows.queries.owner_register import RULE_WORDS, field_choices

_TEXTS = ("business_owner", "technical_owner", "note")


class OwnerForm(StaleCheck, forms.Form):
    """Who owns a field, and what happens to changes from others. A new entry also says which field."""

    place = forms.ChoiceField(
        label=gettext_lazy("Field"),
        help_text=gettext_lazy(
            "One field, or all the other fields of a kind of record that have no entry of their own."
        ),
    )
    connection = forms.ModelChoiceField(
        queryset=Connection.objects.none(),
        label=gettext_lazy("System of record"),
        required=False,
        empty_label=gettext_lazy("The kind of system that usually owns it"),
        help_text=gettext_lazy(
            "Only this system's value is carried over. Other systems may fill it in where it is empty."
        ),
    )
    conflict_rule = forms.ChoiceField(
        label=gettext_lazy("When another system changes it"),
        choices=list(RULE_WORDS.items()),
        initial=ConflictRule.REVIEW.value,
    )
    business_owner = forms.CharField(
        label=gettext_lazy("Business owner"),
        max_length=160,
        required=False,
        help_text=gettext_lazy("Who says what is right: a name or a team."),
    )
    technical_owner = forms.CharField(
        label=gettext_lazy("Technical owner"),
        max_length=160,
        required=False,
        help_text=gettext_lazy("Who looks after the system of record."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=300, required=False)

    def __init__(
        self, *args: Any, customer: Customer, entry: FieldOwner | None, proposed: str = "", **kwargs: Any
    ) -> None:
        if entry is not None:
            kwargs["initial"] = {
                "connection": entry.connection_id,
                "conflict_rule": entry.conflict_rule,
                **{name: getattr(entry, name) for name in _TEXTS},
            }
        super().__init__(*args, **kwargs)
        self.entry = entry
        connections = Connection.objects.filter(customer=customer)
        self.fields["connection"].queryset = connections  # type: ignore[attr-defined]
        if entry is not None:
            del self.fields["place"]
        else:
            self.fields["place"].choices = field_choices(customer)  # type: ignore[attr-defined]
            self.fields["place"].initial = proposed  # the field's, for a new entry has nothing that could be overtaken

    @property
    def typed(self) -> dict[str, Any]:
        """Return the entry as `set_owner` takes it; ask only a valid form."""
        cleaned = self.cleaned_data
        kind, _colon, field = (
            (self.entry.canonical_type, "", self.entry.field) if self.entry else cleaned["place"].partition(":")
        )
        return {
            "canonical_type": kind,
            "field": field,
            "connection": cleaned["connection"],
            "conflict_rule": ConflictRule(cleaned["conflict_rule"]),
            **{name: cleaned[name] for name in _TEXTS},
        }


class RefusalForm(forms.Form):
    """Why a change is kept out."""

    note = forms.CharField(
        max_length=300,
        required=False,
        error_messages={"max_length": gettext_lazy("Write at most 300 characters.")},
    )

    @property
    def problem(self) -> str:
        """Return what is wrong with it, "" when nothing is."""
        return "" if self.is_valid() else " ".join(map(str, self.errors.get("note", ())))
