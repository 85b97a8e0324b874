"""A partner's own system as a whole: its beginning, its document, a try of it, and making it live."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.connectors.models import Connection
from apps.flows.private_forms.fields import DraftForm


class StartForm(forms.Form):
    """The beginning of a system: a file of its vendor, a description from elsewhere, or nothing but a name."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=80,
        help_text=_("What people here call the system. Without one, the name in the file is taken."),
    )
    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_(
            "How the system describes its own interface, up to 10 MB: see beside. Or a description that was downloaded "
            "here. Without a file you begin with an empty description."
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        cleaned = self.cleaned_data
        if not cleaned.get("name") and not cleaned.get("file") and not self.errors:
            self.add_error("name", _("Give the system a name, or choose a file."))
        return cleaned


class TryForm(forms.Form):
    """Over which connection a description is tried."""

    def __init__(self, *args: Any, connections: Sequence[Connection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(one.id), f"{one.customer.name} · {one.name}") for one in connections]
        self.fields["connection"] = forms.ChoiceField(label=_("Connection"), choices=names)


class LiveForm(DraftForm):
    """A draft that goes live: as it was seen, with a note for those who come later."""

    note = forms.CharField(
        label=_("Note"), required=False, max_length=300, help_text=_("What is new, for the history.")
    )


class DocumentForm(DraftForm):
    """A description that takes the draft's place."""

    file = forms.FileField(label=_("Description"), help_text=_("A JSON document as it is downloaded here."))
