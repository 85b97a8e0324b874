"""Trying out, publishing and restoring a partner's look, with an entry in the audit trail for what went live."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from apps.accounts import audit
from apps.accounts.actor import current_actor
from apps.accounts.audit import AuditAction
from apps.tenants.brand_drafts import Draft, publish_draft, save_draft
from apps.tenants.branding import PICTURES
from apps.tenants.brands import Change, restore
from apps.tenants.scope import PartnerRef

_EMPTY = "none"


def _who() -> str:
    actor = current_actor()
    return actor.shown_name if actor else ""


def keep_draft(partner: PartnerRef, wanted: Mapping[str, Any], *, seen: Mapping[str, Any]) -> Draft:
    """Keep the `wanted` values as the draft. Raises StaleDraftError, ValidationError."""
    return save_draft(partner, wanted, seen=seen, by=_who(), now=timezone.now())


def publish(partner: PartnerRef) -> list[Change]:
    """Make the draft live; returns what that changed, nothing when it is live already. Raises ValidationError."""
    changes = publish_draft(partner, by=_who())
    _record(partner, changes)
    return changes


def restore_version(partner: PartnerRef, number: int) -> list[Change]:
    """Publish an earlier version again. Raises BrandVersion.DoesNotExist, ValidationError."""
    changes = restore(partner, number, by=_who())
    _record(partner, changes, restored_from=number)
    return changes


def _record(partner: PartnerRef, changes: Sequence[Change], **more: Any) -> None:
    if changes:
        details = {change.field: _told(change) for change in changes}
        audit.record(AuditAction.BRAND_CHANGED, subject="brand", subject_id=partner.id, details={**details, **more})


def _told(change: Change) -> Any:
    if change.field in PICTURES:
        return "replaced" if change.before and change.after else "added" if change.after else "removed"
    return [_EMPTY if value == "" else value for value in (change.before, change.after)]
