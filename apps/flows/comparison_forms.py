"""When a flow looks for deletions at its source, and from how many missing records on it asks a person first."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.flows.models import ComparisonRule

MOST_RECORDS = 1_000_000


class ComparisonForm(forms.Form):
    """How often all records are compared, at which time of the customer's night, and what is too much to be believed."""

    every = forms.ChoiceField(
        label=_("Compare all records"),
        choices=(
            (ComparisonRule.Every.DAY, _("every day")),
            (ComparisonRule.Every.WEEK, _("every Sunday")),
            (ComparisonRule.Every.OFF, _("never by itself")),
        ),
    )
    at = forms.TimeField(
        label=_("At"),
        input_formats=["%H:%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write a time of day, for example 03:00.")},
        help_text=_("On the customer's own clock; a quiet hour is best."),
    )
    most_percent = forms.IntegerField(
        label=_("Ask a person when more than so many percent are missing"), min_value=1, max_value=100
    )
    most_records = forms.IntegerField(
        label=_("and more than so many records"),
        min_value=0,
        max_value=MOST_RECORDS,
        help_text=_("Both must be exceeded. Lost rights look just like deletions: nothing is then treated as deleted."),
    )

    def __init__(self, *args: Any, rule: ComparisonRule, **kwargs: Any) -> None:
        names = ("every", "at", "most_percent", "most_records")
        kwargs.setdefault("initial", {name: getattr(rule, name) for name in names})
        super().__init__(*args, **kwargs)
