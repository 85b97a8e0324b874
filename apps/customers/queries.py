"""Reading customers: one of them, its companies, its people, and when its cut-offs fall due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.customers.cut_offs import LAST, Rhythm, Rule
from apps.customers.models import Customer, CutOff, LegalEntity


@dataclass(frozen=True, slots=True)
class CutOffLine:
    """A cut-off with its rule and when it falls due next, in UTC; `zone` is the customer's."""

    id: UUID
    customer_id: UUID
    customer: str
    name: str
    purpose: str
    rule: Rule
    zone: str
    next_at: datetime

    @property
    def words(self) -> str:
        """Return when it falls due in the reader's language; a page shows a few of all that it looks through."""
        return rule_words(self.rule)


def list_customers() -> QuerySet[Customer]:
    """Return the customers in scope, by name."""
    return Customer.objects.all()


def get_customer(customer_id: UUID) -> Customer:
    """Return one customer in scope. Raises Http404 when it does not exist or belongs to someone else."""
    customer = Customer.objects.select_related("account_owner").filter(id=customer_id).first()
    if customer is None:
        raise Http404("There is no such customer.")
    return customer


def list_people_of(customer: Customer) -> list[User]:
    """Return the people who belong to a customer, those who can sign in first."""
    return list(User.objects.filter(memberships__customer=customer).order_by("-is_active", "name", "email"))


def list_entities(customer: Customer) -> list[LegalEntity]:
    """Return a customer's own companies, by code."""
    return list(LegalEntity.objects.filter(customer=customer))


def get_entity(customer: Customer, entity_id: UUID) -> LegalEntity:
    """Return one of the customer's companies. Raises Http404."""
    entity = LegalEntity.objects.filter(customer=customer, id=entity_id).first()
    if entity is None:
        raise Http404("There is no such company.")
    return entity


def get_cut_off(customer: Customer, cut_off_id: UUID) -> CutOff:
    """Return one of the customer's cut-offs. Raises Http404."""
    cut_off = CutOff.objects.filter(customer=customer, id=cut_off_id).select_related("customer").first()
    if cut_off is None:
        raise Http404("There is no such cut-off.")
    return cut_off


def list_cut_offs(*, now: datetime, customer_id: UUID | None = None) -> list[CutOffLine]:
    """Return the cut-offs in scope with their next time, the soonest first; those of customers who left are no one's."""
    found = CutOff.objects.select_related("customer").exclude(customer__state=Customer.State.LEFT)
    if customer_id:
        found = found.filter(customer_id=customer_id)
    return sorted((_cut_off_line(one, now) for one in found), key=lambda line: (line.next_at, line.customer, line.name))


def upcoming_cut_offs(within: timedelta, *, now: datetime, customer_id: UUID | None = None) -> list[CutOffLine]:
    """Return the cut-offs in scope that fall due within a span from `now`, the soonest first. One query."""
    return [line for line in list_cut_offs(now=now, customer_id=customer_id) if line.next_at <= now + within]


def rule_words(rule: Rule) -> str:
    """Return when a rule falls due in the reader's language: "every Friday at 16:00"."""
    return _("%(day)s at %(time)s") % {"day": day_words(rule.rhythm, rule.day), "time": time_format(rule.at, "H:i")}


def day_words(rhythm: Rhythm, day: int) -> str:
    """Return which days a rule means: "every Friday", "on the last working day of each month"."""
    if rhythm is Rhythm.WEEKLY:
        return _("every %(weekday)s") % {"weekday": WEEKDAYS[day]}
    if rhythm is Rhythm.MONTHLY:
        if day == LAST:
            return _("on the last day of each month")
        return _("on day %(number)d of each month") % {"number": day}
    if day == LAST:
        return _("on the last working day of each month")
    return _("on working day %(number)d of each month") % {"number": day}


def _cut_off_line(cut_off: CutOff, now: datetime) -> CutOffLine:
    return CutOffLine(
        id=cut_off.id,
        customer_id=cut_off.customer_id,
        customer=cut_off.customer.name,
        name=cut_off.name,
        purpose=cut_off.purpose,
        rule=cut_off.rule,
        zone=cut_off.customer.time_zone,
        next_at=cut_off.next_at(now),
    )
