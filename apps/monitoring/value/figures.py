"""A month's value in figures, from what was measured and what was agreed; each says how sure it is and by how many (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from apps.connectors.canonical.currencies import round_money as rounded
from apps.monitoring.value.terms import MEASURED, Terms

_HOUR, _DAY = Decimal(60), Decimal(86_400)
# What passes by itself as soon as the other side is back: nobody would have lost the money behind it.
PASSES_BY_ITSELF = frozenset({"connection", "provider_outage", "timeout"})


class Kind(StrEnum):
    """What a figure is about, in the order they are shown."""

    HOURS = "hours"  # of typing records into the other system
    LABOUR = "labour"  # what these hours cost
    DAYS = "days"  # by which a record was posted sooner than before go-live
    PROTECTED = "protected"  # money that was held up, and then posted
    WRITE_OFFS = "write_offs"  # the part of it that would not have passed by itself
    CAUGHT = "caught"  # exceptions that were over before the customer had said a word


class Unit(StrEnum):
    """What a figure is counted in."""

    HOURS = "hours"
    DAYS = "days"
    MONEY = "money"
    CASES = "cases"


class Evidence(StrEnum):
    """How sure a figure is: read off, calculated from what was agreed, or resting on an assumption."""

    MEASURED = "measured"
    DERIVED = "derived"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Delay:
    """How long `records` records took together until they were posted."""

    records: int
    seconds: Decimal

    def plus(self, other: "Delay") -> "Delay":
        """Return both together."""
        return Delay(self.records + other.records, self.seconds + other.seconds)


@dataclass(frozen=True, slots=True)
class Rescued:
    """Money that one kind of failure held up and that was posted in the month, in the month's currency."""

    error_class: str
    amount: Decimal
    records: int
    is_known: bool = True  # False: some amounts are estimated


@dataclass(frozen=True, slots=True)
class Measures:
    """What was read off in a month: records posted and their delay by canonical type, money rescued, cases closed."""

    posted: Mapping[str, int] = field(default_factory=dict)
    delays: Mapping[str, Delay] = field(default_factory=dict)
    rescued: Sequence[Rescued] = ()
    caught: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A figure of one canonical type or one kind of failure."""

    detail: str
    amount: Decimal
    sample: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a month. `sample` is how many records or cases it rests on; the parts need not add up for averages."""

    kind: Kind
    unit: Unit
    amount: Decimal
    evidence: Evidence
    sample: int
    parts: tuple[Part, ...] = ()


def build_figures(measures: Measures, terms: Terms) -> tuple[Figure, ...]:
    """Return a month's figures; one that cannot be said (no cost of an hour, no baseline) is left out."""
    hours = _hours(measures, terms)
    found = [
        hours,
        _labour(hours, terms),
        _days(measures, terms),
        _money(Kind.PROTECTED, measures.rescued),
        _money(Kind.WRITE_OFFS, [one for one in measures.rescued if one.error_class not in PASSES_BY_ITSELF]),
        Figure(Kind.CAUGHT, Unit.CASES, Decimal(measures.caught), Evidence.MEASURED, measures.closed),
    ]
    return tuple(figure for figure in found if figure is not None)


def _hours(measures: Measures, terms: Terms) -> Figure:
    parts = [
        Part(name, rounded(number * terms.minutes_for(name) / _HOUR), number)
        for name, number in sorted(measures.posted.items())
        if number
    ]
    minutes = sum((part.sample * terms.minutes_for(part.detail) for part in parts), Decimal(0))
    is_agreed = all(terms.is_agreed(part.detail) for part in parts)
    return Figure(
        Kind.HOURS,
        Unit.HOURS,
        rounded(minutes / _HOUR),
        Evidence.DERIVED if is_agreed else Evidence.ASSUMED,
        sum(part.sample for part in parts),
        tuple(parts),
    )


def _labour(hours: Figure, terms: Terms) -> Figure | None:
    cost = terms.hourly_cost
    if cost is None:
        return None
    parts = tuple(Part(part.detail, rounded(part.amount * cost), part.sample) for part in hours.parts)
    return Figure(Kind.LABOUR, Unit.MONEY, rounded(hours.amount * cost), hours.evidence, hours.sample, parts)


def _days(measures: Measures, terms: Terms) -> Figure | None:
    """Return by how many days a record was posted sooner than before, on average; below nothing where it was later."""
    delays = {name: delay for name, delay in sorted(measures.delays.items()) if delay.records}
    if terms.baseline_days is None or not delays:
        return None
    whole = Delay(0, Decimal(0))
    for delay in delays.values():
        whole = whole.plus(delay)
    evidence = Evidence.MEASURED if terms.baseline_from == MEASURED else Evidence.DERIVED
    parts = tuple(Part(name, _sooner(delay, terms.baseline_days), delay.records) for name, delay in delays.items())
    return Figure(Kind.DAYS, Unit.DAYS, _sooner(whole, terms.baseline_days), evidence, whole.records, parts)


def _sooner(delay: Delay, baseline_days: Decimal) -> Decimal:
    return rounded(baseline_days - delay.seconds / delay.records / _DAY)


def _money(kind: Kind, rescued: Iterable[Rescued]) -> Figure:
    found = sorted(rescued, key=lambda one: (-one.amount, one.error_class))
    parts = tuple(Part(one.error_class, rounded(one.amount), one.records) for one in found)
    is_read_off = kind is Kind.PROTECTED and all(one.is_known for one in found)
    return Figure(
        kind,
        Unit.MONEY,
        sum((part.amount for part in parts), Decimal(0)),
        Evidence.MEASURED if is_read_off else Evidence.DERIVED,
        sum(part.sample for part in parts),
        parts,
    )
