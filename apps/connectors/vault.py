"""Sealing and opening the secrets of connections with the partner's own data key."""

from uuid import UUID

from django.conf import settings
from django.utils import timezone

from apps.connectors.credentials import binding, new_wrapped_key, read_kek, seal, unseal, unwrap
from apps.connectors.models import Connection, Credential, PartnerKey, WebhookEndpoint
from apps.tenants import scope


def _partner_id() -> str:
    return str(scope.require().partner.id)


def _data_key(version: int) -> bytes:
    wrapped = PartnerKey.objects.get(version=version).wrapped
    return unwrap(read_kek(settings.CREDENTIALS_KEY), bytes(wrapped), _partner_id())


def _current_key() -> tuple[int, bytes]:
    newest = PartnerKey.objects.order_by("-version").first()
    if newest is None:
        wrapped = new_wrapped_key(read_kek(settings.CREDENTIALS_KEY), _partner_id())
        newest = PartnerKey.objects.get_or_create(version=1, defaults={"wrapped": wrapped})[0]
    return newest.version, unwrap(read_kek(settings.CREDENTIALS_KEY), bytes(newest.wrapped), _partner_id())


def _bound_to(table: str, row_id: UUID, field: str, version: int) -> str:
    return binding(partner_id=_partner_id(), table=table, row_id=str(row_id), field=field, key_version=version)


def set_secret(connection: Connection, name: str, value: str) -> Credential:
    """Seal `value` as the connection's secret `name`, replacing an earlier one."""
    version, key = _current_key()
    credential = Credential.objects.filter(connection=connection, name=name).first() or Credential(
        connection=connection, customer_id=connection.customer_id, name=name
    )
    credential.sealed = seal(key, value, bound_to=_bound_to("credential", credential.id, name, version))
    credential.key_version = version
    credential.last4 = value[-4:] if len(value) >= 12 else ""
    credential.set_at = timezone.now()
    credential.save()
    return credential


def secrets_of(connection: Connection) -> dict[str, str]:
    """Return the connection's secrets in clear: only at call time, only in the process that calls."""
    return {
        credential.name: unseal(
            _data_key(credential.key_version),
            bytes(credential.sealed),
            bound_to=_bound_to("credential", credential.id, credential.name, credential.key_version),
        )
        for credential in Credential.objects.filter(connection=connection)
    }


def seal_webhook_secret(endpoint: WebhookEndpoint, value: str) -> None:
    """Seal the signing secret into `endpoint` (not saved)."""
    version, key = _current_key()
    endpoint.key_version = version
    endpoint.sealed_secret = seal(key, value, bound_to=_bound_to("webhook_endpoint", endpoint.id, "secret", version))


def webhook_secret(endpoint: WebhookEndpoint) -> str:
    """Return the endpoint's signing secret in clear."""
    bound = _bound_to("webhook_endpoint", endpoint.id, "secret", endpoint.key_version)
    return unseal(_data_key(endpoint.key_version), bytes(endpoint.sealed_secret), bound_to=bound)
