"""What all customers got out of it: a row for each over some months, for the partner's people and the talk about renewal."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.accounts.listing import Column, Filter, ListSpec, Option
from apps.customers.models import Customer
from apps.monitoring.models import ValueFigure
from apps.monitoring.months import month_before, months_back
from apps.monitoring.value.figures import Evidence, Kind

LAST, PRESENT = "last", "present"
MONTHS_OF_YEAR = 12
_MONEY = frozenset({Kind.LABOUR, Kind.PROTECTED, Kind.WRITE_OFFS})
_COUNTED = frozenset({Kind.HOURS, Kind.CAUGHT})


@dataclass(slots=True)
class CustomerValue:
    """One customer's value over some months; money by currency where that changed meanwhile. `days` None: not known."""

    customer_id: UUID
    name: str
    currency: str
    amounts: dict[Kind, Decimal] = field(default_factory=dict)
    money: dict[tuple[Kind, str], Decimal] = field(default_factory=dict)
    days: Decimal | None = None
    is_assumed: bool = False

    def amount(self, kind: Kind) -> Decimal:
        """Return hours or cases over all months; of money only what is in the customer's present currency."""
        if kind in _MONEY:
            return self.money.get((kind, self.currency), Decimal(0))
        return self.amounts.get(kind, Decimal(0))

    @property
    def hours(self) -> Decimal:
        """Return the hours of typing avoided."""
        return self.amount(Kind.HOURS)

    @property
    def labour(self) -> Decimal | None:
        """Return what these hours cost; None where nobody said what one costs."""
        return self.money.get((Kind.LABOUR, self.currency))

    @property
    def protected(self) -> Decimal:
        """Return the money that was held up and then posted."""
        return self.amount(Kind.PROTECTED)

    @property
    def write_offs(self) -> Decimal:
        """Return the part of it that would not have passed by itself."""
        return self.amount(Kind.WRITE_OFFS)

    @property
    def caught(self) -> int:
        """Return the exceptions that were over before the customer said a word."""
        return int(self.amount(Kind.CAUGHT))


VALUES = ListSpec(
    key="values",
    columns=(
        Column("name", _("Customer"), key=lambda row: row.name.casefold(), value=lambda row: row.name, fixed=True),
        Column("hours", _("Typing avoided"), key=lambda row: row.hours, value=lambda row: row.hours, numeric=True, large_first=True),
        Column("labour", _("Cost of that typing"), key=lambda row: row.labour, value=lambda row: row.labour, numeric=True, large_first=True),
        Column("days", _("Posted sooner"), key=lambda row: row.days, value=lambda row: row.days, numeric=True, large_first=True),
        Column("protected", _("Money protected"), key=lambda row: row.protected, value=lambda row: row.protected, numeric=True, large_first=True),
        Column("write_offs", _("Write-offs prevented"), key=lambda row: row.write_offs, value=lambda row: row.write_offs, numeric=True, large_first=True, shown=False),
        Column("caught", _("Caught early"), key=lambda row: row.caught, value=lambda row: row.caught, numeric=True, large_first=True),
        Column("currency", _("Currency"), key=lambda row: row.currency, value=lambda row: row.currency),
    ),
    filters=(
        Filter("q", _("Name"), "search"),
        Filter(
            "months",
            _("Which months"),
            "chips",
            (Option(PRESENT, _("This month")), Option(LAST, _("Last month"))),
            all_label=_("Twelve months"),
        ),
    ),
    order="-hours",
)  # fmt: skip


def span_of(chosen: str, today: date) -> tuple[date, date]:
    """Return the first days of the first and the last month that are meant: twelve months up to now unless told otherwise."""
    if chosen == LAST:
        return month_before(today), month_before(today)
    months = months_back(today, MONTHS_OF_YEAR)
    return (months[0] if chosen == PRESENT else months[-1]), months[0]


def list_values(words: str, first: date, last: date) -> list[CustomerValue]:
    """Return what each customer got in these months, those without any included. Two queries."""
    customers = Customer.objects.filter(name__icontains=words) if words else Customer.objects.all()
    rows = {one.id: CustomerValue(one.id, one.name, one.currency) for one in customers}
    figures = ValueFigure.objects.filter(
        detail="", month__month__gte=first, month__month__lte=last, customer_id__in=rows
    ).select_related("month")
    days: defaultdict[UUID, list[tuple[Decimal, int]]] = defaultdict(list)
    for figure in figures:
        _add(rows[figure.customer_id], figure)
        if figure.kind == Kind.DAYS:
            days[figure.customer_id].append((figure.amount, figure.sample))
    for customer_id, found in days.items():
        rows[customer_id].days = weighted(found)
    return list(rows.values())


def _add(row: CustomerValue, figure: ValueFigure) -> None:
    kind = Kind(figure.kind)
    row.is_assumed = row.is_assumed or figure.evidence == Evidence.ASSUMED
    if kind in _MONEY:
        key = (kind, figure.month.currency)
        row.money[key] = row.money.get(key, Decimal(0)) + figure.amount
    elif kind in _COUNTED:
        row.amounts[kind] = row.amounts.get(kind, Decimal(0)) + figure.amount


def weighted(found: Sequence[tuple[Decimal, int]]) -> Decimal | None:
    """Return the average of amounts by how many records each rests on; None of none."""
    records = sum(sample for _amount, sample in found)
    return round(sum((amount * sample for amount, sample in found), Decimal(0)) / records, 2) if records else None


def totals(rows: Iterable[CustomerValue], kind: Kind) -> list[tuple[str, Decimal]]:
    """Return the money of a kind over all customers, by currency, the largest first."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        for (own, currency), amount in row.money.items():
            if own is kind and amount:
                sums[currency] += amount
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
