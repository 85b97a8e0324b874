"""What people type or bring about exchange rates."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.customers.forms import CapitalsField
from apps.monitoring.currency_rates import MOST_BYTES, read_file
from apps.monitoring.money import Rate

_THREE = _("Three letters, for example EUR.")


class RateForm(forms.Form):
    """One rate of one day."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    from_currency = CapitalsField(label=_("One unit of"), max_length=3, help_text=_THREE)
    to_currency = CapitalsField(label=_("Is worth in"), max_length=3, help_text=_THREE)
    rate = forms.DecimalField(label=_("So much"), max_digits=20, decimal_places=10, help_text=_("For example 1.0837."))
    source = forms.CharField(label=_("Says who"), max_length=80, required=False, help_text=_("A bank, for example."))

    @property
    def typed(self) -> Rate:
        """Return the rate; ask only a valid form."""
        given = self.cleaned_data
        return Rate(given["day"], given["from_currency"], given["to_currency"], given["rate"])


class RateFileForm(forms.Form):
    """Rates from a CSV file; `rates` are its rows once it is valid."""

    file = forms.FileField(label=_("File"), help_text=_("CSV with the columns day, from, to and rate."))
    file_source = forms.CharField(label=_("Says who"), max_length=80, required=False)
    rates: list[Rate]

    def clean_file(self) -> Any:
        """Refuse a file that is wrong anywhere, with the wrong lines."""
        sent = self.cleaned_data["file"]
        self.rates = read_file(sent.read(MOST_BYTES + 1))
        return sent
