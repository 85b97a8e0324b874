"""Changes to customers, their companies, and to who belongs to them."""

import re
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts import audit
from apps.accounts.audit import AuditAction
from apps.accounts.models import User
from apps.accounts.preferences import known_time_zones
from apps.customers.cut_offs import Rule
from apps.customers.models import Customer, CutOff, LegalEntity, Membership

MOST_CUT_OFFS = 20  # of one customer: each is computed whenever a page names the next one
_COUNTRY = re.compile(r"[A-Z]{2}")


def create_customer(*, name: str, currency: str = "EUR", **fields: Any) -> Customer:
    """Add a customer with one legal entity of its own name.

    Raises:
        ValidationError: a field is wrong or the name is taken; the message names the field.

    """
    customer = Customer(name=name, currency=currency, **fields)
    _check(customer)
    try:
        with transaction.atomic():
            customer.save()
            LegalEntity.objects.create(
                customer=customer, code="MAIN", name=name, country=customer.country, currency=currency
            )
    except IntegrityError:
        raise ValidationError({"name": _taken(name)}) from None
    audit.record(AuditAction.CUSTOMER_CREATED, subject="customer", subject_id=str(customer.id), details={"name": name})
    return customer


def change_customer(customer: Customer, *, changes: dict[str, Any]) -> Customer:
    """Set fields of a customer; fields that stay as they are leave no trace. Raises ValidationError naming the field."""
    before = {field: getattr(customer, field) for field, value in changes.items() if getattr(customer, field) != value}
    for field in before:
        setattr(customer, field, changes[field])
    _check(customer)
    if not before:
        return customer
    try:
        with transaction.atomic():
            customer.save(update_fields=list(before))
    except IntegrityError:
        raise ValidationError({"name": _taken(customer.name)}) from None
    details = {field: [str(old), str(changes[field])] for field, old in before.items()}
    _record_change(customer, details)
    return customer


def add_legal_entity(customer: Customer, *, code: str, name: str, country: str, currency: str) -> LegalEntity:
    """Add one of the customer's own companies. Raises ValidationError naming the field."""
    entity = LegalEntity(customer=customer, code=code, name=name, country=country, currency=currency)
    _save_entity(entity)
    _record_change(customer, {"company added": f"{code} {name}"})
    return entity


def change_legal_entity(entity: LegalEntity, *, code: str, name: str, country: str, currency: str) -> LegalEntity:
    """Set what is known of a company. Raises ValidationError naming the field."""
    before = str(entity)
    entity.code, entity.name, entity.country, entity.currency = code, name, country, currency
    _save_entity(entity)
    _record_change(entity.customer, {"company": [before, str(entity)]})
    return entity


def add_cut_off(customer: Customer, *, name: str, purpose: str, rule: Rule) -> CutOff:
    """Add a time by which the customer's records must have arrived. Raises ValidationError naming the field."""
    if CutOff.objects.filter(customer=customer).count() >= MOST_CUT_OFFS:
        raise ValidationError(
            _("A customer has at most %(number)d cut-offs: remove one that is no longer needed.")
            % {"number": MOST_CUT_OFFS}
        )
    cut_off = CutOff(customer=customer)
    _save_cut_off(cut_off, name=name, purpose=purpose, rule=rule)
    _record_change(customer, {"cut-off added": name})
    return cut_off


def change_cut_off(cut_off: CutOff, *, name: str, purpose: str, rule: Rule) -> CutOff:
    """Set what a cut-off is called, what it is for, and when it falls due. Raises ValidationError naming the field."""
    before = _described(cut_off)
    _save_cut_off(cut_off, name=name, purpose=purpose, rule=rule)
    _record_change(cut_off.customer, {"cut-off": [before, _described(cut_off)]})
    return cut_off


def remove_cut_off(cut_off: CutOff) -> None:
    """Forget a cut-off."""
    customer, described = cut_off.customer, _described(cut_off)
    cut_off.delete()
    _record_change(customer, {"cut-off removed": described})


def add_member(*, user: User, customer_id: UUID) -> Membership:
    """Let a customer user see one customer. Doing it twice is harmless."""
    return Membership.objects.get_or_create(user=user, customer_id=customer_id)[0]


def _taken(name: str) -> str:
    return _("There is already a customer called “%(name)s”.") % {"name": name}


def _check(customer: Customer) -> None:
    customer.full_clean(validate_unique=False)
    _check_country(customer.country)
    if customer.time_zone not in known_time_zones():
        words = _("“%(zone)s” is no time zone: write one like Europe/Berlin.") % {"zone": customer.time_zone}
        raise ValidationError({"time_zone": words})


def _check_country(country: str) -> None:
    if country and not _COUNTRY.fullmatch(country):
        raise ValidationError({"country": _("Write the country as two capital letters, for example DE.")})


def _save_entity(entity: LegalEntity) -> None:
    entity.full_clean(validate_unique=False, validate_constraints=False)
    _check_country(entity.country)
    try:
        with transaction.atomic():
            entity.save()
    except IntegrityError:
        words = _("There is already a company “%(code)s”: choose another code.") % {"code": entity.code}
        raise ValidationError({"code": words}) from None


def _save_cut_off(cut_off: CutOff, *, name: str, purpose: str, rule: Rule) -> None:
    cut_off.name, cut_off.purpose = name, purpose
    cut_off.rhythm, cut_off.day, cut_off.at = rule.rhythm.value, rule.day, rule.at
    cut_off.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            cut_off.save()
    except IntegrityError:
        taken = _("There is already a cut-off called “%(name)s”: choose another name.") % {"name": name}
        raise ValidationError({"name": taken}) from None


def _described(cut_off: CutOff) -> str:
    return f"{cut_off.name} ({cut_off.rhythm} {cut_off.day}, {cut_off.at:%H:%M})"


def _record_change(customer: Customer, details: dict[str, Any]) -> None:
    audit.record(AuditAction.CUSTOMER_CHANGED, subject="customer", subject_id=str(customer.id), details=details)
