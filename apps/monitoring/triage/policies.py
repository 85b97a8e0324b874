"""What people decide about proposals in general: the policy of each class, and when one that fell back comes back."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.customers.models import CURRENCY
from apps.monitoring.models import TriageFallback, TriagePolicy
from apps.monitoring.triage.policy import Handling, Policy

HANDLINGS = ("known", "estimated", "unknown", "above", "destructive")
_FIELDS = (*HANDLINGS, "limit", "currency", "floor")
Policies = Mapping[str, Policy]


def read_policies() -> dict[str, Policy]:
    """Return the policies that somebody wrote, by class, "" for every class without one. One query."""
    return {row.error_class: as_policy(row) for row in TriagePolicy.objects.all()}


def policy_for(policies: Policies, error_class: str) -> Policy:
    """Return what holds for a class: its own policy, else everybody's, else the house's."""
    return policies.get(error_class) or policies.get("") or Policy()


def as_policy(row: TriagePolicy) -> Policy:
    """Return a stored policy as the pure one."""
    handlings = {name: Handling(getattr(row, name)) for name in HANDLINGS}
    return Policy(**handlings, limit=row.limit, currency=row.currency, floor=row.floor)


def save_policy(error_class: str, values: Mapping[str, Any], *, by: Actor, now: datetime) -> TriagePolicy:
    """Write down who has to agree for a class, "" for every class without a policy of its own.

    Raises:
        ValidationError: the limit, the currency or the floor cannot be.

    """
    said = {name: values[name] for name in _FIELDS}
    if said["limit"] < Decimal(0):
        raise ValidationError({"limit": _("The limit must be zero or more.")})
    CURRENCY(said["currency"])
    with transaction.atomic():
        row, _is_new = TriagePolicy.objects.update_or_create(
            error_class=error_class, defaults={**said, "changed_at": now, "changed_by": by.shown_name}
        )
        audit.record(
            AuditAction.TRIAGE_POLICY_SET,
            subject="triage policy",
            subject_id=error_class or "every class",
            details={name: value.name if isinstance(value, Handling) else value for name, value in said.items()},
        )
    return row


def drop_policy(error_class: str) -> None:
    """Let a class follow the policy of all others again."""
    with transaction.atomic():
        TriagePolicy.objects.filter(error_class=error_class).delete()
        audit.record(
            AuditAction.TRIAGE_POLICY_SET, subject="triage policy", subject_id=error_class, details={"removed": True}
        )


def fallen() -> set[tuple[str, str]]:
    """Return what fell back to manual, as (class, source). One query."""
    rows = TriageFallback.objects.filter(returned_at__isnull=True)
    return set(rows.values_list("error_class", "source"))


def bring_back(fallback_id: Any, *, by: Actor, now: datetime) -> TriageFallback:
    """Let proposals of a class and source be applied again; what was decided before does not count any more.

    Raises:
        TriageFallback.DoesNotExist: there is none, or it is back already.

    """
    with transaction.atomic():
        row = TriageFallback.objects.select_for_update().get(id=fallback_id, returned_at__isnull=True)
        row.returned_at, row.returned_by = now, by.shown_name
        row.save(update_fields=["returned_at", "returned_by"])
        audit.record(
            AuditAction.TRIAGE_RETURNED,
            subject="triage class",
            subject_id=row.error_class,
            details={"source": row.source, "share": row.share},
        )
    return row
