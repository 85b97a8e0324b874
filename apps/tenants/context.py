"""What every page knows about the brand it wears."""

from typing import Any

from django.http import HttpRequest

from apps.tenants.brands import brand_for


def brand(request: HttpRequest) -> dict[str, Any]:
    """Add `brand` (BrandLook) to every template's context."""
    return {"brand": brand_for(getattr(request, "partner", None))}
