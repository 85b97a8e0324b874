"""All business rules by name."""

from collections.abc import Mapping

from apps.flows.business_rules.clients import BILL_TO_READY, TAX_KNOWN
from apps.flows.business_rules.codes import COST_CENTER_MAPPED, LEGAL_ENTITY_KNOWN
from apps.flows.business_rules.orders import PO_LIMIT
from apps.flows.business_rules.people import DUPLICATE, HOURS_OF_DAY
from apps.flows.business_rules.periods import PERIOD_OPEN
from apps.flows.business_rules.projects import BUDGET_LEFT, PROJECT_BILLABLE, PROJECT_OPEN
from apps.flows.business_rules.rates import RATE_VALID
from apps.flows.business_rules.rule import CODE, BusinessRule

RULES: Mapping[str, BusinessRule] = {
    rule.name: rule
    for rule in (
        PERIOD_OPEN,
        PROJECT_OPEN,
        PROJECT_BILLABLE,
        BUDGET_LEFT,
        RATE_VALID,
        COST_CENTER_MAPPED,
        LEGAL_ENTITY_KNOWN,
        TAX_KNOWN,
        BILL_TO_READY,
        PO_LIMIT,
        HOURS_OF_DAY,
        DUPLICATE,
    )
}


def rules_for(kind: str) -> tuple[BusinessRule, ...]:
    """Return the rules that a flow of a canonical type ("TimeEntry") may name, in the order of the library."""
    return tuple(rule for rule in RULES.values() if kind in rule.types)


def rule_of_code(code: str) -> BusinessRule | None:
    """Return the rule that a refusal's code belongs to, None where no rule refused."""
    return RULES.get(code.removeprefix(CODE)) if code.startswith(CODE) else None


def rule_titled(title: str) -> BusinessRule | None:
    """Return the rule whose cases have this title, None where there is none."""
    return _BY_TITLE.get(title)


_BY_TITLE = {rule.title: rule for rule in RULES.values()}
