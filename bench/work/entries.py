"""The deterministic time entries of W1: of 10,000 exactly 8,902 must arrive, of 100,000 exactly 89,181."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from bench.planning import break_entry, build_entry, map_by_hand

_APPROVAL_SEED = 1712  # the one that gives the two totals above
_FIRST_CHANGE = datetime(2026, 1, 1, tzinfo=UTC)
_RULES = ("id", "hours", "rate", "currency", "project_code", "approved_at")
_LEFT_OUT = ("updated_at", "location", "locked", "source")


def iterate_entries(number: int) -> Iterator[dict[str, Any]]:
    """Yield `number` entries of 23 fields in the form of the sandbox PSA, one change a second: 90 % approved, 1 % broken."""
    approvals, figures = Random(_APPROVAL_SEED), Random(7)
    for position in range(number):
        entry = build_entry(position, figures)
        for name in _LEFT_OUT:
            del entry[name]
        approved = approvals.random() < 0.9
        worked = date.fromisoformat(entry["worked_on"])
        entry |= {
            "status": "approved" if approved else "submitted",
            "approved_at": f"{worked + timedelta(days=3)}T08:30:00Z" if approved else None,
            "approved_by": f"Manager {position % 20}" if approved else None,
            "service_item": f"SV-{position % 12:02d}",
            "department": f"D{position % 8}",
            "modified_at": change_instant(position),
        }
        if position % 100 == 13:
            break_entry(entry, _RULES[position // 100 % 6])
        yield entry


def change_instant(position: int) -> str:
    """Return when the entry at `position` was last changed."""
    return (_FIRST_CHANGE + timedelta(seconds=position)).strftime("%Y-%m-%dT%H:%M:%SZ")


def position_of(instant: str) -> int:
    """Return the position of the first entry changed at `instant` or later."""
    return max(0, int((datetime.fromisoformat(instant) - _FIRST_CHANGE).total_seconds()))


def expected_amounts(entries: Iterator[dict[str, Any]]) -> dict[str, Decimal]:
    """Return the amount of every entry that must arrive, by its number."""
    mapped = (map_by_hand(entry) for entry in entries)
    return {line["external_id"]: line["amount"] for line in mapped if line is not None}
