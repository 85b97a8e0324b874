"""Sealing and opening the secrets of connections with the partner's own data key."""

import json
from datetime import date
from typing import TypeVar

from django.conf import settings
from django.utils import timezone

from apps.connectors import registry
from apps.connectors.credentials import UnsealError, binding, new_wrapped_key, read_kek, seal, unseal, unwrap
from apps.connectors.expiry import known_end
from apps.connectors.models import Connection, Credential, KeptSecret, PartnerKey, SignIn, WebhookEndpoint
from apps.tenants import scope

Sealed = Credential | KeptSecret | SignIn | WebhookEndpoint
SealedRow = TypeVar("SealedRow", Credential, KeptSecret, SignIn, WebhookEndpoint)


def _partner_id() -> str:
    return str(scope.require().partner.id)


def operator_keys() -> tuple[bytes, ...]:
    """Return the operator's keys, the newest first: data keys are wrapped with that one only."""
    return tuple(read_kek(text) for text in (settings.CREDENTIALS_KEY, *settings.CREDENTIALS_OLD_KEYS))


def wrapped_with(key: PartnerKey) -> int | None:
    """Return which of `operator_keys` opens a data key (0: the newest), None when none does."""
    for place, kek in enumerate(operator_keys()):
        try:
            unwrap(kek, bytes(key.wrapped), _partner_id())
        except UnsealError:
            continue
        return place
    return None


def new_data_key(version: int) -> PartnerKey:
    """Make the partner's data key of this version, wrapped with the newest operator's key; one that is there stays."""
    wrapped = new_wrapped_key(operator_keys()[0], _partner_id())
    return PartnerKey.objects.get_or_create(version=version, defaults={"wrapped": wrapped})[0]


def set_secret(connection: Connection, name: str, value: str, *, expires_on: date | None = None) -> Credential:
    """Seal `value` as the connection's secret `name`, replacing an earlier one.

    `expires_on` is when it ends, None where nobody said: what it says itself, or its system's rule, counts before that.
    """
    # Locked: a worker that renews a refresh token must not write over a new one, nor the other way round.
    held = Credential.objects.select_for_update(no_key=True).filter(connection=connection, name=name).first()
    credential = held or Credential(connection=connection, customer_id=connection.customer_id, name=name)
    replace_value(credential, value, expires_on=expires_on)
    return credential


def replace_value(credential: Credential, value: str, *, expires_on: date | None = None) -> None:
    """Seal `value` into a credential, as its next generation and in nobody's hand, and save it."""
    system, today = credential.connection.system, timezone.now().date()
    known = known_end(registry.manifest(system), credential.name, value, today) if registry.is_listed(system) else None
    credential.expires_on = known or expires_on
    version, key = _current_key()
    credential.sealed = seal(key, value, bound_to=_bound_to(credential, "sealed", version))
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
    return _in_clear(credential, "sealed")


def seal_sign_in(sign_in: SignIn, parts: dict[str, str]) -> None:
    """Seal what a sign-in needs to be finished into `sign_in` (not saved)."""
    version, key = _current_key()
    sign_in.key_version = version
    sign_in.sealed = seal(key, json.dumps(parts), bound_to=_bound_to(sign_in, "sealed", version))


def sign_in_parts(sign_in: SignIn) -> dict[str, str]:
    """Return what was sealed into a sign-in. Raises UnsealError."""
    parts: dict[str, str] = json.loads(_in_clear(sign_in, "sealed"))
    return parts


def seal_webhook(endpoint: WebhookEndpoint, secret: str, *, address: str = "") -> None:
    """Seal the signing secret into `endpoint`, and its own address where that must be told again (not saved)."""
    version, key = _current_key()
    endpoint.key_version = version
    endpoint.sealed_secret = seal(key, secret, bound_to=_bound_to(endpoint, "sealed_secret", version))
    bound = _bound_to(endpoint, "sealed_address", version)
    endpoint.sealed_address = seal(key, address, bound_to=bound) if address else b""


