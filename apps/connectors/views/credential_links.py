"""The page where the team makes and takes back links by which a colleague enters a connection's credentials."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.accounts.once import once
from apps.accounts.refusals import refusals_on
from apps.connectors import credential_links, forms, queries
from apps.connectors.models import Connection


@requires(Action.EDIT_CONNECTIONS)
@never_cache
@once
@require_http_methods(["GET", "HEAD", "POST"])
def credential_link_create(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Make a link and show it this once; before that, say what it opens and which links are open."""
    connection = queries.get_connection(connection_id)
    form = forms.CredentialLinkForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            issued = credential_links.issue_link(connection, for_whom=form.cleaned_data["for_whom"])
            context = {"connection": connection, "issued": issued, "crumbs": _crumbs(connection)}
            return render(request, "connectors/credential_link_made.html", context)
    context = {
        "form": form,
        "connection": connection,
        "manifest": queries.get_system(connection.system),
        "links": list(credential_links.open_links(connection)),
        "hours": credential_links.LINK_HOURS,
        "crumbs": _crumbs(connection),
    }
    return render(request, "connectors/credential_link.html", context, status=400 if form.errors else 200)


@requires(Action.EDIT_CONNECTIONS)
@require_POST
def credential_link_revoke(request: HttpRequest, connection_id: UUID, link_id: UUID) -> HttpResponse:
    """Take a link back."""
    connection = queries.get_connection(connection_id)
    queries.get_credential_link(connection, link_id)
    if credential_links.take_back_link(connection, link_id):
        messages.success(request, _("The link is taken back: it opens nothing any more."))
    else:
        messages.info(request, _("The link was used or taken back before."))
    return redirect("connectors:credential-link-create", connection.id)


def _crumbs(connection: Connection) -> list[dict[str, str]]:
    connections = reverse("connectors:connection-list")
    return [
        {"label": _("Connections"), "url": connections},
        {"label": connection.customer.name, "url": f"{connections}?customer={connection.customer_id}"},
        {"label": connection.name, "url": reverse("connectors:connection-detail", args=[connection.id])},
    ]
