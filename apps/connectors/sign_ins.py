"""Signing in at a system: a person goes to its sign-in page and comes back with a code, a worker turns that into a token.

RFC 6749, section 4.1, with PKCE (RFC 7636). The random "state" that goes along is bound to the browser's session, to the
partner (its row is in their schema) and to one connection; it is good once, for ten minutes. The connection stays the
same one, with its flows and its history, however often somebody signs in.
"""

import asyncio
import base64
import hashlib
import secrets as random
from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.connectors import identity, registry, vault
from apps.connectors.auth import ACCESS_TOKEN, REFRESH_TOKEN, SIGN_IN_MARK, certificate_of_client, client_of, fill_in
from apps.connectors.auth_spec import AuthScheme
from apps.connectors.connection_tests import request_test
from apps.connectors.credentials import UnsealError
from apps.connectors.errors import BusinessClass, MisconfiguredError, RateLimitedError, RemoteError, RetryableError
from apps.connectors.grants import Client, Grant, TokenAnswer, code_grant
from apps.connectors.http import ask_for_token
from apps.connectors.manifest import SystemManifest
from apps.connectors.models import Connection, Credential, SignIn
from apps.connectors.rate_budget import budget_for
from apps.connectors.redaction import redact_text
from apps.dispatch.kinds import RunAgain
from apps.dispatch.leases import LeasedWork
from apps.dispatch.models import Priority
from apps.dispatch.services import enqueue

SIGN_IN_KIND = "connectors.sign-in"
MINUTES = 10
_TRY_AGAIN = timedelta(seconds=5)
_KEPT = timedelta(days=1)
_LONGEST_CODE = 4000
_UNSEALED = "A stored secret cannot be opened any more: replace it."


@dataclass(frozen=True, slots=True)
class Return:
    """What a browser brings back from the system: a code, or why there is none."""

    mark: str
    code: str = ""
    error: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class _Exchange:
    grant: Grant
    base_url: str
    door: dict[str, Any]


def signs_in(manifest: SystemManifest) -> bool:
    """Say whether people sign in at this system."""
    return manifest.auth.scheme is AuthScheme.OAUTH_CODE


def start_sign_in(connection: Connection, *, session_key: str, person: str, callback: str) -> str:
    """Return the address to send the person to. `callback` is where the system sends them back to.

    Raises:
        ValidationError: people do not sign in there, it is switched off, or something it needs is missing.

    """
    manifest = registry.manifest(connection.system)
    client, where = require_ready(connection)
    mark, verifier, now = random.token_urlsafe(32), random.token_urlsafe(64), timezone.now()
    sign_in = SignIn(
        connection=connection,
        customer_id=connection.customer_id,
        mark_hash=_hash(mark),
        session_hash=_hash(session_key),
        person=person[:260],
        callback=callback,
        started_at=now,
        ends_at=now + timedelta(minutes=MINUTES),
    )
    vault.seal_sign_in(sign_in, {"verifier": verifier})
    with transaction.atomic():
        old = SignIn.objects.filter(connection=connection, ends_at__lt=now - _KEPT)
        old.exclude(state=SignIn.State.DONE).delete()
        sign_in.save()
    asked = {
        **manifest.auth.authorize_parameters,
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": callback,
        **({"scope": manifest.auth.token_scope} if manifest.auth.token_scope else {}),
        "state": mark,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    return f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}"


def require_ready(connection: Connection) -> tuple[Client, str]:
    """Return who asks for the sign-in and the address of the system's sign-in page. Raises ValidationError."""
    manifest = registry.manifest(connection.system)
    if not signs_in(manifest):
        raise ValidationError(_("Nobody signs in at this system: it is connected with the secrets on this page."))
    if connection.state == Connection.State.DISABLED:
        raise ValidationError(_("It is switched off: switch it on first."))
    try:
        client = client_of(manifest.auth, vault.secrets_of(connection), connection.settings)
        return client, fill_in(manifest.auth.authorize_address, connection.settings)
    except MisconfiguredError as error:
        raise ValidationError(_(error.message)) from None
    except UnsealError:
        raise ValidationError(_(_UNSEALED)) from None


