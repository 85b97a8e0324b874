"""Signing a statement: who stands for it and since when, sealed with the house's key, so that a later change shows."""

import hmac
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.flows.models import Reconciliation, ReconciliationRow
from apps.flows.services.reconciliation_result import digest_of

_SALT = "flows.reconciliation.signature"


class SigningError(ValueError):
    """A statement cannot be signed; the message says why."""


def sign(reconciliation_id: UUID, *, signed_by: str) -> Reconciliation:
    """Sign a finished statement in somebody's name.

    Raises:
        SigningError: it is not finished, is signed already, or no longer says what it was finished with.

    """
    with transaction.atomic():
        row = Reconciliation.objects.select_for_update(no_key=True, of=("self",)).get(id=reconciliation_id)
        if row.finished_at is None:
            raise SigningError(_("It is not finished yet: sign it once both sides were compared."))
        if row.signed_at is not None:
            raise SigningError(_("It is signed already, by %(name)s.") % {"name": row.signed_by})
        if digest_of(row, row.rows.all()) != row.digest:
            raise SigningError(_("It no longer says what it was finished with: reconcile these days again."))
        now = timezone.now()
        row.signed_at, row.signed_by = now, signed_by[:200]
        row.signature = _seal(settings.SECRET_KEY, row.digest, row.signed_by, now)
        row.save(update_fields=["signed_at", "signed_by", "signature"])
        details = {"flow": str(row.flow_id), "days": f"{row.first} to {row.last}", "digest": row.digest}
        audit.record(
            AuditAction.RECONCILIATION_SIGNED, subject="reconciliation", subject_id=str(row.id), details=details
        )
    return row


def is_intact(row: Reconciliation, rows: Sequence[ReconciliationRow]) -> bool:
    """Say whether a statement still says what it was finished with, and its signature is the house's."""
    if digest_of(row, rows) != row.digest:
        return False
    if row.signed_at is None:
        return True
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    seals = [_seal(key, row.digest, row.signed_by, row.signed_at) for key in keys]
    return any(hmac.compare_digest(seal, row.signature) for seal in seals)


def _seal(key: str | bytes, digest: str, signed_by: str, signed_at: datetime) -> str:
    said = "\x1f".join((digest, signed_by, signed_at.isoformat()))
    return salted_hmac(_SALT, said, secret=key, algorithm="sha256").hexdigest()
