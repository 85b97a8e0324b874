"""What people type when they decide on an insight."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.monitoring.insights.book import LONGEST_REASON

_LONG = forms.Textarea(attrs={"rows": 2})


class AcceptForm(forms.Form):
    """What is done about it, where anybody wants to say it."""

    reason = forms.CharField(label=_("What is done"), required=False, max_length=LONGEST_REASON, widget=_LONG)


class DismissForm(forms.Form):
    """Why it is as it should be."""

    reason = forms.CharField(
        label=_("Why it is as it should be"),
        max_length=LONGEST_REASON,
        widget=_LONG,
        error_messages={"required": _("Say why it is as it should be: the next one who looks will ask.")},
    )
