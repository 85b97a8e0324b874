"""What people type about proposals: a change before applying one, why one is refused, the policy, the language model."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.customers.forms import CapitalsField
from apps.monitoring.case_words import class_choices
from apps.monitoring.models import TriagePolicy, TriageProposal
from apps.monitoring.triage.advice import ARGUMENTS, Deed
from apps.monitoring.triage.masking import Mask
from apps.monitoring.triage.policy import Handling
from apps.monitoring.triage.words import read_moment

_LONG = forms.Textarea(attrs={"rows": 3})
_FIELDS: dict[str, forms.Field] = {
    "target": forms.CharField(label=_("Field"), required=False, max_length=120),
    "outside_value": forms.CharField(label=_("The value as it comes"), required=False, max_length=200),
    "new_value": forms.CharField(label=_("What it becomes"), required=False, max_length=200),
    "question": forms.CharField(label=_("Ask the customer"), required=False, max_length=1000, widget=_LONG),
    "note": forms.CharField(label=_("What for"), required=False, max_length=200),
    "reason": forms.CharField(label=_("Reason"), required=False, max_length=200),
    "at": forms.DateTimeField(
        label=_("Day and time"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    ),
}


class ApplyForm(forms.Form):
    """What is said with a proposed deed, as proposed or changed, and what the customer's people are told."""

    tell = forms.CharField(
        label=_("Tell the customer"),
        required=False,
        max_length=1000,
        widget=_LONG,
        help_text=_("Left empty, nothing is said to them."),
    )

    def __init__(self, *args: Any, deed: str, said: Mapping[str, str], **kwargs: Any) -> None:
        kwargs["initial"] = {**said, "at": read_moment(said.get("at", ""))}
        super().__init__(*args, **kwargs)
        names = [name for name in ARGUMENTS[Deed(deed)] if name in _FIELDS]
        # Bound or not: what is not sent stays as it was proposed.
        fields = {name: deepcopy(_FIELDS[name]) for name in names}
        self.fields = {**fields, "tell": self.fields["tell"]}
        if deed == Deed.ASK:
            del self.fields["tell"]

    @property
    def said(self) -> dict[str, str] | None:
        """Return what was sent otherwise than proposed of the deed's arguments, None for nothing; ask only a valid form."""
        sent = [name for name in self.changed_data if name != "tell" and name in self.data]
        found = {name: _plain(self.cleaned_data[name]) for name in sent}
        return found or None


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "")


class RefuseForm(forms.Form):
    """Why a proposal is refused."""

    reason = forms.ChoiceField(
        label=_("Why"),
        choices=TriageProposal.Refusal.choices,
        error_messages={"required": _("Choose why."), "invalid_choice": _("Choose one of the reasons.")},
    )


def _handling(label: Any, help_text: Any = "") -> forms.TypedChoiceField:
    choices = TriagePolicy.Handling.choices
    return forms.TypedChoiceField(label=label, help_text=help_text, coerce=lambda v: Handling(int(v)), choices=choices)


class PolicyForm(forms.Form):
    """Who has to agree to proposals for one kind of failure, or for all that have no policy of their own."""

    kind = forms.ChoiceField(label=_("Kind of failure"), required=False)
    known = _handling(_("Where the money is known"))
    estimated = _handling(_("Where it is estimated"))
    unknown = _handling(_("Where it is not known"))
    limit = forms.DecimalField(
        label=_("Much money, from"),
        max_digits=18,
        decimal_places=2,
        min_value=0,
        help_text=_("In the currency below, at the stored rates. Without a rate it counts as much money."),
    )
    currency = CapitalsField(label=_("Currency"), max_length=3, help_text=_("Three letters, for example EUR."))
    above = _handling(_("Where it is much money"))
    destructive = _handling(_("Where it cannot be taken back"), _("Leaving records out for good."))
    floor = forms.IntegerField(
        label=_("Fall back below, in %"),
        min_value=0,
        max_value=100,
        help_text=_(
            "Of the last 20 decisions; fewer accepted than this, and people decide by hand until you bring it back."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", _("Every other kind")), *class_choices()]  # type: ignore[attr-defined]


MASK_LABELS = {
    Mask.NAMES: _("Names of people, customers, clients and projects"),
    Mask.IDS: _("Numbers of records, codes and addresses of pages"),
    Mask.EMAILS: _("E-mail addresses"),
    Mask.AMOUNTS: _("Amounts, quantities and dates"),
    Mask.TEXT: _("What the systems said, as a whole"),
}


class ModelForm(forms.Form):
    """How the language model is asked. The key is only ever written: the one there is stays where this is empty."""

    is_on = forms.BooleanField(label=_("Ask the model"), required=False)
    address = forms.CharField(
        label=_("Address"),
        max_length=300,
        help_text=_("Where it answers in the usual protocol, for example https://models.example.com/v1."),
    )
    name = forms.CharField(label=_("Model"), max_length=120)
    key = forms.CharField(
        label=_("Key"),
        required=False,
        max_length=400,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept sealed and never shown. Empty leaves the one there is."),
    )
    classes = forms.MultipleChoiceField(
        label=_("Kinds of failure it is asked about"), required=False, widget=forms.CheckboxSelectMultiple
    )
    masks = forms.MultipleChoiceField(
        label=_("What it may not see"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(mask.value, label) for mask, label in MASK_LABELS.items()],
        help_text=_("A placeholder stands for it, and is put back into the answer."),
    )
    seconds = forms.IntegerField(label=_("Wait at most, in seconds"), min_value=1, max_value=60, initial=20)
    most_a_day = forms.IntegerField(label=_("Questions a day, at most"), min_value=0, max_value=100_000, initial=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["classes"].choices = class_choices()  # type: ignore[attr-defined]
