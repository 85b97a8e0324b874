"""The fields that forms about a partner's own systems are made of, and the revision of the draft each page was made from."""

from collections.abc import Sequence
from typing import Any

from django import forms


class RevisionField(forms.IntegerField):
    """Which revision of a draft a page was made from. What is none counts as an old one: the page is out of date."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int:
        """Return the revision, 0 for nonsense."""
        try:
            return int(super().clean(value))
        except forms.ValidationError:
            return 0

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**31 - 1, **kwargs)


class DraftForm(forms.Form):
    """A change of a draft as it was seen."""

    seen = RevisionField()


def words(label: Any, help_text: Any = "", *, most: int = 200) -> forms.CharField:
    """Return a field for a line of text that may be left empty, as all of these may."""
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=most)


def lines(label: Any, help_text: Any, *, rows: int = 3) -> forms.CharField:
    """Return a field for entries that stand one a line."""
    area = forms.Textarea(attrs={"rows": rows, "spellcheck": "false"})
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=60_000, widget=area)


def number(label: Any, least: int, most: int, help_text: Any = "") -> forms.IntegerField:
    """Return a field for a whole number."""
    return forms.IntegerField(label=label, help_text=help_text, required=False, min_value=least, max_value=most)


def choice(label: Any, choices: Sequence[tuple[str, Any]], help_text: Any = "") -> forms.ChoiceField:
    """Return a field for one of a few values."""
    return forms.ChoiceField(label=label, choices=choices, help_text=help_text, required=False)
