"""What people type about cases: the actions on one, and what a bulk job needs."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

_AREA = {"rows": 3}


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

    owner = forms.UUIDField(
        label=_("Owner"), required=False, error_messages={"invalid": _("Choose a person of the list.")}
    )


class NoteForm(forms.Form):
    """A note; the service says what is wrong with its text."""

    text = forms.CharField(label=_("Note"), required=False, strip=False, widget=forms.Textarea(attrs=_AREA))
    shared = forms.BooleanField(label=_("The customer’s people may read it"), required=False)


class RecordsForm(forms.Form):
    """Some of the case's records (none ticked: all that are blocked)."""

    records = RecordIdsField(required=False)


class SkipForm(RecordsForm):
    """Records to be left out, and why."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)


class ValueForm(forms.Form):
    """One translation; the service names what is missing."""

    target = forms.CharField(label=_("Field"), required=False, max_length=120, widget=forms.Select)
    outside_value = forms.CharField(label=_("The value as it comes"), required=False, max_length=200)
    new_value = forms.CharField(label=_("What it becomes"), required=False, max_length=200)

    def __init__(self, *args: Any, tables: list[tuple[str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].widget.choices = tables or []


class ReasonForm(forms.Form):
    """Why a case is closed by hand."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)


class BulkForm(forms.Form):
    """What a bulk job needs before it begins: a reason, a person (empty is nobody), or a translation."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)
    owner = forms.UUIDField(
        label=_("Owner"),
        required=False,
        widget=forms.Select,
        error_messages={"invalid": _("Choose a person of the list.")},
    )

    target = forms.CharField(label=_("Field"), required=False, max_length=120, widget=forms.Select)
    outside_value = forms.CharField(label=_("The value as it comes"), required=False, max_length=200)
    new_value = forms.CharField(label=_("What it becomes"), required=False, max_length=200)

    def __init__(
        self,
        *args: Any,
        people: list[tuple[UUID, str]] | None = None,
        tables: list[tuple[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target"].widget.choices = tables or []
        choices = [("", _("Nobody")), *((str(key), name) for key, name in people or [])]
        self.fields["owner"].widget.choices = choices
