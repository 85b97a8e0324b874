"""The money at risk of customers and flows now: what their cases say, less what several cases hold of one record."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from apps.accounts.staff_scope import as_staff
from apps.monitoring import impact
from apps.monitoring.currency_rates import read_rates
from apps.monitoring.impact import Held, Over, Quality, Stake
from apps.monitoring.models import CaseAmount, CaseOperation, ExceptionCase
from apps.monitoring.money import CENTS, Rates

Grouping = Literal["customer_id", "flow_id"]
_GROUPS: dict[Grouping, str] = {"customer_id": "customer_id", "flow_id": "case__flow_id"}


def sums_at_risk(
    by: Grouping,
    *,
    customer_id: UUID | None = None,
    flow_id: UUID | None = None,
    own_currency_at: datetime | None = None,
) -> dict[UUID, tuple[impact.Sum, ...]]:
    """Return the money at risk by customer or flow, each root record once in each. At most four queries.

    They read the open cases' sums and the few records that are held up more than once, never the ledger.
    `own_currency_at` adds up in the customer's currency at the rates of that moment; what has none stays as it is.
    """
    amounts = CaseAmount.objects.exclude(case__state=ExceptionCase.State.CLOSED)
    rows = (
        _of(amounts, customer_id, flow_id)
        .order_by()
        .values_list(_GROUPS[by], "customer__currency", "currency", "quality")
        .annotate(total=Sum("amount"), number=Sum("records"))
    )
    parts: defaultdict[UUID, list[impact.Sum]] = defaultdict(list)
    own: dict[UUID, str] = {}
    for key, own_currency, currency, quality, total, number in rows:
        own[key] = own_currency
        parts[key].append(impact.Sum(currency, total, Quality(quality), number))
    over: defaultdict[UUID, list[impact.Sum]] = defaultdict(list)
    for key, one in list_over(by, customer_id=customer_id, flow_id=flow_id):
        over[key].append(one.part)
    found = {key: impact.less(sums, over[key]) for key, sums in parts.items()}
    return found if own_currency_at is None else _in_own_currency(found, own, own_currency_at)


def _in_own_currency(
    found: dict[UUID, tuple[impact.Sum, ...]], own: dict[UUID, str], now: datetime
) -> dict[UUID, tuple[impact.Sum, ...]]:
    if all(part.currency == own[key] for key, sums in found.items() for part in sums):
        return found
    with as_staff():  # the rates are the partner's, and its customers' sums are added up with them
        rates = read_rates()
    return {key: impact.added(_converted(part, own[key], rates, now) for part in sums) for key, sums in found.items()}


def _converted(part: impact.Sum, currency: str, rates: Rates, now: datetime) -> impact.Sum:
    value = rates.value(part.currency, currency, now.date())
    return part if value is None else replace(part, currency=currency, amount=(part.amount * value).quantize(CENTS))


def list_over(
    by: Grouping, *, customer_id: UUID | None = None, flow_id: UUID | None = None
) -> Iterable[tuple[UUID, Over]]:
    """Yield what cases count of records that count already in the same customer or flow. One query, two where there are any."""
    group = _GROUPS[by]
    held = _of(CaseOperation.objects.filter(open=True).exclude(root=""), customer_id, flow_id)
    # Counted from the index alone; there are few, if any.
    several = held.order_by().values("customer_id", "root").annotate(number=Count("id")).filter(number__gt=1)
    roots = set(several.values_list("root", flat=True))
    if not roots:
        return
    rows = (
        held.filter(root__in=roots)
        .order_by("operation_id")
        .values_list(
            group,
            "case_id",
            "root",
            "operation__canonical_type",
            "operation__business_key",
            "operation__amount",
            "operation__currency",
            "operation__amount_quality",
        )
    )
    by_group: defaultdict[UUID, list[Held]] = defaultdict(list)
    for key, case_id, root, *stake in rows:
        by_group[key].append(Held(case_id, root, Stake(*stake)))
    for key, found in by_group.items():
        for one in impact.counted_again(found):
            yield key, one


def _of(rows: QuerySet[Any], customer_id: UUID | None, flow_id: UUID | None) -> QuerySet[Any]:
    if customer_id:
        rows = rows.filter(customer_id=customer_id)
    return rows.filter(case__flow_id=flow_id) if flow_id else rows
