"""Forms over one part of a description: filled from it and written back to it.

A field stands for one place of the document (`PLACES`); whatever the form does not show stays as it was.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.connectors.answers import at_path
from apps.connectors.private.texts import LineError
from apps.flows.private_forms.fields import DraftForm

Part = dict[str, Any]
_Parsed = TypeVar("_Parsed")

EVIDENCE = {
    "parameter": _("Taken from the query parameter {name}."),
    "answer": _("Taken from {name} in the answer."),
    "element": _("Taken from the element {name} of the request."),
    "argument": _("Taken from the argument {name}."),
    "security": _("Taken from the sign-in {name}."),
    "server": _("Taken from the server {name}."),
    "key": _("Taken from the key {name}."),
    "property": _("Taken from the property {name}."),
}


class PartForm(DraftForm):
    """A form over one part of a document. PLACES says where each field stands, DEFAULTS what it is where nothing does."""

    PLACES: ClassVar[Mapping[str, str]] = {}
    DEFAULTS: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self, *args: Any, part: Part, revision: int, evidence: Sequence[Mapping[str, str]] = (), **kwargs: Any
    ) -> None:
        self.part = part
        initial = {name: self._shown(part, name, place) for name, place in self.PLACES.items()}
        shown = {**initial, "seen": revision, **self.texts_of(part)}
        super().__init__(*args, **{**kwargs, "initial": shown})
        fields = {place: name for name, place in self.PLACES.items()}
        for one in evidence:
            self._tell(self.fields.get(fields.get(one["part"], "")), one)

    def _shown(self, part: Part, name: str, place: str) -> Any:
        found = at_path(part, place)
        return self.DEFAULTS.get(name, "") if found is None else found

    def _tell(self, field: forms.Field | None, evidence: Mapping[str, str]) -> None:
        sentence = EVIDENCE.get(evidence["source"])
        if field is not None and sentence is not None:
            name = format_html("<code>{}</code>", evidence["name"])  # it came with a file: never as markup
            field.help_text = format_html("{} {}", field.help_text, format_html(str(sentence), name=name))

    def texts_of(self, part: Part) -> dict[str, Any]:
        """Return what fields show that stand for more than one value."""
        return {}

    def changed_part(self) -> Part:
        """Return the part as it is to be, from the values that were typed."""
        part = dict(self.part)
        for name, place in self.PLACES.items():
            value = self.cleaned_data.get(name)
            part = _with(part, place.split("."), None if value in ("", None, self.DEFAULTS.get(name)) else value)
        return part


def parsed(parse: Callable[..., _Parsed], *texts: Any) -> _Parsed:
    """Return what lines say; a line that cannot be read is told at its field. Raises ValidationError."""
    try:
        return parse(*texts)
    except LineError as wrong:
        raise forms.ValidationError(str(wrong)) from None


def _with(part: Mapping[str, Any], steps: Sequence[str], value: Any) -> Part:
    """Return a copy with a value at a place; None takes it out."""
    first, rest = steps[0], steps[1:]
    if rest:
        below = part.get(first)
        value = _with(below if isinstance(below, Mapping) else {}, rest, value) or None
    kept = {name: one for name, one in part.items() if name != first}
    return kept if value is None else {**kept, first: value}