def challenge(verifier: str) -> str:
    """Return what goes along in place of the verifier: its SHA-256 (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def take_return(back: Return, *, session_key: str) -> SignIn | None:
    """Take what a browser brings back, and let a worker do the rest.

    Returns None, changing nothing, when this browser did not start it or it was used already. A sign-in that was refused
    at the system, or took too long, is returned as failed.
    """
    now = timezone.now()
    with transaction.atomic():
        rows = SignIn.objects.select_for_update(of=("self",), no_key=True).select_related("connection")
        sign_in = rows.filter(mark_hash=_hash(back.mark), state=SignIn.State.ASKED).first()
        if sign_in is None or not compare_digest(sign_in.session_hash, _hash(session_key)):
            return None
        if sign_in.ends_at <= now:
            return _failed(sign_in, f"It took longer than {MINUTES} minutes to come back: sign in once more.")
        if back.error or not back.code or len(back.code) > _LONGEST_CODE:
            return _failed(sign_in, _refusal(back))
        try:
            vault.seal_sign_in(sign_in, {**vault.sign_in_parts(sign_in), "code": back.code})
        except UnsealError:
            return _failed(sign_in, "What was stored of it cannot be opened any more: sign in once more.")
        sign_in.state = SignIn.State.RETURNED
        sign_in.save(update_fields=["state", "sealed", "key_version"])
        enqueue(
            kind=SIGN_IN_KIND,
            reference=str(sign_in.id),
            priority=Priority.INTERACTIVE,
            customer_id=sign_in.customer_id,
        )
        return sign_in


def exchange_code(work: LeasedWork) -> RunAgain | None:
    """Turn a code that came back into a token: read, call outside any transaction, store it with all that follows."""
    with transaction.atomic():
        rows = SignIn.objects.select_related("connection")
        sign_in = rows.filter(id=UUID(work.reference), state=SignIn.State.RETURNED).first()
        if sign_in is None:
            return None
        wanted = _prepared(sign_in)
    outcome = asyncio.run(_asked(wanted)) if isinstance(wanted, _Exchange) else wanted
    with transaction.atomic():
        work.confirm()
        held = SignIn.objects.select_for_update(no_key=True).filter(id=sign_in.id, state=SignIn.State.RETURNED).first()
        if held is None:
            return None
        if isinstance(outcome, TokenAnswer):
            _store(held, sign_in.connection, outcome)
            return None
        now = timezone.now()
        if isinstance(outcome, RetryableError | RateLimitedError) and now < held.ends_at:
            return RunAgain(outcome.until if isinstance(outcome, RateLimitedError) else now + _TRY_AGAIN)
        _failed(held, outcome.message)
    return None


def _prepared(sign_in: SignIn) -> _Exchange | RemoteError:
    connection = sign_in.connection
    manifest = registry.manifest(connection.system)
    try:
        parts, held = vault.sign_in_parts(sign_in), vault.secrets_of(connection)
        client = client_of(manifest.auth, held, connection.settings)
        shown = certificate_of_client(manifest.auth, held)
        path = fill_in(manifest.auth.token_path, connection.settings)
    except MisconfiguredError as error:
        return error
    except UnsealError:
        return MisconfiguredError(_UNSEALED, business_class=BusinessClass.PERMISSION)
    grant = code_grant(path, client, code=parts["code"], callback=sign_in.callback, verifier=parts["verifier"])
    budget = budget_for(str(connection.id), manifest.limits, settings.REDIS_URL)
    door = {"allow": tuple(settings.EGRESS_ALLOW), "budget": budget, "system": manifest.slug, "client": shown}
    return _Exchange(grant, connection.base_url, {**door, "correlation_id": f"sign-in-{sign_in.id}"})


async def _asked(wanted: _Exchange) -> TokenAnswer | RemoteError:
    try:
        return await ask_for_token(wanted.grant, base_url=wanted.base_url, **wanted.door)
    except RemoteError as error:
        return error


def _store(sign_in: SignIn, connection: Connection, answer: TokenAnswer) -> None:
    held, gone = (REFRESH_TOKEN, ACCESS_TOKEN) if answer.refresh_token else (ACCESS_TOKEN, REFRESH_TOKEN)
    vault.set_secret(connection, held, answer.refresh_token or answer.access.text)
    Credential.objects.filter(connection=connection, name=gone).delete()
    vault.set_secret(connection, SIGN_IN_MARK, random.token_urlsafe(32))
    _close(sign_in, SignIn.State.DONE, "")
    working = Connection.objects.filter(id=connection.id).exclude(state=Connection.State.DISABLED)
    changed = working.update(state=Connection.State.UNTESTED, state_reason="")
    identity.let_go_on(connection.id)
    audit.record(
        AuditAction.CREDENTIAL_SET,
        subject="connection",
        subject_id=str(connection.id),
        details={"secret": "sign-in at the system", "by": sign_in.person},
    )
    if changed:
        request_test(connection)


def _failed(sign_in: SignIn, reason: str) -> SignIn:
    _close(sign_in, SignIn.State.FAILED, reason)
    return sign_in


def _close(sign_in: SignIn, state: SignIn.State, reason: str) -> None:
    sign_in.state, sign_in.reason = state, reason[:400]
    sign_in.sealed, sign_in.finished_at = b"", timezone.now()
    sign_in.save(update_fields=["state", "reason", "sealed", "finished_at"])


def _refusal(back: Return) -> str:
    """Return in words why the system sent nobody's code (RFC 6749, section 4.1.2.1)."""
    if back.error == "access_denied":
        return "The access was declined at the system: sign in once more and allow it."
    if not back.error:
        return "The system sent back no code: sign in once more."
    told = redact_text(_shown(back.description) or _shown(back.error))
    return f"The system refused the sign-in: {told}"


def _shown(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:200].strip()


def mark_hash(mark: str) -> str:
    """Return what is kept of the random text that goes along to the system ("state")."""
    return _hash(mark)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
