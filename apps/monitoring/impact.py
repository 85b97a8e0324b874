"""What a failure costs: the money at risk, each record counted once, each currency by itself (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class Quality(StrEnum):
    """How sure a figure is."""

    KNOWN = "known"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Stake:
    """What one operation would move; `amount` None where nobody knows."""

    canonical_type: str
    business_key: str
    amount: Decimal | None
    currency: str
    quality: str = Quality.KNOWN


@dataclass(frozen=True, slots=True)
class Sum:
    """A figure in one currency, over `records` records."""

    currency: str
    amount: Decimal
    quality: Quality
    records: int


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Sums per currency, the largest first, and how many records have no amount."""

    sums: tuple[Sum, ...] = ()
    unknown_records: int = 0

    @property
    def quality(self) -> Quality:
        """Return how sure the figures are: estimated as soon as one part is, or one record's amount is unknown."""
        if not self.sums:
            return Quality.UNKNOWN
        sure = self.unknown_records == 0 and all(part.quality is Quality.KNOWN for part in self.sums)
        return Quality.KNOWN if sure else Quality.ESTIMATED


@dataclass(frozen=True, slots=True)
class Split:
    """The money at risk by how sure it is, each by currency, and how many of `records` have no amount."""

    known: Mapping[str, Decimal]
    estimated: Mapping[str, Decimal]
    unknown_records: int
    records: int


@dataclass(frozen=True, slots=True)
class Held:
    """A record held up in a case; `root` is equal for all that stems from one record."""

    case_id: UUID
    root: str
    stake: Stake


@dataclass(frozen=True, slots=True)
class Over:
    """What a case counts of a record that counts in another case already."""

    case_id: UUID
    part: Sum


def amount_at_risk(stakes: Iterable[Stake]) -> AtRisk:
    """Add up, oldest first: of several versions of one record the newest that has an amount counts."""
    newest = _newest(stakes)
    with_amount = [stake for stake in newest if _has_amount(stake)]
    by_currency: dict[str, list[Stake]] = {}
    for stake in with_amount:
        by_currency.setdefault(stake.currency, []).append(stake)
    sums = sorted((_sum(currency, group) for currency, group in by_currency.items()), key=_largest_first)
    return AtRisk(tuple(sums), len(newest) - len(with_amount))


def split_by_quality(stakes: Iterable[Stake]) -> Split:
    """Add up as `amount_at_risk`, apart by how sure each record's amount is."""
    newest = _newest(stakes)
    sums: dict[bool, dict[str, Decimal]] = {True: {}, False: {}}
    for stake in newest:
        if _has_amount(stake):
            part = sums[stake.quality == Quality.KNOWN]
            part[stake.currency] = part.get(stake.currency, Decimal(0)) + (stake.amount or 0)
    return Split(sums[True], sums[False], sum(not _has_amount(stake) for stake in newest), len(newest))


def _newest(stakes: Iterable[Stake]) -> list[Stake]:
    """Return each record once, by its newest version that has an amount."""
    newest: dict[tuple[str, str], Stake] = {}
    for stake in stakes:
        key = (stake.canonical_type, stake.business_key)
        if key not in newest or _has_amount(stake):
            newest[key] = stake
    return list(newest.values())


def added(parts: Iterable[Sum]) -> tuple[Sum, ...]:
    """Add sums of different cases, per currency, the largest first."""
    by_currency: dict[str, list[Sum]] = {}
    for part in parts:
        by_currency.setdefault(part.currency, []).append(part)
    totals = (
        Sum(
            currency,
            sum((part.amount for part in group), Decimal(0)),
            Quality.KNOWN if all(part.quality == Quality.KNOWN for part in group) else Quality.ESTIMATED,
            sum(part.records for part in group),
        )
        for currency, group in by_currency.items()
    )
    return tuple(sorted(totals, key=_largest_first))


def counted_again(held: Iterable[Held]) -> list[Over]:
    """Return what a scope's cases count together beyond each root record once; `held` oldest first, all of one scope.

    A case counts each of its records once, by the newest version with an amount. Of a root record the newest of these
    counts; the others are returned, to be taken off.
    """
    told: dict[tuple[str, str], dict[tuple[UUID, str], Held]] = {}
    for one in held:
        if _has_amount(one.stake):
            # Taken out and put back: the newest stands last.
            of_root = told.setdefault((one.stake.canonical_type, one.root), {})
            of_root.pop((one.case_id, one.stake.business_key), None)
            of_root[one.case_id, one.stake.business_key] = one
    return [
        Over(one.case_id, Sum(one.stake.currency, one.stake.amount or Decimal(0), Quality(one.stake.quality), 1))
        for of_root in told.values()
        for one in list(of_root.values())[:-1]
    ]


def less(sums: Iterable[Sum], over: Iterable[Sum]) -> tuple[Sum, ...]:
    """Return sums without what they count again, per currency, the largest first; a currency of no record is left out."""
    taken: dict[str, list[Sum]] = {}
    for part in over:
        taken.setdefault(part.currency, []).append(part)
    left = (
        Sum(
            part.currency,
            part.amount - sum((one.amount for one in taken.get(part.currency, ())), Decimal(0)),
            part.quality,
            part.records - sum(one.records for one in taken.get(part.currency, ())),
        )
        for part in added(sums)
    )
    return tuple(sorted((part for part in left if part.records > 0), key=_largest_first))


def _has_amount(stake: Stake) -> bool:
    return stake.amount is not None and bool(stake.currency) and stake.quality != Quality.UNKNOWN


def _sum(currency: str, stakes: list[Stake]) -> Sum:
    quality = Quality.KNOWN if all(stake.quality == Quality.KNOWN for stake in stakes) else Quality.ESTIMATED
    return Sum(currency, sum((stake.amount or Decimal(0) for stake in stakes), Decimal(0)), quality, len(stakes))


def _largest_first(part: Sum) -> tuple[Decimal, str]:
    return -part.amount, part.currency
