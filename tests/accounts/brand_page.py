"""The brand studio as tests use it: where it is, who opens it, and a form in which everything is right."""

import io
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.accounts.models import AuditEntry
from apps.tenants import scope
from apps.tenants.scope import PartnerRef

PATH = "/settings/brand/"

OpenBrowser = Callable[..., Client]

GOOD: dict[str, Any] = {
    "do": "publish",
    "name": "Alder & Quay",
    "product_noun": "Integration portal",
    "primary_colour": "#0f766e",
    "accent_colour": "#b45309",
    "font": "inter",
    "corner_radius": "8",
    "side_scheme": "dark",
    "mail_header": "mark",
    "sign_in_text": "",
    "support_email": "",
    "mail_sender_name": "",
    "mail_sender_address": "",
    "mail_footer": "",
}


def brand_deeds(partner: PartnerRef) -> list[AuditEntry]:
    """Return what the trail tells of changes of a brand, the oldest first."""
    with scope.enter(partner):
        return list(AuditEntry.objects.filter(action="brand_changed").order_by("position"))


def picture_bytes(size: tuple[int, int] = (300, 100), kind: str = "PNG") -> bytes:
    """Return a picture as its file holds it."""
    out = io.BytesIO()
    Image.new("RGB", size, "#0f766e").save(out, kind)
    return out.getvalue()


def uploaded(raw: bytes, name: str = "logo.png", kind: str = "image/png") -> SimpleUploadedFile:
    """Return a file as a browser sends it."""
    return SimpleUploadedFile(name, raw, content_type=kind)
