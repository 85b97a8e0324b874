"""What a month's figures advise: to the customer, and to the partner alone (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

CAME_BACK = 3  # so often, and it should be mended where it begins
LONG_WAIT_DAYS = Decimal(1)
GREW_BY_PERCENT = 25
ENOUGH_RECORDS = 100  # growth of fewer says nothing


class Rule(StrEnum):
    """Why something is advised."""

    CAME_BACK = "came_back"
    MISSED = "missed"
    APPROVALS_WAIT = "approvals_wait"
    UNEXPLAINED = "unexplained"
    STILL_HELD = "still_held"
    NOT_RECONCILED = "not_reconciled"
    UNKNOWN_COMPANY = "unknown_company"
    GREW = "grew"
    ASSUMED = "assumed"


INTERNAL = frozenset({Rule.UNKNOWN_COMPANY, Rule.GREW, Rule.ASSUMED})  # what is sold, or still to be agreed on


@dataclass(frozen=True, slots=True)
class Facts:
    """The figures of a month that rules look at; `came_back` and `held` are (kind of failure, number), the most first."""

    came_back: tuple[tuple[str, int], ...] = ()
    held: tuple[tuple[str, int], ...] = ()
    missed: int = 0
    waits: tuple[tuple[str, Decimal], ...] = ()  # (flow, days that an approval waited on average)
    unexplained: int = 0
    reconciled: bool = True
    posted: int = 0
    posted_before: int = 0
    company_cases: int = 0
    is_assumed: bool = False


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do next: the rule, the figure it rests on, and what it is about."""

    rule: Rule
    number: Decimal
    about: str = ""

    @property
    def is_internal(self) -> bool:
        """Return whether the customer must not read it."""
        return self.rule in INTERNAL


def advise(facts: Facts) -> tuple[Advice, ...]:
    """Return what the figures advise, what weighs most first."""
    return (*_to_customer(facts), *_to_partner(facts))


def _to_customer(facts: Facts) -> Iterable[Advice]:
    yield from (
        Advice(Rule.CAME_BACK, Decimal(times), error_class)
        for error_class, times in facts.came_back
        if times >= CAME_BACK
    )
    if facts.unexplained:
        yield Advice(Rule.UNEXPLAINED, Decimal(facts.unexplained))
    if facts.missed:
        yield Advice(Rule.MISSED, Decimal(facts.missed))
    flow, days = max(facts.waits, key=lambda wait: wait[1], default=("", Decimal(0)))
    if days > LONG_WAIT_DAYS:
        yield Advice(Rule.APPROVALS_WAIT, days, flow)
    yield from (
        Advice(Rule.STILL_HELD, Decimal(records), error_class) for error_class, records in facts.held if records
    )
    if facts.posted and not facts.reconciled:
        yield Advice(Rule.NOT_RECONCILED, Decimal(facts.posted))


def _to_partner(facts: Facts) -> Iterable[Advice]:
    if facts.company_cases:
        yield Advice(Rule.UNKNOWN_COMPANY, Decimal(facts.company_cases))
    if facts.posted_before >= ENOUGH_RECORDS:
        grown = (facts.posted - facts.posted_before) * 100 // facts.posted_before
        if grown >= GREW_BY_PERCENT:
            yield Advice(Rule.GREW, Decimal(grown))
    if facts.is_assumed:
        yield Advice(Rule.ASSUMED, Decimal(1))
