"""Timesheet lines on the way to Tryton: what is sent, how a line is recognised again, when two are the same (pure)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.connectors.catalog.tryton.references import Person, Task
from apps.connectors.catalog.tryton.values import any_of, date_value, duration_value, starting_with
from apps.connectors.contract import Write
from apps.connectors.errors import BusinessClass, FieldProblem


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line as asked for, with its values read, or the problem that keeps it from being read."""

    write: Write
    employee: str = ""
    project: str = ""
    task: str = ""
    day: date = date.min
    hours: Decimal = Decimal(0)
    description: str = ""
    problem: FieldProblem | None = None


def marker(business_key: str) -> str:
    """Return the text at a description's end by which a line is found again: Tryton keeps no foreign key for us."""
    return f"[{business_key}]"


def described(note: str, business_key: str) -> str:
    """Return the description: the note in one line, then the marker."""
    return f"{' '.join(note.split())} {marker(business_key)}".strip()


def read_wanted(write: Write) -> Wanted:
    """Read the values of one write. Numbers and dates may come as text, as they do from a stored batch."""
    values = write.values
    texts = {name: str(values.get(name) or "").strip() for name in ("employee", "project", "task", "description")}
    day, hours = _day(values.get("date")), _hours(values.get("duration"))
    if day is None or hours is None:
        field, words = ("work_date", "day") if day is None else ("hours", "number of hours")
        sentence = f"The {words} of the entry cannot be read. Correct it in the source, then replay."
        return Wanted(write, problem=FieldProblem(field, sentence, BusinessClass.PARSE))
    for name, field, label in (("employee", "resource", "person"), ("project", "project", "project")):
        if not texts[name]:
            sentence = f"The entry names no {label}. Choose one in the source, then replay."
            return Wanted(write, problem=FieldProblem(field, sentence, BusinessClass.MISSING_REFERENCE))
    note = described(texts["description"], write.business_key)
    return Wanted(write, texts["employee"], texts["project"], texts["task"], day, hours, note)


def _day(value: Any) -> date | None:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        return None


def _hours(value: Any) -> Decimal | None:
    try:
        hours = Decimal(str(value))
    except InvalidOperation:
        return None
    return hours if hours.is_finite() else None


def line_values(wanted: Wanted, company: int, person: Person, task: Task) -> dict[str, Any]:
    """Return the line as Tryton takes it."""
    return {
        "company": company,
        "employee": person.number,
        "work": task.number,
        "date": date_value(wanted.day),
        "duration": duration_value(wanted.hours),
        "description": wanted.description,
    }


def is_same(sent: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """True when the line in Tryton already holds what would be sent. `row` is as Tryton answers, unread."""
    return all(row.get(name) == value for name, value in sent.items() if name != "duration") and (
        (row.get("duration") or {}).get("seconds") == sent["duration"]["seconds"]
    )


def nearby_domain(company: int, people: Iterable[int], days: Iterable[date]) -> list[Any]:
    """Return the search for lines of these people on these days: quick, for Tryton keeps an index on just that."""
    return [
        ["company", "=", company],
        ["employee", "in", sorted(set(people))],
        *days_domain(days),
    ]


def days_domain(days: Iterable[date]) -> list[Any]:
    """Return the clause for some days, none for all."""
    wanted = [date_value(day) for day in sorted(set(days))]
    return [["date", "in", wanted]] if wanted else []


def marked_domain(business_keys: Sequence[str]) -> list[Any]:
    """Return the search for lines by their markers, wherever they are: reads every line in reach, so for doubtful cases only."""
    return any_of([["description", "like", "%" + starting_with(marker(key))] for key in business_keys])


def by_marker(rows: Iterable[Mapping[str, Any]], business_keys: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Return the line of each business key; the oldest where a key was posted twice by hand."""
    wanted = {marker(key): key for key in business_keys}
    found: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["id"]):
        text = row.get("description") or ""
        endings = (text[start:] for start, sign in enumerate(text) if sign == "[")
        key = next((wanted[ending] for ending in endings if ending in wanted), None)
        if key is not None:
            found.setdefault(key, row)
    return found
