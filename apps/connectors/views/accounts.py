"""Confirming that a connection is meant to show another account's records."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.connectors import connection_tests, identity, queries


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def account_confirm(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Take the account that the page named for the one that is meant, and test the connection."""
    connection = queries.get_connection(connection_id)
    told = request.POST.get("account", "")
    if identity.confirm_account(connection, told=told):
        connection_tests.request_test(connection)
        messages.success(request, _("Confirmed: records of %(account)s pass from now on.") % {"account": told})
    else:
        messages.error(request, _("The connection answers for another account by now: look at the page again."))
    return redirect("connectors:connection-detail", connection.id)
