"""What people type about value: what was agreed with a customer, and a prospect's numbers."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.customers.forms import CapitalsField
from apps.customers.models import CURRENCY
from apps.monitoring.month_field import MonthField
from apps.monitoring.value.baseline import Baseline
from apps.monitoring.value.estimates import Draft
from apps.monitoring.value.roi import Inputs
from apps.monitoring.value.terms import MEASURED, SAID, Terms
from apps.monitoring.value.words import days_words, type_words
from apps.tenants.templatetags.wording import count_words

_MINUTES = "minutes_"
MOST_MINUTES, MOST_DAYS, MOST_COST = 480, 365, 100_000


class TermsForm(forms.Form):
    """What a customer's value is counted by, from a month on. What is left empty is assumed, or not counted."""

    month = MonthField(
        label=gettext_lazy("Counts from"),
        help_text=gettext_lazy("Months before it stay as they are; a month that is closed never changes."),
    )
    hourly_cost = forms.DecimalField(
        label=gettext_lazy("Cost of an hour"),
        required=False,
        min_value=0,
        max_value=MOST_COST,
        decimal_places=2,
        help_text=gettext_lazy("Of whoever would type the records. Empty: no cost is shown."),
    )
    baseline_days = forms.DecimalField(
        label=gettext_lazy("Days until posted, before go-live"),
        required=False,
        min_value=0,
        max_value=MOST_DAYS,
        decimal_places=1,
        help_text=gettext_lazy("From being ready at the source until posted. Empty: no days are shown."),
    )
    take_measured = forms.BooleanField(required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        terms: Terms,
        types: Sequence[str],
        months: Sequence[date],
        baseline: Baseline | None,
        currency: str,
    ) -> None:
        super().__init__(data, initial=_values(terms, months))
        self._terms, self._baseline = terms, baseline
        month = self.fields["month"]
        assert isinstance(month, MonthField)  # noqa: S101  it is declared above
        month.offer(months)
        self.fields["hourly_cost"].label = _("Cost of an hour, in %(currency)s") % {"currency": currency}
        if baseline is None:
            del self.fields["take_measured"]
        else:
            words = {"days": days_words(baseline.days), "records": count_words(baseline.records)}
            self.fields["take_measured"].label = (
                _("Take what was measured instead: %(days)s, on %(records)s records of the first weeks") % words
            )
        for name in types:
            usual = count_words(Terms().minutes_for(name))
            self.fields[f"{_MINUTES}{name}"] = forms.DecimalField(
                label=_("Minutes for one record: %(records)s") % {"records": type_words(name)},
                required=False,
                min_value=Decimal("0.1"),
                max_value=MOST_MINUTES,
                decimal_places=1,
                help_text=_("Empty: %(usual)s min, told as assumed.") % {"usual": usual},
            )

    @property
    def typed(self) -> Terms:
        """Return what was agreed; ask only a valid form."""
        given = self.cleaned_data
        shown = {name.removeprefix(_MINUTES): value for name, value in given.items() if name.startswith(_MINUTES)}
        kept = {name: value for name, value in self._terms.minutes.items() if name not in shown}
        days, source, records = self._baseline_of(given)
        return Terms(
            minutes={**kept, **{name: value for name, value in shown.items() if value is not None}},
            hourly_cost=given["hourly_cost"],
            baseline_days=days,
            baseline_from=source,
            baseline_records=records,
        )

    def _baseline_of(self, given: dict[str, Any]) -> tuple[Decimal | None, str, int]:
        if self._baseline is not None and given.get("take_measured"):
            return self._baseline.days, MEASURED, self._baseline.records
        days = given["baseline_days"]
        if days is None:
            return None, "", 0
        before = self._terms
        if before.baseline_from == MEASURED and days == before.baseline_days:
            return days, MEASURED, before.baseline_records
        return days, SAID, 0


def _values(terms: Terms, months: Sequence[date]) -> dict[str, Any]:
    minutes = {f"{_MINUTES}{name}": value for name, value in terms.minutes.items()}
    return {
        "month": f"{months[0]:%Y-%m}",
        "hourly_cost": terms.hourly_cost,
        "baseline_days": terms.baseline_days,
        **minutes,
    }


class _Number(forms.DecimalField):
    """A number that is not below nothing."""

    def __init__(self, *, label: Any, most: int, help_text: Any = "", places: int = 2) -> None:
        super().__init__(label=label, help_text=help_text, min_value=0, max_value=most, decimal_places=places)


_percent = partial(_Number, most=100)


class EstimateForm(forms.Form):
    """A prospect's numbers and our assumptions: everything the estimate goes by, and nothing else."""

    name = forms.CharField(label=gettext_lazy("Prospect"), max_length=160)
    currency = CapitalsField(
        label=gettext_lazy("Currency"),
        max_length=3,
        help_text=gettext_lazy("Three letters, for example EUR. Every amount is in it."),
        validators=[CURRENCY],
    )
    people = _Number(label=gettext_lazy("People who book time"), most=1_000_000, places=0)
    entries_each = _Number(
        label=gettext_lazy("Records each, a month"),
        most=100_000,
        help_text=gettext_lazy("That somebody types a second time today."),
    )
    minutes = _Number(label=gettext_lazy("Minutes to type one again"), most=1_440)
    error_rate = _percent(label=gettext_lazy("Errors, in percent of them"))
    error_minutes = _Number(label=gettext_lazy("Minutes to find and mend an error"), most=10_000)
    hourly_cost = _Number(label=gettext_lazy("Cost of an hour"), most=100_000)
    delay_days = _Number(
        label=gettext_lazy("Days until invoiced"),
        most=365,
        help_text=gettext_lazy("That approved work waits today until it is posted."),
    )
    revenue = _Number(label=gettext_lazy("Revenue of a month"), most=1_000_000_000_000)
    capital_cost = _percent(label=gettext_lazy("Cost of capital, in percent a year"))
    setup_price = _Number(label=gettext_lazy("Price of the set-up, once"), most=1_000_000_000)
    monthly_price = _Number(label=gettext_lazy("Price of the package, a month"), most=1_000_000_000)
    low = _percent(
        label=gettext_lazy("Low: percent that goes away"), help_text=gettext_lazy("Of typing, errors and delay alike.")
    )
    expected = _percent(label=gettext_lazy("Expected: percent that goes away"))
    high = _percent(label=gettext_lazy("High: percent that goes away"))

    def clean(self) -> dict[str, Any]:
        """Refuse cases that are not in their order."""
        given = super().clean() or self.cleaned_data
        low, expected, high = (given.get(name) for name in ("low", "expected", "high"))
        if low is not None and expected is not None and low > expected:
            self.add_error("expected", _("Not below the low case: choose %(least)s or more.") % {"least": low})
        if expected is not None and high is not None and expected > high:
            self.add_error("high", _("Not below the expected case: choose %(least)s or more.") % {"least": expected})
        return given

    @property
    def typed(self) -> Draft:
        """Return what was typed; ask only a valid form."""
        given = self.cleaned_data
        numbers = {each.name: given[each.name] for each in fields(Inputs)}
        return Draft(given["name"], given["currency"], Inputs(**numbers))
