"""The page where somebody enters the key that a system itself made to sign its webhooks with."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts.access import requires
from apps.accounts.actions import Action
from apps.connectors import forms, queries, webhook_endpoints
from apps.connectors.models import Connection


@requires(Action.EDIT_CONNECTIONS)
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhook_key(request: HttpRequest, connection_id: UUID, endpoint_id: UUID) -> HttpResponse:
    """Hold the key of one webhook address; the one held until now cannot be read back."""
    connection = queries.get_connection(connection_id)
    endpoint = queries.get_endpoint(connection, endpoint_id)
    webhook = queries.get_system(connection.system).webhook
    if webhook is None or not webhook.key_label:
        messages.error(request, _("The key of this address is made here: open another address for a new one."))
        return redirect("connectors:connection-detail", connection.id)
    form = forms.WebhookKeyForm(request.POST or None, webhook=webhook)
    if request.method == "POST" and form.is_valid():
        try:
            webhook_endpoints.set_webhook_key(endpoint, form.cleaned_data["value"])
        except ValidationError as error:
            form.add_error("value", error.message_dict["value"])
        else:
            messages.success(request, _("The key is stored: what is signed with it is taken from now on."))
            return redirect("connectors:connection-detail", connection.id)
    context = {"form": form, "connection": connection, "key_label": webhook.key_label, "crumbs": _crumbs(connection)}
    return render(request, "connectors/webhook_key.html", context, status=400 if form.errors else 200)


def _crumbs(connection: Connection) -> list[dict[str, str]]:
    connections = reverse("connectors:connection-list")
    return [
        {"label": _("Connections"), "url": connections},
        {"label": connection.customer.name, "url": f"{connections}?customer={connection.customer_id}"},
        {"label": connection.name, "url": reverse("connectors:connection-detail", args=[connection.id])},
    ]
