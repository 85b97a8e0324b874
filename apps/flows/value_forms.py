"""What people send about a table of values: several rows at once, or a file."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.flows.services.value_csv import MOST_BYTES, ValueFileError, read_value_file

ADD, REPLACE = "add", "replace"
_DIGITS = 6


def typed_values(sent: QueryDict) -> dict[str, str]:
    """Return the rows that were filled in, as {value: becomes}; a row without a second part was left for later.

    A suggestion that was clicked ("take" is the row's place and what its value becomes: "2:EMEA") is the only row then.
    """
    place, colon, taken = sent.get("take", "").partition(":")
    if colon:
        values = sent.getlist("value_from")
        number = int(place) if place.isascii() and place.isdigit() and len(place) < _DIGITS else len(values)
        return {values[number].strip(): taken.strip()} if number < len(values) and taken.strip() else {}
    pairs = zip(sent.getlist("value_from"), sent.getlist("value_to"), strict=False)
    return {old.strip(): new.strip() for old, new in pairs if old.strip() and new.strip()}


class ValueFileForm(forms.Form):
    """A table of values from a CSV file; `rows` are its rows once it is valid."""

    file = forms.FileField(
        label=_("File"), help_text=_("CSV with two columns, the value and what it becomes, as it is downloaded here.")
    )
    way = forms.ChoiceField(
        label=_("The rows there are"),
        choices=(
            (ADD, _("Keep them, and add those of the file")),
            (REPLACE, _("Replace them by those of the file")),
        ),
        initial=ADD,
    )
    rows: dict[str, str]

    def clean_file(self) -> Any:
        """Refuse a file that is wrong anywhere, with each wrong line."""
        sent = self.cleaned_data["file"]
        try:
            self.rows = read_value_file(sent.read(MOST_BYTES + 1))
        except ValueFileError as error:
            raise forms.ValidationError(error.problems) from None
        return sent
