"""What a missed promise costs: percents of a month's fee by how late it was, up to a cap (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class CreditBand:
    """What a breach of at least so many minutes of business time gives, in percent of the month's fee."""

    late_minutes: int
    percent: Decimal


@dataclass(frozen=True, slots=True)
class CreditRule:
    """The month's fee, what breaches give of it, and how much of it they give at most, in percent."""

    fee: Decimal
    currency: str
    bands: tuple[CreditBand, ...]
    cap_percent: Decimal = _HUNDRED

    def percent_for(self, late: timedelta) -> Decimal:
        """Return the percent of the gravest band that a breach reaches, 0 when it reaches none."""
        reached = [band for band in self.bands if timedelta(minutes=band.late_minutes) <= late]
        return max(reached, key=lambda band: band.late_minutes).percent if reached else Decimal(0)

    def credit_for(self, late: timedelta) -> Decimal:
        """Return what one breach gives, in the fee's currency."""
        return (self.fee * self.percent_for(late) / _HUNDRED).quantize(_CENT, ROUND_HALF_UP)

    @property
    def cap(self) -> Decimal:
        """Return what all of a month's breaches give at most."""
        return (self.fee * self.cap_percent / _HUNDRED).quantize(_CENT, ROUND_HALF_UP)

    def month_total(self, given: Iterable[Decimal]) -> Decimal:
        """Return what the `given` credits of one month are worth together."""
        return min(sum(given, Decimal(0)), self.cap)
