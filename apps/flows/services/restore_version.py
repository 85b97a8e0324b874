"""Going back: an earlier version as it was, published again as a new one."""

from django.core.exceptions import ValidationError

from apps.flows.models import Flow, FlowVersion
from apps.flows.services.bases import own_lines, pinned_base
from apps.flows.services.publish import publish


def restore_version(flow: Flow, version: FlowVersion, *, made_by: str, despite: str = "") -> FlowVersion:
    """Publish what `version` held, steps and every layer of its lines, as a new version; `despite` as `publish` has it.

    Raises:
        SamplesFailError: samples fail by it, and `despite` says nothing.
        ValidationError: the version is another flow's, was never live, or is live already.
        MappingError, LayerError: its lines do not fit the systems any more; nothing is changed.

    """
    if version.flow_id != flow.id:
        raise ValidationError("This version belongs to another flow.")
    if version.published_at is None:
        raise ValidationError(
            f"Version {version.number} was never live: look at what it would change, then make it live."
        )
    if version.id == flow.live_version_id:
        raise ValidationError(f"Version {version.number} is live already.")
    return publish(
        flow,
        published_by=made_by,
        note=f"As in version {version.number}",
        base=pinned_base(version),
        own=own_lines(version),
        definition=version.definition,
        despite=despite,
    )
