"""A template's definition with one customer's settings, and the settings that a definition was made with."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.flows.engine.definition import FlowDefinition
from apps.flows.templates_library import TEMPLATES, FlowTemplate, SettingsError
from apps.flows.templates_library.settings import chosen_settings, known_settings


def definition_for(template: FlowTemplate, chosen: Mapping[str, Any]) -> FlowDefinition:
    """Return the template's definition with what a customer chose.

    Raises:
        ValidationError: a setting is not allowed (any more) by this version of the template.

    """
    try:
        return template.definition_with(chosen)
    except SettingsError as wrong:
        sentence = _("The settings do not fit this version of the template: %(problems)s")
        raise ValidationError(sentence % {"problems": str(wrong)}) from wrong


def settings_chosen(slug: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a stored definition has otherwise than its template; all of it where the template is gone."""
    settings = definition.get("settings", {})
    template = TEMPLATES.get(slug)
    if template is None:
        return dict(settings)
    return chosen_settings(template.settings, known_settings(template.settings, settings))
