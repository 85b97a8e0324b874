"""What customers does when accounts reports something."""

from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.accounts.signals import invitation_accepted
from apps.customers.services import add_member


def connect() -> None:
    """Listen to accounts."""
    invitation_accepted.connect(_on_invitation_accepted, dispatch_uid="customers.membership")


def _on_invitation_accepted(sender: Any, *, user: User, customer_id: UUID | None, **kwargs: Any) -> None:
    if customer_id is not None:
        add_member(user=user, customer_id=customer_id)
