"""What people type in the mapping studio: one line, one deed for many lines, a file of lines."""

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.connectors.manifest import MappingLine, WriteMode
from apps.flows.forms import LineForm
from apps.flows.mapping.bulk import Deed
from apps.flows.mapping.line_files import FileLine, LineFileError
from apps.flows.queries.mapping import EditedLine
from apps.flows.services.line_csv import read_line_file

MOST_FILE_BYTES = 1_000_000  # it comes back once more, to be applied
_MOST = 2_000_000_000
_DEEDS = (
    (Deed.ADD_STEP.value, _("Add a step…")),
    (Deed.REMOVE_STEP.value, _("Take a step away…")),
    (Deed.WRITE_MODE.value, _("Set the way of writing…")),
    (Deed.REQUIRE.value, _("Make them required")),
    (Deed.ALLOW_EMPTY.value, _("Let them be empty")),
    (Deed.ACCEPT.value, _("Take the suggestions")),
    (Deed.RESET.value, _("Reset to the layer below")),
    (Deed.REMOVE.value, _("Remove the lines")),
)


class StudioLineForm(LineForm):
    """One line in the studio's panel. Any path may be typed; whether it is there is told at the field."""

    required = forms.BooleanField(label=_("Required"), required=False, help_text=_("Without it the record is stopped."))
    seen = forms.IntegerField(
        min_value=0, max_value=_MOST, widget=forms.HiddenInput
    )  # the node of the draft that was looked at
    started = forms.IntegerField(min_value=0, max_value=_MOST, widget=forms.HiddenInput)  # the live version below it

    def __init__(self, *args: Any, edited: EditedLine, started: int, **kwargs: Any) -> None:
        super().__init__(*args, edited=edited, **kwargs)
        self.initial = {**self.initial, "started": started, "required": edited.line.required}
        attrs = {"list": "studio-sources", "autocomplete": "off", "spellcheck": "false"}
        self.fields["source"] = forms.CharField(
            label=gettext("Field"), required=False, max_length=200, widget=forms.TextInput(attrs=attrs)
        )
        del self.fields["note"]  # what was done is told when the draft is published

    def wanted_line(self) -> MappingLine:
        """Return the line as typed."""
        return replace(super().wanted_line(), required=self.cleaned_data["required"])


class BulkForm(forms.Form):
    """One deed for the ticked lines. Which ones comes as "place:target", once for each."""

    deed = forms.ChoiceField(label=_("Do to the ticked lines"), choices=_DEEDS)
    argument = forms.CharField(
        label=_("Step"),
        required=False,
        max_length=200,
        help_text=_("A step as it is written, for example trim or shorten:50"),
    )
    write_mode = forms.ChoiceField(
        label=_("Way of writing"),
        required=False,
        choices=[
            (WriteMode.OVERWRITE.value, _("Always write it")),
            (WriteMode.FILL_EMPTY.value, _("Only where the target has nothing")),
            (WriteMode.SET_ON_CREATE.value, _("Only when the record is new")),
            (WriteMode.APPEND.value, _("Add to what is there")),
        ],
    )
    source = forms.CharField(required=False, max_length=200)  # the suggestion that was taken
    seen = forms.IntegerField(min_value=0, max_value=_MOST)
    started = forms.IntegerField(min_value=0, max_value=_MOST)

    @property
    def asked_argument(self) -> str:
        """What the deed needs besides."""
        is_mode = self.cleaned_data["deed"] == Deed.WRITE_MODE
        return str(self.cleaned_data["write_mode" if is_mode else "argument"])


class LineFileForm(forms.Form):
    """A file of lines, uploaded or sent back after its plan was looked at."""

    file = forms.FileField(
        label=_("File"), required=False, help_text=_("CSV or JSON, as it was exported here; columns may be left out.")
    )
    content = forms.CharField(required=False, strip=False, max_length=MOST_FILE_BYTES, widget=forms.HiddenInput)
    removes_others = forms.BooleanField(
        label=_("Remove lines that the file leaves out"),
        required=False,
        help_text=_("Else they stay as they are."),
    )
    seen = forms.IntegerField(min_value=0, max_value=_MOST, widget=forms.HiddenInput)
    started = forms.IntegerField(min_value=0, max_value=_MOST, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines: tuple[FileLine, ...] = ()
        self.text = ""

    def clean(self) -> dict[str, Any]:
        """Read the file; each error names its row and column."""
        cleaned: dict[str, Any] = super().clean() or {}
        uploaded = cleaned.get("file")
        if uploaded is None and not cleaned.get("content"):
            self.add_error("file", gettext("Choose a file."))
            return cleaned
        if uploaded is not None and uploaded.size > MOST_FILE_BYTES:
            self.add_error("file", gettext("The file is larger than 1 MB: the lines of one place are fewer."))
            return cleaned
        content = uploaded.read() if uploaded is not None else cleaned["content"].encode()
        try:
            self.lines = read_line_file(content)
            self.text = content.decode("utf-8-sig")
        except LineFileError as wrong:
            for problem in wrong.problems:
                self.add_error("file", str(problem))
        return cleaned
