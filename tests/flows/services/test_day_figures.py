"""A flow's day in numbers: each batch adds to its own row and to no other, and adding them all up anew gives the same."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from apps.flows.models import Flow, FlowDay
from apps.flows.services.day_figures import Tally, add_to_day
from tests.service_levels import Firm

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
OUTCOMES = ("written", "unchanged", "skipped", "rejected")
_COUNTS = some.fixed_dictionaries({name: some.integers(0, 500) for name in OUTCOMES})
_AMOUNTS = some.dictionaries(some.sampled_from(["EUR", "USD"]), some.decimals(0, 9_999, places=2), max_size=2)
# (which of two flows, how many days later, what came of its records, what they are worth)
_BATCHES = some.lists(some.tuples(some.sampled_from([0, 1]), some.integers(0, 2), _COUNTS, _AMOUNTS), max_size=12)


def _another(flow: Flow) -> Flow:
    return Flow.objects.create(
        customer=flow.customer, name="Another", template=flow.template, source=flow.source, target=flow.target
    )


def _add(flow: Flow, days: int, counts: dict[str, int], amounts: dict[str, Decimal]) -> None:
    tally = Tally(sum(counts.values()), Counter(counts), defaultdict(Decimal, amounts))
    add_to_day(flow.id, flow.customer_id, tally, NOON + timedelta(days=days))


def _versions() -> dict[tuple[UUID, Any], tuple[int, int]]:
    """Return which version of its row the database holds, by flow and day: a row that is written anew has another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT flow_id, day, currency, ctid::text, xmin::text FROM flows_flowday")
        return {(row[0], row[1], row[2]): row[3:] for row in cursor.fetchall()}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_BATCHES)
def test_the_days_say_what_all_batches_come_to(firm: Firm, batches: list[Any]) -> None:
    FlowDay.objects.all().delete()
    flows = [firm.flow, Flow.objects.filter(name="Another").first() or _another(firm.flow)]
    expected: defaultdict[tuple[UUID, Any], Counter[str]] = defaultdict(Counter)
    worth: defaultdict[tuple[UUID, str], Decimal] = defaultdict(Decimal)
    for place, days, counts, amounts in batches:
        _add(flows[place], days, counts, amounts)
        expected[flows[place].id, (NOON + timedelta(days=days)).date()].update({**counts, "read": sum(counts.values())})
        for currency, amount in amounts.items():
            worth[flows[place].id, currency] += amount
    found: defaultdict[tuple[UUID, Any], Counter[str]] = defaultdict(Counter)
    sums: defaultdict[tuple[UUID, str], Decimal] = defaultdict(Decimal)
    for row in FlowDay.objects.all():
        found[row.flow_id, row.day].update({name: getattr(row, name) for name in ("read", *OUTCOMES)})
        sums[row.flow_id, row.currency] += row.amount_written
    assert {key: +counts for key, counts in found.items() if +counts} == {
        key: +counts for key, counts in expected.items() if +counts
    }
    assert {key: amount for key, amount in sums.items() if amount} == {
        key: amount for key, amount in worth.items() if amount
    }


def test_a_batch_writes_its_own_day_and_no_other_row(firm: Firm) -> None:
    other = _another(firm.flow)
    for flow in (firm.flow, other):
        for days in (0, 1):
            _add(flow, days, dict.fromkeys(OUTCOMES, 1), {"EUR": Decimal(5)})
    before = _versions()
    _add(firm.flow, 1, dict.fromkeys(OUTCOMES, 1), {"EUR": Decimal(5)})
    after = _versions()
    changed = {key for key in after if after[key] != before.get(key)}
    assert changed == {(firm.flow.id, (NOON + timedelta(days=1)).date(), "EUR")}
