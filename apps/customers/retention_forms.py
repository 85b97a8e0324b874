"""What people choose about how long records are kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from apps.accounts.stale_check import StaleCheck
from apps.customers.retention import LEAST_DAYS, LEAST_MONTHS, MOST_DAYS, MOST_MONTHS, PayloadRule

_KEPT, _NOT_KEPT = "kept", "not_kept"


class PayloadForm(StaleCheck, forms.Form):
    """How long the contents of a customer's records are kept here."""

    contents = forms.ChoiceField(
        label=gettext_lazy("Contents of records"),
        choices=[
            (_KEPT, gettext_lazy("Keep them for some days")),
            (_NOT_KEPT, gettext_lazy("Store none")),
        ],
        widget=forms.RadioSelect,
    )
    keep_days = forms.IntegerField(
        label=gettext_lazy("Days"),
        min_value=LEAST_DAYS,
        max_value=MOST_DAYS,
        help_text=gettext_lazy("What was read, sent and answered can be looked at for so many days, 1 to 400."),
    )

    def __init__(self, *args: Any, rule: PayloadRule, **kwargs: Any) -> None:
        kwargs["initial"] = {"contents": _KEPT if rule.stored else _NOT_KEPT, "keep_days": rule.keep_days}
        super().__init__(*args, **kwargs)

    @property
    def rule(self) -> PayloadRule:
        """Return what was chosen; ask only a valid form."""
        return PayloadRule(self.cleaned_data["contents"] == _KEPT, self.cleaned_data["keep_days"])


class LedgerForm(StaleCheck, forms.Form):
    """How long the partner's ledger lines are kept."""

    keep_months = forms.IntegerField(
        label=gettext_lazy("Months"),
        min_value=LEAST_MONTHS,
        max_value=MOST_MONTHS,
        help_text=gettext_lazy("2 to 120. Thirteen let every month be compared with the same one of the year before."),
    )
