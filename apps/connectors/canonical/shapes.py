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

    `period` is the accounting month as "2026-11".
    """

    client: str = ""
    project: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True)
class CanonicalField:
    """One field of a canonical type. A required field must be mapped by every source that reads the type."""

    name: str
    kind: ValueKind
    label: str
    required: bool = False


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

    `derive` returns further values that follow from the given ones (a bill amount from hours and rate).
    `sentence` is filled from the values: "Time entry of {resource_name} on {work_date}, {hours} h, {project_name}".
    """

    name: str
    label: str
    plural: str
    fields: tuple[CanonicalField, ...]
    key_fields: tuple[str, ...]
    checks: tuple[Check, ...]
    amount: Callable[[CanonicalValues], Amount | None]
    references: Callable[[CanonicalValues], LedgerReferences]
    sentence: str
    derive: Callable[[CanonicalValues], Mapping[str, Any]] = lambda _values: {}

    def field_named(self, name: str) -> CanonicalField | None:
        """Return the field called `name`, or None."""
        return next((field for field in self.fields if field.name == name), None)

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
