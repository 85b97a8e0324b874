"""All canonical types by name."""

from collections.abc import Mapping
from typing import Any

from apps.connectors.canonical.accounting_period import ACCOUNTING_PERIOD
from apps.connectors.canonical.approval import APPROVAL
from apps.connectors.canonical.assignment import ASSIGNMENT
from apps.connectors.canonical.billing_milestone import BILLING_MILESTONE
from apps.connectors.canonical.contact import CONTACT
from apps.connectors.canonical.contract import CONTRACT
from apps.connectors.canonical.customer import CUSTOMER
from apps.connectors.canonical.dimension import DIMENSION, DIMENSION_VALUE
from apps.connectors.canonical.expense import EXPENSE
from apps.connectors.canonical.invoice import INVOICE
from apps.connectors.canonical.legal_entity import LEGAL_ENTITY
from apps.connectors.canonical.opportunity import OPPORTUNITY
from apps.connectors.canonical.payment import PAYMENT
from apps.connectors.canonical.project import PROJECT
from apps.connectors.canonical.purchase_order import PURCHASE_ORDER
from apps.connectors.canonical.rate_card import RATE_CARD, RATE_LINE
from apps.connectors.canonical.resource import RESOURCE
from apps.connectors.canonical.shapes import (
    Amount,
    AmountQuality,
    CanonicalField,
    CanonicalType,
    Check,
    LedgerReferences,
    Owner,
)
from apps.connectors.canonical.task import TASK
from apps.connectors.canonical.time_entry import TIME_ENTRY
from apps.connectors.canonical.values import PARSERS, UnusableValueError, shown
from apps.connectors.canonical.workspace import WORKSPACE
from apps.connectors.errors import FieldProblem

CANONICAL_TYPES: Mapping[str, CanonicalType] = {
    described.name: described
    for described in (
        TIME_ENTRY,
        PROJECT,
        TASK,
        RESOURCE,
        ASSIGNMENT,
        CUSTOMER,
        CONTACT,
        EXPENSE,
        INVOICE,
        OPPORTUNITY,
        CONTRACT,
        WORKSPACE,
        LEGAL_ENTITY,
        RATE_CARD,
        RATE_LINE,
        BILLING_MILESTONE,
        PAYMENT,
        PURCHASE_ORDER,
        DIMENSION,
        DIMENSION_VALUE,
        ACCOUNTING_PERIOD,
        APPROVAL,
    )
}


class UnknownTypeError(KeyError):
    """No canonical type has this name."""


def canonical_type(name: str) -> CanonicalType:
    """Return the type called `name` ("TimeEntry"). Raises UnknownTypeError naming those that exist."""
    try:
        return CANONICAL_TYPES[name]
    except KeyError:
        raise UnknownTypeError(
            f"{name!r} is not a canonical type; choose one of {', '.join(CANONICAL_TYPES)}"
        ) from None


def restore(described: CanonicalType, plain: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[FieldProblem, ...]]:
    """Read values that came as JSON or from a form ({"hours": "7.5"}) into canonical ones.

    Returns the values that could be read and one problem for each that could not; names the type does not have are
    problems too. A value that is empty is left out.
    """
    values: dict[str, Any] = {}
    problems: list[FieldProblem] = []
    for name, raw in plain.items():
        field = described.field_named(name)
        if field is None:
            problems.append(FieldProblem(name, f"{described.label} has no field {name!r}.", code="unknown_field"))
            continue
        try:
            value = PARSERS[field.kind](raw)
        except UnusableValueError as wrong:
            problems.append(FieldProblem(name, f"{field.label}: {wrong.message}.", wrong.business_class))
            continue
        if field.choices and value is not None and value not in field.choices:
            told = f"{field.label}: {shown(value)} is not one of {', '.join(field.choices)}."
            problems.append(FieldProblem(name, told, code="unknown_choice"))
            continue
        if value is not None:
            values[name] = value
    return values, tuple(problems)


__all__ = [
    "CANONICAL_TYPES",
    "Amount",
    "AmountQuality",
    "CanonicalField",
    "CanonicalType",
    "Check",
    "LedgerReferences",
    "Owner",
    "UnknownTypeError",
    "canonical_type",
    "restore",
]
