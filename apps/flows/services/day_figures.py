"""The day's figures of a flow, and what a batch or a walk adds to them."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from apps.flows.services import ledger_writes

_ADD_TO_DAY = """
INSERT INTO flows_flowday (id, customer_id, flow_id, day, currency, read, written, unchanged, skipped, rejected, amount_written,
                           last_success_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (flow_id, day, currency) DO UPDATE
SET read = flows_flowday.read + excluded.read, written = flows_flowday.written + excluded.written,
    unchanged = flows_flowday.unchanged + excluded.unchanged, skipped = flows_flowday.skipped + excluded.skipped,
    rejected = flows_flowday.rejected + excluded.rejected,
    amount_written = flows_flowday.amount_written + excluded.amount_written,
    last_success_at = coalesce(excluded.last_success_at, flows_flowday.last_success_at)
"""


@dataclass(slots=True)
class Tally:
    """What one batch adds to its run's counts and to its day."""

    read: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    amounts: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def add_to_day(flow_id: UUID, customer_id: UUID, tally: Tally, now: datetime) -> None:
    """Add what was settled to the day's figures of a flow. In the transaction that settles it."""
    currencies = sorted(tally.amounts) or [""]
    with connection.cursor() as cursor:
        for position, currency in enumerate(currencies):
            counts = [max(tally.changes[n], 0) for n in ("written", "unchanged", "skipped", "rejected")]
            numbers = [tally.read, *counts] if position == 0 else [0] * 5
            success = now if tally.changes["written"] or tally.changes["unchanged"] else None
            row: list[Any] = [ledger_writes.new_id(), customer_id, flow_id, now.date(), currency]
            cursor.execute(_ADD_TO_DAY, [*row, *numbers, tally.amounts.get(currency, Decimal(0)), success])
