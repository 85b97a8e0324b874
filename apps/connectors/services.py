"""Changes to connections: create, re-key, test, report trouble, open webhooks, and open one for work.

Longer than most: whatever changes a connection stands in one place, since each change says what must be tested anew.
"""

import asyncio
import base64
import hashlib
import json
import secrets as random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
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
from apps.accounts.links import absolute_url
from apps.connectors import breaker, identity, registry, shape_book, subscriptions, vault
from apps.connectors.access_tokens import TokenShelf, shelf_for
from apps.connectors.auth import REFRESH_TOKEN
from apps.connectors.call_log import CallLog
from apps.connectors.contract import Connector, SignatureError, TestReport, TestStep
from apps.connectors.credentials import UnsealError
from apps.connectors.egress import EgressRefusedError, parse_destination
from apps.connectors.errors import BusinessClass, MisconfiguredError, RemoteError
from apps.connectors.manifest import AuthScheme, SystemManifest
from apps.connectors.models import Connection, ConnectionTest, Credential, WebhookEndpoint
from apps.connectors.rate_budget import budget_for
from apps.connectors.refresh_tokens import StoredRefreshToken
from apps.connectors.sheet_terms import Transport
from apps.connectors.webhooks import schemes
from apps.customers.models import Customer
from apps.customers.retention import payload_rule
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue
from apps.tenants import scope
from apps.tenants.models import InboundAddress

