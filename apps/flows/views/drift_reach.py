"""The page of changed fields: which templates and customers would break by them, and where to mend each line."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.page_filters import acting_person
from apps.connectors.queries import get_connection
from apps.flows.queries.drift_reach import get_drift_reach


@requires(Action.VIEW_FLOWS)
@require_safe
def connection_drift(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Show whom the changed fields of a connection's system reach."""
    connection, who = get_connection(connection_id), acting_person(request)
    can_see = who.can(Action.VIEW_CONNECTIONS)
    address = reverse("connectors:connection-detail", args=[connection.id]) if can_see else ""
    crumbs = [{"label": connection.name, "url": address}, {"label": _("Changed fields"), "url": ""}]
    context = {"reach": get_drift_reach(connection), "crumbs": crumbs, "can_edit": who.can(Action.EDIT_FLOWS)}
    return render(request, "flows/connection_drift.html", context)
