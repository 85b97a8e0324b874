"""What people type about approvals: an answer, and who stands in for them."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.flows.models import ApprovalDecision


class DecisionForm(forms.Form):
    """Yes or no; the service says whether a reason is missing."""

    decision = forms.ChoiceField(
        choices=ApprovalDecision.Decision.choices,
        error_messages={"required": _("Choose approve or refuse."), "invalid_choice": _("Choose approve or refuse.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Needed to refuse. Whoever looks after the record reads it."),
    )


class StandInForm(forms.Form):
    """From when to when somebody decides in one's place."""

    stand_in = forms.ModelChoiceField(
        label=_("Who decides for you"), queryset=User.objects.none(), empty_label=_("Choose a colleague")
    )
    starts_on = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    ends_on = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: object, colleagues: Sequence[User], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # a form's own arguments
        choose = self.fields["stand_in"]
        assert isinstance(choose, forms.ModelChoiceField)  # noqa: S101  for the type checker
        choose.queryset = User.objects.filter(id__in=[one.id for one in colleagues]).order_by("name", "email")
