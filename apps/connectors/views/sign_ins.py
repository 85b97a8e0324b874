"""The way to a system's own sign-in page and back."""

from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.connectors import queries, sign_ins
from apps.connectors.models import Connection


@requires(Action.EDIT_CONNECTIONS)
@never_cache
@require_POST
def sign_in_start(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Begin a sign-in, and show the way to the system: our pages may not send a form to another host by themselves."""
    connection = queries.get_connection(connection_id)
    try:
        address = sign_ins.start_sign_in(
            connection,
            session_key=request.session.session_key or "",
            person=acting_person(request).name,
            callback=callback_address(request),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("connectors:connection-detail", connection.id)
    here = reverse("connectors:connection-detail", args=[connection.id])
    context = {
        "connection": connection,
        "address": address,
        "host": urlsplit(address).hostname,
        "system": queries.system_name(connection.system),
        "minutes": sign_ins.MINUTES,
        "crumbs": [
            {"label": _("Connections"), "url": reverse("connectors:connection-list")},
            {"label": connection.name, "url": here},
        ],
    }
    return render(request, "connectors/sign_in_leave.html", context)


@requires(Action.EDIT_CONNECTIONS)
def sign_in_returned(request: HttpRequest, back: sign_ins.Return) -> HttpResponse:
    """Take one of the team back from the system, with a code or with its refusal."""
    sign_in = sign_ins.take_return(back, session_key=request.session.session_key or "")
    if sign_in is None:
        messages.error(
            request,
            _(
                "This sign-in was not started in this browser, or it was used already: start it on the connection's page."
            ),
        )
        return redirect("connectors:connection-list")
    return redirect(f"{reverse('connectors:connection-detail', args=[sign_in.connection_id])}#sign-in")


@requires(Action.VIEW_CONNECTIONS)
@require_safe
def sign_in_live(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Answer the part of the page that shows a sign-in while it is being finished."""
    connection = queries.get_connection(connection_id)
    facts = queries.get_sign_in(connection)
    context = {"sign_in": facts, **sign_in_context(request, connection)}
    response = render(request, "connectors/_sign_in.html", context)
    if not facts.is_running and request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"  # the connection's state and its test changed with it
    return response


def sign_in_context(request: HttpRequest, connection: Connection) -> dict[str, object]:
    """Return what the part of the page needs besides the facts."""
    return {
        "connection": connection,
        "system": queries.system_name(connection.system),
        "can_edit": acting_person(request).can(Action.EDIT_CONNECTIONS),
        "callback": callback_address(request),
    }


def callback_address(request: HttpRequest) -> str:
    """Return where a system sends people back to: on the host they use, for only there are they signed in here."""
    return f"{settings.PUBLIC_SCHEME}://{request.get_host()}{reverse('connectors:sign-in-back')}"
