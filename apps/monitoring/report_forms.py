"""What a report is about: whose, of which flow, and from when to when."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

LONGEST_DAYS = 366
USUAL_DAYS = 30
CHOSEN = "chosen"
_PERIODS = (
    ("7", _("Last 7 days")),
    ("30", _("Last 30 days")),
    ("90", _("Last 90 days")),
    (CHOSEN, _("From … to …")),
)


class ReportForm(forms.Form):
    """The filter of every report, read from the address; "" wants all. Customers' people have no choice of customer."""

    customer = forms.ChoiceField(label=_("Customer"), required=False)
    flow = forms.ChoiceField(label=_("Flow"), required=False)
    period = forms.ChoiceField(label=_("Time span"), required=False, choices=_PERIODS)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(
        self, asked: QueryDict, *, customers: Mapping[UUID, str] | None, flows: Mapping[UUID, str], today: date
    ) -> None:
        super().__init__({"period": str(USUAL_DAYS), **asked.dict()})
        self.today = today
        if customers is None:
            del self.fields["customer"]
            self.fields["flow"].label = _("What")
        else:
            self._offer("customer", _("All customers"), customers)
        self._offer("flow", _("Everything"), flows)

    def _offer(self, name: str, every: Any, choices: Mapping[UUID, str]) -> None:
        field = self.fields[name]
        field.choices = [("", every), *((str(key), words) for key, words in choices.items())]  # type: ignore[attr-defined]
        field.error_messages["invalid_choice"] = _("Choose one of the list.")

    def clean(self) -> dict[str, Any]:
        """Refuse days that make no span, saying how to mend them."""
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until") or self.today
        if cleaned.get("period") != CHOSEN or {"since", "until"} & set(self.errors):
            return cleaned
        if since is None:
            self.add_error("since", _("Say from which day on."))
        elif since > until:
            self.add_error("until", _("This day is before the first one: choose a later one."))
        elif until > self.today:
            self.add_error("until", _("This day is still to come: choose today or an earlier one."))
        elif (until - since).days >= LONGEST_DAYS:
            self.add_error("since", _("A report covers at most a year: choose a later first day."))
        return cleaned

    @property
    def days(self) -> tuple[date, date]:
        """Return the first and the last day; the usual ones where what was asked for makes no sense."""
        cleaned = self.cleaned_data if self.is_valid() else {}
        if cleaned.get("period") == CHOSEN:
            return cleaned["since"], cleaned.get("until") or self.today
        number = int(cleaned.get("period") or USUAL_DAYS)
        return self.today - timedelta(days=number - 1), self.today

    def chosen_id(self, name: str) -> UUID | None:
        """Return the chosen customer or flow; None for all."""
        self.is_valid()  # what is wrong elsewhere takes nothing away from this choice
        value = self.cleaned_data.get(name, "")
        return UUID(value) if value else None
