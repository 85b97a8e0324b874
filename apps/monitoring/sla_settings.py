"""What people decide about service levels: packages, calendars, who has which, and which missed promise is excused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.customers.models import Customer
from apps.monitoring.models import BusinessCalendar, CustomerSla, SlaBreach, SlaPolicy
from apps.monitoring.sla.clock import PauseCause
from apps.monitoring.sla.credits import CreditBand, CreditRule
from apps.monitoring.sla.opening import BusinessHours
from apps.monitoring.sla.terms import (
    Target,
    Terms,
    hours_as_values,
    hours_from_values,
    targets_as_values,
    targets_from_values,
    terms_as_values,
)

LONGEST_REASON = 300


class SlaError(ValueError):
    """What was chosen cannot be. `field` names what to mend, the message says how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Package:
    """A service package as somebody filled it in."""

    name: str
    summary: str
    targets: tuple[Target, ...]
    pauses: frozenset[PauseCause]
    bands: tuple[CreditBand, ...]
    cap_percent: Decimal


def save_policy(policy: SlaPolicy | None, package: Package, *, by: Actor) -> SlaPolicy:
    """Keep a new or changed package; customers who have it are promised the new terms from now on. Raises SlaError."""
    row = policy or SlaPolicy()
    row.name, row.summary = package.name, package.summary
    row.targets = targets_as_values(package.targets)
    row.pauses = sorted(package.pauses)
    row.bands = [[band.late_minutes, str(band.percent)] for band in package.bands]
    row.cap_percent = package.cap_percent
    with transaction.atomic():
        _save(row, _("Another package has this name: choose another."))
        _promise_anew(list(row.customers.filter(valid_until__isnull=True)), by)
        _record("service package", row.id, name=row.name)
    return row


def save_calendar(calendar: BusinessCalendar | None, *, name: str, hours: BusinessHours, by: Actor) -> BusinessCalendar:
    """Keep a new or changed calendar; clocks that start from now on count by it. Raises SlaError."""
    row, stored = calendar or BusinessCalendar(), hours_as_values(hours)
    row.name = name
    row.zone, row.week, row.own_days = stored["zone"], stored["week"], stored["own_days"]
    row.country, row.region = stored["country"], stored["region"]
    with transaction.atomic():
        _save(row, _("Another calendar has this name: choose another."))
        _promise_anew(list(row.customers.filter(valid_until__isnull=True)), by)
        _record("business calendar", row.id, name=row.name)
    return row


def can_promise() -> bool:
    """Tell whether there is a package and a calendar that a customer can be given."""
    return SlaPolicy.objects.exists() and BusinessCalendar.objects.exists()


def remove_policy(policy: SlaPolicy) -> None:
    """Forget a package that no customer has now; what was promised by it stays on record. Raises SlaError."""
    _remove(policy, policy.customers.filter(valid_until__isnull=True).exists(), "service package", policy.name)


def remove_calendar(calendar: BusinessCalendar) -> None:
    """Forget a calendar that no customer counts by now. Raises SlaError."""
    _remove(calendar, calendar.customers.filter(valid_until__isnull=True).exists(), "business calendar", calendar.name)


def agree(
    customer: Customer,
    *,
    policy: SlaPolicy,
    calendar: BusinessCalendar,
    fee: Decimal | None,
    currency: str,
    by: Actor,
) -> CustomerSla:
    """Promise the customer a package from now on; clocks that run already keep what was promised when they started."""
    now = timezone.now()
    with transaction.atomic():
        _end(customer.id, now)
        agreement = CustomerSla.objects.create(
            customer=customer,
            policy=policy,
            calendar=calendar,
            fee=fee,
            currency=currency if fee is not None else "",
            terms=terms_as_values(_terms(policy, calendar, fee, currency)),
            valid_from=now,
            agreed_by=by.shown_name[:200],
        )
        _record("customer", customer.id, name=customer.name, package=policy.name, calendar=calendar.name)
    return agreement


