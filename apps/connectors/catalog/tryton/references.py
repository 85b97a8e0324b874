"""Finds people and tasks in Tryton by the names other systems know them by, and says why one cannot be used (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.connectors.catalog.tryton.values import any_of, starting_with
from apps.connectors.errors import BusinessClass, FieldProblem

_OR = "OR"


@dataclass(frozen=True, slots=True)
class Period:
    """When something may be booked on; None is open-ended."""

    starts: date | None
    ends: date | None

    def allows(self, day: date) -> bool:
        """True when time of this day is accepted."""
        return (self.starts is None or self.starts <= day) and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True)
class Person:
    """One employee, or the reason why the key names none."""

    key: str
    number: int | None = None
    name: str = ""
    period: Period = Period(None, None)
    problem: FieldProblem | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One place to book time on: a task of a project, or the project itself, or the reason why there is none."""

    project: str
    task: str
    number: int | None = None
    name: str = ""
    period: Period = Period(None, None)
    problem: FieldProblem | None = None


# --- people -------------------------------------------------------------------------------------------------------------
def people_domain(company: int, keys: Iterable[str]) -> list[Any]:
    """Return the search for employees by party code or e-mail."""
    forms = sorted({form for key in keys for form in (key, key.lower(), key.upper())})
    return [
        ["company", "=", company],
        [_OR, ["party.code", "in", forms], ["party.contact_mechanisms.value", "in", forms]],
    ]


