"""What is said after a change that could not go live at once: that it waits for approval, and where."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from apps.flows.models import FlowVersion
from apps.flows.queries.changes import find_open_change


def led_to_change(request: HttpRequest, version: FlowVersion) -> HttpResponse | None:
    """Return the way to the request that a version waits for, with a sentence; None when the version is live."""
    if version.published_at is not None:
        return None
    change = find_open_change(version)
    if change is None:
        return None
    words = _("Version %(number)s goes live once its change is approved. It is here.")
    messages.info(request, words % {"number": version.number})
    return redirect("flows:change-detail", change.id)