def webhook_secret(endpoint: WebhookEndpoint) -> str:
    """Return the endpoint's signing secret in clear. Raises UnsealError."""
    return _in_clear(endpoint, "sealed_secret")


def webhook_address(endpoint: WebhookEndpoint) -> str:
    """Return the endpoint's address in clear, "" where it is not kept. Raises UnsealError."""
    return _in_clear(endpoint, "sealed_address") if bytes(endpoint.sealed_address) else ""


def keep_secret(value: str, held: KeptSecret | None = None) -> KeptSecret:
    """Seal `value` for a room above, in place of what is `held` already."""
    kept = held or KeptSecret()
    version, key = _current_key()
    kept.key_version = version
    kept.sealed = seal(key, value, bound_to=_bound_to(kept, "sealed", version))
    kept.save()
    return kept


def kept_value(kept: KeptSecret) -> str:
    """Return what a room above had sealed. Raises UnsealError."""
    return _in_clear(kept, "sealed")


def reseal(row: Sealed) -> None:
    """Seal what a locked row holds with the newest data key and save it; what it says stays the same. Raises UnsealError."""
    version, key = _current_key()
    held = {name: _opened(row, name) for name in _sealed_in(row) if bytes(getattr(row, name))}
    for name, value in held.items():
        setattr(row, name, seal(key, value, bound_to=_bound_to(row, name, version)))
    row.key_version = version
    row.save(update_fields=[*held, "key_version"])


def require_readable(row: Sealed) -> None:
    """Return when all that a row holds opens. Raises UnsealError."""
    for name in _sealed_in(row):
        if bytes(getattr(row, name)):
            _opened(row, name)


def _in_clear(row: SealedRow, name: str) -> str:
    """Return what is sealed in `row`; where a rotation sealed it anew since the row was read, that is opened."""
    try:
        return _opened(row, name)
    except UnsealError:
        now = type(row).objects.filter(id=row.id).first()
        if now is None or now.key_version == row.key_version:
            raise
        return _opened(now, name)


def _opened(row: Sealed, name: str) -> str:
    bound = _bound_to(row, name, row.key_version)
    return unseal(_data_key(row.key_version), bytes(getattr(row, name)), bound_to=bound)


def _sealed_in(row: Sealed) -> tuple[str, ...]:
    return ("sealed_secret", "sealed_address") if isinstance(row, WebhookEndpoint) else ("sealed",)


def _bound_to(row: Sealed, name: str, version: int) -> str:
    """Return the text that what stands in `row` under `name` is bound to; these texts never change."""
    if isinstance(row, Credential):
        table, field = "credential", row.name
    elif isinstance(row, SignIn):
        table, field = "sign_in", name
    elif isinstance(row, KeptSecret):
        table, field = "kept_secret", name
    else:
        table, field = "webhook_endpoint", name.removeprefix("sealed_")
    return binding(partner_id=_partner_id(), table=table, row_id=str(row.id), field=field, key_version=version)


def _data_key(version: int) -> bytes:
    key = PartnerKey.objects.filter(version=version).first()
    if key is None:
        raise UnsealError(f"The data key {version} is not there any more.")
    return _unwrapped(key)


def _current_key() -> tuple[int, bytes]:
    # Held until the transaction ends: a rotation must not drop a key under which something is being sealed just now.
    held = "SELECT * FROM connectors_partnerkey ORDER BY version DESC LIMIT 1 FOR KEY SHARE"
    newest = next(iter(PartnerKey.objects.raw(held)), None) or new_data_key(1)
    return newest.version, _unwrapped(newest)


def _unwrapped(key: PartnerKey) -> bytes:
    place = wrapped_with(key)
    if place is None:
        raise UnsealError("No key in CREDENTIALS_KEY or CREDENTIALS_OLD_KEYS opens the partner's data key.")
    return unwrap(operator_keys()[place], bytes(key.wrapped), _partner_id())
