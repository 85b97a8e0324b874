"""The addresses that systems send webhooks to: opened, given the sender's own key, closed."""

import base64
import hashlib
import secrets
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.accounts.links import absolute_url
from apps.connectors import registry, subscriptions, vault
from apps.connectors.contract import SignatureError
from apps.connectors.models import Connection, WebhookEndpoint
from apps.connectors.webhooks import schemes
from apps.tenants import scope
from apps.tenants.models import InboundAddress


def create_webhook_endpoint(
    connection: Connection, *, objects: Collection[str] = ()
) -> tuple[WebhookEndpoint, str, str]:
    """Open an unguessable address for the connection's webhooks.

    Where the system is told by ourselves (SubscriptionSpec), a worker subscribes it to `objects`, none meaning all. Returns the endpoint, its full address and the signing secret; the last two are shown once and not kept in clear.
    """
    token, secret = secrets.token_urlsafe(24), "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    endpoint = WebhookEndpoint(connection=connection, customer_id=connection.customer_id)
    address = absolute_url(f"/in/{token}")
    vault.seal_webhook(endpoint, secret, address=address if subscriptions.spec_of(connection.system) else "")
    partner = scope.require().partner
    with transaction.atomic():
        endpoint.save()
        with scope.public():
            InboundAddress.objects.create(token_hash=hash_token(token), partner_id=partner.id, reference=endpoint.id)
        subscriptions.want_subscriptions(endpoint, objects)
        _record(AuditAction.WEBHOOK_ENDPOINT_CREATED, endpoint, "endpoint")
    return endpoint, address, secret


def set_webhook_key(endpoint: WebhookEndpoint, typed: str) -> None:
    """Hold the key that the sender signs with, or several parted by spaces; those held until now no longer count.

    Raises:
        ValidationError: there is none, there are too many, one is not written as the sender writes it, or the system's
            key is made here.

    """
    manifest = registry.manifest(endpoint.connection.system)
    webhook, keys = manifest.webhook, typed.split()
    if webhook is None or not webhook.key_label:
        raise ValidationError({"value": _("The key of this address is made here: open another address for a new one.")})
    if not keys:
        raise ValidationError({"value": _("%(field)s is needed.") % {"field": _(webhook.key_label)}})
    if len(keys) > webhook.most_keys:
        numbers = {"most": webhook.most_keys, "number": len(keys)}
        raise ValidationError(
            {
                "value": _("At most %(most)d keys may be held at once; these are %(number)d. Leave old ones out.")
                % numbers
            }
        )
    try:
        schemes.check_keys(webhook, keys)
    except SignatureError:
        names = {"field": _(webhook.key_label), "system": manifest.name}
        raise ValidationError(
            {"value": _("This is not how %(system)s writes it: copy “%(field)s” there once more, whole.") % names}
        ) from None
    vault.seal_webhook(endpoint, " ".join(keys), address=vault.webhook_address(endpoint))
    with transaction.atomic():
        endpoint.save(update_fields=["sealed_secret", "sealed_address", "key_version"])
        _record(AuditAction.CREDENTIAL_SET, endpoint, "webhook key")


def close_webhook_endpoint(endpoint: WebhookEndpoint) -> None:
    """Stop taking what arrives at an endpoint's address. Doing it twice is harmless."""
    with transaction.atomic():
        if not WebhookEndpoint.objects.filter(id=endpoint.id, active=True).update(active=False):
            return
        subscriptions.end_subscriptions(endpoint)
        _record(AuditAction.CONNECTION_CHANGED, endpoint, "webhook address closed")


def hash_token(token: str) -> str:
    """Return what is stored of a webhook address: enough to find it, not to guess it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _record(action: AuditAction, endpoint: WebhookEndpoint, what: str) -> None:
    audit.record(action, subject="connection", subject_id=str(endpoint.connection_id), details={what: str(endpoint.id)})
