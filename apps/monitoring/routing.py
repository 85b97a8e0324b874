"""Which rule a case falls under: the first that fits, in the order people gave them (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from apps.monitoring.blame import WorkQueue


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What rules ask of a case. `systems` are those its flow connects, `amounts` its money at risk by currency."""

    business_class: str
    customer_id: UUID
    flow_id: UUID | None = None
    systems: frozenset[str] = frozenset()
    canonical_types: frozenset[str] = frozenset()
    amounts: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a case must be like; "" and None fit everything. `amount_from` is in `currency`, inclusive."""

    business_class: str = ""
    customer_id: UUID | None = None
    flow_id: UUID | None = None
    system: str = ""
    canonical_type: str = ""
    amount_from: Decimal | None = None
    currency: str = ""


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
    if conditions.amount_from is None:
        return True
    amount = facts.amounts.get(conditions.currency)
    return amount is not None and amount >= conditions.amount_from


def first_fitting(rules: Iterable[Rule], facts: CaseFacts) -> Rule | None:
    """Return the rule that decides about a case, None where each class's own queue does."""
    return next((rule for rule in rules if fits(rule.conditions, facts)), None)
