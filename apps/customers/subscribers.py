"""What customers does when accounts reports something."""

from typing import Any
from uuid import UUID

from apps.accounts import customer_directory
from apps.accounts.customer_directory import CustomerDirectory
from apps.accounts.models import User
from apps.accounts.signals import invitation_accepted
from apps.customers.models import Customer, Membership
from apps.customers.services import add_member
from apps.tenants import scope


def connect() -> None:
    """Listen to accounts, and tell it the customers' names for its own pages."""
    customer_directory.register(CustomerDirectory(_names, _names_by_person))
    invitation_accepted.connect(_on_invitation_accepted, dispatch_uid="customers.membership")


def _on_invitation_accepted(*, user: User, customer_id: UUID | None, **_: Any) -> None:
    if customer_id is not None:
        add_member(user=user, customer_id=customer_id)


def _names() -> dict[UUID, str]:
    if scope.current() is None:
        return {}
    return dict(Customer.objects.order_by("name").values_list("id", "name"))


def _names_by_person() -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    if scope.current() is not None:
        for user_id, name in Membership.objects.order_by("customer__name").values_list("user_id", "customer__name"):
            found[user_id] = f"{found[user_id]}, {name}" if user_id in found else name
    return found
