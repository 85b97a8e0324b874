"""The shapes every canonical type is described with: fields, checks, amounts, ledger references."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from string import Formatter
from typing import Any, NamedTuple

from apps.connectors.errors import BusinessClass, FieldProblem
from apps.connectors.manifest import ValueKind

CanonicalValues = Mapping[
    str, Any
]  # plain Python: str, bool, Decimal, date, aware datetime; a missing value has no key


def gettext_noop(words: str) -> str:
    """Mark a label that is translated where a page is made: this room needs no Django."""
    return words


class AmountQuality(StrEnum):
    """How far an amount can be trusted; shown beside it."""

    KNOWN = "known"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


class Amount(NamedTuple):
    """What a record is worth, for the money at risk. `currency` is "" when quality is unknown."""

    value: Decimal
    currency: str
    quality: AmountQuality


class LedgerReferences(NamedTuple):
    """The business words an operation is searched and grouped by; "" where the record does not say.

    `period` is the accounting month as "2026-11". `cycle_from` is the day from which the time to billing or to payment counts,
    as "2026-11-05": that of the work or the expense, and of an invoice that is paid the day of the invoice.
    """

    client: str = ""
    project: str = ""
    period: str = ""
    cycle_from: str = ""


class Owner(StrEnum):
    """The kind of system whose value wins unless a customer says otherwise; words are the categories of the catalogue.

    PROCUREMENT has no category of its own yet, PLATFORM is this product itself.
    """

    CRM = "CRM"
    CONTRACTS = "Contracts"
    PSA = "PSA"
    TIME = "Time"
    EXPENSES = "Expenses"
    RESOURCES = "Resources"
    HR = "HR"
    ERP = "ERP"
    TAX = "Tax"
    WORKSPACES = "Workspaces"
    PROCUREMENT = "Procurement"
    PLATFORM = "Platform"


_UNITS = {ValueKind.HOURS: "hours", ValueKind.MONEY: "money"}


@dataclass(frozen=True, slots=True)
class CanonicalField:
    """One field of a canonical type. A required field must be mapped by every source that reads the type.

    `unit` says what a number counts where its kind does not ("fraction", "days", "money per hour"). `choices` are the only
    words a CHOICE may hold. `owner` is the kind of system whose value wins, None where it is the type's. `currency` names
    the field that says the currency of a MONEY field. `sensitive` marks what only few people may see: what somebody costs.
    `parts` are the fields of each entry of a NESTED list; () where its entries are single values, or anything.
    """

    name: str
    kind: ValueKind
    label: str
    required: bool = False
    unit: str = ""
    choices: tuple[str, ...] = ()
    owner: Owner | None = None
    currency: str = "currency"
    sensitive: bool = False
    summary: str = ""
    parts: tuple["CanonicalField", ...] = ()

    @property
    def measured_in(self) -> str:
        """Return what its numbers count: "hours", "money", "fraction"; "" for what is no number."""
        return self.unit or _UNITS.get(self.kind, "")


@dataclass(frozen=True, slots=True)
class Check:
    """One named business rule of a canonical type.

    `find` takes the values and today's date in UTC and returns one problem for each thing wrong, () when the rule
    holds. Sentences may hold "{source}", replaced by the name of the source connection.
    """

    name: str
    summary: str
    find: Callable[[CanonicalValues, date], tuple[FieldProblem, ...]]


@dataclass(frozen=True, slots=True)
class CanonicalType:
    """One kind of business record: its fields, its rules, its worth, and the sentence people know it by.

    `owner` is the kind of system whose values win where a field names no other. `identity` lists the sets of fields by which
    a record is known again, the surest first. `amount_rule` says in words what `amount` does. `derive` returns further
    values that follow from the given ones (a bill amount from hours and rate).
    `sentence` is filled from the values: "Time entry of {resource_name} on {work_date}, {hours} h, {project_name}".
    A change that breaks those who read the type needs the next `version` (compatibility.py).
    """

    name: str
    label: str
    plural: str
    summary: str
    owner: Owner
    fields: tuple[CanonicalField, ...]
    key_fields: tuple[str, ...]
    identity: tuple[tuple[str, ...], ...]
    amount_rule: str
    checks: tuple[Check, ...]
    amount: Callable[[CanonicalValues], Amount | None]
    references: Callable[[CanonicalValues], LedgerReferences]
    sentence: str
    derive: Callable[[CanonicalValues], Mapping[str, Any]] = lambda _values: {}
    version: int = 1

    def field_named(self, name: str) -> CanonicalField | None:
        """Return the field called `name`, or None."""
        return next((field for field in self.fields if field.name == name), None)

    def owner_of(self, name: str) -> Owner:
        """Return the kind of system whose value of this field wins."""
        field = self.field_named(name)
        return self.owner if field is None or field.owner is None else field.owner

    def check_named(self, name: str) -> Check | None:
        """Return the check called `name`, or None."""
        return next((check for check in self.checks if check.name == name), None)

    def describe(self, values: CanonicalValues) -> str:
        """Return the record's sentence, fit for the database; a missing value is shown as "?"."""
        return fill_sentence(self.sentence, values)


def fill_sentence(sentence: str, values: CanonicalValues) -> str:
    """Return a sentence with its {names} filled, fit for the database; a missing value is shown as "?"."""
    shown = {name: _shown(values.get(name)) for name in _names_in(sentence)}
    return sentence.format_map(shown).replace("\x00", "")


def problem(
    field: str, message: str, business_class: BusinessClass = BusinessClass.VALIDATION, code: str = ""
) -> tuple[FieldProblem, ...]:
    """Return a check's answer with one problem."""
    return (FieldProblem(field, message, business_class, code),)


@cache
def _names_in(sentence: str) -> tuple[str, ...]:
    return tuple(name for _, name, _, _ in Formatter().parse(sentence) if name)


def _shown(value: object) -> str:
    if value is None:
        return "?"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)
