"""Forms made from a template's settings: one field for each property of the schema, in the reader's language."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from apps.flows.templates_library.settings import (
    LABELS,
    Property,
    SettingsError,
    SettingsSchema,
    complete_settings,
    properties_of,
)

PREFIX = "setting_"


def build_setting_fields(schema: SettingsSchema, now: Mapping[str, Any]) -> dict[str, forms.Field]:
    """Return a field for each setting, filled with how it is `now`; names begin with PREFIX."""
    return {
        f"{PREFIX}{name}": _field(described, now.get(name, described["default"]))
        for name, described in properties_of(schema).items()
    }


def _field(described: Property, value: Any) -> forms.Field:
    words: dict[str, Any] = {
        "label": _(described["title"]),
        "help_text": _(described["description"]),
        "required": False,
    }
    if described["type"] == "boolean":
        return forms.BooleanField(initial=value, **words)
    if described["type"] in {"integer", "number"}:
        kind = forms.IntegerField if described["type"] == "integer" else forms.DecimalField
        return kind(initial=value, min_value=described["minimum"], max_value=described["maximum"], **words)
    if "enum" in described:
        labels = described.get(LABELS, {})
        choices = [(one, _(labels[one]) if one in labels else one) for one in described["enum"]]
        return forms.ChoiceField(initial=value, choices=choices, **words)
    if "anyOf" in described:  # a day or nothing
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(initial=value or None, widget=widget, **words)
    return forms.CharField(initial=value, max_length=described["maxLength"], **words)


def read_setting_fields(form: forms.Form, schema: SettingsSchema) -> dict[str, Any]:
    """Return the settings that a cleaned form holds; what is wrong with one is told at its field.

    A number or choice that was left empty is as the template has it.
    """
    chosen: dict[str, Any] = {}
    for name, described in properties_of(schema).items():
        field = f"{PREFIX}{name}"
        # A box that is not ticked is not sent; any other field that is missing was not on the page.
        if field not in form.errors and (described["type"] == "boolean" or field in form.data):
            chosen[name] = _plain(described, form.cleaned_data.get(field))
    try:
        return complete_settings(schema, chosen)
    except SettingsError as wrong:
        for name in wrong.problems:
            pattern = properties_of(schema)[name].get("pattern", "")
            form.add_error(f"{PREFIX}{name}", _("Write it in the form %(form)s.") % {"form": pattern})
    return {}


def _plain(described: Property, value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None and "anyOf" in described:
        return ""
    if value is None or (value == "" and "enum" in described):
        return described["default"]
    return value


class SettingsForm(forms.Form):
    """The settings of one flow."""

    def __init__(self, *args: Any, schema: SettingsSchema, now: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schema = schema
        self.fields.update(build_setting_fields(schema, now))
        self.chosen: dict[str, Any] = {}

    def clean(self) -> dict[str, Any]:
        """Hold the values against the schema."""
        cleaned: dict[str, Any] = super().clean() or {}
        self.chosen = read_setting_fields(self, self.schema)
        return cleaned
