"""A template's settings in words: what each is called, what it does, and how it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from apps.flows.templates_library.settings import LABELS, Property, SettingsSchema, properties_of
from apps.tenants.templatetags.wording import count_words, day_words

_AS_MUCH_AS_ANYONE_WANTS = 10**9


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as pages show it; `bounds` is "" where anything goes."""

    name: str
    title: str
    description: str
    value: str
    bounds: str


def setting_rows(schema: SettingsSchema, now: Mapping[str, Any]) -> list[SettingRow]:
    """Return every setting, each as it is `now` or else as the template has it."""
    return [
        SettingRow(
            name,
            _(described["title"]),
            _(described["description"]),
            _value(described, now.get(name, described["default"])),
            _bounds(described),
        )
        for name, described in properties_of(schema).items()
    ]


def _value(described: Property, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return count_words(value)
    if not value:
        return _("none")
    if "anyOf" in described:
        return day_words(date.fromisoformat(value))
    label = described.get(LABELS, {}).get(value, "")
    return _(label) if label else str(value)


def _bounds(described: Property) -> str:
    if described["type"] not in {"integer", "number"} or described["maximum"] >= _AS_MUCH_AS_ANYONE_WANTS:
        return ""
    ends = {"least": count_words(described["minimum"]), "most": count_words(described["maximum"])}
    return _("from %(least)s to %(most)s") % ends
