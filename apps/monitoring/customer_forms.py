"""What a customer's people type."""

from django import forms
from django.utils.translation import gettext_lazy as _


class AnswerForm(forms.Form):
    """An answer to a matter; the service says what is wrong with its text."""

    text = forms.CharField(
        label=_("Your answer"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For example: “The period is open again”, or “Cost centre 420 is right”."),
    )
