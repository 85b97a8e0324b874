"""What customers does when accounts reports something."""

from typing import Any
from uuid import UUID

from apps.accounts import customer_directory
from apps.accounts.models import User
from apps.accounts.signals import invitation_accepted
from apps.customers.models import Customer
from apps.customers.services import add_member
from apps.tenants import scope


def connect() -> None:
    """Listen to accounts, and tell it the customers' names for its own pages."""
    customer_directory.register(_names_of_customers)
    invitation_accepted.connect(_on_invitation_accepted, dispatch_uid="customers.membership")


def _on_invitation_accepted(sender: Any, *, user: User, customer_id: UUID | None, **kwargs: Any) -> None:
    if customer_id is not None:
        add_member(user=user, customer_id=customer_id)


def _names_of_customers() -> list[tuple[UUID, str]]:
    if scope.current() is None:
        return []
    return list(Customer.objects.order_by("name").values_list("id", "name"))
