"""What people type about one customer's service level: which package it has, and which missed promise is excused."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.stale_check import StaleCheck
from apps.monitoring.models import BusinessCalendar, CustomerSla, SlaPolicy
from apps.monitoring.queries.sla_suggested import Suggested, fitting_policy
from apps.monitoring.sla_settings import LONGEST_REASON


class AgreementForm(StaleCheck, forms.Form):
    """Which package a customer has, by which hours, for which fee."""

    policy = forms.ModelChoiceField(queryset=SlaPolicy.objects.none(), label=gettext_lazy("Package"), empty_label=None)
    calendar = forms.ModelChoiceField(
        queryset=BusinessCalendar.objects.none(), label=gettext_lazy("Opening hours"), empty_label=None
    )
    fee = forms.DecimalField(
        label=gettext_lazy("Fee a month"), required=False, min_value=0, max_digits=12, decimal_places=2
    )

    def __init__(
        self,
        *args: Any,
        current: CustomerSla | None,
        currency: str,
        suggested: Sequence[Suggested] = (),
        chosen: str = "",
        **kwargs: Any,
    ) -> None:
        initial: dict[str, Any] = {}
        if current:
            initial = {"policy": current.policy_id, "calendar": current.calendar_id, "fee": current.fee}
        fitting = fitting_policy(SlaPolicy.objects.all(), suggested) if suggested and not current else None
        if chosen or fitting:
            initial["policy"] = chosen or fitting.id  # type: ignore[union-attr]  # one of the two is there
        super().__init__(*args, initial=initial, **kwargs)
        if fitting:
            self.fields["policy"].help_text = _(
                "Suggested: %(name)s keeps what the templates of the flows suggest."
            ) % {"name": fitting.name}
        self.fields["policy"].queryset = SlaPolicy.objects.all()  # type: ignore[attr-defined]
        self.fields["calendar"].queryset = BusinessCalendar.objects.all()  # type: ignore[attr-defined]
        self.fields["fee"].help_text = _(
            "In %(currency)s. Credits are a share of it; without a fee there are none."
        ) % {"currency": currency}


class ExcuseForm(forms.Form):
    """Why a missed promise gives no credit."""

    reason = forms.CharField(
        label=gettext_lazy("Why it does not count"),
        max_length=LONGEST_REASON,
        error_messages={"required": gettext_lazy("Say why it does not count.")},
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The customer reads it on the month's statement."),
    )
