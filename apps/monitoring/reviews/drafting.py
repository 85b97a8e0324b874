"""Drafts the reviews that are due, and keeps what was chosen about each customer's."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.accounts import audit
from apps.accounts.actor import Actor
from apps.accounts.audit import AuditAction
from apps.customers.models import Customer
from apps.flows.models import FlowVersion
from apps.monitoring.models import ReviewPack, ReviewSetting
from apps.monitoring.months import month_before, next_month
from apps.monitoring.queries.ledger_rows import start_of
from apps.monitoring.reviews.book import draft_pack
from apps.monitoring.reviews.calendar import due_month

MOST_SECONDS = 12.0  # workers are stopped when they go on much longer


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen about a customer's reviews; `language` "" is the portal's usual one."""

    is_on: bool = True
    working_day: int = 1
    needs_two: bool = False
    language: str = ""


def draft_due(now: datetime, confirm: Callable[[], None]) -> bool:
    """Draft every review that is due; False when some were left for the next turn. Safe to repeat at any time."""
    started = time.monotonic()
    with transaction.atomic():
        due = _due(now)
    for customer, month, language in due:
        if time.monotonic() - started > MOST_SECONDS:
            return False
        with transaction.atomic():
            confirm()
            draft_pack(customer, month, now, language)
    return True


def _due(now: datetime) -> list[tuple[Customer, date, str]]:
    """Return the live customers whose last month is to be drafted: a flow of theirs was live in it, and there is no review."""
    chosen = {row.customer_id: row for row in ReviewSetting.objects.all()}
    found = []
    for customer in Customer.objects.filter(state=Customer.State.LIVE).order_by("id"):
        choice = choice_of(chosen.get(customer.id))
        month = due_month(now.astimezone(ZoneInfo(customer.time_zone)).date(), choice.working_day)
        if choice.is_on and month is not None:
            found.append((customer, month, choice.language))
    first = min((month for _customer, month, _language in found), default=month_before(now.date()))
    done = set(ReviewPack.objects.filter(month__gte=first).values_list("customer_id", "month"))
    left = [one for one in found if (one[0].id, one[1]) not in done]
    return [one for one in left if _was_live(one[0], one[1])]


def _was_live(customer: Customer, month: date) -> bool:
    return FlowVersion.objects.filter(customer=customer, published_at__lt=start_of(next_month(month))).exists()


def choice_of(row: ReviewSetting | None) -> Choice:
    """Return what is chosen; the usual without a row."""
    return Choice(row.is_on, row.working_day, row.needs_two, row.language) if row else Choice()


def get_choice(customer_id: UUID) -> Choice:
    """Return what is chosen about a customer's reviews."""
    return choice_of(ReviewSetting.objects.filter(customer_id=customer_id).first())


def choose(customer: Customer, choice: Choice, *, by: Actor, now: datetime) -> None:
    """Keep what was chosen about a customer's reviews."""
    given = {
        "is_on": choice.is_on,
        "working_day": choice.working_day,
        "needs_two": choice.needs_two,
        "language": choice.language,
    }
    with transaction.atomic():
        who = {"changed_at": now, "changed_by": by.shown_name[:200]}
        ReviewSetting.objects.update_or_create(customer=customer, defaults={**given, **who})
        audit.record(AuditAction.REVIEW_SETTING_CHANGED, subject="customer", subject_id=customer.id, details=given)
