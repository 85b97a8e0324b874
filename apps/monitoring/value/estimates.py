"""Estimates as they are kept: one for each prospect, shared by a link that can be taken back."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.monitoring.models import Estimate
from apps.monitoring.value.roi import Inputs, inputs_as_values

LINK_LASTS = timedelta(days=30)
_KEY_BYTES = 16
_SALT = "estimate-link"


@dataclass(frozen=True, slots=True)
class Draft:
    """An estimate as somebody filled it in."""

    name: str
    currency: str
    inputs: Inputs


def save_estimate(row: Estimate | None, draft: Draft, *, by: Actor, now: datetime) -> Estimate:
    """Keep a new or changed estimate."""
    who = by.shown_name[:200]
    kept = row or Estimate(made_at=now, made_by=who)
    kept.name, kept.currency, kept.inputs = draft.name, draft.currency, inputs_as_values(draft.inputs)
    kept.changed_at, kept.changed_by = now, who
    with transaction.atomic():
        kept.save()
        _record(AuditAction.ESTIMATE_CHANGED, kept, currency=draft.currency, **kept.inputs)
    return kept


def share_estimate(row: Estimate, *, now: datetime) -> str:
    """Give an estimate a new link, which lasts LINK_LASTS; the one before opens nothing any more. Returns its token."""
    row.link_key, row.link_until = secrets.token_urlsafe(_KEY_BYTES), now + LINK_LASTS
    with transaction.atomic():
        row.save(update_fields=["link_key", "link_until"])
        _record(AuditAction.ESTIMATE_SHARED, row, until=row.link_until.isoformat())
    return token_of(row)


def unshare_estimate(row: Estimate) -> None:
    """Let the link open nothing any more."""
    row.link_key, row.link_until = "", None
    with transaction.atomic():
        row.save(update_fields=["link_key", "link_until"])
        _record(AuditAction.ESTIMATE_SHARED, row, until="")


def remove_estimate(row: Estimate) -> None:
    """Forget an estimate and its link."""
    with transaction.atomic():
        _record(AuditAction.ESTIMATE_CHANGED, row, removed=True)
        row.delete()


def token_of(row: Estimate) -> str:
    """Return the token that an estimate's link carries: signed, so that what is stored opens nothing by itself."""
    return signing.dumps([str(row.id), row.link_key], salt=_SALT)


def shared_estimate(token: str, now: datetime) -> Estimate | None:
    """Return the estimate that a link's token opens; None where it opens none, or none any more."""
    try:
        row_id, key = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, TypeError, ValueError):
        return None
    return Estimate.objects.filter(id=row_id, link_key=key, link_until__gt=now).exclude(link_key="").first()


def _record(deed: AuditAction, row: Estimate, **details: object) -> None:
    audit.record(deed, subject="estimate", subject_id=row.id, details={"name": row.name, **details})
