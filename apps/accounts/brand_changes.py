"""Changing how a partner looks, with an entry in the audit trail."""

from typing import Any

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.tenants.brands import change_brand, stored_brand
from apps.tenants.models import Brand
from apps.tenants.scope import PartnerRef

_EMPTY = "none"


def edit_brand(partner: PartnerRef, wanted: dict[str, Any]) -> list[str]:
    """Store those of the `wanted` values that differ from what is stored; returns their names, sorted.

    `logo_png` is a PNG as `clean_logo` returns it, or None to do without one.

    Raises:
        ValidationError: a value is wrong; the message names its field.

    """
    before = stored_brand(partner)
    changes = {field: value for field, value in wanted.items() if _value(before, field) != value}
    if changes:
        change_brand(partner, changes)
        details = {field: _told(field, _value(before, field), value) for field, value in sorted(changes.items())}
        audit.record(AuditAction.BRAND_CHANGED, subject="brand", subject_id=partner.id, details=details)
    return sorted(changes)


def _value(brand: Brand, field: str) -> Any:
    value = getattr(brand, field)
    return bytes(value) if isinstance(value, memoryview) else value


def _told(field: str, before: Any, after: Any) -> Any:
    if field == "logo_png":
        return "replaced" if before and after else "added" if after else "removed"
    return [_EMPTY if value == "" else value for value in (before, after)]
