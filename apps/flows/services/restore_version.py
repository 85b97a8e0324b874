"""Going back: a customer's lines as an earlier version had them, published as a new version."""

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.flows.mapping.layers import parse_layer
from apps.flows.models import Flow, FlowVersion, MappingLayer
from apps.flows.services.publish import publish


def restore_version(flow: Flow, version: FlowVersion, *, made_by: str) -> FlowVersion:
    """Put the flow's own lines back as `version` had them and publish; the layers below stay as they are now.

    Raises:
        ValidationError: the version is another flow's, or live already.
        MappingError, LayerError: its lines do not fit the systems any more; nothing is changed.

    """
    if version.flow_id != flow.id:
        raise ValidationError("This version belongs to another flow.")
    if version.id == flow.live_version_id:
        raise ValidationError(f"Version {version.number} is live already.")
    lines = list(version.layers["customer"])
    parse_layer(lines)
    with transaction.atomic():
        layer, _ = MappingLayer.objects.select_for_update().get_or_create(
            flow=flow,
            defaults={
                "level": MappingLayer.Level.CUSTOMER,
                "template": flow.template,
                "target_system": flow.target.system,
            },
        )
        layer.lines = lines
        layer.save()
        return publish(flow, published_by=made_by, note=f"As in version {version.number}")
