"""What people type on a case's page."""

from typing import Any
from uuid import UUID

from django import forms


class RecordIdsField(forms.Field):
    """The ids of ticked records; nonsense is no record."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[UUID]:
        """Return the ids that can be read."""
        return [found for found in map(_id, value or ()) if found is not None]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class AssignForm(forms.Form):
    """Who takes the case; empty is nobody."""

    owner = forms.UUIDField(required=False, error_messages={"invalid": "Choose a person of the list."})


class NoteForm(forms.Form):
    """A note; the service says what is wrong with its text."""

    text = forms.CharField(required=False, strip=False)
    shared = forms.BooleanField(required=False)


class RecordsForm(forms.Form):
    """Some of the case's records (none ticked: all that are blocked), and a reason where one is asked for."""

    records = RecordIdsField(required=False)
    reason = forms.CharField(required=False, max_length=200)


class ValueForm(forms.Form):
    """One translation; the service names what is missing."""

    target = forms.CharField(required=False, max_length=120)
    outside_value = forms.CharField(required=False, max_length=200)
    new_value = forms.CharField(required=False, max_length=200)


class ReasonForm(forms.Form):
    """Why a case is closed by hand."""

    reason = forms.CharField(required=False, max_length=200)


def first_sentence(form: forms.Form) -> str:
    """Return the first thing that is wrong with a form, with the field's name in front."""
    for name, errors in form.errors.items():
        label = form.fields[name].label or name.replace("_", " ").capitalize() if name in form.fields else ""
        return f"{label}: {errors[0]}" if label else str(errors[0])
    return ""
