"""Reading a partner's brand, and making new values of it live, with a history that can be gone back in."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.tenants import scope
from apps.tenants.brand_pictures import drop_pictures, picture_url, sizes_of
from apps.tenants.branding import EDITION, PICTURES, BrandLook
from apps.tenants.models import Brand, BrandDraft, BrandVersion
from apps.tenants.scope import PartnerRef

NEUTRAL = BrandLook(
    name="Operator console",
    product_noun="Operator console",
    primary_colour="#334155",
    accent_colour="#0f766e",
    font="inter",
    corner_radius=6,
    version=1,
    tag=f"1.{EDITION}",
)
# For pages that may not say whose they are: a host that nobody owns, or a failure before anybody is known.
NAMELESS = BrandLook(
    name="",
    product_noun="",
    primary_colour="#3f4a5c",
    accent_colour="#3f4a5c",
    font="system",
    corner_radius=8,
    version=0,
)
Values = dict[str, Any]
VALUE_FIELDS = tuple(field.name for field in Brand._meta.concrete_fields if field.name not in {"partner", "version"})
MOST_VERSIONS = 50  # of history; older ones go
_UNUSED_AFTER = timedelta(days=1)
_REMEMBER_SECONDS = 5.0
_remembered: dict[UUID, tuple[float, BrandLook]] = {}


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a brand with what it was and what it became."""

    field: str
    before: Any
    after: Any


def brand_for(partner: PartnerRef | None) -> BrandLook:
    """Return how `partner` looks; the neutral look where there is no partner. Remembered for a few seconds."""
    if partner is None:
        return NEUTRAL
    known = _remembered.get(partner.id)
    if known and known[0] > time.monotonic():
        return known[1]
    with scope.public():
        look = look_of(Brand.objects.get(partner_id=partner.id))
    _remembered[partner.id] = (time.monotonic() + _REMEMBER_SECONDS, look)
    return look


def remembered_look(partner: PartnerRef | None) -> BrandLook:
    """Return what this process last saw of the brand, without asking the database: it may be what broke."""
    known = _remembered.get(partner.id) if partner else None
    return known[1] if known else NAMELESS


def stored_brand(partner: PartnerRef) -> Brand:
    """Return the brand as it is stored now, and let this process forget what it remembered of it."""
    forget(partner.id)
    with scope.public():
        return Brand.objects.get(partner_id=partner.id)


def values_of(brand: Brand) -> Values:
    """Return a brand's values by field, as drafts and history keep them."""
    return {field: getattr(brand, field) for field in VALUE_FIELDS}


def look_of(brand: Brand) -> BrandLook:
    """Return a stored brand as pages use it."""
    return look_from(brand.partner_id, values_of(brand), brand.version)


def look_from(partner_id: UUID, values: Mapping[str, Any], version: int, *, draft: str = "") -> BrandLook:
    """Return values as pages use them; `draft` ("draft-7") marks the addresses of what is not live."""
    size = sizes_of(partner_id, [values["logo"]]).get(values["logo"], (0, 0))
    plain = {field: values[field] for field in VALUE_FIELDS if field in _PLAIN}
    return BrandLook(
        **plain,
        version=version,
        logo_url=picture_url(values["logo"]),
        logo_dark_url=picture_url(values["logo_dark"]),
        logo_size=size,
        tag=draft or f"{version}.{EDITION}",
        sign_in_picture_url=picture_url(values["sign_in_picture"]),
        mail_sender=_sender(values),
        is_draft=bool(draft),
    )


_PLAIN = frozenset(BrandLook.__dataclass_fields__)


def _sender(values: Mapping[str, Any]) -> str:
    if not values["mail_sender_address"]:
        return ""
    name = (values["mail_sender_name"] or values["name"]).replace('"', "")
    return f'"{name}" <{values["mail_sender_address"]}>'


