"""Looks every minute which promises ran out, so that a breach is known at its time; a look that was missed loses nothing."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from apps.monitoring import case_clocks, clock_book, flow_clocks
from apps.monitoring.models import SlaClock
from apps.monitoring.sla.terms import Promise

AT_ONCE = 200  # clocks in one transaction


def watch_clocks(now: datetime, confirm: Callable[[], None]) -> int:
    """Write down every promise that ran out by `now`, each once, in short transactions. Returns how many.

    `confirm` proves, inside each transaction, that this worker still holds the work.
    """
    with transaction.atomic():
        confirm()
        case_clocks.adopt_unclocked()
        flow_clocks.follow_deliveries(now)
        flow_clocks.follow_cut_offs(now)
    found = 0
    while True:
        with transaction.atomic():
            confirm()
            marked = _mark_some(now)
        found += marked
        if marked < AT_ONCE:
            return found


def _mark_some(now: datetime) -> int:
    # Whether a cut-off was met is read from the ledger in its own time.
    up = SlaClock.objects.filter(stopped_at__isnull=True, breached_at__isnull=True, due_at__lt=now)
    clocks = list(
        up.exclude(promise=Promise.CUT_OFF)
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("due_at", "id")[:AT_ONCE]
    )
    clock_book.mark_breaches(clocks)
    return len(clocks)
