"""A customer's choices among the settings of a flow's template: each change is a new version."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.flows.models import Flow, FlowVersion
from apps.flows.services.publish import publish
from apps.flows.templates_library import flow_template
from apps.flows.templates_library.settings import chosen_settings, complete_settings, known_settings


def current_settings(flow: Flow) -> dict[str, Any]:
    """Return every setting of a flow's template as it is for this flow. Raises UnknownTemplateError, SettingsError."""
    schema = flow_template(flow.template).settings
    return complete_settings(schema, known_settings(schema, flow.settings))


def change_settings(flow: Flow, *, settings: Mapping[str, Any], changed_by: str, note: str = "") -> FlowVersion | None:
    """Set some of a flow's settings and publish; the others stay. None when nothing is different.

    Raises:
        SettingsError: a value cannot be; nothing is changed.
        MappingError: the flow cannot be published with them; nothing is changed.

    """
    schema = flow_template(flow.template).settings
    with transaction.atomic():
        locked = Flow.objects.select_for_update(no_key=True).get(id=flow.id)
        before = known_settings(schema, locked.settings)
        after = chosen_settings(schema, complete_settings(schema, {**before, **settings}))
        if after == before:
            return None
        Flow.objects.filter(id=flow.id).update(settings=after)
        flow.settings = after
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        return publish(flow, published_by=changed_by, note=note or f"Changed settings: {', '.join(changed)}")
