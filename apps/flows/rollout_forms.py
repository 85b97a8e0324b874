"""How a template's newest base goes to its customers: the rings, what stops it, and how long a customer may wait."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from apps.flows.engine.rings import Gates, Ring, Unproven

_MOST_RINGS = 6
_DEFAULT = "10, 50, 100"


class RolloutForm(forms.Form):
    """Rings, gates and the note that customers read."""

    note = forms.CharField(
        label=_("What is new"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown beside the rollout; one sentence is enough."),
    )
    shares = forms.CharField(
        label=_("Rings"),
        initial=_DEFAULT,
        max_length=60,
        help_text=_("Up to which percentage of the flows each ring goes, for example 10, 50, 100."),
    )
    minutes = forms.IntegerField(
        label=_("Watch each ring for at least (minutes)"), initial=60, min_value=1, max_value=30 * 24 * 60
    )
    records = forms.IntegerField(
        label=_("and until it has read so many records"),
        initial=20,
        min_value=1,
        max_value=1_000_000,
        help_text=_("A ring that reads nothing passes after a week."),
    )
    error_percent = forms.DecimalField(
        label=_("Stop when so many percent more than usual are refused"),
        initial=Decimal(5),
        min_value=Decimal("0.1"),
        max_value=Decimal(100),
        decimal_places=1,
    )
    held = forms.DecimalField(
        label=_("or when more money than this is newly held up"),
        initial=Decimal(5_000),
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=2,
        required=False,
        help_text=_("In each currency. Empty: money does not stop it."),
    )
    unexplained = forms.IntegerField(
        label=_("or when reconciliations find more records than this that nothing explains"),
        initial=0,
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text=_(
            "Each flow is reconciled once its ring has shown the rest, and the next ring waits for that. Empty: nothing is."
        ),
    )
    unproven = forms.ChoiceField(
        label=_("When a flow cannot be reconciled"),
        choices=[
            (Unproven.HOLD.value, _("Wait until a person lets the ring pass")),
            (Unproven.NAME.value, _("Let the ring pass and name the flow")),
        ],
        initial=Unproven.HOLD.value,
        required=False,
        help_text=_("A system that shows nothing or is away too long, or a reconciliation that breaks off."),
    )
    defer_days = forms.IntegerField(
        label=_("A customer may put it off by up to (days)"), initial=14, min_value=0, max_value=90
    )

    def __init__(self, *args: Any, customers: Sequence[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pilots"] = forms.MultipleChoiceField(
            label=_("These customers first"),
            choices=[(str(key), name) for key, name in customers],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("None chosen: the first ring is filled by chance."),
        )

    def clean_shares(self) -> tuple[Ring, ...]:
        """Read "10, 50, 100" into rings."""
        parts = [part.strip().removesuffix("%").strip() for part in self.cleaned_data["shares"].split(",")]
        if not all(part.isdigit() and 1 <= int(part) <= 100 for part in parts) or len(parts) > _MOST_RINGS:
            raise forms.ValidationError(_("Write whole percentages from 1 to 100, six at most: 10, 50, 100."))
        shares = [int(part) for part in parts]
        if shares != sorted(set(shares)) or shares[-1] != 100:
            raise forms.ValidationError(_("Each ring must reach more than the one before, and the last one 100."))
        return tuple(Ring(_t("All") if share == 100 else f"{share} %", share / 100) for share in shares)

    @property
    def gates(self) -> Gates:
        """What a ring has to show, as it was typed."""
        typed = self.cleaned_data
        return Gates(
            minutes=typed["minutes"],
            records=typed["records"],
            error_rise=float(typed["error_percent"]) / 100,
            held=typed["held"],
            unexplained=typed["unexplained"],
            unproven=Unproven(typed["unproven"] or Unproven.HOLD),
        )


class DeferForm(forms.Form):
    """Until when a customer's flow waits, and why."""

    until = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=_("Why"), max_length=200, required=False)
