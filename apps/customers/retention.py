"""How long what was seen of records is kept: contents by customer, ledger lines for the whole partner."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.customers.models import Customer, LedgerPolicy, PayloadPolicy

LEAST_DAYS, USUAL_DAYS, MOST_DAYS = 1, 30, 400
LEAST_MONTHS, USUAL_MONTHS, MOST_MONTHS = 2, 13, 120  # less than two would cut into the month that reports speak of


@dataclass(frozen=True, slots=True)
class PayloadRule:
    """What holds for one customer: `stored` False forgets contents once a record is settled, else after `keep_days`."""

    stored: bool = True
    keep_days: int = USUAL_DAYS


def payload_rule(customer_id: UUID) -> PayloadRule:
    """Return what holds for a customer. One query."""
    found = PayloadPolicy.objects.filter(customer_id=customer_id).values_list("stored", "keep_days").first()
    return PayloadRule(*found) if found else PayloadRule()


def payload_rules() -> Mapping[UUID, PayloadRule]:
    """Return what holds for every customer in scope. Two queries."""
    chosen = {row.customer_id: PayloadRule(row.stored, row.keep_days) for row in PayloadPolicy.objects.all()}
    return {known: chosen.get(known, PayloadRule()) for known in Customer.objects.values_list("id", flat=True)}


def set_payload_rule(customer: Customer, *, stored: bool, keep_days: int) -> PayloadRule:
    """Set how long a customer's contents are kept; the next night's clean-up follows it. Raises ValidationError."""
    if not LEAST_DAYS <= keep_days <= MOST_DAYS:
        words = _("Keep contents for %(least)d to %(most)d days.") % {"least": LEAST_DAYS, "most": MOST_DAYS}
        raise ValidationError({"keep_days": words})
    before, after = payload_rule(customer.id), PayloadRule(stored, keep_days)
    if before == after:
        return after
    with transaction.atomic():
        PayloadPolicy.objects.update_or_create(customer=customer, defaults={"stored": stored, "keep_days": keep_days})
        details = {"contents kept": [_described(before), _described(after)]}
        audit.record(AuditAction.CUSTOMER_CHANGED, subject="customer", subject_id=str(customer.id), details=details)
    return after


def ledger_months() -> int:
    """Return for how many months the partner keeps its ledger lines. One query."""
    months = LedgerPolicy.objects.values_list("keep_months", flat=True).first()
    return USUAL_MONTHS if months is None else months


def set_ledger_months(months: int) -> None:
    """Set for how many months ledger lines are kept. Raises ValidationError naming the field."""
    if not LEAST_MONTHS <= months <= MOST_MONTHS:
        words = _("Keep the ledger for %(least)d to %(most)d months.") % {"least": LEAST_MONTHS, "most": MOST_MONTHS}
        raise ValidationError({"keep_months": words})
    before = ledger_months()
    if before == months:
        return
    with transaction.atomic():
        LedgerPolicy.objects.update_or_create(only=True, defaults={"keep_months": months})
        details = {"ledger kept": [f"{before} months", f"{months} months"]}
        audit.record(AuditAction.PARTNER_CHANGED, subject="ledger", details=details)


def _described(rule: PayloadRule) -> str:
    return f"{rule.keep_days} days" if rule.stored else "not stored"
