"""What people send about a table of values: several rows at once, or a file."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.flows.services.value_csv import MOST_BYTES, ValueFileError, read_value_file

ADD, REPLACE = "add", "replace"


def typed_values(sent: QueryDict) -> dict[str, str]:
    """Return the rows that were filled in, as {value: becomes}; a row without a second part was left for later."""
    pairs = zip(sent.getlist("value_from"), sent.getlist("value_to"), strict=False)
    return {old.strip(): new.strip() for old, new in pairs if old.strip() and new.strip()}


class ValueFileForm(forms.Form):
    """A table of values from a CSV file; `rows` are its rows once it is valid."""

    file = forms.FileField(
        label=_("File"), help_text=_("CSV with two columns, the value and what it becomes, as it is downloaded here.")
    )
    way = forms.ChoiceField(
        label=_("What happens to the rows there are"),
        choices=(
            (ADD, _("They stay; a value that is in the file becomes what the file says")),
            (REPLACE, _("They go: the table becomes the file")),
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