def match_people(keys: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> dict[str, Person]:
    """Return one Person per key; a key that fits nobody or several carries its problem."""
    by_name: dict[str, dict[int, Mapping[str, Any]]] = {}
    for row in rows:
        for name in names_of_person(row):
            by_name.setdefault(name, {})[row["id"]] = row
    return {key: _person(key, list(by_name.get(key.casefold(), {}).values())) for key in keys}


def names_of_person(row: Mapping[str, Any]) -> set[str]:
    """Return what an employee is known by, folded: party code and e-mail addresses."""
    party = row.get("party") or {}
    mechanisms = party.get("contact_mechanisms") or []
    names = [party.get("code"), *(each.get("value") for each in mechanisms if each.get("type", "email") == "email")]
    return {name.casefold() for name in names if name}


def _person(key: str, rows: list[Mapping[str, Any]]) -> Person:
    if len(rows) == 1:
        row = rows[0]
        name = (row.get("party") or {}).get("name") or key
        return Person(key, row["id"], name, _period(row, "start_date", "end_date"))
    if rows:
        sentence = (
            f"“{key}” fits {len(rows)} employees in Tryton. Give each of them a party code and e-mail of their own."
        )
        return Person(key, problem=FieldProblem("resource", sentence, BusinessClass.DUPLICATE, "person_twice"))
    sentence = (
        f"Tryton knows no employee with the personnel number or e-mail “{key}”. Create the employee in Tryton with this "
        "party code, or correct the person on the entry, then replay."
    )
    return Person(key, problem=FieldProblem("resource", sentence, BusinessClass.MISSING_REFERENCE, "person_unknown"))


# --- projects and tasks -------------------------------------------------------------------------------------------------
def projects_domain(company: int, codes: Iterable[str]) -> list[Any]:
    """Return the search for projects by number, name, or the code a name begins with ("NW-101 Nordwind")."""
    wanted = sorted(set(codes))
    by_name = [["name", "ilike", starting_with(code)] for code in wanted]
    return [["company", "=", company], ["type", "=", "project"], any_of([["number", "in", wanted], *by_name])]


def match_projects(
    codes: Iterable[str], rows: Iterable[Mapping[str, Any]]
) -> dict[str, Mapping[str, Any] | FieldProblem]:
    """Return one project row per code, or the problem. A whole name beats a beginning, a beginning beats a number."""
    rows = list(rows)
    return {code: _project(code, rows) for code in codes}


def _project(code: str, rows: list[Mapping[str, Any]]) -> Mapping[str, Any] | FieldProblem:
    folded = code.casefold()
    named = [(row, (row.get("name") or "").casefold()) for row in rows]
    for fitting in (
        [row for row, name in named if name == folded],
        [row for row, name in named if name.split(maxsplit=1)[:1] == [folded] or name.startswith(f"{folded} ")],
        [row for row, _ in named if row.get("number") == code],
    ):
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            names = ", ".join(f"“{row['name']}”" for row in fitting[:3])
            sentence = f"“{code}” fits several projects in Tryton ({names}). Give one of them another name."
            return FieldProblem("project", sentence, BusinessClass.INVALID_DIMENSION, "project_twice")
    sentence = (
        f"Tryton has no project “{code}”: neither a number nor the beginning of a project's name. Create the project "
        "there, or correct the project on the entry, then replay."
    )
    return FieldProblem("project", sentence, BusinessClass.MISSING_REFERENCE, "project_unknown")


def invoices_domain(company: int, numbers: Iterable[str]) -> list[Any]:
    """Return the search for the company's customer invoices by number."""
    return [["company", "=", company], ["type", "=", "out"], ["number", "in", sorted(set(numbers))]]


def match_invoices(numbers: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return one invoice row per number; a number that two years both gave names none, for nobody can tell which."""
    by_number: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_number.setdefault(row["number"], []).append(row)
    return {number: by_number[number][0] for number in numbers if len(by_number.get(number, ())) == 1}


def tasks_domain(projects: Iterable[int], names: Iterable[str]) -> list[Any]:
    """Return the search for the projects themselves and their tasks of these names, at any depth."""
    ids = sorted(set(projects))
    below = [["parent", "child_of", ids, "parent"], ["name", "in", sorted(set(names))]]
    return any_of([["id", "in", ids], below])


def match_task(project: str, task: str, row: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> Task:
    """Return the task of this name below the project in `row` (or the project itself when `task` is "")."""
    if task:
        above = str(row["id"])
        fitting = [
            each
            for each in rows
            if each.get("name") == task and each["id"] != row["id"] and above in (each.get("path") or "").split("/")
        ]
    else:
        fitting = [each for each in rows if each["id"] == row["id"]]
    if len(fitting) != 1:
        return Task(project, task, problem=_no_task(task, row["name"], len(fitting)))
    works = fitting[0].get("timesheet_works") or []
    name = f"“{task}” of “{row['name']}”" if task else f"“{row['name']}”"
    if not works:
        sentence = (
            f"{name} takes no time in Tryton. Tick “Available on timesheets” there, or move the entry, then replay."
        )
        return Task(
            project, task, problem=FieldProblem("task", sentence, BusinessClass.INACTIVE_PROJECT, "no_timesheets")
        )
    period = _period(works[0], "timesheet_start_date", "timesheet_end_date")
    return Task(project, task, works[0]["id"], name, period)


def _no_task(task: str, project_name: str, count: int) -> FieldProblem:
    if count:
        sentence = f"The project “{project_name}” has {count} tasks called “{task}” in Tryton. Rename all but one."
        return FieldProblem("task", sentence, BusinessClass.INVALID_DIMENSION, "task_twice")
    sentence = (
        f"The project “{project_name}” has no task “{task}” in Tryton. Create the task there, or move the entry to an "
        "existing one, then replay."
    )
    return FieldProblem("task", sentence, BusinessClass.MISSING_REFERENCE, "task_unknown")


def _period(row: Mapping[str, Any], starts: str, ends: str) -> Period:
    return Period(*(date.fromisoformat(row[name]) if row.get(name) else None for name in (starts, ends)))


# --- why Tryton said no -------------------------------------------------------------------------------------------------
def explain(message: str, day: date, person: Person, task: Task) -> FieldProblem | None:
    """Return what "not valid according to its domain" means for this line, None when it means nothing we know."""
    if 'field "Work"' in message and not task.period.allows(day):
        return _closed_task(day, task)
    if 'field "Employee"' in message and not person.period.allows(day):
        return _away(day, person)
    return None


def _closed_task(day: date, task: Task) -> FieldProblem:
    ends, starts = task.period.ends, task.period.starts
    if ends is not None and day > ends:
        sentence = (
            f"{task.name} is closed for time after {_spoken(ends)} in Tryton, and this entry is of {_spoken(day)}. "
            "Reopen the task there (clear its timesheet end date) or move the entry to an open task, then replay."
        )
    else:
        sentence = (
            f"{task.name} takes time only from {_spoken(starts or day)} on in Tryton, and this entry is of "
            f"{_spoken(day)}. Correct the date, or the task's start, then replay."
        )
    return FieldProblem("task", sentence, BusinessClass.INACTIVE_PROJECT, "task_closed")


def _away(day: date, person: Person) -> FieldProblem:
    ends, starts = person.period.ends, person.period.starts
    when = f"left on {_spoken(ends)}" if ends is not None and day > ends else f"starts on {_spoken(starts or day)}"
    sentence = (
        f"{person.name} {when} according to Tryton, and this entry is of {_spoken(day)}. Correct the person or the date "
        "of the entry, or the employment in Tryton, then replay."
    )
    return FieldProblem("resource", sentence, BusinessClass.MISSING_REFERENCE, "person_away")


def _spoken(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
