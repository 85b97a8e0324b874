"""Changes to connections that people make: create, change, re-key, switch off and on. Each says what must be tested anew."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import entered_secrets, identity, registry, subscriptions, vault
from apps.connectors.connection_tests import request_test
from apps.connectors.egress import EgressRefusedError, parse_destination
from apps.connectors.manifest import SystemManifest
from apps.connectors.models import Connection, ConnectionTest
from apps.connectors.sheet_terms import Transport
from apps.customers.models import Customer


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What is asked for. `secrets` and `settings` are keyed as the system's manifest names them."""

    system: str
    name: str
    base_url: str
    secrets: dict[str, str]
    settings: dict[str, Any]
    environment: str = Connection.Environment.PRODUCTION
    secrets_later: bool = False  # somebody else enters them: nothing is missing meanwhile
    ends: Mapping[str, date] = field(default_factory=dict)  # the day on which a secret expires, where that is known


def create_connection(customer: Customer, wanted: NewConnection) -> Connection:
    """Store a connection with its sealed secrets, not tested yet.

    Raises:
        ValidationError: unknown system, bad address, missing secret or setting, or a name already used.

    """
    manifest = _manifest(wanted.system)
    _require_complete(manifest, wanted)
    _require_usable(wanted.secrets)
    if registry.is_draft(wanted.system) and wanted.environment != Connection.Environment.SANDBOX:
        words = _("%(system)s is a draft: connect it as a sandbox until it is live.") % {"system": manifest.name}
        raise ValidationError({"environment": words})
    connection = Connection(
        customer=customer,
        system=wanted.system,
        name=wanted.name,
        base_url=clean_address(wanted.base_url, manifest.transport),
        settings=wanted.settings,
        environment=wanted.environment,
    )
    connection.clean_fields(exclude=["customer", "base_url"])
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError:
        raise ValidationError(
            {
                "name": _("%(customer)s already has a connection called “%(name)s”.")
                % {"customer": customer, "name": wanted.name}
            }
        ) from None
    for name, value in wanted.secrets.items():
        if value:
            vault.set_secret(connection, name, value, expires_on=wanted.ends.get(name))
    _record(AuditAction.CONNECTION_CREATED, connection, {"system": wanted.system})
    return connection


def create_shell(like: Connection) -> Connection:
    """Make a production connection to the system of a sandbox one that still lacks what only people there know.

    It has no secret and none of the other's values: its settings are named and empty, its address is there only where the
    system has one for everybody.
    """
    manifest = _manifest(like.system)
    shell = Connection(
        customer_id=like.customer_id,
        system=like.system,
        name=_free_name(like.customer_id, manifest.name),
        base_url="" if "<" in manifest.address else manifest.address,
        settings={field.name: "" for field in manifest.settings},
        environment=Connection.Environment.PRODUCTION,
    )
    shell.save()
    _record(AuditAction.CONNECTION_CREATED, shell, {"system": like.system, "from": "promotion"})
    return shell


def _free_name(customer_id: UUID, system: str) -> str:
    taken = set(Connection.objects.filter(customer_id=customer_id).values_list("name", flat=True))
    usual = f"{system} production"[:100]
    return next(
        name for name in itertools.chain([usual], (f"{usual} {n}" for n in itertools.count(2))) if name not in taken
    )


def change_connection(connection: Connection, *, name: str, base_url: str, values: dict[str, Any]) -> Connection:
    """Set name, address and plain settings; the connection must be tested again. Raises ValidationError."""
    connection.name = name
    connection.base_url = clean_address(base_url, _manifest(connection.system).transport)
    connection.settings = values
    if connection.state != Connection.State.DISABLED:
        connection.state = Connection.State.UNTESTED
        connection.state_reason = ""
    connection.clean_fields(exclude=["customer", "base_url"])
    try:
        with transaction.atomic():
            connection.save()
            identity.let_go_on(connection.id)
    except IntegrityError:
        raise ValidationError(
            {"name": _("There is already a connection called “%(name)s”.") % {"name": name}}
        ) from None
    _record(AuditAction.CONNECTION_CHANGED, connection, {"base_url": connection.base_url})
    return connection


