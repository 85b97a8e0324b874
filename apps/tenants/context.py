"""What every page knows about the brand it wears."""

from typing import Any

from django.http import HttpRequest

from apps.tenants.brand_drafts import look_for


def brand(request: HttpRequest) -> dict[str, Any]:
    """Add `brand` (BrandLook) to every template's context: the draft for somebody who is trying it out."""
    return {"brand": look_for(request)}
