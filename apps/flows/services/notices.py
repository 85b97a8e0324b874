"""Mails of a flow's notify steps: to everyone of a role who may see the operation's customer, or to one address."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.accounts.actions import CUSTOMER_ROLES, Role
from apps.accounts.mail import send_branded
from apps.accounts.models import User
from apps.customers.models import Membership
from apps.flows.models import Operation


def tell(operation: Operation, *, role: str, address: str, subject: str, text: str) -> int:
    """Write to them; the mails leave once the transaction commits. Returns how many people were written to.

    An address that is none is written to nobody: what a record holds there is not this flow's to mend.
    """
    people = [person.email for person in people_of(operation, role)] if role else _usable(address)
    for to in people:
        context = {"subject": subject, "paragraphs": text.split("\n\n"), "label": operation.label}
        send_branded("mail/notice", to, context)
    return len(people)


def people_of(operation: Operation, role: str) -> list[User]:
    """Return the active people of a role who may see the operation: a customer's own, or the partner's."""
    people = User.objects.filter(role=role, is_active=True)
    if Role(role) in CUSTOMER_ROLES:
        members = Membership.objects.filter(customer_id=operation.customer_id)
        people = people.filter(id__in=members.values("user_id"))
    return list(people.order_by("email"))


def _usable(address: str) -> list[str]:
    try:
        validate_email(address)
    except ValidationError:
        return []
    return [address]
