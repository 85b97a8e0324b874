"""Books a customer's value month by month: repeatable while the month is open, and never again once it is closed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Exists, Min, OuterRef, Q, Sum

from apps.accounts.actions import CUSTOMER_ROLES
from apps.customers.models import Customer
from apps.flows.engine.states import OperationState
from apps.monitoring.currency_rates import read_rates
from apps.monitoring.impact import Quality
from apps.monitoring.models import Alert, CaseNote, CaseOperation, ExceptionCase, ValueDay, ValueFigure, ValueMonth
from apps.monitoring.money import Rates
from apps.monitoring.months import last_day, next_month
from apps.monitoring.queries.ledger_rows import start_of
from apps.monitoring.turns import Turn
from apps.monitoring.value.figures import Delay, Figure, Measures, Rescued, build_figures
from apps.monitoring.value.measuring import A_MOMENT_AGO, due_days, measure_day
from apps.monitoring.value.terms import terms_as_values
from apps.monitoring.value.terms_book import in_currency, terms_of

CLOSES_AFTER = timedelta(days=3)  # so long late figures of a month still count for it
Confirm = Callable[[], None]


def book_value(now: datetime, confirm: Confirm) -> bool:
    """Bring every customer's months up to date; returns whether all was done, else call it again.

    Each day and each month in a transaction of its own that calls `confirm`; safe to repeat at any time.
    """
    turn = Turn()
    with transaction.atomic():
        customers = list(Customer.objects.order_by("id"))
        rates = read_rates()
    return all(_bring_up_to_date(customer, rates, now, confirm, turn) for customer in customers)


def _bring_up_to_date(customer: Customer, rates: Rates, now: datetime, confirm: Confirm, turn: Turn) -> bool:
    with transaction.atomic():
        days = due_days(customer, now)
    for day in days:
        if turn.is_over:
            return False
        with transaction.atomic():
            confirm()
            measure_day(customer, day, now)
    with transaction.atomic():
        months = open_months(customer, now)
    for month in months:
        if turn.is_over:
            return False
        with transaction.atomic():
            confirm()
            book_month(customer, month, rates, now)
    return True


def open_months(customer: Customer, now: datetime) -> list[date]:
    """Return the months to book, the earliest first: from the first day that was measured to the present.

    Without those that are closed, and those that were booked a moment ago.
    """
    first = ValueDay.objects.filter(customer=customer).aggregate(day=Min("day"))["day"]
    if first is None:
        return []
    done = Q(closed_at__isnull=False) | Q(booked_at__gt=now - A_MOMENT_AGO)
    left_alone = set(ValueMonth.objects.filter(done, customer=customer).values_list("month", flat=True))
    found, month = [], first.replace(day=1)
    while month <= now.date():
        if month not in left_alone:
            found.append(month)
        month = next_month(month)
    return found


def book_month(customer: Customer, month: date, rates: Rates, now: datetime) -> ValueMonth:
    """Write a month's figures anew from what was measured; a closed month is returned as it is.

    Call it inside a transaction.
    """
    row, _made = ValueMonth.objects.select_for_update().get_or_create(
        customer=customer, month=month, defaults={"currency": customer.currency, "terms": {}, "booked_at": now}
    )
    if row.closed_at is not None:
        return row
    terms = in_currency(terms_of(customer.id, month), customer.currency, rates, last_day(month))
    measures, left = read_measures(customer, month, rates)
    row.currency, row.terms, row.booked_at = customer.currency, terms_as_values(terms), now
    row.left = {currency: str(amount) for currency, amount in sorted(left.items())}
    if now >= start_of(next_month(month)) + CLOSES_AFTER:
        row.closed_at = now
    row.save()
    row.figures.all().delete()
    ValueFigure.objects.bulk_create(_rows(row, build_figures(measures, terms)))
    return row


def read_measures(customer: Customer, month: date, rates: Rates) -> tuple[Measures, dict[str, Decimal]]:
    """Return what was measured in a month, and the protected money that no rate leads into the customer's currency."""
    posted, delays = {}, {}
    days = ValueDay.objects.filter(customer=customer, day__gte=month, day__lte=last_day(month)).exclude(
        canonical_type=""
    )
    summed = days.order_by().values_list("canonical_type")
    for name, number, records, seconds in summed.annotate(Sum("posted"), Sum("delay_records"), Sum("delay_seconds")):
        posted[name], delays[name] = number, Delay(records, seconds)
    rescued, left = _rescued(customer, month, rates)
    closed, caught = _cases(customer, month)
    return Measures(posted, delays, rescued, caught, closed), left


