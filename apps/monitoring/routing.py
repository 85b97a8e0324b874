"""Which rule a case falls under: the first that fits, in the order people gave them (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

from apps.monitoring.blame import Severity, WorkQueue

TECHNICAL_QUEUES = frozenset({WorkQueue.ACCESS, WorkQueue.INTEGRATION, WorkQueue.PROVIDER})
_GRAVITY = (Severity.LOW, Severity.NORMAL, Severity.HIGH)


class Nature(StrEnum):
    """Whether a failure is a matter of systems or of the business that runs over them."""

    TECHNICAL = "technical"
    BUSINESS = "business"


def nature_of(queue: str) -> Nature:
    """Return which of the two the exceptions of a queue are."""
    return Nature.TECHNICAL if queue in TECHNICAL_QUEUES else Nature.BUSINESS


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What rules ask of a case. `systems` are those its flow connects, `amounts` its money at risk by currency."""

    business_class: str
    customer_id: UUID
    flow_id: UUID | None = None
    systems: frozenset[str] = frozenset()
    canonical_types: frozenset[str] = frozenset()
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    queue: str = ""
    severity: str = Severity.NORMAL
    team_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a case must be like; "" and None fit everything. `amount_from` is in `currency`, inclusive, as is `severity_from`."""

    business_class: str = ""
    customer_id: UUID | None = None
    flow_id: UUID | None = None
    system: str = ""
    canonical_type: str = ""
    amount_from: Decimal | None = None
    currency: str = ""
    nature: str = ""
    severity_from: str = ""
    queue: str = ""
    team_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a rule sends a case; "" and None leave it as it is, tags and watchers are added."""

    queue: WorkQueue | None = None
    team_id: UUID | None = None
    owner_id: UUID | None = None
    priority: int | None = None
    tags: tuple[str, ...] = ()
    watchers: tuple[UUID, ...] = ()

    @property
    def is_nowhere(self) -> bool:
        """Return whether a rule with it would change nothing."""
        return self == Destination()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `id` None: it is only being thought about."""

    id: UUID | None
    name: str
    conditions: Conditions
    destination: Destination


def fits(conditions: Conditions, facts: CaseFacts) -> bool:
    """Return whether a case is as the conditions ask.

    A case without money in the rule's currency never reaches an amount.
    """
    same = (
        conditions.business_class in {"", facts.business_class}
        and conditions.customer_id in {None, facts.customer_id}
        and conditions.flow_id in {None, facts.flow_id}
    )
    if not same or (conditions.system and conditions.system not in facts.systems):
        return False
    if conditions.canonical_type and conditions.canonical_type not in facts.canonical_types:
        return False
    return _fits_place(conditions, facts) and _reaches(conditions, facts)


def _fits_place(conditions: Conditions, facts: CaseFacts) -> bool:
    """Return whether a case lies where the conditions ask, and is as grave."""
    return (
        conditions.queue in {"", facts.queue}
        and conditions.team_id in {None, facts.team_id}
        and (not conditions.nature or conditions.nature == nature_of(facts.queue))
        and (
            not conditions.severity_from
            or _GRAVITY.index(Severity(facts.severity)) >= _GRAVITY.index(Severity(conditions.severity_from))
        )
    )


def _reaches(conditions: Conditions, facts: CaseFacts) -> bool:
    if conditions.amount_from is None:
        return True
    amount = facts.amounts.get(conditions.currency)
    return amount is not None and amount >= conditions.amount_from


class Chained(Protocol):
    """What is asked in an order and may let those below it be asked, too."""

    @property
    def conditions(self) -> Conditions:
        """Which cases it is about."""

    @property
    def goes_on(self) -> bool:
        """Whether what fits it is shown to those below."""


Link = TypeVar("Link", bound=Chained)


def all_fitting(chain: Iterable[Link], facts: CaseFacts) -> list[Link]:
    """Return the first that fits, and where it lets others be asked, those as well."""
    found = []
    for one in chain:
        if fits(one.conditions, facts):
            found.append(one)
            if not one.goes_on:
                break
    return found


def first_fitting(rules: Iterable[Rule], facts: CaseFacts) -> Rule | None:
    """Return the rule that decides about a case, None where each class's own queue does."""
    return next((rule for rule in rules if fits(rule.conditions, facts)), None)