def end_agreement(customer: Customer) -> None:
    """Promise the customer nothing particular from now on: the usual times hold."""
    with transaction.atomic():
        if _end(customer.id, timezone.now()):
            _record("customer", customer.id, name=customer.name, package="")


def excuse_breach(breach_id: UUID, *, reason: str, by: Actor) -> SlaBreach:
    """Let a missed promise give no credit, with the reason; it stays on record. Raises SlaError, SlaBreach.DoesNotExist."""
    words = reason.strip()
    if not words:
        raise SlaError("reason", _("Say why it does not count: the customer reads it on the statement."))
    if len(words) > LONGEST_REASON:
        raise SlaError("reason", _("A reason holds %(most)d characters: shorten it.") % {"most": LONGEST_REASON})
    with transaction.atomic():
        breach = SlaBreach.objects.select_for_update().get(id=breach_id)
        breach.excused_at, breach.excused_by_id = timezone.now(), by.user_id
        breach.excused_by_name, breach.excuse = by.shown_name[:200], words
        breach.save(update_fields=["excused_at", "excused_by", "excused_by_name", "excuse"])
        audit.record(AuditAction.BREACH_EXCUSED, subject="breach", subject_id=breach.id, details={"reason": words})
    return breach


def count_breach(breach_id: UUID) -> SlaBreach:
    """Take an excuse back: the missed promise counts again. Raises SlaBreach.DoesNotExist."""
    with transaction.atomic():
        breach = SlaBreach.objects.select_for_update().get(id=breach_id)
        breach.excused_at = breach.excused_by = None
        breach.excused_by_name = breach.excuse = ""
        breach.save(update_fields=["excused_at", "excused_by", "excused_by_name", "excuse"])
        audit.record(AuditAction.BREACH_EXCUSED, subject="breach", subject_id=breach.id, details={"reason": ""})
    return breach


def hours_of_calendar(calendar: BusinessCalendar) -> BusinessHours:
    """Return a calendar's opening hours."""
    return hours_from_values(
        {name: getattr(calendar, name) for name in ("zone", "week", "country", "region", "own_days")}
    )


def package_of(policy: SlaPolicy) -> Package:
    """Return a stored package as somebody filled it in."""
    return Package(
        policy.name,
        policy.summary,
        targets_from_values(policy.targets),
        frozenset(PauseCause(cause) for cause in policy.pauses),
        tuple(CreditBand(int(minutes), Decimal(percent)) for minutes, percent in policy.bands),
        policy.cap_percent,
    )


def _terms(policy: SlaPolicy, calendar: BusinessCalendar, fee: Decimal | None, currency: str) -> Terms:
    package = package_of(policy)
    credit = (
        CreditRule(fee, currency, package.bands, package.cap_percent) if fee is not None and package.bands else None
    )
    return Terms(package.name, hours_of_calendar(calendar), package.targets, package.pauses, credit)


def _promise_anew(agreements: Sequence[CustomerSla], by: Actor) -> None:
    """Give customers the present terms of what they have; only where that changes anything."""
    for old in agreements:
        if old.policy is None or old.calendar is None:
            continue
        if old.terms != terms_as_values(_terms(old.policy, old.calendar, old.fee, old.currency)):
            agree(old.customer, policy=old.policy, calendar=old.calendar, fee=old.fee, currency=old.currency, by=by)


def _end(customer_id: UUID, now: datetime) -> int:
    return CustomerSla.objects.filter(customer_id=customer_id, valid_until__isnull=True).update(valid_until=now)


def _save(row: SlaPolicy | BusinessCalendar, taken: str) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise SlaError("name", taken) from error


def _remove(row: Model, is_used: bool, subject: str, name: str) -> None:  # noqa: FBT001
    if is_used:
        raise SlaError("", _("Customers have %(name)s now: give them another first.") % {"name": name})
    with transaction.atomic():
        row_id = row.pk
        row.delete()
        _record(subject, row_id, name=name, removed=True)


def _record(subject: str, subject_id: UUID, **details: object) -> None:
    audit.record(AuditAction.SERVICE_LEVEL_CHANGED, subject=subject, subject_id=subject_id, details=details)
