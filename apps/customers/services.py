"""Changes to customers and to who belongs to them."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.accounts.models import User
from apps.customers.models import Customer, LegalEntity, Membership


def create_customer(*, name: str, currency: str = "EUR", **fields: Any) -> Customer:
    """Add a customer with one legal entity of its own name.

    Raises:
        ValidationError: a field is wrong or the name is taken; the message names the field.

    """
    customer = Customer(name=name, currency=currency, **fields)
    customer.full_clean(validate_unique=False)
    try:
        with transaction.atomic():
            customer.save()
            LegalEntity.objects.create(
                customer=customer, code="MAIN", name=name, country=customer.country, currency=currency
            )
    except IntegrityError:
        raise ValidationError({"name": f"There is already a customer called {name!r}."}) from None
    audit.record(AuditAction.CUSTOMER_CREATED, subject="customer", subject_id=str(customer.id), details={"name": name})
    return customer


def change_customer(customer: Customer, *, changes: dict[str, Any]) -> Customer:
    """Set fields of a customer. Raises ValidationError naming the field."""
    before = {field: getattr(customer, field) for field in changes}
    for field, value in changes.items():
        setattr(customer, field, value)
    customer.full_clean(validate_unique=False)
    try:
        with transaction.atomic():
            customer.save(update_fields=list(changes))
    except IntegrityError:
        raise ValidationError({"name": f"There is already a customer called {customer.name!r}."}) from None
    audit.record(
        AuditAction.CUSTOMER_CHANGED,
        subject="customer",
        subject_id=str(customer.id),
        details={field: [str(before[field]), str(value)] for field, value in changes.items()},
    )
    return customer


def add_member(*, user: User, customer_id: UUID) -> Membership:
    """Let a customer user see one customer. Doing it twice is harmless."""
    return Membership.objects.get_or_create(user=user, customer_id=customer_id)[0]
