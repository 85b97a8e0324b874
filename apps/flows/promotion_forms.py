"""What people choose when a sandbox flow is promoted: its name in production, its connections there, and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.connectors.models import Connection
from apps.flows.services.promotion import LONGEST_NAME, PlannedPart, Promotion

NEW = "new"


class PromotionForm(forms.Form):
    """Where the production flow is made, its name and its connections; where it is there already only the reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Whoever approves it reads this first."),
    )

    def __init__(self, *args: Any, plan: Promotion, labels: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        if plan.twin is not None:
            return
        name = forms.CharField(label=_("Name in production"), max_length=LONGEST_NAME, initial=plan.suggested_name)
        parts = {part.role: _choice(part, labels.get(part.role, part.role)) for part in plan.parts}
        self.fields = {"name": name, **parts, "reason": self.fields["reason"]}

    @property
    def name(self) -> str:
        """Return the name of the production flow; ask only a valid form."""
        return str(self.cleaned_data.get("name", ""))

    @property
    def chosen(self) -> dict[str, Connection]:
        """Return the production connections that were chosen, by role; a role without one gets a shell."""
        wanted = {part.role: self.cleaned_data.get(part.role, NEW) for part in self.plan.parts}
        return {part.role: one for part in self.plan.parts for one in part.choices if str(one.id) == wanted[part.role]}


def _choice(part: PlannedPart, label: str) -> forms.ChoiceField:
    known = [(str(one.id), f"{one.name} ({one.get_state_display()})") for one in part.choices]
    return forms.ChoiceField(
        label=label,
        choices=[*known, (NEW, gettext("A new one, without address and secrets"))],
        initial=known[0][0] if known else NEW,
        help_text=gettext("In the sandbox: %(name)s") % {"name": part.tried.name},
    )