TEST_KIND = "connectors.test"
TEST_MINUTES = 10  # a test without a result for so long was lost; another may be asked for
_BUYS_TOKENS = frozenset(
    {AuthScheme.CLIENT_CREDENTIALS, AuthScheme.CERTIFICATE, AuthScheme.JWT_BEARER, AuthScheme.OAUTH_CODE}
)


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
        ValidationError: the system has no such secret, or one is empty; the message names it.

    """
    known = {spec.name for spec in _manifest(connection.system).secrets}
    for name, value in values.items():
        if name not in known:
            raise ValidationError({name: _("This system has no such secret.")})
        if not value:
            raise ValidationError({name: _("Write the new secret: an empty one opens nothing.")})
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
    """Return a base address without a trailing slash. Raises ValidationError when it is not http(s)://host, or sftp://host."""
    parts = urlsplit(raw.strip())
    if transport is Transport.SFTP:
        return _clean_sftp_address(raw.strip().rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValidationError({"base_url": _("Write the whole address, for example https://api.example.com.")})
    if parts.username or parts.password:
        raise ValidationError({"base_url": _("Leave user name and password out of the address: they are set below.")})
    here = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    if parts.scheme == "http" and here not in settings.EGRESS_ALLOW:
        raise ValidationError({"base_url": _("Use https: plain http is open to everyone on the way.")})
    return raw.strip().rstrip("/")


def _clean_sftp_address(address: str) -> str:
    try:
        destination = parse_destination(address, settings.EGRESS_ALLOW, scheme=Transport.SFTP)
    except EgressRefusedError:
        raise ValidationError(
            {
                "base_url": _(
                    "Write the whole address, for example sftp://files.example.com or sftp://files.example.com:2222."
                )
            }
        ) from None
    if destination.path:
        raise ValidationError({"base_url": _("Leave folders out of the address: they are set below.")})
    return address


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


def _needed(label: str) -> str:
    return _("%(field)s is needed.") % {"field": _(label)}


def _record(action: AuditAction, connection: Connection, details: dict[str, Any]) -> None:
    audit.record(action, subject="connection", subject_id=str(connection.id), details=details)


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


def request_test(connection: Connection) -> ConnectionTest:
    """Ask for a test; a worker does it and the page polls its result. A running one is returned as it is."""
    now = timezone.now()
    running = ConnectionTest.objects.filter(connection=connection, state=ConnectionTest.State.RUNNING)
    lost = [{"name": "test", "ok": False, "sentence": _("The test got no result: it was lost on the way.")}]
    running.filter(started_at__lt=now - timedelta(minutes=TEST_MINUTES)).update(
        state=ConnectionTest.State.FAILED, steps=lost, finished_at=now
    )
    known = running.first()
    if known is not None:
        return known
    test = ConnectionTest.objects.create(connection=connection, customer_id=connection.customer_id, started_at=now)
    enqueue(kind=TEST_KIND, reference=str(test.id), priority=Priority.INTERACTIVE, customer_id=connection.customer_id)
    _record(AuditAction.CONNECTION_TESTED, connection, {})
    return test


def run_test(work: LeasedWork) -> RunAgain | None:
    """Carry out a requested test: read, call outside any transaction, store the plain result.

    What was changed while it ran is tested once more: the result would be that of the old secrets or address.
    """
    with transaction.atomic():
        test = ConnectionTest.objects.select_related("connection").filter(id=UUID(work.reference)).first()
        if test is None or test.state != ConnectionTest.State.RUNNING:
            return None
        tried = _entered(test.connection_id)
        connector = _opened_for_test(test)
    report = asyncio.run(_test(connector)) if not isinstance(connector, TestReport) else connector
    with transaction.atomic():
        work.confirm()
        if _entered(test.connection_id) != tried:
            return RunAgain()
        _store_report(test, report)
    return None


def _entered(connection_id: UUID) -> tuple[object, ...]:
    """Return what a test goes by and a person can change; a refresh token changes by itself."""
    secrets = Credential.objects.filter(connection_id=connection_id).exclude(name=REFRESH_TOKEN)
    address = Connection.objects.filter(id=connection_id).values_list("base_url", "settings").first()
    return address, list(secrets.order_by("name").values_list("name", "generation"))


def _opened_for_test(test: ConnectionTest) -> Connector | TestReport:
    try:
        return open_connector(test.connection, correlation_id=f"test-{test.id}")
    except RemoteError as error:
        sentence = error.message
    except UnsealError:
        sentence = _("A stored secret cannot be opened any more: replace it.")
    return TestReport((TestStep("set-up", ok=False, sentence=sentence),))


async def _test(connector: Connector) -> TestReport:
    async with connector:
        return await connector.test()


def _store_report(test: ConnectionTest, report: TestReport) -> None:
    now = timezone.now()
    test.steps = [{"name": s.name, "ok": s.ok, "sentence": s.sentence} for s in report.steps]
    test.state = ConnectionTest.State.PASSED if report.ok else ConnectionTest.State.FAILED
    test.finished_at = now
    test.save(update_fields=["steps", "state", "finished_at"])
    known = identity.note_account(test.connection_id, report.account)
    if report.ok and known:
        breaker.reset(test.connection_id)
        mark_working(test.connection_id)
        shape_book.ask_quietly(test.connection)
    elif known:
        reason = next((s.sentence for s in report.steps if s.ok is False), _("The test failed."))
        if any(step.name == "allowed" and step.ok is False for step in report.steps):
            breaker.release(test.connection_id)  # nobody was let in: the work itself finds out, and says so
        mark_attention(test.connection_id, reason)


def mark_working(connection_id: UUID) -> None:
    """Note that the system answered well just now; a subscription that ended still needs a look."""
    reason = identity.question_of(connection_id) or subscriptions.lapse_reason(connection_id)
    state = Connection.State.ATTENTION if reason else Connection.State.WORKING
    Connection.objects.filter(id=connection_id).exclude(state=Connection.State.DISABLED).update(
        state=state, state_reason=reason, last_success_at=timezone.now()
    )


def mark_attention(connection_id: UUID, reason: str) -> None:
    """Note that a person must look at the connection, and why."""
    Connection.objects.filter(id=connection_id).exclude(state=Connection.State.DISABLED).update(
        state=Connection.State.ATTENTION, state_reason=reason[:400]
    )


def create_webhook_endpoint(
    connection: Connection, *, objects: Collection[str] = ()
) -> tuple[WebhookEndpoint, str, str]:
    """Open an unguessable address for the connection's webhooks.

    Where the system is told by ourselves (SubscriptionSpec), a worker subscribes it to `objects`, none meaning all. Returns the endpoint, its full address and the signing secret; the last two are shown once and not kept in clear.
    """
    token, secret = random.token_urlsafe(24), "whsec_" + base64.b64encode(random.token_bytes(24)).decode()
    endpoint = WebhookEndpoint(connection=connection, customer_id=connection.customer_id)
    address = absolute_url(f"/in/{token}")
    vault.seal_webhook(endpoint, secret, address=address if subscriptions.spec_of(connection.system) else "")
    partner = scope.require().partner
    with transaction.atomic():
        endpoint.save()
        with scope.public():
            InboundAddress.objects.create(token_hash=hash_token(token), partner_id=partner.id, reference=endpoint.id)
        subscriptions.want_subscriptions(endpoint, objects)
        _record(AuditAction.WEBHOOK_ENDPOINT_CREATED, connection, {"endpoint": str(endpoint.id)})
    return endpoint, address, secret


def set_webhook_key(endpoint: WebhookEndpoint, typed: str) -> None:
    """Hold the key that the sender signs with, or several parted by spaces; those held until now no longer count.

    Raises:
        ValidationError: there is none, there are too many, one is not written as the sender writes it, or the system's
            key is made here.

    """
    manifest = _manifest(endpoint.connection.system)
    webhook, keys = manifest.webhook, typed.split()
    if webhook is None or not webhook.key_label:
        raise ValidationError({"value": _("The key of this address is made here: open another address for a new one.")})
    if not keys:
        raise ValidationError({"value": _needed(webhook.key_label)})
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
        _record(AuditAction.CREDENTIAL_SET, endpoint.connection, {"webhook key": str(endpoint.id)})


def close_webhook_endpoint(endpoint: WebhookEndpoint) -> None:
    """Stop taking what arrives at an endpoint's address. Doing it twice is harmless."""
    with transaction.atomic():
        if not WebhookEndpoint.objects.filter(id=endpoint.id, active=True).update(active=False):
            return
        subscriptions.end_subscriptions(endpoint)
        _record(AuditAction.CONNECTION_CHANGED, endpoint.connection, {"webhook address closed": str(endpoint.id)})


def hash_token(token: str) -> str:
    """Return what is stored of a webhook address: enough to find it, not to guess it."""
    return hashlib.sha256(token.encode()).hexdigest()
