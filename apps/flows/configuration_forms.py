"""What people send about configuration files: a file to look at, and the plan they looked at to apply."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.flows.config_files.parsing import ParsedFile, parse_file
from apps.flows.config_files.yaml_text import MOST_BYTES, DocumentError
from apps.flows.configuring.importing import LONGEST_NOTE


class ConfigurationFileForm(forms.Form):
    """A file to be looked at; `parsed` is its document and `text` its text once it is valid."""

    file = forms.FileField(label=_("File"), help_text=_("YAML as it is downloaded here, at most 2 MB."))
    parsed: ParsedFile
    text: str

    def clean_file(self) -> Any:
        """Refuse a file that is wrong anywhere, with each wrong place and line."""
        sent = self.cleaned_data["file"]
        raw = sent.read(MOST_BYTES + 1)
        self.parsed, self.text = _read(raw), raw.decode("utf-8", "replace")
        return sent


class ApplyForm(forms.Form):
    """The text and digest of the plan that was looked at, and why it is applied."""

    text = forms.CharField(widget=forms.HiddenInput, strip=False)
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    note = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_NOTE,
        required=False,
        help_text=_("Stands with each new version and in the audit log."),
    )
    parsed: ParsedFile

    def clean_text(self) -> str:
        """Read the file once more."""
        text: str = self.cleaned_data["text"]
        self.parsed = _read(text.encode("utf-8", "replace"))
        return text


def _read(raw: bytes) -> ParsedFile:
    try:
        return parse_file(raw)
    except DocumentError as wrong:
        raise forms.ValidationError([str(problem) for problem in wrong.problems]) from None