def check_values(partner: PartnerRef, values: Mapping[str, Any]) -> None:
    """Refuse values that cannot be a brand. Raises ValidationError naming the field."""
    Brand(partner_id=partner.id, **values).clean_fields(exclude=["partner"])


def change_brand(
    partner: PartnerRef, changes: Mapping[str, Any], *, by: str = "", restored_from: int | None = None
) -> BrandLook:
    """Make new values live, and keep account of who did; nothing happens when they are live already.

    What is being tried out as a draft stays as it is.

    Raises:
        ValidationError: a value is wrong; names the field.

    """
    now = timezone.now()
    with scope.public(), transaction.atomic():
        brand = Brand.objects.select_for_update(of=("self",)).select_related("partner").get(partner_id=partner.id)
        if not differences(values_of(brand), changes):
            return look_of(brand)
        _keep_account_of(brand)
        for field, value in changes.items():
            setattr(brand, field, value)
        brand.clean_fields(exclude=["partner"])
        brand.version += 1
        brand.save()
        _remember_version(brand, by=by, now=now, restored_from=restored_from)
        _tidy(partner, brand, now)
        look = look_of(brand)
    forget(partner.id)
    # Another thread may have read and remembered the old look before this transaction ended.
    transaction.on_commit(lambda: forget(partner.id))
    return look


def _keep_account_of(brand: Brand) -> None:
    """Write down the first version of a brand when it is about to be replaced: nobody published it, it was made."""
    BrandVersion.objects.get_or_create(
        partner_id=brand.partner_id,
        number=brand.version,
        defaults={"values": values_of(brand), "published_at": brand.partner.created_at},
    )


def _remember_version(brand: Brand, *, by: str, now: datetime, restored_from: int | None) -> None:
    BrandVersion.objects.create(
        partner_id=brand.partner_id,
        number=brand.version,
        values=values_of(brand),
        published_by=by,
        published_at=now,
        restored_from=restored_from,
    )


def _tidy(partner: PartnerRef, brand: Brand, now: datetime) -> None:
    """Drop what history no longer shows, and pictures that nothing names any more."""
    BrandVersion.objects.filter(partner_id=partner.id, number__lte=brand.version - MOST_VERSIONS).delete()
    kept = [values_of(brand), *BrandVersion.objects.filter(partner_id=partner.id).values_list("values", flat=True)]
    kept += BrandDraft.objects.filter(partner_id=partner.id).values_list("values", flat=True)
    named = {values.get(picture, "") for values in kept for picture in PICTURES}
    drop_pictures(partner, keep=named, before=now - _UNUSED_AFTER)


def history(partner: PartnerRef) -> list[tuple[BrandVersion, list[Change]]]:
    """Return what went live, newest first, each with what it changed; one query."""
    with scope.public():
        versions = list(BrandVersion.objects.filter(partner_id=partner.id))
    older: list[BrandVersion | None] = [*versions[1:], None]
    return [
        (version, differences(before.values, version.values) if before else [])
        for version, before in zip(versions, older, strict=False)
    ]


def restore(partner: PartnerRef, number: int, *, by: str) -> list[Change]:
    """Publish an earlier version again; returns what that changed.

    Raises:
        BrandVersion.DoesNotExist: history holds no such version.
        ValidationError: it is not allowed any more; names the field.

    """
    with scope.public():
        version = BrandVersion.objects.get(partner_id=partner.id, number=number)
    now_live = values_of(stored_brand(partner))
    changes = differences(now_live, version.values)
    if changes:
        change_brand(partner, {change.field: change.after for change in changes}, by=by, restored_from=number)
    return changes


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the fields in which two sets of values differ, in the order of the form. Missing ones do not differ."""
    return [
        Change(field, before[field], after[field])
        for field in VALUE_FIELDS
        if field in before and field in after and before[field] != after[field]
    ]


def forget(partner_id: UUID) -> None:
    """Let this process read the brand anew the next time."""
    _remembered.pop(partner_id, None)
