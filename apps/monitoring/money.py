"""Amounts in another currency, at rates of a day that somebody wrote down (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

CENTS = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Rate:
    """On `day`, one unit of `source` was worth `value` of `target`."""

    day: date
    source: str
    target: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Worth:
    """A sum in one currency; `left` is what no rate leads there, by its own currency."""

    currency: str
    amount: Decimal
    left: Mapping[str, Decimal]


class Rates:
    """Rates of many days, asked for the latest known on a day."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self._known: dict[tuple[str, str], list[tuple[date, Decimal]]] = {}
        for rate in rates:
            if rate.value > 0 and rate.source != rate.target:
                self._known.setdefault((rate.source, rate.target), []).append((rate.day, rate.value))
                self._known.setdefault((rate.target, rate.source), []).append((rate.day, 1 / rate.value))
        for found in self._known.values():
            found.sort()

    def value(self, source: str, target: str, day: date) -> Decimal | None:
        """Return what one unit is worth: the latest rate up to the day, else by way of one other currency; None: unknown."""
        if source == target:
            return Decimal(1)
        direct = self._latest(source, target, day)
        if direct is not None:
            return direct
        for middle in sorted({pair[1] for pair in self._known if pair[0] == source}):
            first, second = self._latest(source, middle, day), self._latest(middle, target, day)
            if first is not None and second is not None:
                return first * second
        return None

    def _latest(self, source: str, target: str, day: date) -> Decimal | None:
        past = [value for known, value in self._known.get((source, target), ()) if known <= day]
        return past[-1] if past else None

    def worth(self, amounts: Mapping[str, Decimal], currency: str, day: date) -> Worth:
        """Add up amounts by currency in one of them, to the cent; what cannot be converted stays as it is."""
        total, left = Decimal(0), {}
        for source, amount in sorted(amounts.items()):
            value = self.value(source, currency, day)
            if value is None:
                left[source] = amount
            else:
                total += amount * value
        return Worth(currency, total.quantize(CENTS), left)