def set_secrets(
    connection: Connection, values: Mapping[str, str], ends: Mapping[str, date] | None = None
) -> ConnectionTest | None:
    """Replace secrets, which cannot be read back, and ask for a test of them; None while it is switched off.

    `ends` are the days on which they expire, where somebody said.

    Raises:
        ValidationError: the system has no such secret, or one is empty or cannot be used; the message names it.

    """
    known = {spec.name for spec in _manifest(connection.system).secrets}
    for name, value in values.items():
        if name not in known:
            raise ValidationError({name: _("This system has no such secret.")})
        if not value:
            raise ValidationError({name: _("Write the new secret: an empty one opens nothing.")})
    if any(name in entered_secrets.PAIR for name in values):
        _require_usable({**vault.secrets_of(connection), **values})
    with transaction.atomic():
        for name, value in values.items():
            vault.set_secret(connection, name, value, expires_on=(ends or {}).get(name))
            _record(AuditAction.CREDENTIAL_SET, connection, {"secret": name})
        on = Connection.objects.filter(id=connection.id).exclude(state=Connection.State.DISABLED)
        changed = on.update(state=Connection.State.UNTESTED, state_reason="")
        identity.let_go_on(connection.id)
        subscriptions.look_again(connection.id)
        return request_test(connection) if changed else None


def disable_connection(connection: Connection, *, reason: str) -> None:
    """Switch a connection off: nothing is read or written through it until it is switched on again."""
    changed = Connection.objects.filter(id=connection.id).exclude(state=Connection.State.DISABLED)
    if changed.update(state=Connection.State.DISABLED, state_reason=reason[:400]):
        _record(AuditAction.CONNECTION_CHANGED, connection, {"state": "switched off", "reason": reason})


def enable_connection(connection: Connection) -> None:
    """Switch a connection on again; it must be tested before it counts as working."""
    changed = Connection.objects.filter(id=connection.id, state=Connection.State.DISABLED)
    if changed.update(state=Connection.State.UNTESTED, state_reason=""):
        identity.let_go_on(connection.id)
        subscriptions.look_again(connection.id)
        _record(AuditAction.CONNECTION_CHANGED, connection, {"state": "switched on"})


def clean_address(raw: str, transport: Transport = Transport.HTTP) -> str:
    """Return a base address without a trailing slash. Raises ValidationError when it is not http(s)://host, or of the transport."""
    parts = urlsplit(raw.strip())
    if transport is not Transport.HTTP:
        return _clean_server_address(raw.strip().rstrip("/"), transport)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValidationError({"base_url": _("Write the whole address, for example https://api.example.com.")})
    if parts.username or parts.password:
        raise ValidationError({"base_url": _("Leave user name and password out of the address: they are set below.")})
    here = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    if parts.scheme == "http" and here not in settings.EGRESS_ALLOW:
        raise ValidationError({"base_url": _("Use https: plain http is open to everyone on the way.")})
    return raw.strip().rstrip("/")


def _clean_server_address(address: str, transport: Transport) -> str:
    """Return the address of a server that speaks no HTTP: host and port, nothing behind them. Raises ValidationError."""
    try:
        destination = parse_destination(address, settings.EGRESS_ALLOW, scheme=transport)
    except EgressRefusedError:
        raise ValidationError({"base_url": _address_example(transport)}) from None
    if destination.path:
        raise ValidationError({"base_url": _path_sentence(transport)})
    return address


def _address_example(transport: Transport) -> str:
    if transport is Transport.SMTP:
        return _("Write the whole address, for example smtp://mail.example.com or smtp://mail.example.com:465.")
    if transport is Transport.SQL:
        return _(
            "Write the whole address, for example postgresql://db.example.com or postgresql://db.example.com:6432."
        )
    return _("Write the whole address, for example sftp://files.example.com or sftp://files.example.com:2222.")


def _path_sentence(transport: Transport) -> str:
    if transport is Transport.SMTP:
        return _("Leave everything behind host and port out of the address.")
    if transport is Transport.SQL:
        return _("Leave the database out of the address: it is set below.")
    return _("Leave folders out of the address: they are set below.")


def _manifest(slug: str) -> SystemManifest:
    try:
        return registry.manifest(slug)
    except KeyError:
        raise ValidationError(
            {"system": _("There is no system “%(slug)s” in the catalogue.") % {"slug": slug}}
        ) from None


def _require_complete(manifest: SystemManifest, wanted: NewConnection) -> None:
    asked = () if wanted.secrets_later else manifest.secrets
    missing = {s.name: _needed(s.label) for s in asked if not wanted.secrets.get(s.name)}
    missing |= {
        f.name: _needed(f.label or f.name) for f in manifest.settings if f.required and not wanted.settings.get(f.name)
    }
    if missing:
        raise ValidationError(missing)


def _require_usable(secrets: Mapping[str, str]) -> None:
    problems = entered_secrets.problems_of(secrets, timezone.now())
    if problems:
        raise ValidationError(problems)


def _needed(label: str) -> str:
    return _("%(field)s is needed.") % {"field": _(label)}


def _record(action: AuditAction, connection: Connection, details: dict[str, Any]) -> None:
    audit.record(action, subject="connection", subject_id=str(connection.id), details=details)
