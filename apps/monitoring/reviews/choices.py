"""What is chosen about a customer's reviews: whether, when and how they are drafted, and by how many approved."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.customers.models import Customer
from apps.monitoring.models import ReviewSetting


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen about a customer's reviews; `language` "" is the portal's usual one."""

    is_on: bool = True
    working_day: int = 1
    needs_two: bool = False
    language: str = ""


def choice_of(row: ReviewSetting | None) -> Choice:
    """Return what is chosen; the usual without a row."""
    return Choice(row.is_on, row.working_day, row.needs_two, row.language) if row else Choice()


def get_choice(customer_id: UUID) -> Choice:
    """Return what is chosen about a customer's reviews."""
    return choice_of(ReviewSetting.objects.filter(customer_id=customer_id).first())


def choose(customer: Customer, choice: Choice, *, by: Actor, now: datetime) -> None:
    """Keep what was chosen about a customer's reviews."""
    given = asdict(choice)
    with transaction.atomic():
        who = {"changed_at": now, "changed_by": by.shown_name[:200]}
        ReviewSetting.objects.update_or_create(customer=customer, defaults={**given, **who})
        audit.record(AuditAction.REVIEW_SETTING_CHANGED, subject="customer", subject_id=customer.id, details=given)
