"""Which days both sides of a flow are set against each other for."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ReconcileForm(forms.Form):
    """The first and the last day, both included, in the customer's time zone."""

    first = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Both days are included, in the customer's time zone; 31 days at most."),
    )
