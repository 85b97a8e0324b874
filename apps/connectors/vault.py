"""Sealing and opening the secrets of connections with the partner's own data key."""

import json
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from apps.connectors.credentials import binding, new_wrapped_key, read_kek, seal, unseal, unwrap
from apps.connectors.models import Connection, Credential, PartnerKey, SignIn, WebhookEndpoint
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
    # Locked: a worker that renews a refresh token must not write over a new one, nor the other way round.
    held = Credential.objects.select_for_update(no_key=True).filter(connection=connection, name=name).first()
    credential = held or Credential(connection=connection, customer_id=connection.customer_id, name=name)
    replace_value(credential, value)
    return credential


def replace_value(credential: Credential, value: str) -> None:
    """Seal `value` into a credential, as its next generation and in nobody's hand, and save it."""
    version, key = _current_key()
    name = credential.name
    credential.sealed = seal(key, value, bound_to=_bound_to("credential", credential.id, name, version))
    credential.key_version = version
    credential.last4 = value[-4:] if len(value) >= 12 else ""
    credential.set_at = timezone.now()
    credential.generation += 1
    credential.borrowed_until = None
    credential.save()


def secrets_of(connection: Connection) -> dict[str, str]:
    """Return the connection's secrets in clear: only at call time, only in the process that calls."""
    return {held.name: value_of(held) for held in Credential.objects.filter(connection=connection)}


def value_of(credential: Credential) -> str:
    """Return one secret in clear. Raises UnsealError."""
    bound = _bound_to("credential", credential.id, credential.name, credential.key_version)
    return unseal(_data_key(credential.key_version), bytes(credential.sealed), bound_to=bound)


def seal_sign_in(sign_in: SignIn, parts: dict[str, str]) -> None:
    """Seal what a sign-in needs to be finished into `sign_in` (not saved)."""
    version, key = _current_key()
    sign_in.key_version = version
    bound = _bound_to("sign_in", sign_in.id, "sealed", version)
    sign_in.sealed = seal(key, json.dumps(parts), bound_to=bound)


def sign_in_parts(sign_in: SignIn) -> dict[str, str]:
    """Return what was sealed into a sign-in. Raises UnsealError."""
    bound = _bound_to("sign_in", sign_in.id, "sealed", sign_in.key_version)
    parts: dict[str, str] = json.loads(unseal(_data_key(sign_in.key_version), bytes(sign_in.sealed), bound_to=bound))
    return parts


def seal_webhook_secret(endpoint: WebhookEndpoint, value: str) -> None:
    """Seal the signing secret into `endpoint` (not saved)."""
    version, key = _current_key()
    endpoint.key_version = version
    endpoint.sealed_secret = seal(key, value, bound_to=_bound_to("webhook_endpoint", endpoint.id, "secret", version))


def seal_address(endpoint: WebhookEndpoint, address: str) -> None:
    """Seal the endpoint's own address beside its secret, under the key that has sealed that (not saved)."""
    bound = _bound_to("webhook_endpoint", endpoint.id, "address", endpoint.key_version)
    endpoint.sealed_address = seal(_data_key(endpoint.key_version), address, bound_to=bound)


def webhook_address(endpoint: WebhookEndpoint) -> str:
    """Return the endpoint's address in clear, "" where it is not kept. Raises UnsealError."""
    if not bytes(endpoint.sealed_address):
        return ""
    bound = _bound_to("webhook_endpoint", endpoint.id, "address", endpoint.key_version)
    return unseal(_data_key(endpoint.key_version), bytes(endpoint.sealed_address), bound_to=bound)


def webhook_secret(endpoint: WebhookEndpoint) -> str:
    """Return the endpoint's signing secret in clear."""
    bound = _bound_to("webhook_endpoint", endpoint.id, "secret", endpoint.key_version)
    return unseal(_data_key(endpoint.key_version), bytes(endpoint.sealed_secret), bound_to=bound)
