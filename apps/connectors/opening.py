"""Opens a connection for work: its secrets read once, and where its tokens lie, its calls are counted and taken down."""

import json

from django.conf import settings

from apps.connectors import registry, vault
from apps.connectors.access_tokens import TokenShelf, shelf_for
from apps.connectors.auth import REFRESH_TOKEN
from apps.connectors.auth_spec import AuthScheme
from apps.connectors.call_log import CallLog
from apps.connectors.contract import Connector
from apps.connectors.errors import BusinessClass, MisconfiguredError
from apps.connectors.manifest import SystemManifest
from apps.connectors.models import Connection
from apps.connectors.rate_budget import budget_for
from apps.connectors.refresh_tokens import StoredRefreshToken
from apps.customers.retention import payload_rule
from apps.tenants import scope

_BUYS_TOKENS = frozenset(
    {AuthScheme.CLIENT_CREDENTIALS, AuthScheme.CERTIFICATE, AuthScheme.JWT_BEARER, AuthScheme.OAUTH_CODE}
)


def open_connector(
    connection: Connection, *, correlation_id: str, described: SystemManifest | None = None
) -> Connector:
    """Return the connection opened for work: reads the secrets now, touches no database afterwards.

    `described` is the manifest to go by, None for the one that holds.
    What must be stored while it works, a new refresh token, is stored by the keeper it is handed: in a thread, with a
    connection and a transaction of its own (refresh_tokens.py).

    Raises:
        MisconfiguredError: it is switched off, its address may not be called, or a secret is missing.
        UnsealError: a secret was not sealed for this connection.

    """
    if connection.removed_at is not None:
        raise MisconfiguredError(
            f"The connection {connection.name} was removed: install the flow anew with another one.",
            business_class=BusinessClass.CONNECTION,
        )
    if connection.state == Connection.State.DISABLED:
        raise MisconfiguredError(
            f"The connection {connection.name} is switched off. Switch it on to let records pass.",
            business_class=BusinessClass.CONNECTION,
        )
    manifest, secrets = described or registry.manifest(connection.system), vault.secrets_of(connection)
    return registry.open_system(
        manifest,
        base_url=connection.base_url,
        settings=connection.settings,
        secrets=secrets,
        allow=settings.EGRESS_ALLOW,
        budget=budget_for(str(connection.id), manifest.limits, settings.REDIS_URL),
        correlation_id=correlation_id,
        shelf=_shelf(connection, secrets) if manifest.auth.scheme in _BUYS_TOKENS else None,
        keeper=StoredRefreshToken(connection.id, scope.require().partner) if REFRESH_TOKEN in secrets else None,
        log=_call_log(connection, correlation_id),
    )


def _call_log(connection: Connection, correlation_id: str) -> CallLog:
    """Return what takes down the connection's calls; contents too, where its customer lets them be kept."""
    return CallLog(
        scope.require().partner.id,
        connection.id,
        settings.REDIS_URL,
        purpose=correlation_id,
        bodies=payload_rule(connection.customer_id).stored,
    )


def _shelf(connection: Connection, secrets: dict[str, str]) -> TokenShelf:
    """Return where the access token lies: another place whenever anything changes that it was got with.

    But for the refresh token, which changes all the time: the mark of the sign-in stands for it.
    """
    lasting = (secrets[name] for name in sorted(secrets) if name != REFRESH_TOKEN)
    plain = json.dumps(connection.settings, sort_keys=True)
    return shelf_for(str(connection.id), "|".join((connection.base_url, plain, *lasting)), settings.REDIS_URL)
