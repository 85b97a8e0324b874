"""Drafts the reviews that are due."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Min

from apps.customers.models import Customer
from apps.flows.models import FlowVersion
from apps.monitoring.models import ReviewPack, ReviewSetting
from apps.monitoring.months import month_before, next_month
from apps.monitoring.queries.ledger_rows import start_of
from apps.monitoring.reviews.book import draft_pack
from apps.monitoring.reviews.calendar import due_month
from apps.monitoring.reviews.choices import choice_of
from apps.monitoring.turns import Turn


def draft_due(now: datetime, confirm: Callable[[], None]) -> bool:
    """Draft every review that is due; False when some were left for the next turn. Safe to repeat at any time."""
    turn = Turn()
    with transaction.atomic():
        due = _due(now)
    for customer, month, language in due:
        if turn.is_over:
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
    published = FlowVersion.objects.filter(customer__in=[one[0] for one in left], published_at__isnull=False)
    live_since = dict(published.order_by().values_list("customer_id").annotate(Min("published_at")))
    return [one for one in left if one[0].id in live_since and live_since[one[0].id] < start_of(next_month(one[1]))]
