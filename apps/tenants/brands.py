"""Reading and changing a partner's brand."""

import io
import struct
import time
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from PIL import Image, UnidentifiedImageError

from apps.tenants import scope
from apps.tenants.branding import BrandLook
from apps.tenants.models import Brand
from apps.tenants.scope import PartnerRef

NEUTRAL = BrandLook(
    name="Operator console",
    product_noun="Operator console",
    primary_colour="#334155",
    accent_colour="#0f766e",
    font="inter",
    corner_radius=6,
    version=1,
)
MAX_LOGO_BYTES = 512 * 1024
MAX_LOGO_PIXELS = 2000
# A damaged PNG is a SyntaxError or a ValueError to Pillow, depending on where the damage lies.
_BROKEN_PICTURE = (
    UnidentifiedImageError,
    OSError,
    EOFError,
    SyntaxError,
    ValueError,
    struct.error,
    Image.DecompressionBombError,
)
_REMEMBER_SECONDS = 5.0
_remembered: dict[UUID, tuple[float, BrandLook]] = {}


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


def stored_brand(partner: PartnerRef) -> Brand:
    """Return the brand as it is stored now, and let this process forget what it remembered of it."""
    _forget(partner.id)
    with scope.public():
        return Brand.objects.get(partner_id=partner.id)


def look_of(brand: Brand) -> BrandLook:
    """Return a stored brand as pages use it."""
    logo = f"/brand/logo.png?v={brand.version}" if brand.logo_png else ""
    return BrandLook(
        name=brand.name,
        product_noun=brand.product_noun,
        primary_colour=brand.primary_colour,
        accent_colour=brand.accent_colour,
        font=brand.font,
        corner_radius=brand.corner_radius,
        version=brand.version,
        logo_url=logo,
        logo_dark_url=logo,
        support_email=brand.support_email,
        sign_in_text=brand.sign_in_text,
        mail_footer=brand.mail_footer,
        mail_sender=_sender(brand),
    )


def _sender(brand: Brand) -> str:
    if not brand.mail_sender_address:
        return ""
    name = (brand.mail_sender_name or brand.name).replace('"', "")
    return f'"{name}" <{brand.mail_sender_address}>'


def clean_logo(raw: bytes) -> bytes:
    """Return an uploaded picture as a fresh PNG without anything hidden in it.

    Raises:
        ValidationError: too large, too many pixels, or no picture.

    """
    if len(raw) > MAX_LOGO_BYTES:
        raise ValidationError("The logo is larger than 512 kB: save it smaller and upload it again.")
    try:
        with Image.open(io.BytesIO(raw), formats=["PNG", "JPEG", "WEBP"]) as picture:
            if max(picture.size) > MAX_LOGO_PIXELS:
                raise ValidationError(f"The logo is over {MAX_LOGO_PIXELS} pixels wide or high: scale it down.")
            fresh = picture.convert("RGBA")
    except _BROKEN_PICTURE:
        raise ValidationError("This file is not a PNG, JPEG or WebP picture.") from None
    fresh.info.clear()  # colour profiles and comments would be written again
    fresh.thumbnail((640, 240))
    out = io.BytesIO()
    fresh.save(out, "PNG", optimize=True)
    return out.getvalue()


def change_brand(partner: PartnerRef, changes: dict[str, Any]) -> BrandLook:
    """Store new values of the brand's fields. Raises ValidationError naming the field."""
    with scope.public():
        brand = Brand.objects.select_for_update().get(partner_id=partner.id)
        for field, value in changes.items():
            setattr(brand, field, value)
        brand.clean_fields(exclude=["partner"])
        brand.save()
        Brand.objects.filter(pk=brand.pk).update(version=F("version") + 1)
        brand.refresh_from_db()
    _forget(partner.id)
    # Another thread may have read and remembered the old look before this transaction ended.
    transaction.on_commit(lambda: _forget(partner.id))
    return look_of(brand)


def _forget(partner_id: UUID) -> None:
    _remembered.pop(partner_id, None)