def _rescued(customer: Customer, month: date, rates: Rates) -> tuple[Sequence[Rescued], dict[str, Decimal]]:
    """Return the money of records that were held up and then posted in the month; a record counts once."""
    rows = (
        CaseOperation.objects.filter(
            customer=customer,
            open=False,
            settled_at__gte=start_of(month),
            settled_at__lt=start_of(next_month(month)),
            operation__state=OperationState.WRITTEN,
            operation__amount__isnull=False,
        )
        .exclude(operation__currency="")
        .order_by("settled_at", "id")
        .values_list(
            "operation__canonical_type",
            "operation__business_key",
            "case__error_class",
            "operation__amount",
            "operation__currency",
            "operation__amount_quality",
        )
    )
    newest = {(kind, key): (why, amount, own, quality) for kind, key, why, amount, own, quality in rows.iterator(5000)}
    by_class: defaultdict[str, list[tuple[Decimal, str, str]]] = defaultdict(list)
    for error_class, amount, currency, quality in newest.values():
        by_class[error_class].append((amount or Decimal(0), currency, quality))
    left: defaultdict[str, Decimal] = defaultdict(Decimal)
    found = []
    for error_class, stakes in sorted(by_class.items()):
        worth = rates.worth(_by_currency(stakes), customer.currency, last_day(month))
        for currency, amount in worth.left.items():
            left[currency] += amount
        known = all(quality in ("", Quality.KNOWN) for _amount, _currency, quality in stakes)
        records = sum(1 for _amount, currency, _quality in stakes if currency not in worth.left)
        found.append(Rescued(error_class, worth.amount, records, known))
    return found, dict(left)


def _by_currency(stakes: Iterable[tuple[Decimal, str, str]]) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for amount, currency, _quality in stakes:
        sums[currency] += amount
    return sums


def _cases(customer: Customer, month: date) -> tuple[int, int]:
    """Return how many cases were over in the month, and how many of them without a word of the customer or to it."""
    over = ExceptionCase.objects.filter(
        customer=customer,
        closed_at__gte=start_of(month),
        closed_at__lt=start_of(next_month(month)),
        closed_how__in=ExceptionCase.OVER,
    )
    spoke = CaseNote.objects.filter(case=OuterRef("pk"), author__role__in=sorted(CUSTOMER_ROLES))
    asked = Alert.objects.filter(case=OuterRef("pk"), kind=Alert.Kind.NEEDS_YOU)
    quiet = Q(~Exists(spoke), ~Exists(asked))
    counted = over.order_by().aggregate(closed=Count("pk"), caught=Count("pk", filter=quiet))
    return counted["closed"], counted["caught"]


def _rows(month: ValueMonth, figures: Iterable[Figure]) -> Iterable[ValueFigure]:
    for figure in figures:
        whole = (("", figure.amount, figure.sample),)
        for detail, amount, sample in (*whole, *((part.detail, part.amount, part.sample) for part in figure.parts)):
            yield ValueFigure(
                customer_id=month.customer_id,
                month=month,
                kind=figure.kind,
                detail=detail,
                unit=figure.unit,
                amount=amount,
                evidence=figure.evidence,
                sample=sample,
            )
