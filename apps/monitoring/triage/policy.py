"""How much a person has to look at a proposal before it is applied: by class, by money, by what it does (pure)."""

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from apps.monitoring.impact import Quality
from apps.monitoring.triage.advice import DESTRUCTIVE, IN_A_PERSONS_NAME, Deed


class Handling(IntEnum):
    """Who has to agree, the loosest first: of several that apply, the strictest holds."""

    ALONE = 1
    ONE_CLICK = 2
    TWO_PEOPLE = 3
    NEVER = 4


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for a class. `above` for money of `limit` and more in `currency`, `destructive` for what cannot be undone.

    `floor` is how many in a hundred must be accepted for the class not to fall back to manual.
    """

    known: Handling = Handling.ONE_CLICK
    estimated: Handling = Handling.ONE_CLICK
    unknown: Handling = Handling.ONE_CLICK
    limit: Decimal = Decimal(10_000)
    currency: str = "EUR"
    above: Handling = Handling.TWO_PEOPLE
    destructive: Handling = Handling.TWO_PEOPLE
    floor: int = 50


class Reason(IntEnum):
    """Which part of the policy decided."""

    USUAL = 1
    MUCH_MONEY = 2
    NO_RATE = 3
    DESTRUCTIVE = 4
    FELL_BACK = 5
    IN_A_PERSONS_NAME = 6
    TRIED = 7


@dataclass(frozen=True, slots=True)
class Money:
    """A case's money in the policy's currency. `amount` None: it is not known, or no rate leads there (`has_rate` False)."""

    quality: Quality
    amount: Decimal | None
    has_rate: bool = True


@dataclass(frozen=True, slots=True)
class Ruling:
    """Who has to agree, and why."""

    handling: Handling
    reason: Reason


def decide(policy: Policy, deed: Deed, money: Money, *, fell_back: bool = False, tried: bool = False) -> Ruling:
    """Return who has to agree to a deed. `tried`: something was applied to the case before, and it came back."""
    usual = {Quality.KNOWN: policy.known, Quality.ESTIMATED: policy.estimated}.get(money.quality, policy.unknown)
    rulings = [Ruling(usual, Reason.USUAL)]
    if not money.has_rate:
        rulings.append(Ruling(policy.above, Reason.NO_RATE))
    elif money.amount is not None and money.amount >= policy.limit:
        rulings.append(Ruling(policy.above, Reason.MUCH_MONEY))
    if deed in DESTRUCTIVE:
        rulings.append(Ruling(policy.destructive, Reason.DESTRUCTIVE))
    if deed in IN_A_PERSONS_NAME:
        rulings.append(Ruling(Handling.ONE_CLICK, Reason.IN_A_PERSONS_NAME))
    if tried:
        rulings.append(Ruling(Handling.ONE_CLICK, Reason.TRIED))
    if fell_back:
        rulings.append(Ruling(Handling.NEVER, Reason.FELL_BACK))
    return max(rulings, key=lambda ruling: ruling.handling)
