"""What is wrong with a record, in the words all sandbox systems share, and the small rules they judge by."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

Record = dict[str, Any]

CURRENCIES = ("EUR", "USD", "GBP", "SEK")


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason to refuse a record."""

    code: str
    field: str
    message: str

    def as_json(self) -> Record:
        """Return the problem as it is answered."""
        return {"code": self.code, "field": self.field, "message": self.message}


def missing(record: Record, names: Iterable[str]) -> list[Problem]:
    """Return a problem for each field that must have a value and has none."""
    empty = (name for name in names if record.get(name) in (None, ""))
    return [Problem("missing_field", name, f"Field {name} is required") for name in empty]


def unknown(record: Record, known: Collection[str]) -> list[Problem]:
    """Return a problem for each field the system does not have."""
    return [Problem("unknown_field", name, f"Field {name} does not exist") for name in record if name not in known]


def too_long(record: Record, longest: Mapping[str, int]) -> list[Problem]:
    """Return a problem for each text that does not fit."""
    return [
        Problem("too_long", name, f"Field {name} holds more than {most} characters")
        for name, most in longest.items()
        if len(str(record.get(name) or "")) > most
    ]


def choices(record: Record, allowed: Mapping[str, Collection[Any]]) -> list[Problem]:
    """Return a problem for each field whose value is none of those it may have."""
    return [
        Problem("invalid_choice", name, f"{name} must be one of {', '.join(str(one) for one in those)}")
        for name, those in allowed.items()
        if record.get(name) not in (None, "") and record[name] not in those
    ]


def amounts(record: Record, names: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each field that should be a number of zero or more and is not."""
    for name in names:
        value = record.get(name)
        if value in (None, ""):
            continue
        number = number_of(value)
        if number is None or number < 0:
            yield Problem("invalid_number", name, f"Field {name} must be a number of zero or more")


def currency(record: Record) -> list[Problem]:
    """Return a problem when money is in a currency that is not set up."""
    value = record.get("currency")
    if value in (None, "") or value in CURRENCIES:
        return []
    return [Problem("invalid_currency", "currency", f"Currency {value} is not set up")]


def country(record: Record) -> list[Problem]:
    """Return a problem when the country is not written in two capital letters."""
    value = record.get("country")
    if value in (None, "") or (isinstance(value, str) and len(value) == 2 and value.isalpha() and value.isupper()):
        return []
    return [Problem("invalid_country", "country", f"Country {value} must be written in two capital letters")]


def email(record: Record) -> list[Problem]:
    """Return a problem when the e-mail is no address."""
    value = str(record.get("email") or "")
    if not value or ("@" in value and " " not in value):
        return []
    return [Problem("invalid_email", "email", f"{value} is not an e-mail address")]


def days(record: Record, names: Iterable[str]) -> tuple[dict[str, date], list[Problem]]:
    """Return the days among these fields, and a problem for each that should be one and is not."""
    read, found = dict[str, date](), list[Problem]()
    for name in names:
        text = record.get(name)
        if text in (None, ""):
            continue
        try:
            read[name] = date.fromisoformat(str(text))
        except ValueError:
            found.append(Problem("invalid_date", name, f"{text} is not a date such as 2026-11-20"))
    return read, found


def span(record: Record, first: str, last: str) -> list[Problem]:
    """Return a problem for each end of a span that is no day, and one when it ends before it starts."""
    read, found = days(record, (first, last))
    if len(read) == 2 and read[last] < read[first]:
        found.append(Problem("ends_before_start", last, "The last day lies before the first"))
    return found


def unknown_parent(record: Record, field: str, look_up: Callable[[str], Record | None]) -> list[Problem]:
    """Return a problem when what a client belongs to is not there."""
    number = record.get(field)
    if number in (None, "") or look_up(str(number)) is not None:
        return []
    return [Problem("unknown_parent", field, f"There is no {number} it could belong to")]


def number_of(value: Any) -> Decimal | None:
    """Return an exact number, None when it is none."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
