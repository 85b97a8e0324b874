"""What a prospect could expect, from its own numbers: hours, money, cash that comes sooner, and when it has paid (pure).

Everything is linear in what was typed, so that anybody can check it on paper; nothing is assumed that is not an input.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from apps.connectors.canonical.currencies import round_money as rounded

_HUNDRED = Decimal(100)
_MONTHS, _DAYS = Decimal(12), Decimal(365)


@dataclass(frozen=True, slots=True)
class Inputs:
    """A prospect's numbers and our assumptions. Shares and rates are percents, money is of one currency, a month's.

    `low`, `expected` and `high` are the shares of typing, errors and delay that go away in each case.
    """

    people: Decimal = Decimal(600)
    entries_each: Decimal = Decimal(20)  # records a person makes in a month that are typed a second time
    minutes: Decimal = Decimal(2)  # to type one record again
    error_rate: Decimal = Decimal(3)  # of the records typed again
    error_minutes: Decimal = Decimal(20)  # to find and mend one error
    hourly_cost: Decimal = Decimal(45)
    delay_days: Decimal = Decimal(2)  # from approved work until it is posted
    revenue: Decimal = Decimal(5_000_000)
    capital_cost: Decimal = Decimal(8)  # a year
    setup_price: Decimal = Decimal(15_000)
    monthly_price: Decimal = Decimal(3_000)
    low: Decimal = Decimal(50)
    expected: Decimal = Decimal(75)
    high: Decimal = Decimal(90)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one case comes to. Money of a month but for `cash` and `first_year`; `payback_months` None: it never pays.

    `first_year_return` is the first year's net in percent of its price; None where nothing is to be paid.
    """

    share: Decimal
    hours: Decimal
    labour: Decimal
    errors: Decimal
    days: Decimal
    cash: Decimal
    capital: Decimal
    benefit: Decimal
    net: Decimal
    first_year: Decimal
    payback_months: Decimal | None
    first_year_return: Decimal | None


@dataclass(frozen=True, slots=True)
class Estimation:
    """The three cases of an estimate."""

    low: Outlook
    expected: Outlook
    high: Outlook

    @property
    def cases(self) -> tuple[Outlook, Outlook, Outlook]:
        """Return all three, the most careful first."""
        return self.low, self.expected, self.high


def estimate(inputs: Inputs) -> Estimation:
    """Return what the inputs come to in each case."""
    return Estimation(*(outlook(inputs, share) for share in (inputs.low, inputs.expected, inputs.high)))


def outlook(inputs: Inputs, share: Decimal) -> Outlook:
    """Return what the inputs come to where a share of typing, errors and delay goes away, in percent."""
    part = share / _HUNDRED
    entries = inputs.people * inputs.entries_each
    typing = entries * inputs.minutes / 60 * part
    mending = entries * inputs.error_rate / _HUNDRED * inputs.error_minutes / 60 * part
    days = inputs.delay_days * part
    cash = inputs.revenue * _MONTHS / _DAYS * days
    capital = cash * inputs.capital_cost / _HUNDRED / _MONTHS
    labour, errors = typing * inputs.hourly_cost, mending * inputs.hourly_cost
    benefit = labour + errors + capital
    net = benefit - inputs.monthly_price
    price = inputs.setup_price + inputs.monthly_price * _MONTHS
    first_year = net * _MONTHS - inputs.setup_price
    return Outlook(
        share=share,
        hours=rounded(typing + mending),
        labour=rounded(labour),
        errors=rounded(errors),
        days=rounded(days),
        cash=rounded(cash),
        capital=rounded(capital),
        benefit=rounded(benefit),
        net=rounded(net),
        first_year=rounded(first_year),
        payback_months=rounded(inputs.setup_price / net) if net > 0 else None,
        first_year_return=rounded(first_year / price * _HUNDRED) if price > 0 else None,
    )


def inputs_as_values(inputs: Inputs) -> dict[str, str]:
    """Return inputs as they are stored: {"people": "600", ...}."""
    return {each.name: str(getattr(inputs, each.name)) for each in fields(inputs)}


def inputs_from_values(values: Mapping[str, Any]) -> Inputs:
    """Return inputs out of what was stored; one that was not known then is as usual."""
    known = {each.name for each in fields(Inputs)}
    return Inputs(**{name: Decimal(str(value)) for name, value in values.items() if name in known})
