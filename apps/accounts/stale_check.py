"""A form that notices when somebody else changed the record it edits while it was being filled in.

`class CustomerForm(StaleCheck, forms.Form)`, given the record's present values as `initial`. The page carries a short
hash of each value; what it carries is compared with what is on record when the form comes back. Fields the person left
alone take what the other one wrote; both stay on the page, and sending again stores what is shown.
"""

import json
from hashlib import blake2b
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

VERSION = "version"


class StaleCheck(forms.BaseForm):
    """Refuses, in place, a form whose record changed meanwhile. Needs `initial` with the record's present values."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.initial:
            self.fields[VERSION] = forms.CharField(widget=forms.HiddenInput, required=False)
            self.initial[VERSION] = self._version  # asked for when the page is drawn: forms add fields of their own

    def clean(self) -> Any:
        """Compare what the page was made from with what is on record. A page without a version is taken as it is."""
        cleaned = super().clean()
        seen = _parsed(self.data.get(self.add_prefix(VERSION), "")) if self.initial else {}
        moved = [name for name in self._watched() if name in seen and self._is_foreign(name, seen[name])]
        if moved:
            self._show_both(moved, seen)
        values = self.cleaned_data if cleaned is None else cleaned
        values.pop(VERSION, None)
        return values

    def _version(self) -> str:
        return json.dumps({name: self._now(name) for name in self._watched()})

    def _watched(self) -> list[str]:
        return [name for name in self.fields if name != VERSION and name in self.initial]

    def _now(self, name: str) -> str:
        return self._mark(name, self.initial[name])

    def _mark(self, name: str, value: Any) -> str:
        return _hash(self.fields[name].prepare_value(value))

    def _is_foreign(self, name: str, seen: str) -> bool:
        """Return whether somebody else gave the field another value than the one that was sent."""
        return self._now(name) not in (seen, self._mark(name, self.cleaned_data.get(name)))

    def _show_both(self, moved: list[str], seen: dict[str, str]) -> None:
        kept = dict(self.data) if not isinstance(self.data, QueryDict) else self.data.copy()
        for name in moved:
            if self._mark(name, self.cleaned_data.get(name)) == seen[name]:  # not touched here: take the other's
                kept[self.add_prefix(name)] = _as_text(self.fields[name].prepare_value(self.initial[name]))
            else:
                words = _("Somebody else wrote “%(value)s” here. Send again to keep yours.")
                self.add_error(name, words % {"value": _as_text(self.initial[name]) or _("nothing")})
        kept[self.add_prefix(VERSION)] = self._version()
        self.data = kept
        labels = get_text_list([str(self.fields[name].label or name) for name in moved], _("and"))
        words = _(
            "While you had this page open, somebody else changed: %(fields)s. Nothing was stored yet: look and send again."
        )
        self.add_error(None, words % {"fields": labels})


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)


def _hash(value: Any) -> str:
    return blake2b(_as_text(value).encode(errors="replace"), digest_size=6).hexdigest()


def _parsed(text: str) -> dict[str, str]:
    try:
        seen = json.loads(text) if text else {}
    except ValueError:
        return {}
    return {str(name): str(mark) for name, mark in seen.items()} if isinstance(seen, dict) else {}
