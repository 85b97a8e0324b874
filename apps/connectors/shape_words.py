"""What is said of a system's fields on screens: their kinds, what is special about them, and what has changed."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.connectors.manifest import ValueKind
from apps.connectors.shapes import Change, DiscoveredField, ShapeSource

_K = ValueKind
_KINDS = {
    _K.TEXT: gettext_lazy("Text"),
    _K.WHOLE: gettext_lazy("Whole number"),
    _K.DECIMAL: gettext_lazy("Number"),
    _K.MONEY: gettext_lazy("Amount of money"),
    _K.HOURS: gettext_lazy("Hours"),
    _K.DATE: gettext_lazy("Day"),
    _K.INSTANT: gettext_lazy("Point in time"),
    _K.YES_NO: gettext_lazy("Yes or no"),
    _K.CHOICE: gettext_lazy("Choice"),
    _K.REFERENCE: gettext_lazy("Reference"),
    _K.NESTED: gettext_lazy("Group of values"),
}
_SOURCES = {
    ShapeSource.LIVE: gettext_lazy("As the system itself describes them."),
    ShapeSource.MANIFEST: gettext_lazy(
        "As its documentation describes them: this system does not tell its fields. They were compared with one record."
    ),
}
_CHANGES = {
    Change.ADDED: gettext_lazy("%(field)s is new."),
    Change.GONE: gettext_lazy("%(field)s is gone."),
    Change.OTHER_KIND: gettext_lazy("%(field)s was “%(was)s” and is “%(now)s”."),
    Change.REQUIRED: gettext_lazy("%(field)s must be filled in now."),
    Change.READ_ONLY: gettext_lazy("%(field)s can no longer be written."),
    Change.CHOICE_ADDED: gettext_lazy("%(field)s has new choices: %(choices)s."),
    Change.CHOICE_GONE: gettext_lazy("%(field)s no longer has the choices %(choices)s."),
    Change.LENGTH: gettext_lazy("%(field)s holds %(now)s characters, it was %(was)s."),
}


def kind_words(kind: ValueKind) -> str:
    """Return what people call a kind of value."""
    return str(_KINDS[kind])


def source_words(source: ShapeSource) -> str:
    """Return who says what an object looks like."""
    return str(_SOURCES[source])


def field_notes(field: DiscoveredField, source: ShapeSource) -> list[str]:
    """Return what a person should know of a field besides its kind, each as a short sentence."""
    notes = []
    if field.required:
        notes.append(_("Must be filled in."))
    if field.read_only:
        notes.append(_("Is only read."))
    if field.max_length:
        notes.append(_("At most %(number)d characters.") % {"number": field.max_length})
    if source is ShapeSource.MANIFEST and field.seen is False:
        notes.append(_("The record that was looked at did not have it; it may just have been empty."))
    return notes


def change_words(note: Mapping[str, Any]) -> str:
    """Return one change as a sentence; `note` has the parts of a shapes.Difference, and `ended` when it is over."""
    parts = {
        "field": _named(str(note["field"]), str(note["label"])),
        "was": _part(str(note["was"])),
        "now": _part(str(note["now"])),
        "choices": ", ".join(str(choice) for choice in note["choices"]),
    }
    sentence = _CHANGES[Change(str(note["change"]))] % parts
    return _("No longer so: %(sentence)s") % {"sentence": sentence} if note.get("ended") else sentence


def _named(field: str, label: str) -> str:
    return f"{_(label)} ({field})" if label else field


def _part(value: str) -> str:
    if value in set(ValueKind):
        return kind_words(ValueKind(value))
    return value or _("any number of")
