"""The page that says what breaks before a connection is removed, and removes it when its name is typed."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.connectors import queries
from apps.connectors.forms import RemoveForm
from apps.connectors.removal import look_at_removal, remove_connection


@requires(Action.EDIT_CONNECTIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def connection_remove(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Remove a connection for good; what it carried stays."""
    connection, form = (
        queries.get_connection(connection_id),
        RemoveForm(request.POST if request.method == "POST" else None),
    )
    if request.method == "POST" and form.is_valid():
        try:
            remove_connection(connection, typed_name=form.cleaned_data["name"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            told = {"name": connection.name}
            messages.success(request, _("%(name)s is removed. Its history and what it carried stay.") % told)
            return redirect("connectors:connection-list")
    context = {
        "connection": connection,
        "system_name": queries.system_name(connection.system),
        "removal": look_at_removal(connection),
        "form": form,
        "can_see_flows": acting_person(request).can(Action.VIEW_FLOWS),
        "crumbs": [
            {"label": _("Connections"), "url": reverse("connectors:connection-list")},
            {"label": connection.name, "url": reverse("connectors:connection-detail", args=[connection.id])},
        ],
    }
    return render(request, "connectors/connection_remove.html", context, status=400 if form.errors else 200)
