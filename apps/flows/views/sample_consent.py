"""The tick and the reason of who lets a version go live although samples fail (templates/flows/_samples_despite.html)."""

from django.http import HttpRequest


def asked_despite(request: HttpRequest) -> str:
    """Return why a version shall go live although samples fail; "" unless it was ticked and said."""
    return request.POST.get("despite_reason", "") if "despite" in request.POST else ""
