"""Where a system's own sign-in page sends people back to: one of the team, or a colleague who left through a link."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.access import open_to_all
from apps.connectors import sign_ins
from apps.connectors.views.shared_credentials import sign_in_by_link
from apps.connectors.views.sign_ins import sign_in_returned


@open_to_all
@never_cache
@require_safe
def sign_in_back(request: HttpRequest) -> HttpResponse:
    """Take a person back from the system; without a link's mark in the session it must be one who may connect systems."""
    asked = request.GET
    back = sign_ins.Return(
        mark=asked.get("state", ""),
        code=asked.get("code", ""),
        error=asked.get("error", ""),
        description=asked.get("error_description", ""),
    )
    return sign_in_by_link(request, back) or sign_in_returned(request, back)
