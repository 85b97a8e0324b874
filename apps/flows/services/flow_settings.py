"""A customer's choices among the settings of a flow's template: each change is a new version."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.flows.models import Flow, FlowVersion
from apps.flows.services.bases import Base, newest_base, pinned_base
from apps.flows.services.definitions import definition_for
from apps.flows.services.publish import hold_flow, propose, publish
from apps.flows.templates_library import FlowTemplate, flow_template
from apps.flows.templates_library.settings import chosen_settings, complete_settings, known_settings


def current_settings(flow: Flow) -> dict[str, Any]:
    """Return every setting of a flow's template as it is for this flow. Raises UnknownTemplateError, SettingsError."""
    schema = flow_template(flow.template).settings
    return complete_settings(schema, known_settings(schema, flow.settings))


def change_settings(
    flow: Flow, *, settings: Mapping[str, Any], changed_by: str, note: str = "", despite: str = ""
) -> FlowVersion | None:
    """Set some of a flow's settings and publish; the others stay. None when nothing is different. `despite`: see `publish`.

    Raises:
        SettingsError: a value cannot be; nothing is changed.
        MappingError: the flow cannot be published with them; nothing is changed.
        ValidationError: the flow stands on an earlier version of its template.
        SamplesFailError: samples fail by them, and `despite` says nothing.

    """
    template = flow_template(flow.template)
    schema = template.settings
    with transaction.atomic():
        locked = hold_flow(flow)
        before = known_settings(schema, locked.settings)
        after = chosen_settings(schema, complete_settings(schema, {**before, **settings}))
        if after == before:
            return None
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        return publish(
            flow,
            published_by=changed_by,
            note=note or f"Changed settings: {', '.join(changed)}",
            base=base_with(locked, template, after),
            despite=despite,
        )


def trial_version(flow: Flow, settings: Mapping[str, Any]) -> FlowVersion:
    """Return the version that other settings would make, without keeping it. Raises as `change_settings`."""
    template = flow_template(flow.template)
    with transaction.atomic():
        locked = hold_flow(flow)
        before = known_settings(template.settings, locked.settings)
        after = chosen_settings(template.settings, complete_settings(template.settings, {**before, **settings}))
        version = propose(flow, made_by="", base=base_with(locked, template, after))
        transaction.set_rollback(True)
    return version


def base_with(flow: Flow, template: FlowTemplate, chosen: Mapping[str, Any]) -> Base:
    """Return what a flow's next version stands on with these settings. Raises ValidationError, SettingsError."""
    live = flow.live_version
    if live is None:
        return replace(newest_base(flow), definition=definition_for(template, chosen).to_json())
    if live.template_version != template.version:
        # How an earlier version was shaped by its settings is not kept: only what came of it.
        words = {"old": live.template_version, "new": template.version}
        sentence = _("This flow stands on version %(old)s of its template: upgrade it to version %(new)s first.")
        raise ValidationError(sentence % words)
    return replace(pinned_base(live), definition=definition_for(template, chosen).to_json())
