"""What a business rule is: the questions it asks of systems, its judgement, its words for people, and its samples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from apps.connectors.canonical.shapes import Amount, CanonicalValues
from apps.connectors.errors import BusinessClass, FieldProblem

CODE = "rule:"  # a refusal by a rule has this before the rule's name as its code


@dataclass(frozen=True, slots=True)
class Question:
    """What a rule asks of a system: the record of a canonical type that `field` of the judged record names.

    An empty `field` asks for all records of the type, where they are few. A system can answer when it reads at least one of
    the fields `reads` of the type.
    """

    kind: str
    field: str = ""
    reads: tuple[str, ...] = ()


class Booked(NamedTuple):
    """What stands in the ledger, or goes before in the same batch, besides the judged record.

    `hours` are the person's on that day, in `entries` other entries; `twin` is the number of another entry with the same
    content. `project_money` and `order_money` are in the judged record's currency.
    """

    hours: Decimal = Decimal(0)
    entries: int = 0
    twin: str = ""
    project_money: Decimal = Decimal(0)
    project_hours: Decimal = Decimal(0)
    order_money: Decimal = Decimal(0)


class Facts(NamedTuple):
    """What is known for judging one record.

    `records` holds what each question found, by canonical type: None where the system has no such record, and no entry
    where the judged record names none. `lists` holds all records of a type. `posting_on` is the day the target books the
    record on, `posting_field` the field it comes from; `amount` is what the record is worth.
    """

    records: Mapping[str, CanonicalValues | None] = MappingProxyType({})
    lists: Mapping[str, Sequence[CanonicalValues]] = MappingProxyType({})
    booked: Booked = Booked()
    posting_on: date | None = None
    posting_field: str = ""
    amount: Amount | None = None


Judge = Callable[[CanonicalValues, Facts, date], str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One record with its facts, and what the rule says of it: the whole sentence, "" where the rule holds."""

    name: str
    values: Mapping[str, Any]
    facts: Facts
    sentence: str = ""
    today: date = date(2026, 11, 21)


@dataclass(frozen=True, slots=True)
class BusinessRule:
    """One named rule. `judge` returns the sentence of what is wrong, "" when the rule holds.

    Sentences may hold {source}, the system the record comes from, and {asked}, the system whose facts were judged.
    `blames` is the field a person would correct; "" takes the field that the posting day comes from. `title`, `summary`,
    `looks_at` and `runbook` are translated where a page is made.
    """

    name: str
    types: tuple[str, ...]
    title: str
    summary: str
    looks_at: str
    business_class: BusinessClass
    queue: str
    runbook: str
    judge: Judge
    samples: tuple[Sample, ...]
    asks: tuple[Question, ...] = ()
    blames: str = ""
    from_ledger: bool = False

    @property
    def code(self) -> str:
        """Return the code of its refusals."""
        return f"{CODE}{self.name}"

    def find(self, values: CanonicalValues, facts: Facts, today: date) -> tuple[FieldProblem, ...]:
        """Return what is wrong with a record, () when the rule holds. Never raises for what record or facts hold."""
        sentence = self.judge(values, facts, today)
        if not sentence:
            return ()
        return (FieldProblem(self.blames or facts.posting_field, sentence, self.business_class, self.code),)


def money(value: Decimal, currency: str) -> str:
    """Return an amount as a sentence says it: "1,160.00 EUR"."""
    return f"{value:,.2f} {currency}".strip()


def number(value: Decimal) -> str:
    """Return hours as a sentence says them: 7.50 -> "7.5", 8.00 -> "8"."""
    text = f"{value:,.4f}"
    return text.rstrip("0").rstrip(".")


def words(value: object) -> str:
    """Return a code or name as a sentence says it: on one line, and short."""
    text = " ".join(str(value).split())
    return f"{text[:60]}…" if len(text) > 60 else text
