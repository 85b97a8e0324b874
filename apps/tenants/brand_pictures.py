"""The pictures of a brand: checked, drawn anew, kept under their digest, and served from there for ever."""

import hashlib
import io
import struct
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from apps.tenants import scope
from apps.tenants.models import BrandPicture
from apps.tenants.scope import PartnerRef

PICTURE_PATH = "/brand/pictures/"
ICON_SIZE = 64
# A logo that is wider than this cannot be read in a square of 16 pixels: initials stand there instead.
_SQUARE_ENOUGH = 1.6
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


@dataclass(frozen=True, slots=True)
class PictureRule:
    """How large a picture may arrive (bytes, pixels of its longer side) and into which box it is fitted."""

    most_bytes: int
    most_pixels: int
    box: tuple[int, int]
    is_photo: bool = False


RULES: dict[str, PictureRule] = {
    "logo": PictureRule(512 * 1024, 2000, (640, 240)),
    "logo_dark": PictureRule(512 * 1024, 2000, (640, 240)),
    "favicon": PictureRule(256 * 1024, 1024, (128, 128)),
    "sign_in_picture": PictureRule(4 * 1024 * 1024, 4000, (1440, 1600), is_photo=True),
}
# The sign-in page must be quick on a phone, too: a photo is saved a little rougher until it fits.
_MOST_PHOTO_BYTES = 150 * 1024
_QUALITIES = (82, 70, 58, 45, 30)


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A picture drawn anew, without anything hidden in it."""

    content: bytes
    media_type: str
    width: int
    height: int

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the content."""
        return hashlib.sha256(self.content).hexdigest()


def clean_picture(raw: bytes, kind: str) -> CleanPicture:
    """Return an uploaded picture of a `kind` of RULES as a fresh PNG, or a photo as a fresh WebP.

    Raises:
        ValidationError: too large, too many pixels, or no picture; says how to mend it.

    """
    rule = RULES[kind]
    if len(raw) > rule.most_bytes:
        raise ValidationError(
            _("The picture is larger than %(most)s kB: save it smaller and upload it again.")
            % {"most": rule.most_bytes // 1024}
        )
    try:
        with Image.open(io.BytesIO(raw), formats=["PNG", "JPEG", "WEBP"]) as picture:
            if max(picture.size) > rule.most_pixels:
                raise ValidationError(
                    _("The picture is over %(most)s pixels wide or high: scale it down.") % {"most": rule.most_pixels}
                )
            fresh = ImageOps.exif_transpose(picture).convert("RGB" if rule.is_photo else "RGBA")
    except _BROKEN_PICTURE:
        raise ValidationError(_("This file is not a PNG, JPEG or WebP picture.")) from None
    fresh.info.clear()  # colour profiles and comments would be written again
    fresh.thumbnail(rule.box)
    content = _as_webp(fresh) if rule.is_photo else _as_png(fresh)
    return CleanPicture(content, "image/webp" if rule.is_photo else "image/png", *fresh.size)


def _as_png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _as_webp(picture: Image.Image) -> bytes:
    content = b""
    for quality in _QUALITIES:
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=quality, method=4)
        content = out.getvalue()
        if len(content) <= _MOST_PHOTO_BYTES:
            break
    return content


def store_picture(partner: PartnerRef, picture: CleanPicture) -> str:
    """Keep a picture and return its digest; the same one twice is kept once."""
    facts = {
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "content": picture.content,
    }
    with scope.public():
        BrandPicture.objects.get_or_create(partner_id=partner.id, digest=picture.digest, defaults=facts)
    return picture.digest


def stored_picture(partner: PartnerRef, digest: str) -> BrandPicture | None:
    """Return one of the partner's own pictures, None when there is none of that digest."""
    with scope.public():
        return BrandPicture.objects.filter(partner_id=partner.id, digest=digest).first()


def sizes_of(partner_id: UUID, digests: list[str]) -> dict[str, tuple[int, int]]:
    """Return width and height of those of the partner's pictures that exist, by digest."""
    wanted = [digest for digest in digests if digest]
    if not wanted:
        return {}
    with scope.public():
        rows = BrandPicture.objects.filter(partner_id=partner_id, digest__in=wanted)
        return {digest: (width, height) for digest, width, height in rows.values_list("digest", "width", "height")}


def drop_pictures(partner: PartnerRef, *, keep: set[str], before: datetime) -> None:
    """Remove pictures that nothing names and that are older than `before`. Call in public scope."""
    BrandPicture.objects.filter(Q(partner_id=partner.id, created_at__lt=before) & ~Q(digest__in=keep)).delete()


def picture_url(digest: str) -> str:
    """Return the address of a picture, "" for none."""
    return f"{PICTURE_PATH}{digest}" if digest else ""


def as_icon(content: bytes) -> bytes | None:
    """Return a logo as a square icon; None when it is too wide to be told at that size."""
    with Image.open(io.BytesIO(content)) as picture:
        long, short = max(picture.size), min(picture.size)
        if long > short * _SQUARE_ENOUGH:
            return None
        small = ImageOps.contain(picture.convert("RGBA"), (ICON_SIZE, ICON_SIZE))
    square = Image.new("RGBA", (ICON_SIZE, ICON_SIZE))
    square.paste(small, ((ICON_SIZE - small.width) // 2, (ICON_SIZE - small.height) // 2))
    return _as_png(square)
