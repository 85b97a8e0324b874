"""Terms as they are kept: a row for each agreement, which counts from its month on and is never changed."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.customers.models import Customer
from apps.monitoring.models import ValueDay, ValueMonth, ValueTerms
from apps.monitoring.money import Rates
from apps.monitoring.value.terms import Terms, terms_as_values, terms_from_values


def terms_of(customer_id: UUID, month: date) -> Terms:
    """Return what holds in a month: of what was agreed up to it the latest; where nothing was, what is usual. One query."""
    found = (
        ValueTerms.objects.filter(customer_id=customer_id, month__lte=month).order_by("-month", "-agreed_at").first()
    )
    return terms_from_values(found.values) if found else Terms()


def list_terms(customer_id: UUID) -> QuerySet[ValueTerms]:
    """Return all agreements, the latest first."""
    return ValueTerms.objects.filter(customer_id=customer_id).order_by("-month", "-agreed_at")


def agree_terms(customer: Customer, *, month: date, terms: Terms, by: Actor, now: datetime) -> ValueTerms:
    """Let terms hold from a month on, given by its first day; months that are closed stay as they are.

    Raises:
        ValidationError: the month is closed; the message says from when on they can hold.

    """
    closed = ValueMonth.objects.filter(customer=customer, closed_at__isnull=False).order_by("-month").first()
    if closed is not None and month <= closed.month:
        raise ValidationError({"month": _("This month is closed with its terms: choose a later one.")})
    values = terms_as_values(replace(terms, currency=customer.currency))
    with transaction.atomic():
        agreed = ValueTerms.objects.create(
            customer=customer, month=month, values=values, agreed_at=now, agreed_by=by.shown_name[:200]
        )
        audit.record(
            AuditAction.VALUE_TERMS_AGREED,
            subject="customer",
            subject_id=customer.id,
            details={"name": customer.name, "month": f"{month:%Y-%m}", **values},
        )
    return agreed


def in_currency(terms: Terms, currency: str, rates: Rates, day: date) -> Terms:
    """Return terms whose cost of an hour is in another currency; without a rate nobody knows that cost."""
    if terms.hourly_cost is None or terms.currency == currency:
        return replace(terms, currency=currency)
    worth = rates.worth({terms.currency: terms.hourly_cost}, currency, day)
    cost: Decimal | None = None if worth.left else worth.amount
    return replace(terms, hourly_cost=cost, currency=currency)


def types_of(customer: Customer) -> list[str]:
    """Return the canonical types that matter for a customer: of what was posted, and of what was agreed. Two queries."""
    posted = ValueDay.objects.filter(customer=customer).order_by().values_list("canonical_type", flat=True).distinct()
    agreed = list_terms(customer.id).first()
    names = {*posted, *(agreed.values["minutes"] if agreed else ())} - {""}
    return sorted(names) or ["TimeEntry"]
