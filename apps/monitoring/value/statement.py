"""A customer's value of one month, each figure with its evidence, its formula and its rows; and the months before it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from apps.customers.models import Customer
from apps.monitoring.models import ValueFigure, ValueMonth
from apps.monitoring.months import last_day, month_before
from apps.monitoring.value.figures import Evidence, Kind, Unit
from apps.monitoring.value.terms import Terms, terms_from_values
from apps.monitoring.value.words import (
    BY_TYPE,
    EVIDENCE_SENTENCES,
    EVIDENCE_WORDS,
    KIND_ICONS,
    KIND_TITLES,
    amount_words,
    detail_words,
    formula_words,
    sample_words,
)

MONTHS_SHOWN = 12
_ORDER = {kind: number for number, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class ValuePart:
    """A figure of one kind of record or one reason; `url` leads to its records."""

    title: str
    amount: Decimal
    words: str
    sample: int
    url: str


@dataclass(frozen=True, slots=True)
class ValueLine:
    """One figure of a month in words; `currency` "" where it is no money. `url` leads to the records it rests on."""

    kind: Kind
    title: str
    icon: str
    unit: Unit
    amount: Decimal
    currency: str
    words: str
    evidence: Evidence
    evidence_words: str
    evidence_sentence: str
    sample: int
    sample_words: str
    formula: str
    url: str
    parts: tuple[ValuePart, ...]


@dataclass(frozen=True, slots=True)
class ValueStatement:
    """A customer's month. Without a booking there are no lines; `closed_at` None: figures still change.

    `left` is protected money that no rate leads into the currency, by its own.
    """

    month: date
    currency: str
    terms: Terms
    lines: tuple[ValueLine, ...]
    left: tuple[tuple[str, Decimal], ...] = ()
    booked_at: datetime | None = None
    closed_at: datetime | None = None

    def line(self, kind: Kind) -> ValueLine | None:
        """Return the line of a kind."""
        return next((line for line in self.lines if line.kind is kind), None)

    @property
    def has_assumptions(self) -> bool:
        """Return whether a figure rests on something that nobody agreed."""
        return any(line.evidence is Evidence.ASSUMED for line in self.lines)


def get_statement(customer: Customer, month: date, *, for_customer: bool = False) -> ValueStatement:
    """Return a month, by its first day, as it was booked. Two queries.

    `for_customer` chooses the words and the rows that a customer's people know.
    """
    booked = ValueMonth.objects.filter(customer=customer, month=month).first()
    if booked is None:
        return unbooked(customer, month)
    return _statement(customer, booked, list(booked.figures.all()), for_customer=for_customer)


def unbooked(customer: Customer, month: date) -> ValueStatement:
    """Return a month for which nothing is booked."""
    return ValueStatement(month, customer.currency, Terms(), ())


def usual_month(today: date, customer: Customer | None = None) -> date:
    """Return which month is looked at first, of a customer or of all: the last whole one, or the present one where none is booked before.

    One query.
    """
    before = month_before(today)
    booked = ValueMonth.objects.filter(month=before)
    if customer is not None:
        booked = booked.filter(customer=customer)
    return before if booked.exists() else today.replace(day=1)


def list_statements(customer: Customer, until: date, *, for_customer: bool = False) -> list[ValueStatement]:
    """Return the booked months up to one, the earliest first, MONTHS_SHOWN at most. Two queries."""
    booked = list(ValueMonth.objects.filter(customer=customer, month__lte=until)[:MONTHS_SHOWN])
    figures: defaultdict[object, list[ValueFigure]] = defaultdict(list)
    for figure in ValueFigure.objects.filter(month__in=booked):
        figures[figure.month_id].append(figure)
    return [_statement(customer, row, figures[row.id], for_customer=for_customer) for row in reversed(booked)]


def rows_url(customer: Customer, month: date, kind: Kind, detail: str = "", *, for_customer: bool = False) -> str:
    """Return where the records or exceptions behind a figure are."""
    if kind is Kind.CAUGHT:
        own = {} if for_customer else {"customer": customer.id}
        return f"{reverse('monitoring:case-list')}?{urlencode({**own, 'view': 'closed'})}"
    what, part = ("arrived", "kind") if kind in BY_TYPE else ("rescued", "reason")
    return records_url(customer.id, month, what, for_customer=for_customer, **({part: detail} if detail else {}))


def records_url(customer_id: UUID | None, month: date, what: str, *, for_customer: bool, **more: object) -> str:
    """Return where the records of a month are that `what` (as in RowFilter) means; None: those of all customers."""
    own = {} if for_customer or customer_id is None else {"customer": customer_id}
    page = "monitoring:customer-records" if for_customer else "monitoring:report-records"
    asked = {**own, "what": what, "since": month, "until": last_day(month), **more}
    return f"{reverse(page)}?{urlencode(asked)}"


def _statement(
    customer: Customer, booked: ValueMonth, figures: Sequence[ValueFigure], *, for_customer: bool
) -> ValueStatement:
    terms = terms_from_values(booked.terms)
    by_kind: defaultdict[Kind, list[ValueFigure]] = defaultdict(list)
    for figure in figures:
        by_kind[Kind(figure.kind)].append(figure)
    lines = [
        _line(customer, booked, terms, by_kind[kind], for_customer=for_customer)
        for kind in sorted(by_kind, key=_ORDER.__getitem__)
    ]
    return ValueStatement(
        month=booked.month,
        currency=booked.currency,
        terms=terms,
        lines=tuple(lines),
        left=tuple((currency, Decimal(amount)) for currency, amount in sorted(booked.left.items())),
        booked_at=booked.booked_at,
        closed_at=booked.closed_at,
    )


def _line(
    customer: Customer, booked: ValueMonth, terms: Terms, figures: Sequence[ValueFigure], *, for_customer: bool
) -> ValueLine:
    whole = next(figure for figure in figures if not figure.detail)
    kind, unit, evidence = Kind(whole.kind), Unit(whole.unit), Evidence(whole.evidence)
    parts = sorted((figure for figure in figures if figure.detail), key=lambda one: (-one.amount, one.detail))
    return ValueLine(
        kind=kind,
        title=str(KIND_TITLES[kind]),
        icon=KIND_ICONS[kind],
        unit=unit,
        amount=whole.amount,
        currency=booked.currency if unit is Unit.MONEY else "",
        words=amount_words(whole.amount, unit, booked.currency),
        evidence=evidence,
        evidence_words=str(EVIDENCE_WORDS[evidence]),
        evidence_sentence=str(EVIDENCE_SENTENCES[evidence]),
        sample=whole.sample,
        sample_words=sample_words(kind, whole.sample),
        formula=formula_words(kind, terms),
        url=rows_url(customer, booked.month, kind, for_customer=for_customer),
        parts=tuple(_parts(customer, booked, kind, parts, for_customer=for_customer)),
    )


def _parts(
    customer: Customer, booked: ValueMonth, kind: Kind, figures: Iterable[ValueFigure], *, for_customer: bool
) -> Iterable[ValuePart]:
    for figure in figures:
        yield ValuePart(
            title=detail_words(kind, figure.detail, for_customer=for_customer),
            amount=figure.amount,
            words=amount_words(figure.amount, Unit(figure.unit), booked.currency),
            sample=figure.sample,
            url=rows_url(customer, booked.month, kind, figure.detail, for_customer=for_customer),
        )
