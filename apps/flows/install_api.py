"""Installing a template through the API: which connections play which part, and what is wrong with a choice."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from rest_framework import serializers

from apps.accounts.api_problems import NotNowError
from apps.connectors.models import Connection
from apps.flows.mapping.compiled import MappingError
from apps.flows.models import Flow, FlowVersion
from apps.flows.queries.installing import SOURCE, TARGET
from apps.flows.queries.mapping import problem_sentences
from apps.flows.services.flow_settings import change_settings
from apps.flows.services.install import install_template
from apps.flows.templates_library import TEMPLATES, SettingsError, flow_template

_FIELD_OF = {SOURCE: "source_id", TARGET: "target_id"}


class InstallSerializer(serializers.Serializer[Any]):
    """A template and one customer's connections for it; `roles` are those besides source and target, by role."""

    template = serializers.ChoiceField(choices=list(TEMPLATES))
    name = serializers.CharField(max_length=160, required=False)
    source_id = serializers.UUIDField()
    target_id = serializers.UUIDField()
    roles = serializers.DictField(child=serializers.UUIDField(), required=False, default=dict)
    settings = serializers.DictField(
        required=False, default=dict, help_text="What differs from the defaults in the template's settings."
    )
    live = serializers.BooleanField(default=True, help_text="False: a draft, which runs only once it is set live.")


def install_flow(wanted: Mapping[str, Any], *, by: str) -> Flow:
    """Install what a valid InstallSerializer holds. Raises serializers.ValidationError that names the fields to mend."""
    template = flow_template(wanted["template"])
    try:
        return install_template(
            template=template.slug,
            name=wanted.get("name") or template.name,
            source=_connection(wanted["source_id"], "source_id"),
            target=_connection(wanted["target_id"], "target_id"),
            roles={role: _connection(given, "roles", role) for role, given in wanted["roles"].items()},
            settings=wanted["settings"],
            installed_by=by,
            live=wanted["live"],
        )
    except SettingsError as error:
        raise serializers.ValidationError({"settings": error.problems}) from error
    except MappingError as error:
        raise serializers.ValidationError({"template": problem_sentences(error.problems)}) from error
    except ValidationError as error:
        raise serializers.ValidationError(_by_field(error, {*template.roles, *wanted["roles"]})) from error


class SettingsSerializer(serializers.Serializer[Any]):
    """Some of a flow's settings, by name; the others stay as they are."""

    settings = serializers.DictField()
    note = serializers.CharField(max_length=300, required=False, default="")


def change_flow_settings(flow: Flow, wanted: Mapping[str, Any], *, by: str) -> FlowVersion | None:
    """Take the settings that a valid SettingsSerializer holds; returns the version made, None when nothing is different.

    Raises serializers.ValidationError naming each wrong one.
    """
    try:
        return change_settings(flow, settings=wanted["settings"], changed_by=by, note=wanted["note"])
    except SettingsError as error:
        raise serializers.ValidationError({"settings": error.problems}) from error
    except MappingError as error:
        raise serializers.ValidationError({"settings": problem_sentences(error.problems)}) from error
    except ValidationError as error:
        raise NotNowError(" ".join(error.messages)) from error


def _connection(given: UUID, field: str, role: str = "") -> Connection:
    found = Connection.objects.filter(id=given).first()
    if found is None:
        sentence = ["There is no such connection."]
        raise serializers.ValidationError({field: {role: sentence} if role else sentence})
    return found


def _by_field(error: ValidationError, roles: set[str]) -> dict[str, Any]:
    """Return what is wrong, under the names the API gives the fields."""
    told: dict[str, Any] = {}
    for name, sentences in error.message_dict.items():
        if name in roles:
            told.setdefault("roles", {})[name] = sentences
        else:
            told[_FIELD_OF.get(name, name)] = sentences
    return told
