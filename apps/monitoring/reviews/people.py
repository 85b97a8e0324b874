"""Who a review is sent to, and what both sides say about it afterwards."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from apps.accounts import audit
from apps.accounts.actions import CUSTOMER_ROLES, ROLE_ACTIONS, Action
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.accounts.links import absolute_url
from apps.accounts.mail import send_branded
from apps.accounts.models import User
from apps.accounts.staff_scope import as_staff
from apps.customers.models import Customer
from apps.monitoring.models import ReviewComment, ReviewCopy, ReviewPack

_READERS = sorted(role for role in CUSTOMER_ROLES if Action.VIEW_OWN_REPORTS in ROLE_ACTIONS[role])


def possible_receivers(customer: Customer) -> QuerySet[User]:
    """Return the customer's people who may read reports, by name."""
    people = User.objects.filter(memberships__customer=customer, is_active=True, role__in=_READERS)
    return people.order_by("name", "email")


def comment_on(copy: ReviewCopy, text: str, *, by: Actor, now: datetime) -> ReviewComment:
    """Keep what somebody says about a review; the customer's words are mailed to whoever of the partner's people sent it."""
    with transaction.atomic():
        said = ReviewComment.objects.create(
            customer_id=copy.customer_id,
            copy=copy,
            author_id=by.user_id,
            author_name=by.shown_name[:200],
            by_customer=by.is_customer,
            text=text,
            written_at=now,
        )
        with as_staff():
            if by.is_customer:
                _tell_sender(copy, said)
            details = {"month": f"{copy.month:%Y-%m}", "customer": str(copy.customer_id)}
            audit.record(AuditAction.REVIEW_COMMENTED, subject="review", subject_id=copy.pack_id, details=details)
    return said


def _tell_sender(copy: ReviewCopy, said: ReviewComment) -> None:
    pack = ReviewPack.objects.select_related("customer", "sender").get(id=copy.pack_id)
    if pack.sender is None or not pack.sender.is_active:
        return
    context = {
        "name": pack.sender.name,
        "author": said.author_name,
        "customer": pack.customer.name,
        "month": copy.month,
        "text": said.text,
        "review_url": absolute_url(reverse("monitoring:review-detail", args=[pack.id])),
    }
    send_branded("mail/review_comment", pack.sender.email, context)
