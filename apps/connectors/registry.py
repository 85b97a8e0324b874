"""Finds a system's manifest and opens its connector: by its folder in the catalogue, or out of the partner's own systems."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, cast

from apps.connectors import private_shelf, smtp_login, sql_login, ssh_login
from apps.connectors.access_tokens import RefreshKeeper, TokenShelf
from apps.connectors.auth import build_signer
from apps.connectors.call_log import CallLog
from apps.connectors.catalog import SYSTEMS
from apps.connectors.contract import Connector, ReceivedEvent, WebhookReply
from apps.connectors.http import Door
from apps.connectors.manifest import SystemManifest
from apps.connectors.protocols.files import FilesConnector
from apps.connectors.protocols.graphql import GraphQLConnector
from apps.connectors.protocols.mail import MailConnector
from apps.connectors.protocols.odata import ODataConnector
from apps.connectors.protocols.odata_v2 import ODataV2Connector
from apps.connectors.protocols.rest import RestConnector
from apps.connectors.protocols.soap import SoapConnector
from apps.connectors.protocols.sql import TablesConnector
from apps.connectors.rate_budget import RateBudget
from apps.connectors.sftp_door import SftpDoor
from apps.connectors.sheet_terms import Transport
from apps.connectors.smtp_door import SmtpDoor
from apps.connectors.sql_door import SqlDoor
from apps.connectors.webhooks import schemes
from apps.connectors.webhooks.deliveries import Delivery

_CATALOG = "apps.connectors.catalog"
# Of what is not spoken to over HTTP: the door, who signs in there, and the connector behind it.
_OTHER_DOORS: Mapping[Transport, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Connector]]] = {
    Transport.SFTP: (SftpDoor, ssh_login.build_login, FilesConnector),
    Transport.SQL: (SqlDoor, sql_login.build_login, TablesConnector),
    Transport.SMTP: (SmtpDoor, smtp_login.build_login, MailConnector),
}


def manifest(slug: str) -> SystemManifest:
    """Return the manifest of the system called `slug`. Raises KeyError when there is no such system here."""
    return private_shelf.manifest_of(slug) if private_shelf.is_private(slug) else _catalogued(slug)


@cache
def _catalogued(slug: str) -> SystemManifest:
    if not is_listed(slug):
        raise KeyError(f"The catalogue has no system {slug!r}.")
    return cast("SystemManifest", import_module(f"{_CATALOG}.{slug}.manifest").MANIFEST)


def is_listed(slug: str) -> bool:
    """Return whether the catalogue has a system called `slug`; connections outlive systems that were taken out of it."""
    if private_shelf.is_private(slug):
        return private_shelf.is_known(slug)
    return slug in SYSTEMS and _has(f"{_CATALOG}.{slug}.manifest")


def is_draft(slug: str) -> bool:
    """Return whether a system is one of the partner's own that was never made live: it can be tried, no more."""
    return private_shelf.is_private(slug) and private_shelf.is_draft(slug)


def all_manifests() -> tuple[SystemManifest, ...]:
    """Return the manifests of all systems: in the order of the catalogue, then the open partner's own ones by name."""
    return (*_catalogue(), *private_shelf.live_manifests())


@cache
def _catalogue() -> tuple[SystemManifest, ...]:
    return tuple(_catalogued(slug) for slug in SYSTEMS if is_listed(slug))


def open_system(  # noqa: PLR0913  each is one decision of the caller, all by name
    system: SystemManifest,
    *,
    base_url: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    allow: tuple[str, ...],
    budget: RateBudget,
    correlation_id: str = "",
    shelf: TokenShelf | None = None,
    keeper: RefreshKeeper | None = None,
    log: CallLog | None = None,
) -> Connector:
    """Return a connector to the system that a manifest describes, not connected yet: use it as an async context.

    `shelf` is where its access token lies, for systems that hand out such; None keeps it with the connector. `keeper`
    keeps its refresh token, for systems where people sign in. `log` takes down its calls.
    A system's own `connector.py` holds a class `CONNECTOR` that takes (manifest, door, settings), like RestConnector;
    file servers are all served by FilesConnector, databases by TablesConnector, mail servers by MailConnector.

    Raises:
        MisconfiguredError: the address may not be called or a secret is missing.

    """
    # Figures have few names.
    name = private_shelf.PREFIX.rstrip("-") if private_shelf.is_private(system.slug) else system.slug
    if system.transport is not Transport.HTTP:
        door_class, build_login, connector_class = _OTHER_DOORS[system.transport]
        other = door_class(
            base_url=base_url,
            login=build_login(secrets, settings),
            allow=tuple(allow),
            budget=budget,
            system=name,
            log=log,
        )
        return connector_class(system, other, settings)
    door = Door(
        base_url=base_url,
        auth=build_signer(system.auth, secrets, settings),
        limits=system.limits,
        allow=tuple(allow),
        budget=budget,
        correlation_id=correlation_id,
        system=name,
        shelf=shelf,
        keeper=keeper,
        log=log,
    )
    return _connector_class(system)(system, door, settings)


def receive(  # noqa: PLR0913  a delivery is all of this
    slug: str,
    headers: Mapping[str, str],
    body: bytes,
    secret: str,
    now: float,
    *,
    url: str = "",
    settings: Mapping[str, Any] | None = None,
) -> list[ReceivedEvent]:
    """Verify and parse a webhook of the system called `slug`, opening nothing. Raises SignatureError.

    `url` is the whole address as it was called; `settings` are those of the connection the webhook was sent to.
    """
    delivery = Delivery.of(headers, body, url)
    system = manifest(slug)
    return _connector_class(system).receive_for(system, delivery, secret, now, settings)


def acknowledgement(slug: str) -> WebhookReply:
    """Return what the system called `slug` wants to hear when a delivery is stored."""
    webhook = manifest(slug).webhook
    return schemes.acknowledgement(webhook) if webhook else WebhookReply(202)


def handshake(slug: str, query: str) -> WebhookReply | None:
    """Return what the system called `slug` asks to be echoed while it tries an address out, None when it does not."""
    webhook = manifest(slug).webhook
    return schemes.handshake(webhook, query) if webhook else None


def _connector_class(system: SystemManifest) -> type[RestConnector]:
    return _described_class(system) if private_shelf.is_private(system.slug) else _catalogued_class(system.slug)


def _described_class(system: SystemManifest) -> type[RestConnector]:
    """Return what speaks the protocol that a description names; REST where it names none."""
    if system.odata is not None:
        return ODataV2Connector if system.odata.version == 2 else ODataConnector
    if system.soap is not None:
        return SoapConnector
    return GraphQLConnector if system.graphql is not None else RestConnector


@cache
def _catalogued_class(slug: str) -> type[RestConnector]:
    name = f"{_CATALOG}.{slug}.connector"
    return cast("type[RestConnector]", import_module(name).CONNECTOR) if _has(name) else RestConnector


def _has(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
