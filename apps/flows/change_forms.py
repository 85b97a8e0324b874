"""What people type about changes: an answer to one, and what is demanded of all."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.stale_check import StaleCheck
from apps.flows.models import ChangeApproval
from apps.flows.services.change_policy import Demands

_DEFAULT, _OWN = "default", "own"


class ChangeDecisionForm(forms.Form):
    """Yes or no; the service says whether a reason is missing."""

    decision = forms.ChoiceField(
        choices=ChangeApproval.Decision.choices,
        error_messages={"required": _("Choose approve or refuse."), "invalid_choice": _("Choose approve or refuse.")},
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=500,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed to refuse. Whoever asked reads it."),
    )


class ChangeDefaultForm(StaleCheck, forms.Form):
    """What a change of a production flow needs before it goes live."""

    approvals = forms.TypedChoiceField(
        label=_("Approvals"),
        coerce=int,
        choices=[
            (0, _("None: whoever edits flows makes changes live")),
            (1, _("One person, other than the one who asks")),
            (2, _("Two people, other than the one who asks")),
        ],
        widget=forms.RadioSelect,
    )
    what_if = forms.BooleanField(
        label=_("A comparison over recorded records"),
        required=False,
        help_text=_("What the change would have made of the records read lately is seen before anybody approves."),
    )
    samples = forms.BooleanField(
        label=_("Samples of the template that hold"),
        required=False,
        help_text=_("No sample may end otherwise than with the live version: refused, left out or waiting."),
    )

    def __init__(self, *args: Any, demands: Demands, **kwargs: Any) -> None:
        kwargs["initial"] = self._initial(demands)
        super().__init__(*args, **kwargs)

    def _initial(self, demands: Demands) -> dict[str, object]:
        return {"approvals": demands.approvals, "what_if": demands.what_if, "samples": demands.samples}

    @property
    def demands(self) -> Demands:
        """Return what was chosen; ask only a valid form."""
        typed = self.cleaned_data
        return Demands(typed["approvals"], typed["what_if"], typed["samples"])


class ChangePolicyForm(ChangeDefaultForm):
    """The same for one customer, or that the partner's default holds."""

    holds = forms.ChoiceField(
        label=_("For this customer"),
        choices=[(_DEFAULT, _("What holds for all customers")), (_OWN, _("What is chosen here"))],
        widget=forms.RadioSelect,
    )
    field_order = ("holds", "approvals", "what_if", "samples")

    def __init__(self, *args: Any, own: Demands | None, default: Demands, **kwargs: Any) -> None:
        self._is_own = own is not None
        super().__init__(*args, demands=own or default, **kwargs)

    def _initial(self, demands: Demands) -> dict[str, object]:
        return {**super()._initial(demands), "holds": _OWN if self._is_own else _DEFAULT}

    @property
    def own_demands(self) -> Demands | None:
        """Return what was chosen for this customer, None where the default is to hold; ask only a valid form."""
        return self.demands if self.cleaned_data["holds"] == _OWN else None
